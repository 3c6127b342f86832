package dialog

import (
	"crypto/rand"
	"strings"
	"testing"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/dialog/session"
)

func TestReadCode(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, want string }{
		{"K7Q-M3X-WD4", "K7Q-M3X-WD4"},
		{" k7qm3xwd4 ", "K7Q-M3X-WD4"},
		{"K7Q M3X WD4", "K7Q-M3X-WD4"},
		{"Ｋ７Ｑ－Ｍ３Ｘ－ＷＤ４", "K7Q-M3X-WD4"}, // of a Chinese keyboard
		{"K7Q—M3X—WD4", "K7Q-M3X-WD4"},
		{"EXCHANGES", ""}, // a word
		{"234567892", ""}, // a number
		{"K7Q-M3X-WD1", ""},
		{"K7Q-M3X-WD44", ""},
		{"我的码是 K7Q-M3X-WD4", ""},
		{"", ""},
		{strings.Repeat("K7Q-M3X-WD4", 9), ""},
	} {
		if got, ok := readCode(tt.in); got != tt.want || ok != (tt.want != "") {
			t.Errorf("readCode(%q) = %q, %v, want %q", tt.in, got, ok, tt.want)
		}
	}
}

// TestCodes: every code that is made is read again, has the bits that it promises, and is not kept in a form that could be typed.
func TestCodes(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 2000 {
		code, err := NewCode(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := readCode(strings.ToLower(code)); !ok || got != code {
			t.Fatalf("readCode(%q) = %q, %v, want it back", strings.ToLower(code), got, ok)
		}
		if key := CodeKey(code); seen[code] || strings.Contains(key, code) || len(key) != 32 {
			t.Fatalf("code %s with key %s: want it new, and not in its key", code, key)
		}
		seen[code] = true
	}
	if len(codeLetters) != 32 {
		t.Errorf("%d signs, want 32: nine of five bits", len(codeLetters))
	}
}

func FuzzReadCode(f *testing.F) {
	for _, s := range []string{"K7Q-M3X-WD4", "k7qm3xwd4", "１２３", "关联 K7Q M3X WD4", "\x00\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		code, ok := readCode(s)
		if !ok {
			return
		}
		if again, ok := readCode(code); !ok || again != code {
			t.Errorf("readCode(%q) = %q, which is read as %q, %v", s, code, again, ok)
		}
	})
}

// TestShownAs: a value given elsewhere is recognised by who gave it, and tells nobody else the most of it.
func TestShownAs(t *testing.T) {
	t.Parallel()
	pick := &script.Slot{Type: script.Choice, Choices: []script.Option{{Key: "card", Label: "银行卡"}}}
	for _, tt := range []struct {
		slot        *script.Slot
		value, want string
	}{
		{&script.Slot{Type: script.Phone}, "13812345678", "138****5678"},
		{&script.Slot{Type: script.Digits}, "20260112", "20****12"},
		{&script.Slot{Type: script.OrderNo}, "4200001234202601121234567890", "4200****7890"},
		{&script.Slot{Type: script.Text}, "莫须有", "莫****"},
		{&script.Slot{Type: script.Text}, "说好三天退款", "说****款"},
		{&script.Slot{Type: script.Text}, "", "****"},
		{pick, "card", "银行卡"},
	} {
		if got := shownAs(tt.slot, tt.value); got != tt.want {
			t.Errorf("shownAs(%s %q) = %q, want %q", tt.slot.Type, tt.value, got, tt.want)
		}
	}
}

// TestCodeIsNotKept: no transcript, and so no seat and no store, holds a code that could still be typed.
func TestCodeIsNotKept(t *testing.T) {
	t.Parallel()
	j := judgement{heard: "关联", unkept: "K7Q-M3X-WD4", replies: []chat.Reply{{Text: "您的关联码是 K7Q-M3X-WD4，10 分钟内有效。"}}}
	for _, l := range lines(&session.Claim{}, j) {
		if strings.Contains(l.Text, j.unkept) {
			t.Errorf("kept: %+v", l)
		}
	}
	if j.replies[0].Text != "您的关联码是 K7Q-M3X-WD4，10 分钟内有效。" {
		t.Errorf("the person reads %q, want the code", j.replies[0].Text)
	}
}
