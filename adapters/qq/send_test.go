package qq

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/qq/qqtest"
	"github.com/xianda-bot/xianda/chat"
)

// P2: a reply whose first attempt was shown though its answer was lost is not shown again.
func TestP2AttemptsShowOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, nil)
		m := h.hear(t, adapterstest.Delivery{ID: "a", Text: "在吗"})
		h.platform.Fail(1, "timeout-after-send")
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := h.Send(ctx, m.From, chat.Reply{Key: "r1", Text: "在"}, m.Right)
		var f *chat.Failure
		if !errors.As(err, &f) || f.Kind != chat.Temporary || !f.Unknown {
			t.Fatalf("the lost answer is %v", err)
		}
		for _, key := range []string{"r1", "r2"} {
			if err := h.say(t, m, chat.Reply{Key: key, Text: "在"}); err != nil {
				t.Errorf("%s: %v", key, err)
			}
		}
		if got := h.platform.Sent(); len(got) != 2 {
			t.Errorf("%d messages were shown, want r1 and r2: %+v", len(got), got)
		}
		if n := h.record.Counted("shown_before qq"); n != 1 {
			t.Errorf("counted %d times as shown before", n)
		}
		h.correct(t)
	})
}

// Replies of one message have numbers of their own, whatever their order, and as many as the platform permits are shown.
func TestEveryPermittedReplyIsShown(t *testing.T) {
	t.Parallel()
	for _, group := range []bool{false, true} {
		h := newHall(t, func(p *qqtest.Platform) { p.Group = group })
		m := h.hear(t, adapterstest.Delivery{ID: "a", Text: "在吗"})
		for i := range m.Right.Left {
			if err := h.say(t, m, chat.Reply{Key: fmt.Sprint("k-", i), Text: "答"}); err != nil {
				t.Errorf("reply %d: %v", i+1, err)
			}
		}
		h.correct(t)
		// One more than the house may send: the platform says so, and the house waits for the next message.
		if err := h.say(t, m, chat.Reply{Key: "more", Text: "答"}); kindOf(err) != chat.Exhausted {
			t.Errorf("one reply too many: %v", err)
		}
	}
}

func TestSeqs(t *testing.T) {
	t.Parallel()
	seen := map[uint32]string{}
	for i := range 20_000 {
		for _, s := range [][]string{{fmt.Sprint("turn", i)}, {fmt.Sprint("turn", i, "-1")}, {fmt.Sprint("turn", i), "image", "0"}, {fmt.Sprint("turn", i), "without links"}} {
			n, name := seq(s...), strings.Join(s, "/")
			if n == 0 || n > 1<<31-1 || n != seq(s...) {
				t.Fatalf("seq(%s) = %d", name, n)
			}
			if other, ok := seen[n]; ok {
				t.Logf("%s and %s share %d", name, other, n) // harmless: they answer different messages
			}
			seen[n] = name
		}
	}
	if len(seen) < 79_950 {
		t.Errorf("80,000 messages have only %d numbers", len(seen))
	}
}

