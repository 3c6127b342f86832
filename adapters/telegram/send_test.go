package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/telegram/telegramtest"
	"github.com/xianda-bot/xianda/chat"
)

func newPrivate(t *testing.T) *hall {
	t.Helper()
	p := telegramtest.New(t)
	p.Meet("ann", "bob")
	p.Group(group, 45)
	return newHall(t, p, nil)
}

func failureOf(t *testing.T, err error) *chat.Failure {
	t.Helper()
	var f *chat.Failure
	if !errors.As(err, &f) {
		t.Fatalf("the error is %T %v, want a *chat.Failure", err, err)
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		sealed(t, "an error", fmt.Sprintf("%+v", e))
	}
	return f
}

func TestSendText(t *testing.T) {
	t.Parallel()
	link := func(label, address string) chat.Choice { return chat.Choice{Label: label, URL: address} }
	pick := func(id, label string) chat.Choice { return chat.Choice{ID: id, Label: label} }
	many := make([]chat.Choice, 9)
	for i := range many {
		many[i] = pick(fmt.Sprint("m", i), fmt.Sprint("项", i))
	}
	for _, c := range []struct {
		name    string
		reply   chat.Reply
		text    string
		buttons [][]telegramtest.Button
	}{
		{"plain", chat.Reply{Text: "*a* _b_ <b>c</b> [d](e)"}, "*a* _b_ <b>c</b> [d](e)", nil},
		{"4096 units", chat.Reply{Text: strings.Repeat("😀", 2048)}, strings.Repeat("😀", 2048), nil},
		{"choices", chat.Reply{Text: "哪一个？", Choices: []chat.Choice{pick("m1:1", "一  二"), link("看", "https://shop.example/a")}}, "哪一个？",
			[][]telegramtest.Button{{{Text: "一 二", Data: "m1:1"}}, {{Text: "看", URL: "https://shop.example/a"}}}},
		{"an address that is no button", chat.Reply{Text: "哪一个？", Choices: []chat.Choice{link("看", "http://localhost/a"), pick("1", "一")}}, "哪一个？\n看 http://localhost/a",
			[][]telegramtest.Button{{{Text: "一", Data: "1"}}}},
		{"an address that the platform refuses", chat.Reply{Text: "哪一个？", Choices: []chat.Choice{link("看", "https://shop.invalid/a"), pick("1", "一")}},
			"哪一个？\n看 https://shop.invalid/a", [][]telegramtest.Button{{{Text: "一", Data: "1"}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newPrivate(t)
			id, err := h.Send(t.Context(), to("ann"), c.reply, nil)
			if err != nil {
				t.Fatal(err)
			}
			got := h.platform.Messages()
			if len(got) != 1 || got[0].Text != c.text || !reflect.DeepEqual(got[0].Buttons, c.buttons) || id != strconv.FormatInt(got[0].ID, 10) {
				t.Errorf("sent %+v with id %q, want %q with %+v", got, id, c.text, c.buttons)
			}
		})
	}
	t.Run("more than eight stand in two columns", func(t *testing.T) {
		t.Parallel()
		h := newPrivate(t)
		if _, err := h.Send(t.Context(), to("ann"), chat.Reply{Text: "?", Choices: many}, nil); err != nil {
			t.Fatal(err)
		}
		if rows := h.platform.Messages()[0].Buttons; len(rows) != 5 || len(rows[0]) != 2 || len(rows[4]) != 1 {
			t.Errorf("the rows are %+v", rows)
		}
	})
}

// What the platform says becomes what the postman acts on. The token is never in it, though every address and a proxy's page hold it.
func TestSendFailures(t *testing.T) {
	t.Parallel()
	moved := place{person: telegramtest.ID("ann"), chat: -1009}.address("tg")
	for _, c := range []struct {
		name string
		set  func(h *hall)
		to   chat.Address
		r    chat.Reply
		want chat.Failure
	}{
		{"nobody who wrote", nil, chat.Address{Channel: "tg", Peer: "x"}, chat.Reply{Text: "x"}, chat.Failure{Kind: chat.Refused}},
		{"no group", nil, chat.Address{Channel: "tg", Peer: "7", Thread: "-1:x"}, chat.Reply{Text: "x"}, chat.Failure{Kind: chat.Refused}},
		{"nothing to show", nil, to("ann"), chat.Reply{Text: " "}, chat.Failure{Kind: chat.Refused}},
		{"F14 blocked", func(h *hall) { h.platform.Block("ann") }, to("ann"), chat.Reply{Text: "x"}, chat.Failure{Kind: chat.Blocked}},
		{"F16 the group moved", func(h *hall) { h.platform.Move(group, -1009) }, inGroup("ann", 0), chat.Reply{Text: "x"}, chat.Failure{Kind: chat.Moved, To: &moved}},
		{"the token was revoked", func(h *hall) { h.platform.Fail(1, "token") }, to("ann"), chat.Reply{Text: "x"}, chat.Failure{Kind: chat.Auth}},
		{"medium without an address", nil, to("ann"), chat.Reply{Media: []chat.Media{{Kind: "image", URL: "ftp://x/y"}}}, chat.Failure{Kind: chat.BadMedia}},
		{"G5 a handle that expired", nil, to("ann"), chat.Reply{Media: []chat.Media{{Kind: "image", Ref: "stale"}}}, chat.Failure{Kind: chat.BadMedia}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newPrivate(t)
			if c.set != nil {
				c.set(h)
			}
			_, err := h.Send(t.Context(), c.to, c.r, nil)
			f := failureOf(t, err)
			if f.Kind != c.want.Kind || f.Unknown != c.want.Unknown || !reflect.DeepEqual(f.To, c.want.To) {
				t.Errorf("Send = %+v, to %+v; want %+v", f, f.To, c.want)
			}
		})
	}
}

