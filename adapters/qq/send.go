package qq

import (
	"context"
	"encoding/json"
	"errors"
	"hash/fnv"
	"net/http"
	"strconv"
	"strings"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
)

// Send answers the message or event that right names; without a living one nothing is sent, for the platform takes nothing unasked since
// 2025-04-21. id is the platform's, "" when the message waits to be looked through there or was shown by an earlier attempt.
//
// The platform shows a message once for its msg_id and msg_seq: every attempt at a reply bears the same msg_seq, and brings the same right
// for as long as that lives (ReplyRight.Own). A reply is one message but for an image with a text, which are two. A message that is
// refused for its link or its buttons is sent once more without.
func (a *Adapter) Send(ctx context.Context, to chat.Address, r chat.Reply, right *chat.ReplyRight) (id string, err error) {
	why, f := a.permitted(right)
	if f != nil {
		return "", f
	}
	r.Text = strings.TrimRight(clean(r.Text), " \t\r\n")
	images := images(r.Media)
	if r.Text == "" && len(r.Choices) == 0 && len(images) == 0 {
		return "", &chat.Failure{Kind: chat.Refused, Err: errors.New("the reply holds nothing that can be shown")}
	}
	for i, m := range images {
		if id, err = a.sendImage(ctx, to, m, why, seq(r.Key, "image", strconv.Itoa(i))); err != nil {
			return "", failure(err)
		}
	}
	if r.Text == "" && len(r.Choices) == 0 {
		return id, nil
	}
	r.Media = nil
	if id, err = a.sendText(ctx, to, r, why); err != nil {
		return "", failure(err)
	}
	return id, nil
}

// permitted reads what right names.
func (a *Adapter) permitted(right *chat.ReplyRight) (reason, *chat.Failure) {
	var why reason
	switch {
	case right == nil:
		return why, &chat.Failure{Kind: chat.Window, Err: errors.New("there is no message to answer: nothing is taken unasked")}
	case !right.Expires.IsZero() && !a.deps.Clock().Before(right.Expires):
		return why, &chat.Failure{Kind: chat.Window, Err: errors.New("the message that it would answer is too old")}
	}
	if json.Unmarshal(right.Data, &why) != nil || (why.Message == "") == (why.Event == "") {
		return why, &chat.Failure{Kind: chat.Window, Err: errors.New("the right to reply names neither a message nor an event")}
	}
	return why, nil
}

// images are those of media. Fit has turned the others into lines.
func images(all []chat.Media) (out []chat.Media) {
	for _, m := range all {
		if m.Kind == "image" {
			out = append(out, m)
		}
	}
	return out
}

// seq is the msg_seq of one message: the same for every attempt at it, and another for every other message. It has 31 bits, so that one
// of two billion pairs is taken for a repetition.
func seq(parts ...string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(strings.Join(parts, "\x00"))) // a hash never fails
	return max(1, h.Sum32()&0x7fffffff)
}

func (a *Adapter) sendImage(ctx context.Context, to chat.Address, m chat.Media, why reason, n uint32) (string, error) {
	info, err := a.uploaded(ctx, to, m)
	if err != nil {
		return "", err
	}
	// The platform wants a content beside a medium; a blank is shown as none.
	id, err := a.post(ctx, to, outgoing{Type: withMedia, Content: " ", Media: &fileInfo{info}, reason: why, Seq: n})
	if hasCode(err, 304080) { // the handle ended before its time
		_ = a.deps.Vault.Drop(ctx, a.uploadKey(to, m), info) // kept, it would be refused once more
	}
	return id, err
}

// sendText sends a text with its choices: as buttons where the bot may, else as numbered lines.
func (a *Adapter) sendText(ctx context.Context, to chat.Address, r chat.Reply, why reason) (id string, err error) {
	if len(r.Choices) == 0 {
		return a.sendPlain(ctx, to, r.Text, why, seq(r.Key), seq(r.Key, "without links"))
	}
	if a.buttons() {
		id, err = a.post(ctx, to, withButtons(r, why, seq(r.Key)))
		if !hasCode(err, buttonCodes...) && !hasCode(err, drawingCodes...) {
			return id, err
		}
		if hasCode(err, buttonCodes...) {
			a.noButtons.Store(true)
		}
		a.deps.Log.Warn("the platform takes no buttons: choices become numbered lines", "channel", a.name, "error", err.Error())
	}
	// It was fitted for buttons.
	c := a.Caps(to)
	c.Choices = chat.None
	for _, p := range adapters.Fit(r, c) {
		if id, err = a.sendPlain(ctx, to, p.Text, why, seq(p.Key, "listed"), seq(p.Key, "listed", "without links")); err != nil {
			return "", err
		}
	}
	return id, nil
}

// sendPlain sends a text as n, and as bare once more without its addresses when the platform does not know one of them.
func (a *Adapter) sendPlain(ctx context.Context, to chat.Address, text string, why reason, n, bare uint32) (string, error) {
	id, err := a.post(ctx, to, outgoing{Type: plainText, Content: text, reason: why, Seq: n})
	if !hasCode(err, linkCodes...) {
		return id, err
	}
	a.deps.Count.Count("links_refused", a.name)
	if a.notes.First("link") {
		a.deps.Log.Error("the platform refuses an address in a text: it is sent without (said once a minute)",
			"channel", a.name, "error", err.Error())
	}
	without := withoutLinks(text)
	if without == text {
		return "", err // whatever it takes for an address, we do not find it
	}
	return a.post(ctx, to, outgoing{Type: plainText, Content: without, reason: why, Seq: bare})
}

// post sends one message. That it was shown by an earlier attempt is success.
func (a *Adapter) post(ctx context.Context, to chat.Address, m outgoing) (string, error) {
	var out struct {
		ID string `json:"id"`
	}
	err := a.api.call(ctx, http.MethodPost, place(to)+"/messages", m, &out)
	if hasCode(err, codeRepeated) {
		a.deps.Count.Count("shown_before", a.name)
		return "", nil
	}
	return out.ID, err
}

// withButtons is a markdown message with a keyboard below it, in as few columns as fit into the rows.
func withButtons(r chat.Reply, why reason, n uint32) outgoing {
	text := r.Text
	if strings.TrimSpace(text) == "" {
		text = "请选择："
	}
	board := &keyboard{}
	columns := (len(r.Choices) + maxRows - 1) / maxRows
	for i, c := range r.Choices {
		b := button{ID: strconv.Itoa(i + 1)}
		b.Render.Label = oneLine(clean(c.Label))
		b.Render.Visited, b.Render.Style = b.Render.Label, blueFrame
		b.Action.Type, b.Action.Data = callsBack, c.ID
		if c.URL != "" {
			b.Action.Type, b.Action.Data = opensLink, c.URL
		}
		b.Action.Permission.Type = everybody
		b.Action.Tips = "当前版本不支持按钮，请直接回复“" + b.Render.Label + "”"
		if i%columns == 0 {
			board.Content.Rows = append(board.Content.Rows, row{})
		}
		last := &board.Content.Rows[len(board.Content.Rows)-1]
		last.Buttons = append(last.Buttons, b)
	}
	return outgoing{Type: withMarkdown, Markdown: &markdown{escaped(text)}, Keyboard: board, reason: why, Seq: n}
}

// failure is err as what the postman acts on.
func failure(err error) *chat.Failure {
	if f := (*chat.Failure)(nil); errors.As(err, &f) {
		return f
	}
	return classify(err)
}
