package typo

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"answer", "say", "on_fail", "on_skip", "id", "退款", "退款进度"}
	tests := []struct{ name, in, want string }{
		{"a letter too few", "answr", "answer"},
		{"a letter too many", "sayy", "say"},
		{"another letter", "anspers", "answer"},
		{"two swapped", "asnwer", "answer"},
		{"swapped in a short word", "asy", "say"},
		{"in a word of two", "od", "id"},
		{"nothing of a word of two is left", "xy", ""},
		{"of several the nearest", "on_ski", "on_skip"},
		{"of several as near the first", "on_xxip", "on_skip"},
		{"one begins with the other", "answers_all", "answer"},
		{"begun", "on_f", "on_fail"},
		{"too short to have begun", "on", ""},
		{"characters, not bytes", "退货", "退款"},
		{"far", "collect", ""},
		{"empty", "", ""},
		{"very long", strings.Repeat("x", 100_000), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := Nearest(tt.in, known); got != tt.want {
				t.Errorf("Nearest(%.20q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestDistance(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, a, b string
		want       int
	}{
		{"same", "say", "say", 0},
		{"inserted", "say", "stay", 1},
		{"deleted", "stay", "say", 1},
		{"replaced", "say", "sax", 1},
		{"swapped", "say", "sya", 1},
		{"swapped and replaced", "wechat", "wehcap", 2},
		{"all of it", "", "say", 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, pair := range [][2]string{{tt.a, tt.b}, {tt.b, tt.a}} {
				if got := distance([]rune(pair[0]), []rune(pair[1])); got != tt.want {
					t.Errorf("distance(%q, %q) = %d, want %d", pair[0], pair[1], got, tt.want)
				}
			}
		})
	}
}
