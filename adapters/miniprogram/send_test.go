package miniprogram

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/internal/weixin"
	"github.com/xianda-bot/xianda/adapters/internal/weixin/weixintest"
	"github.com/xianda-bot/xianda/chat"
)

var ann = chat.Address{Channel: "mini", Peer: "openid-ann"}

const png = "\x89PNG\r\n\x1a\n0123456789"

func withCard(s *Section) { s.CardImage = "https://shop.example/card.png" }

func TestSend(t *testing.T) {
	t.Parallel()
	site := chat.Choice{Label: "退款\n进度", URL: "https://shop.example/?a=1&b=2"}
	filler := strings.Repeat("长", 680)
	const line = "退款 进度 https://shop.example/?a=1&b=2"
	for _, c := range []struct {
		name   string
		change func(*Section)
		reply  chat.Reply
		want   []adapterstest.Shown
	}{
		{"text", withCard, chat.Reply{Text: "你好 <b> & \\u4f60 😀\n"}, []adapterstest.Shown{{Text: "你好 <b> & \\u4f60 😀"}}},
		{"characters that JSON would escape", withCard, chat.Reply{Text: "a\u2028b\x01\xffc"}, []adapterstest.Shown{{Text: "a\nbc"}}},
		{"a choice", withCard, chat.Reply{Text: "要退款吗？", Choices: []chat.Choice{{ID: "c", Label: "退款"}}}, []adapterstest.Shown{{Text: "要退款吗？\n1. 退款"}}},
		{"a link is a card", withCard, chat.Reply{Text: "在这里看", Choices: []chat.Choice{site}}, []adapterstest.Shown{{Text: "退款 进度\n在这里看\nhttps://shop.example/?a=1&b=2"}}},
		{"without a picture it is a line", nil, chat.Reply{Text: "在这里看", Choices: []chat.Choice{site}}, []adapterstest.Shown{{Text: "在这里看\n" + line}}},
		{"a text that no card shows whole", withCard, chat.Reply{Text: strings.Repeat("长", 41), Choices: []chat.Choice{site}}, []adapterstest.Shown{{Text: strings.Repeat("长", 41) + "\n" + line}}},
		{"a text of two lines", withCard, chat.Reply{Text: "一\n二", Choices: []chat.Choice{site}}, []adapterstest.Shown{{Text: "一\n二\n" + line}}},
		{"a link without a label", withCard, chat.Reply{Text: "看", Choices: []chat.Choice{{URL: "https://x"}}}, []adapterstest.Shown{{Text: "看\nhttps://x"}}},
		{"a link that is none", withCard, chat.Reply{Text: "看", Choices: []chat.Choice{{Label: "官网", URL: "javascript:alert(1)"}}}, []adapterstest.Shown{{Text: "看\n官网 javascript:alert(1)"}}},
		{"two links", withCard, chat.Reply{Text: "看", Choices: []chat.Choice{site, {Label: "官网", URL: "https://x"}}}, []adapterstest.Shown{{Text: "看\n" + line + "\n官网 https://x"}}},
		{"a text that leaves the link no room", withCard, chat.Reply{Text: filler, Choices: []chat.Choice{site}}, []adapterstest.Shown{{Text: filler}, {Text: line}}},
	} {
		change := c.change
		if change == nil {
			change = func(*Section) {}
		}
		h := newHall(t, modes[safeJSON], change)
		h.platform.Befriend("ann")
		if _, err := h.Send(t.Context(), ann, c.reply, nil); err != nil {
			t.Errorf("%s: Send = %v", c.name, err)
			continue
		}
		for i := range c.want {
			c.want[i].Peer = "ann"
		}
		if got := h.platform.Sent(); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: the person sees %+v, want %+v", c.name, got, c.want)
		}
		if b := h.platform.Breaches(); len(b) > 0 {
			t.Errorf("%s: breaches %q", c.name, b)
		}
	}
}

