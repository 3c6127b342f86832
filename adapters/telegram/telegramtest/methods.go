package telegramtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"
)

const (
	maxText     = 4096
	maxData     = 64
	maxButtons  = 100
	maxDownload = 20 << 20
	maxPhoto    = 10 << 20
)

// act does what a call asks; the caller holds mu.
func (p *Platform) act(method string, chat int64, in form) answer {
	switch method {
	case "getMe":
		return answer{result: map[string]any{"id": BotID, "is_bot": true, "first_name": "客服", "username": Username}}
	case "sendMessage", "sendPhoto", "sendDocument", "sendVideo", "sendVoice":
		return p.send(method, chat, in)
	case "editMessageText":
		return p.edit(chat, in)
	case "sendChatAction":
		if a, ok := p.mayWrite(method, chat); !ok {
			return a
		}
		return answer{result: true}
	case "answerCallbackQuery":
		id := in.values.Get("callback_query_id")
		if _, ok := p.taps[id]; !ok {
			return bad("query is too old and response timeout expired or query ID is invalid")
		}
		p.taps[id] = true
		return answer{result: true}
	case "getFile":
		f, ok := p.files[in.values.Get("file_id")]
		switch {
		case !ok:
			return bad("wrong file_id or the file is temporarily unavailable")
		case max(f.Size, int64(len(f.Body))) > maxDownload:
			return bad("file is too big")
		}
		return answer{result: map[string]any{"file_id": in.values.Get("file_id"), "file_path": f.Path, "file_size": len(f.Body)}}
	case "setWebhook":
		u, err := url.Parse(in.values.Get("url"))
		if err != nil || u.Scheme != "https" {
			return bad("bad webhook: An HTTPS URL must be provided for webhook")
		}
		p.webhook.url, p.webhook.secret, p.webhook.allowed = u.String(), in.values.Get("secret_token"), nil
		if err := in.into("allowed_updates", &p.webhook.allowed); err != nil {
			return bad("can't parse allowed_updates")
		}
		p.hooked = true
		return answer{result: true}
	case "deleteWebhook":
		p.webhook.url, p.hooked = "", false
		return answer{result: true}
	case "getWebhookInfo":
		waiting := 0
		for _, d := range p.updates {
			if !d.done {
				waiting++
			}
		}
		return answer{result: map[string]any{
			"url": p.webhook.url, "has_custom_certificate": false, "pending_update_count": waiting, "allowed_updates": p.webhook.allowed,
		}}
	}
	return answer{code: http.StatusNotFound, text: "Not Found: method not found"}
}

// mayWrite tells whether the bot may write to a chat now.
func (p *Platform) mayWrite(method string, chat int64) (answer, bool) {
	_, person := p.people[chat]
	switch to := p.moved[chat]; {
	case to != 0:
		a := bad("group chat was upgraded to a supergroup chat")
		a.more = map[string]any{"migrate_to_chat_id": to}
		return a, false
	case p.blocked[chat]:
		return answer{code: 403, text: "Forbidden: bot was blocked by the user"}, false
	case !person && !p.groups[chat]:
		p.breach("%s to the unknown chat %d", method, chat)
		return bad("chat not found"), false
	}
	now := time.Now()
	if t, ok := p.until[chat]; ok && now.Before(t) {
		p.breach("%s to %d, %s before it may", method, chat, t.Sub(now))
		return tooMany(int(t.Sub(now)/time.Second) + 1), false
	}
	return answer{}, true
}

func tooMany(seconds int) answer {
	return answer{code: 429, text: fmt.Sprintf("Too Many Requests: retry after %d", seconds), more: map[string]any{"retry_after": seconds}}
}

