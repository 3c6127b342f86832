package dialog

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/dialog/session"
)

// named are the media of a message with the ids under which the house will keep them.
func (h *Host) named(m chat.Message, now time.Time) []chat.Media {
	if h.o.MediaID == nil || len(m.Media) == 0 || m.Kind != chat.Said && m.Kind != chat.Edited {
		return m.Media
	}
	all := slices.Clone(m.Media)
	for n := range all {
		all[n].ID = h.o.MediaID(m, n, now)
	}
	return all
}

// keeping is the debt by which the media of a turn are kept; ok is false when there is nothing to be kept.
func keeping(c *session.Claim, media []chat.Media) (d chat.Debt, ok bool) {
	if !slices.ContainsFunc(media, func(f chat.Media) bool { return f.ID != "" }) {
		return d, false
	}
	body, err := json.Marshal(chat.Message{ID: c.Message.ID, Kind: chat.Said, From: c.Message.From, Media: media, At: c.Message.At})
	if err != nil {
		return d, false // plain data of our own: cannot be
	}
	return chat.Debt{ID: "media-" + c.Turn, Kind: chat.MediaDebt, To: c.Message.From, Body: body, Due: c.Now, Turn: c.Turn}, true
}

// onlyMedia tells whether the message has media and no words, such as those that were recognised in a voice.
func (t *turn) onlyMedia() bool { return t.message.Text == "" && len(t.message.Media) > 0 }

// notText answers media that nothing waits for: kindly, and with what the person can do next.
func (t *turn) notText() {
	t.out.reason = "not_text"
	words := t.texts()
	text := words.NotText
	p := t.rel.Pattern(script.NotText)
	switch kind := t.message.Media[0].Kind; {
	case t.s.Waiting != nil:
		text = words.Media
	case p != nil:
		t.fire(p)
		return
	case kind == "voice":
		text = words.Voice
	case kind == "image":
		text = words.Image
	case kind == "video":
		text = words.Video
	case kind == "file":
		text = words.File
	}
	t.say(text, "text:not_text")
	t.comeBack()
}

// pictures are the images of the message as a slot keeps them: by the id under which a seat can open them, else by what the platform calls
// them.
func (t *turn) pictures() []string {
	var all []string
	for _, m := range t.message.Media {
		if m.Kind == "image" {
			all = append(all, cmp.Or(m.ID, m.Ref, m.URL))
		}
	}
	return all
}

// lostMedium notes for seats that the house could not keep what the person sent (G5). The person is not told: it would take a message
// from what may still be sent, and who reads the case can ask for it again.
func (t *turn) lostMedium() {
	t.out.reason = "lost_medium"
	kind := ""
	if len(t.message.Media) > 0 {
		kind = t.message.Media[0].Kind
	}
	text := "[" + mediaWord(kind) + "未能保存：" + lostWord(t.message.Event) + "]"
	line := chat.Line{At: t.now, From: "bot", Text: text, Source: "lost_medium", Turn: t.input.turn}
	t.out.notes = append(t.out.notes, line)
	var id string
	switch {
	case t.hold != nil:
		id = t.hold.Case
	case t.s.Waiting != nil:
		id = t.s.Waiting.Case
	default:
		return
	}
	t.out.signals = append(t.out.signals, chat.Signal{Event: "case.message", Case: &chat.Case{ID: id}, Message: &line})
}

func mediaWord(kind string) string {
	switch kind {
	case "image":
		return "图片"
	case "voice":
		return "语音"
	case "video":
		return "视频"
	case "location":
		return "位置"
	case "link":
		return "链接"
	case "file":
		return "文件"
	}
	return "其他消息"
}

func lostWord(why string) string {
	switch why {
	case chat.LostExpired:
		return "平台上已经没有了"
	case chat.LostTooLarge:
		return "太大"
	case chat.LostRefused:
		return "平台不给，或地址不能访问"
	}
	return "多次尝试都没有取到"
}
