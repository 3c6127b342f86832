package claims_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/xianda-bot/xianda/adapters/internal/claims"
)

func check(t *testing.T, of func(string) string, cases map[string]string) {
	t.Helper()
	for in, want := range cases {
		if got := of(in); got != want {
			t.Errorf("%.80q became %q, want %q", in, got, want)
		}
	}
}

// G6: a name leads into no folder, and its ending is what is seen.
func TestG6Name(t *testing.T) {
	t.Parallel()
	check(t, claims.Name, map[string]string{
		"报告.pdf": "报告.pdf", "../../etc/passwd": "passwd", `C:\windows\a.txt`: "a.txt", "a\x00\r\nb.png": "ab.png", "\u202egpj.exe": "gpj.exe",
		"": "", "..": "", "/": "", "\xff": "", "\u202e..": "", strings.Repeat("x", 300): strings.Repeat("x", 197) + "…",
	})
}

// A label is no path: its slashes are words.
func TestLabel(t *testing.T) {
	t.Parallel()
	check(t, claims.Label, map[string]string{"A/B 座": "A/B 座", "a\nb\x1b[2J": "ab[2J", "王\u202e小明": "王小明", "": ""})
	if got := claims.Label(strings.Repeat("长", 300)); len(got) > 200 || !utf8.ValidString(got) {
		t.Errorf("a long label has %d bytes: %q", len(got), got)
	}
}

func TestType(t *testing.T) {
	t.Parallel()
	check(t, claims.Type, map[string]string{
		"image/jpeg": "image/jpeg", "Image/SVG+xml": "image/svg+xml", "text/plain; charset=utf-8": "text/plain", "audio/x-m4a": "audio/x-m4a",
		"voice": "", "": "", "/": "", "a/b/c": "", "a/b\r\nX: 1": "", "图/片": "", "a/" + strings.Repeat("b", 100): "",
	})
}

func TestAddress(t *testing.T) {
	t.Parallel()
	check(t, claims.Address, map[string]string{
		"https://a.example/b?c=d": "https://a.example/b?c=d", "http://a.example": "http://a.example",
		"javascript:alert(1)": "", "file:///etc/passwd": "", "https://": "", "//a.example": "", "https://bank.example@a.example/": "", "": "",
		"https://a.example/\n": "", "https://a.example/" + strings.Repeat("a", 2048): "",
	})
}
