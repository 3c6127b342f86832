package chat_test

import (
	"testing"

	"github.com/xianda-bot/xianda/chat"
)

func TestCut(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		n        int
		want     string
	}{
		{"fits", "红包", 6, "红包"},
		{"empty", "", 3, ""},
		{"between two runes", "红包退款", 9, "红包…"},
		{"inside a rune", "红包退款", 11, "红包…"},
		{"letters", "abcdef", 5, "ab…"},
		{"only the mark is left", "红包", 5, "…"},
		{"at the least", "abcd", 3, "…"},
		{"stray bytes", "\x80\x80\x80\x80\x80", 4, "…"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := chat.Cut(tt.in, tt.n); got != tt.want {
				t.Errorf("Cut(%q, %d) = %q, want %q", tt.in, tt.n, got, tt.want)
			}
		})
	}
}

func TestAddressForm(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		in   chat.Address
		want string
	}{
		{"plain", chat.Address{Channel: "shop", Peer: "ann"}, "shop|ann"},
		{"thread", chat.Address{Channel: "shop", Peer: "ann", Thread: "7"}, "shop|ann|7"},
		{"a bar inside", chat.Address{Channel: "shop", Peer: "a|b"}, "shop|a%7Cb"},
		{"what looks escaped", chat.Address{Channel: "shop", Peer: "a%7Cb"}, "shop|a%257Cb"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.in.String(); got != tt.want {
				t.Errorf("String() = %q, want %q", got, tt.want)
			}
			if got, err := chat.ParseAddress(tt.want); err != nil || got != tt.in {
				t.Errorf("ParseAddress(%q) = %+v, %v, want %+v", tt.want, got, err, tt.in)
			}
		})
	}
	for _, bad := range []string{"", "shop", "shop|", "|ann", "a|b|c|d"} {
		if got, err := chat.ParseAddress(bad); err == nil {
			t.Errorf("ParseAddress(%q) = %+v, want an error", bad, got)
		}
	}
}