// A text beyond the limit is never ours: Fit cuts. If one comes all the same, the platform's words are understood.
func TestTooLong(t *testing.T) {
	t.Parallel()
	d, _ := adapterstest.NewDeps()
	p := telegramtest.New(t)
	p.Meet("ann")
	d.HTTP = adapterstest.Client(p)
	_, err := mustNew(t, p.Section(base), d).Send(t.Context(), to("ann"), chat.Reply{Text: strings.Repeat("长", 4097)}, nil)
	if f := failureOf(t, err); f.Kind != chat.TooLong || len(p.Breaches()) != 1 {
		t.Errorf("Send = %v, breaches %q", f, p.Breaches())
	}
}

// P2: a connection that is lost after the platform took the message leaves it unknown whether it is shown; one that was never made does not.
func TestUnknownOutcome(t *testing.T) {
	t.Parallel()
	p := telegramtest.New(t)
	p.Meet("ann")
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	d, _ := adapterstest.NewDeps()
	d.HTTP = srv.Client()
	section := p.Section(srv.URL)
	section["unknown_send"] = "drop"
	a := mustNew(t, section, d)
	if a.Caps(to("ann")).Resend {
		t.Error("unknown_send: drop, and Caps.Resend is set")
	}
	p.Fail(1, "timeout-after-send")
	_, err := a.Send(t.Context(), to("ann"), chat.Reply{Text: "x"}, nil)
	if f := failureOf(t, err); f.Kind != chat.Temporary || !f.Unknown || len(p.Messages()) != 1 {
		t.Errorf("the connection was lost: Send = %+v", f)
	}
	srv.Close()
	_, err = a.Send(t.Context(), to("ann"), chat.Reply{Text: "x"}, nil)
	if f := failureOf(t, err); f.Kind != chat.Temporary || f.Unknown {
		t.Errorf("nobody listens: Send = %+v, want it known that nothing is shown", f)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = a.Send(ctx, to("ann"), chat.Reply{Text: "x"}, nil)
	if f := failureOf(t, err); f.Kind != chat.Temporary || f.Unknown {
		t.Errorf("the context had ended: Send = %+v", f)
	}
}

// In a group the person's own message is answered, in its topic; one that is gone keeps nobody from the answer.
func TestSendToGroup(t *testing.T) {
	t.Parallel()
	h := newPrivate(t)
	right := &chat.ReplyRight{Pool: "message", Data: json.RawMessage("7"), Left: -1}
	for _, topic := range []int{45, 46} {
		if _, err := h.Send(t.Context(), inGroup("ann", topic), chat.Reply{Text: "好"}, right); err != nil {
			t.Fatal(err)
		}
	}
	got := h.platform.Messages()
	if len(got) != 2 || got[0].Topic != 45 || got[1].Topic != 0 || got[0].Answers != 7 || got[1].Answers != 7 || got[0].Chat != group {
		t.Errorf("sent %+v", got)
	}
	if c := h.Caps(inGroup("ann", 0)); c.PerConversation != perGroup || c.PerConversation >= h.Caps(to("ann")).PerConversation {
		t.Errorf("the pace in a group is %v a second", c.PerConversation)
	}
}

// A group gets 20 messages a minute, whoever of it is answered; the rest is told to wait, without asking the platform.
func TestGroupPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newPrivate(t)
		shown := 0
		for begun := time.Now(); time.Since(begun) < time.Minute; {
			_, err := h.Send(t.Context(), inGroup(fmt.Sprint("p", shown), 0), chat.Reply{Text: "好"}, nil)
			if err == nil {
				shown++
				continue
			}
			f := failureOf(t, err)
			if f.Kind != chat.Rate || f.Retry <= 0 {
				t.Fatalf("Send = %+v", f)
			}
			time.Sleep(f.Retry)
		}
		if shown < 20 || shown > 20+groupBurst {
			t.Errorf("%d messages a minute", shown)
		}
	})
}

