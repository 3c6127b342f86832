package qq

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/qq/qqtest"
	"github.com/xianda-bot/xianda/chat"
)

// Buttons: markdown shows the text as it is, at most five rows; links open; a bot that was not invited numbers its choices from then on.
func TestButtons(t *testing.T) {
	t.Parallel()
	text := "# 退款*规则*\n1. 点[这里](https://x) <b>\n- `a_b` ~c~ | d \\ !\n> 引用\n===\n2) 二"
	for _, n := range []int{1, 2, 5, 6, 10, 25} {
		h := newHall(t, func(p *qqtest.Platform) { p.Buttons = true; p.Register("x)") })
		m := h.hear(t, adapterstest.Delivery{ID: "a", Text: "在吗"})
		r := chat.Reply{Key: "k", Text: text}
		var want []string
		for i := range n {
			r.Choices = append(r.Choices, chat.Choice{ID: fmt.Sprint("c", i), Label: fmt.Sprint("选项", i)})
			want = append(want, fmt.Sprint("选项", i))
		}
		r.Choices[0] = chat.Choice{Label: "选项0", URL: "https://help.example/"}
		if err := h.say(t, m, r); err != nil {
			t.Fatalf("%d choices: %v", n, err)
		}
		if d := cmp.Diff([]adapterstest.Shown{{Peer: "ann", Text: text, Choices: want}}, h.platform.Sent()); d != "" {
			t.Errorf("%d choices, - want + shown:\n%s", n, d)
		}
		h.correct(t)
	}
}

func TestButtonsWithoutInvitation(t *testing.T) {
	t.Parallel()
	h := newHall(t, nil)         // the platform did not invite …
	h.cfg.MarkdownButtons = true // … what the operator switched on
	m := h.hear(t, adapterstest.Delivery{ID: "a", Text: "在吗"})
	r := chat.Reply{Key: "k", Text: "哪一个？", Choices: []chat.Choice{{ID: "a", Label: "退款"}, {ID: "b", Label: "发票"}}}
	if err := h.say(t, m, r); err != nil {
		t.Fatal(err)
	}
	if c := h.Caps(m.From); c.Choices != chat.None || c.Tap != chat.None {
		t.Errorf("Caps still promise buttons: %+v", c)
	}
	for _, p := range adapters.Fit(chat.Reply{Key: "k2", Text: r.Text, Choices: r.Choices}, h.Caps(m.From)) {
		if err := h.say(t, m, p); err != nil {
			t.Fatal(err)
		}
	}
	want := adapterstest.Shown{Peer: "ann", Text: "哪一个？\n1. 退款\n2. 发票"}
	if d := cmp.Diff([]adapterstest.Shown{want, want}, h.platform.Sent()); d != "" {
		t.Errorf("- want + shown:\n%s", d)
	}
	if b := h.platform.Breaches(); len(b) != 1 { // the one attempt
		t.Errorf("the platform complains: %q", b)
	}
}

// Buttons of one message that the platform cannot draw are numbered lines, and the next message has buttons again.
func TestButtonsThatCannotBeDrawn(t *testing.T) {
	t.Parallel()
	h := newHall(t, func(p *qqtest.Platform) { p.Buttons = true })
	m := h.hear(t, adapterstest.Delivery{ID: "a", Text: "在吗"})
	h.platform.Fail(1, "40034029")
	r := chat.Reply{Key: "k", Text: "哪一个？", Choices: []chat.Choice{{ID: "a", Label: "退款"}}}
	if err := h.say(t, m, r); err != nil {
		t.Fatal(err)
	}
	r.Key = "k2"
	if err := h.say(t, m, r); err != nil {
		t.Fatal(err)
	}
	want := []adapterstest.Shown{{Peer: "ann", Text: "哪一个？\n1. 退款"}, {Peer: "ann", Text: "哪一个？", Choices: []string{"退款"}}}
	if d := cmp.Diff(want, h.platform.Sent()); d != "" {
		t.Errorf("- want + shown:\n%s", d)
	}
	h.correct(t)
}

// Images: uploaded by their address once, for groups and for people apart; what the platform cannot fetch leaves the text to the postman.
func TestImages(t *testing.T) {
	t.Parallel()
	for _, group := range []bool{false, true} {
		h := newHall(t, func(p *qqtest.Platform) { p.Group = group })
		m := h.hear(t, adapterstest.Delivery{ID: "a", Text: "怎么付"})
		image := []chat.Media{{Kind: "image", URL: "https://shop.example/pay.png"}}
		for _, r := range []chat.Reply{{Key: "k1", Media: image}, {Key: "k2", Text: "如图", Media: image}} {
			if err := h.say(t, m, r); err != nil {
				t.Fatal(err)
			}
		}
		want := []adapterstest.Shown{{Peer: "ann", Media: 1}, {Peer: "ann", Media: 1}, {Peer: "ann", Text: "如图"}}
		if d := cmp.Diff(want, h.platform.Sent()); d != "" || h.platform.Uploads() != 1 {
			t.Errorf("group %t, %d uploads, - want + shown:\n%s", group, h.platform.Uploads(), d)
		}
		h.correct(t)

		for name, media := range map[string]chat.Media{
			"G5 missing": {Kind: "image", URL: "https://shop.example/missing.png"}, "a handle": {Kind: "image", Ref: "media-1"},
			"G1 plain http": {Kind: "image", URL: "http://shop.example/pay.png"}, "no address": {Kind: "image", URL: "https://"},
		} {
			if err := h.say(t, m, chat.Reply{Key: "k3", Media: []chat.Media{media}}); kindOf(err) != chat.BadMedia {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// A handle that ended before its time is dropped, so that the next image is uploaded anew.
func TestImageHandleEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, nil)
		image := []chat.Media{{Kind: "image", URL: "https://shop.example/pay.png"}}
		show := func(key string) error {
			return h.say(t, h.hear(t, adapterstest.Delivery{ID: key, Text: "怎么付"}), chat.Reply{Key: key, Media: image})
		}
		if err := show("a"); err != nil {
			t.Fatal(err)
		}
		h.platform.Forget()
		if err := show("b"); kindOf(err) != chat.BadMedia {
			t.Errorf("an ended handle: %v", err)
		}
		if err := show("c"); err != nil || h.platform.Uploads() != 2 {
			t.Errorf("the one behind it: %v after %d uploads", err, h.platform.Uploads())
		}
		time.Sleep(10 * time.Minute) // its ttl is five
		if err := show("d"); err != nil || h.platform.Uploads() != 3 {
			t.Errorf("after its time: %v after %d uploads", err, h.platform.Uploads())
		}
	})
}