// Images are fetched, uploaded once and shown by their id; what cannot be shown is BadMedia, so that the text goes alone.
func TestSendImages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, modes[safeJSON])
		h.platform.Befriend("ann")
		h.site = func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/a.png" {
				http.Error(w, "<html>", http.StatusNotFound)
				return
			}
			_, _ = io.WriteString(w, png)
		}
		send := func(r chat.Reply) error {
			_, err := h.Send(t.Context(), ann, r, nil)
			return err
		}
		picture := chat.Reply{Media: []chat.Media{{Kind: "image", URL: "https://img.example/a.png"}}}
		for range 3 {
			if err := send(picture); err != nil {
				t.Errorf("Send = %v", err)
			}
		}
		if n := h.platform.Called("/cgi-bin/media/upload"); n != 1 {
			t.Errorf("%d uploads for one picture shown three times, want 1", n)
		}
		time.Sleep(61 * time.Hour) // two and a half days later its id is not trusted any more
		if err := send(picture); err != nil || h.platform.Called("/cgi-bin/media/upload") != 2 {
			t.Errorf("Send = %v after %d uploads, want 2", err, h.platform.Called("/cgi-bin/media/upload"))
		}
		if got := h.platform.Sent(); len(got) != 4 || got[3].Media != 1 {
			t.Errorf("the person sees %+v, want four pictures", got)
		}
		for name, r := range map[string]chat.Reply{
			"G5 an id that expired": {Media: []chat.Media{{Kind: "image", Ref: "gone"}}},
			"no picture there":      {Media: []chat.Media{{Kind: "image", URL: "https://img.example/b.png?sign=canary"}}},
		} {
			err := send(r)
			if f := (*chat.Failure)(nil); !errors.As(err, &f) || f.Kind != chat.BadMedia || strings.Contains(err.Error(), "canary") {
				t.Errorf("%s: Send = %v, want media", name, err)
			}
		}
	})
}

func TestSendRefusesNothing(t *testing.T) {
	t.Parallel()
	h := newHall(t, modes[safeJSON], withCard)
	for _, r := range []chat.Reply{{}, {Text: " \n"}, {Media: []chat.Media{{Kind: "file", URL: "https://x"}}}} {
		_, err := h.Send(t.Context(), ann, r, nil)
		if f, ok := err.(*chat.Failure); !ok || f.Kind != chat.Refused { //nolint:errorlint // the contract says that it is one
			t.Errorf("Send(%+v) = %v, want refused", r, err)
		}
	}
	if n := h.platform.Called(weixin.SendPath); n != 0 {
		t.Errorf("%d calls for nothing", n)
	}
}

// A revoked token is renewed once and the message shown (P21 is the shared token's own test).
func TestRevokedToken(t *testing.T) {
	t.Parallel()
	h := newHall(t, modes[safeJSON])
	h.platform.Befriend("ann")
	for i := range 2 {
		if _, err := h.Send(t.Context(), ann, chat.Reply{Text: fmt.Sprint(i)}, nil); err != nil {
			t.Errorf("Send = %v", err)
		}
		h.platform.Revoke()
	}
	if n := len(h.platform.Sent()); n != 2 {
		t.Errorf("%d messages were shown, want 2", n)
	}
}

// A person is handed to a seat that is there, is with it until it ends the session, and comes back with an event.
func TestNativeSeats(t *testing.T) {
	t.Parallel()
	for _, m := range modes {
		h := newHall(t, m)
		h.platform.Befriend("ann")
		free := func() string {
			t.Helper()
			seat, err := h.FreeSeat(t.Context(), ann)
			if err != nil {
				t.Errorf("%s: FreeSeat = %v", m.name, err)
			}
			return seat
		}
		state := func() chat.NativeState {
			t.Helper()
			s, _, err := h.NativeState(t.Context(), ann)
			if err != nil {
				t.Errorf("%s: NativeState = %v", m.name, err)
			}
			return s
		}
		if seat := free(); seat != "" || state() != chat.NativeNone {
			t.Errorf("%s: without seats FreeSeat = %q", m.name, seat)
		}
		h.platform.Seat("wang@shop", true)
		if _, err := h.Send(t.Context(), ann, chat.Reply{Native: free()}, nil); err != nil || state() != chat.NativeActive || h.platform.With("ann") != "wang@shop" {
			t.Errorf("%s: handed over: %v, the person is with %q", m.name, err, h.platform.With("ann"))
		}
		h.platform.Close("ann")
		h.platform.Events(t, h.door)
		if len(h.got) != 2 || h.got[0].Event != chat.NativeBegan || h.got[1].Event != chat.NativeEnded || state() != chat.NativeNone {
			t.Errorf("%s: the inbox got %+v, want that the seat began and ended", m.name, h.got)
		}
		if b := h.platform.Breaches(); len(b) > 0 {
			t.Errorf("%s: breaches %q", m.name, b)
		}
	}
}

func TestTyping(t *testing.T) {
	t.Parallel()
	h := newHall(t, modes[safeJSON])
	if err := h.Typing(t.Context(), ann); err != nil || h.platform.Called(weixin.TypingPath) != 1 {
		t.Errorf("Typing = %v with %d calls, want one", err, h.platform.Called(weixin.TypingPath))
	}
}