// Without a living right nothing is sent at all: the platform takes nothing unasked.
func TestNothingUnasked(t *testing.T) {
	t.Parallel()
	h := newHall(t, nil)
	m := h.hear(t, adapterstest.Delivery{ID: "a", Text: "在吗"})
	late := *m.Right
	late.Expires = time.Now()
	for name, right := range map[string]*chat.ReplyRight{
		"none": nil, "too late": &late, "of nothing": {Left: 1}, "not ours": {Data: json.RawMessage(`"x"`), Left: 1},
		"of both": {Data: json.RawMessage(`{"msg_id":"a","event_id":"b"}`), Left: 1},
	} {
		if _, err := h.Send(t.Context(), m.From, chat.Reply{Key: "k", Text: "答"}, right); kindOf(err) != chat.Window {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := h.say(t, m, chat.Reply{Key: "k", Text: " \n"}); kindOf(err) != chat.Refused {
		t.Errorf("an empty reply: %v", err)
	}
	if len(h.platform.Sent()) > 0 || h.platform.TokensFetched() > 0 {
		t.Error("the platform was called")
	}
	h.correct(t)
}

// The window ends by the platform's clock: an hour alone, five minutes in a group.
func TestWindows(t *testing.T) {
	for _, c := range []struct {
		group  bool
		window time.Duration
	}{{false, time.Hour}, {true, 5 * time.Minute}} {
		synctest.Test(t, func(t *testing.T) {
			h := newHall(t, func(p *qqtest.Platform) { p.Group = c.group })
			m := h.hear(t, adapterstest.Delivery{ID: "a", Text: "在吗"})
			time.Sleep(c.window - time.Second)
			if err := h.say(t, m, chat.Reply{Key: "k1", Text: "答"}); err != nil {
				t.Errorf("group %t, a second before its end: %v", c.group, err)
			}
			time.Sleep(2 * time.Second)
			if err := h.say(t, m, chat.Reply{Key: "k2", Text: "答"}); kindOf(err) != chat.Window {
				t.Errorf("group %t, a second behind its end: %v", c.group, err)
			}
			h.correct(t)
		})
	}
}

// An address that the console does not know costs the address, not the answer; the operator is told what to do.
func TestRefusedLinks(t *testing.T) {
	t.Parallel()
	h := newHall(t, nil)
	h.platform.Register("pay.example")
	m := h.hear(t, adapterstest.Delivery{ID: "a", Text: "怎么退"})
	for _, c := range []struct{ key, text, want string }{
		{"k1", "请看https://help.example/a?b=1。二十四小时内到账", "请看[链接]。二十四小时内到账"},
		{"k1", "请看https://help.example/a?b=1。二十四小时内到账", ""}, // again: it was shown
		{"k2", "请看 https://pay.example/a", "请看 https://pay.example/a"},
	} {
		before := len(h.platform.Sent())
		if err := h.say(t, m, chat.Reply{Key: c.key, Text: c.text}); err != nil {
			t.Fatalf("%s: %v", c.text, err)
		}
		got := ""
		for _, s := range h.platform.Sent()[before:] {
			got += s.Text
		}
		if got != c.want {
			t.Errorf("%s: the person sees %q, want %q", c.text, got, c.want)
		}
	}
	if log := h.record.Log(); !strings.Contains(log, "消息URL配置") || strings.Contains(log, "help.example") {
		t.Errorf("logged %s", log)
	}
	if b := h.platform.Breaches(); len(b) != 1 { // the attempt that was made again
		t.Errorf("the platform complains: %q", b)
	}
}

func TestWithoutLinks(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"没有":                          "没有",
		"HTTP://A.example/X 和 b.com/": "[链接] 和 [链接]",
		"a.b@c.example":               "a.b@[链接]",
		"3.14 元，1.5万，v2":              "3.14 元，1.5万，v2",
		"看example.com。好":              "看[链接]。好",
		"https://例子.中国/路":             "https://例子.中国/路",
	} {
		if got := withoutLinks(s); got != want {
			t.Errorf("withoutLinks(%q) = %q, want %q", s, got, want)
		}
	}
}

// What waits to be looked through is sent, and has no id.
func TestAudited(t *testing.T) {
	t.Parallel()
	h := newHall(t, nil)
	m := h.hear(t, adapterstest.Delivery{ID: "a", Text: "在吗"})
	h.platform.Fail(1, "audit")
	if id, err := h.Send(t.Context(), m.From, chat.Reply{Key: "k", Text: "在"}, m.Right); id != "" || err != nil {
		t.Errorf("Send = %q, %v", id, err)
	}
	if id, err := h.Send(t.Context(), m.From, chat.Reply{Key: "k2", Text: "在\x00\x1b[31m吗"}, m.Right); id == "" || err != nil || h.platform.Sent()[1].Text != "在[31m吗" {
		t.Errorf("Send = %q, %v: %+v", id, err, h.platform.Sent())
	}
	h.correct(t)
}

// P20: a refusal for speed names when to come again, and nothing is sent meanwhile by the adapter itself.
func TestP20Busy(t *testing.T) {
	t.Parallel()
	h := newHall(t, nil)
	m := h.hear(t, adapterstest.Delivery{ID: "a", Text: "在吗"})
	h.platform.Fail(1, "busy")
	err := h.say(t, m, chat.Reply{Key: "k", Text: "在"})
	var f *chat.Failure
	if !errors.As(err, &f) || f.Kind != chat.Rate || f.Retry != 3*time.Second || len(h.platform.Sent()) > 0 {
		t.Errorf("Send = %+v, sent %+v", f, h.platform.Sent())
	}
	if err := h.say(t, m, chat.Reply{Key: "k", Text: "在"}); err != nil || len(h.platform.Sent()) != 1 {
		t.Errorf("the next attempt: %v", err)
	}
	h.correct(t)
}
