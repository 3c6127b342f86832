package cli

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/xianda-bot/xianda/chat"
)

// TestPrintCase holds that a seat sees where the person is and what is known of their other conversations.
func TestPrintCase(t *testing.T) {
	t.Parallel()
	var out, talk bytes.Buffer
	c := &common{env: testEnv(&out, &talk)}
	k := chat.Case{
		ID: "27c0ffee1234", State: chat.Held, Priority: "normal", Queue: "default", Seat: "alice", QuotaLeft: -1,
		Conversation: chat.Address{Channel: "tg", Peer: "7", Thread: "-100"}, Wanted: "退款", Reason: "pattern:人工",
		Elsewhere: []chat.Elsewhere{
			{Conversation: chat.Address{Channel: "shop", Peer: "o1"}, Asked: "红包退到哪", Dialog: "refund", Slots: map[string]string{"day": "昨天"}, Tried: []string{"a.b"}},
			{Conversation: chat.Address{Channel: "site", Peer: "p1"}},
		},
		Transcript: []chat.Line{{From: "person", Text: "在这边", Source: "held_there"}, {From: "person", Text: "在那边", Source: "held"}},
	}
	if err := c.printCase(&k); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"person:   tg 7 in -100\n",
		"also in:  shop o1: asked 红包退到哪; in the middle of refund; day = 昨天; was told a.b\n",
		"also in:  site p1\n",
		"person   [in another of their conversations] 在这边\n",
		"person   在那边\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no line %q in\n%s", want, out.String())
		}
	}
}

// TestRemedy holds that a seat who may not speak reads what to do about it.
func TestRemedy(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err  error
		want string
	}{
		{&refusal{Code: "owned", Text: "held by nobody"}, `held by nobody: take it first with "xianda handoff claim c1"`},
		{fmt.Errorf("x: %w", &refusal{Code: "owned", Text: "held by bob"}), "--to YOU"},
		{&refusal{Code: "not_found", Text: "no such case"}, "no such case"},
		{errors.New("away"), "away"},
	} {
		if got := remedy("c1", tt.err).Error(); !strings.Contains(got, tt.want) {
			t.Errorf("remedy(%v) = %q, want %q in it", tt.err, got, tt.want)
		}
	}
}