func TestLink(t *testing.T) {
	t.Parallel()
	h := newHall(t, modes[safeJSON])
	got, err := h.Link(t.Context(), "v1_AbC-9", time.Time{})
	if want := `<button open-type="contact" session-from="v1_AbC-9">联系客服</button>`; err != nil || got.Code != want || got.URL != "" || got.Note == "" {
		t.Errorf("Link = %+v, %v, want the button %s", got, err, want)
	}
	for _, scene := range []string{`a" onclick="x`, "a=b", strings.Repeat("x", h.MaxScene()+1)} {
		if _, err := h.Link(t.Context(), scene, time.Time{}); err == nil {
			t.Errorf("Link(%.20q) = nil, want an error", scene)
		}
	}
	if _, err := h.Link(t.Context(), strings.Repeat("x", h.MaxScene()), time.Time{}); err != nil {
		t.Errorf("Link of the longest scene = %v", err)
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*Section)
		want   []adapters.Check
	}{
		{"all well", func(*Section) {}, []adapters.Check{
			{Name: "encryption", OK: true, Detail: "only encrypted pushes are accepted"},
			{Name: "credentials", OK: true, Detail: "stable_token gives one"},
		}},
		{"wrong secret, plain", func(s *Section) { s.AppSecret, s.AESKey = "canarywrong", "" }, []adapters.Check{
			{Name: "encryption", OK: true, Detail: "plain pushes: set aes_key and choose 安全模式 in the console, so that a captured request is worth nothing"},
			{Name: "credentials", Detail: "access token: /cgi-bin/stable_token: 40125 invalid appsecret rid: 1-2-3 (app_secret is wrong, or was reset in the console)"},
		}},
	} {
		if got := newHall(t, modes[safeJSON], c.change).Probe(t.Context()); !reflect.DeepEqual(got[:2], c.want) {
			t.Errorf("%s: Probe = %+v, want %+v", c.name, got, c.want)
		}
	}
}

// P38: the platform and its proxies repeat our secrets wherever they can; none gets into an error or a log line.
func TestRedaction(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]weixintest.Fault{
		"errmsg": func(w http.ResponseWriter, r *http.Request, _ func()) {
			weixintest.Answer(w, 47001, "at "+r.URL.String()+" canaryminisecret123456789abcdef0 canaryminitoken")
		},
		"redirect": func(w http.ResponseWriter, r *http.Request, _ func()) {
			http.Redirect(w, r, r.URL.String()+"&x=1", http.StatusFound)
		},
		"page": func(w http.ResponseWriter, r *http.Request, _ func()) {
			http.Error(w, r.URL.String(), http.StatusBadGateway)
		},
	} {
		h := newHall(t, modes[safeJSON])
		h.platform.Befriend("ann")
		h.platform.Break(fault)
		_, err := h.Send(t.Context(), ann, chat.Reply{Text: "x"}, nil)
		if err == nil {
			t.Errorf("%s: Send = nil, want an error", name)
			continue
		}
		if h.platform.Leak(fmt.Sprintf("%+v", err)) || h.platform.Leak(h.record.Log()) {
			t.Errorf("%s: a secret shows in %v or in the log", name, err)
		}
	}
}

// Entering grants two messages in a minute, a message five in two days, and the greatest counts (reference: api_sendcustommessage).
func TestRightsAreThePlatforms(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, modes[safeJSON])
		say := func(i int) chat.FailureKind {
			_, err := h.Send(t.Context(), ann, chat.Reply{Text: fmt.Sprint(i)}, nil)
			if f := (*chat.Failure)(nil); errors.As(err, &f) {
				return f.Kind
			}
			return ""
		}
		enter := adapterstest.Delivery{Kind: chat.Arrived, Peer: "ann", ID: "1", At: time.Now(), Scene: map[string]string{"page": "pay"}}
		if a := h.platform.Deliver(t, h.door, enter); !a.Acknowledged() || h.got[0].Scene["page"] != "pay" {
			t.Fatalf("the arrival was answered with %d, the inbox got %+v", a.Status, h.got)
		}
		for i, want := range []chat.FailureKind{"", "", chat.Exhausted} {
			if got := say(i); got != want {
				t.Errorf("message %d after entering: %q, want %q", i+1, got, want)
			}
		}
		h.platform.Deliver(t, h.door, adapterstest.Delivery{Kind: chat.Said, Peer: "ann", ID: "2", Text: "在吗", At: time.Now()})
		for i, want := range []chat.FailureKind{"", "", "", "", "", chat.Exhausted} {
			if got := say(i); got != want {
				t.Errorf("message %d after a message: %q, want %q", i+1, got, want)
			}
		}
		time.Sleep(49 * time.Hour)
		if got := say(0); got != chat.Window {
			t.Errorf("after 49 hours: %q, want the window closed", got)
		}
	})
}