func (p *Platform) send(method string, chat int64, in form) answer {
	if a, ok := p.mayWrite(method, chat); !ok {
		return a
	}
	if n := p.slow[chat]; n > 0 {
		delete(p.slow, chat)
		p.until[chat] = time.Now().Add(time.Duration(n) * time.Second)
		return tooMany(n)
	}
	how := ""
	if len(p.faults) > 0 {
		how, p.faults = p.faults[0], p.faults[1:]
	}
	switch how {
	case "busy":
		p.until[chat] = time.Now().Add(3 * time.Second)
		return tooMany(3)
	case "500":
		return answer{code: 500, text: "Internal Server Error"}
	case "502":
		return answer{code: 502, page: "<html>bad gateway " + Token + "</html>"}
	case "page":
		return answer{code: 200, page: "<html>please log in " + Token + "</html>"}
	case "blocked":
		return answer{code: 403, text: "Forbidden: bot was blocked by the user"}
	case "gone":
		return bad("chat not found")
	case "token":
		return answer{code: 401, text: "Unauthorized " + Token}
	case "refused":
		return bad("something about /bot" + Token + "/")
	}
	s := &Sent{Chat: chat, Topic: in.number("message_thread_id"), At: time.Now()}
	if s.Topic != 0 && !p.topics[chat][int(s.Topic)] {
		return bad("message thread not found")
	}
	var reply struct {
		ID int64 `json:"message_id"`
	}
	if err := in.into("reply_parameters", &reply); err != nil {
		return bad("can't parse reply parameters")
	}
	s.Answers = reply.ID
	if a, ok := p.content(method, in, s); !ok {
		return a
	}
	p.numbers[chat]++
	s.ID = int64(p.numbers[chat])
	if p.shown[chat] == nil {
		p.shown[chat] = map[int]*Sent{}
	}
	p.shown[chat][int(s.ID)] = s
	p.order = append(p.order, s)
	if how == "timeout-after-send" {
		return answer{lost: true}
	}
	return answer{result: p.tell(s)}
}

// tell is the message as the platform tells it back.
func (p *Platform) tell(s *Sent) map[string]any {
	m := map[string]any{
		"message_id": s.ID, "date": s.At.Unix(), "chat": map[string]any{"id": s.Chat}, "from": map[string]any{"id": BotID, "is_bot": true},
	}
	switch s.Kind {
	case "":
		m["text"] = s.Text
	case "photo":
		small, large := map[string]any{"file_id": "small-" + handle(s), "width": 90}, map[string]any{"file_id": handle(s), "width": 900}
		m["photo"] = []map[string]any{small, large}
	default:
		m[s.Kind] = map[string]any{"file_id": handle(s)}
	}
	return m
}

// handle is the platform's handle of what was sent.
func handle(s *Sent) string {
	if strings.HasPrefix(s.File, "file-") {
		return s.File
	}
	return fmt.Sprintf("file-%s-%d-%d", s.Kind, s.Chat, s.ID)
}

func (p *Platform) edit(chat int64, in form) answer {
	if a, ok := p.mayWrite("editMessageText", chat); !ok {
		return a
	}
	s := p.shown[chat][int(in.number("message_id"))]
	if s == nil || s.gone {
		return bad("message to edit not found")
	}
	next := *s
	next.Text, next.Buttons = strings.TrimSpace(in.values.Get("text")), nil
	if a, ok := p.checkText(next.Text, in); !ok {
		return a
	}
	if a, ok := p.keyboard(in, &next); !ok {
		return a
	}
	if next.Text == s.Text && reflect.DeepEqual(next.Buttons, s.Buttons) {
		return bad("message is not modified: specified new message content and reply markup are exactly the same")
	}
	*s = next
	return answer{result: p.tell(s)}
}

func (p *Platform) download(w http.ResponseWriter, path string) {
	p.mu.Lock()
	var body []byte
	found := false
	for _, f := range p.files {
		if f.Path == path {
			body, found = slices.Clone(f.Body), true
		}
	}
	p.mu.Unlock()
	if !found {
		refuse(w, http.StatusNotFound, "Not Found", nil)
		return
	}
	_, _ = w.Write(body) // whoever asked may have gone
}

// raw is v as JSON.
func raw(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain maps and texts
	}
	return b
}
