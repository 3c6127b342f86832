package web

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseScene(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in      string
		want    map[string]string
		ignored string
	}{
		{"", nil, ""},
		{"error=RP_HOLD", map[string]string{"error": "RP_HOLD"}, ""},
		{"page=pay,error=RP_HOLD", map[string]string{"page": "pay", "error": "RP_HOLD"}, ""},
		{" page = pay , error = RP_HOLD ", map[string]string{"page": "pay", "error": "RP_HOLD"}, ""},
		{"pay", map[string]string{"page": "pay"}, ""},
		{"RP_HOLD", map[string]string{"error": "RP_HOLD"}, ""},
		{"page.RP_HOLD", map[string]string{"page": "RP_HOLD"}, ""},
		{"HELP", map[string]string{"page": "HELP"}, ""},
		{"page.redpacket_help", map[string]string{"page": "redpacket_help"}, ""},
		{"menu.HELP_SAFETY", map[string]string{"menu": "HELP_SAFETY"}, ""},
		{"/help/red-packet.html", map[string]string{"page": "/help/red-packet.html"}, ""},
		{"title=红包 说明", map[string]string{"title": "红包 说明"}, ""},
		{"error=a=b", map[string]string{"error": "a=b"}, ""},
		{"error=", map[string]string{}, "scene_malformed"},
		{"=x", map[string]string{}, "scene_malformed"},
		{"a b", map[string]string{}, "scene_malformed"},
		{"<script>", map[string]string{}, "scene_malformed"},
		{"error=x\x00y,page=pay", map[string]string{"page": "pay"}, "scene_malformed"},
		{"error=" + strings.Repeat("x", maxSceneValue+1), map[string]string{}, "scene_malformed"},
		{strings.Repeat("x", maxScene+1), nil, "scene_long"},
		{"v1.eyJlcnJvciI6IlJQX0hPTEQifQ.c2lnbmF0dXJlc2lnbmF0dXJl", nil, "scene_signed"},
	} {
		got, ignored := parseScene(c.in)
		if d := cmp.Diff(c.want, got); d != "" || ignored != c.ignored {
			t.Errorf("parseScene(%q) ignored %q, want %q (-want +got)\n%s", c.in, ignored, c.ignored, d)
		}
	}
	if got, _ := parseScene(strings.Repeat("a=1,b=1,", 100)); len(got) != 2 {
		t.Errorf("repeated signals gave %d, want 2", len(got))
	}
}

func FuzzScene(f *testing.F) {
	for _, s := range []string{"error=RP_HOLD", "a=b,c=d", "page.x", "v1.aaaaaaaa.bbbbbbbbbbbbbbbb", ",,==..", "页面=红包"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, _ := parseScene(s)
		if len(got) > maxSignals {
			t.Errorf("%q gave %d signals", s, len(got))
		}
		for k, v := range got {
			if !signalForm.MatchString(k) || v == "" || len(v) > maxSceneValue {
				t.Errorf("%q gave %q=%q", s, k, v)
			}
		}
	})
}