func TestEdit(t *testing.T) {
	t.Parallel()
	h := newPrivate(t)
	id, err := h.Send(t.Context(), to("ann"), chat.Reply{Text: "旧", Choices: []chat.Choice{{ID: "1", Label: "一"}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time nothing is modified, which is success
		if err := h.Edit(t.Context(), to("ann"), id, chat.Reply{Text: "新"}); err != nil {
			t.Fatal(err)
		}
	}
	if got := h.platform.Messages(); len(got) != 1 || got[0].Text != "新" || got[0].Buttons != nil {
		t.Errorf("the person sees %+v", got)
	}
	if f := failureOf(t, h.Edit(t.Context(), to("ann"), "404", chat.Reply{Text: "新"})); f.Kind != chat.Refused {
		t.Errorf("Edit of a message that is not there = %v", f)
	}
	if f := failureOf(t, h.Edit(t.Context(), to("ann"), "", chat.Reply{Text: "新"})); f.Kind != chat.Refused {
		t.Errorf("Edit without a number = %v", f)
	}
}

func TestTyping(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newPrivate(t)
		if err := h.Typing(t.Context(), to("ann")); err != nil || len(h.platform.Calls("sendChatAction")) != 1 {
			t.Errorf("Typing = %v", err)
		}
		// P20: not even that is asked of a chat that is to be left alone.
		h.platform.Slow(telegramtest.ID("ann"), 3)
		_, err := h.Send(t.Context(), to("ann"), chat.Reply{Text: "x"}, nil)
		if f := failureOf(t, err); f.Kind != chat.Rate || f.Retry != 3*time.Second {
			t.Errorf("Send = %+v", f)
		}
		if f := failureOf(t, h.Typing(t.Context(), to("ann"))); f.Kind != chat.Rate {
			t.Errorf("Typing = %v", f)
		}
	})
}

func TestLink(t *testing.T) {
	t.Parallel()
	h := newPrivate(t)
	var l adapters.Linker = h
	got, err := l.Link(t.Context(), strings.Repeat("a", l.MaxScene()), time.Time{})
	if err != nil || got.URL != "https://t.me/shop_bot?start="+strings.Repeat("a", 64) {
		t.Errorf("Link = %+v, %v", got, err)
	}
	for _, bad := range []string{"", strings.Repeat("a", 65), "page=pay"} {
		if _, err := l.Link(t.Context(), bad, time.Time{}); err == nil {
			t.Errorf("Link(%q) gives a link that carries nothing", bad)
		}
	}
}
