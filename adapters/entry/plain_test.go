package entry

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPlain(t *testing.T) {
	t.Parallel()
	type m = map[string]string
	for _, c := range []struct {
		in   string
		want m
		kind string
	}{
		{"error=RP_HOLD", m{"error": "RP_HOLD"}, plain},
		{"page=pay,error=RP_HOLD", m{"page": "pay", "error": "RP_HOLD"}, plain},
		{" page = pay , error = RP_HOLD ", m{"page": "pay", "error": "RP_HOLD"}, plain},
		{"pay", m{"page": "pay"}, plain},
		{"RP_HOLD", m{"error": "RP_HOLD"}, plain},
		{"page.RP_HOLD", m{"page": "RP_HOLD"}, plain},
		{"HELP", m{"page": "HELP"}, plain},
		{"page.redpacket_help", m{"page": "redpacket_help"}, plain},
		{"menu.HELP_SAFETY", m{"menu": "HELP_SAFETY"}, plain},
		{"/help/red-packet.html", m{"page": "/help/red-packet.html"}, plain},
		{"title=红包 说明", m{"title": "红包 说明"}, plain},
		{"error=a=b", m{"error": "a=b"}, plain},
		{"rate=50%", m{"rate": "50%"}, plain},
		{"title=R&D", m{"title": "R&D"}, plain},
		{"123123", m{"page": "123123"}, plain}, // the number of a QR code made elsewhere

		// As a query: session-from of mini-programs, scene_param of WeCom.
		{"page=pay&error=RP_HOLD", m{"page": "pay", "error": "RP_HOLD"}, plain},
		{"title=%E7%BA%A2%E5%8C%85&rate=50%25&note=a+b", m{"title": "红包", "rate": "50%", "note": "a b"}, plain},
		{"title=%E7%BA%A2%E5%8C%85", m{"title": "红包"}, plain},
		{"page%3Dpay%2Cerror%3DRP_HOLD", m{"page": "pay", "error": "RP_HOLD"}, plain},
		{"page%3Dpay%26error%3DRP_HOLD", m{"page": "pay", "error": "RP_HOLD"}, plain},
		{"pages/pay/index?error=RP_HOLD&x=1", m{"page": "pages/pay/index", "error": "RP_HOLD", "x": "1"}, plain},
		{"pages/pay/index", m{"page": "pages/pay/index"}, plain},
		{"?page=pay&error=RP_HOLD", m{"page": "pay", "error": "RP_HOLD"}, plain},
		{"&page=pay&", m{"page": "pay"}, plain},
		{"title=what?", m{"title": "what?"}, plain},
		{"a=%zz&page=pay", m{"page": "pay"}, malformed},
		{"a=%ff&page=pay", m{"page": "pay"}, malformed},

		{"signed=yes", nil, malformed}, // nobody but a signature says so
		{"page=pay,signed=yes", m{"page": "pay"}, malformed},
		{"signed.yes", nil, malformed},
		{"page=pay&%73igned=yes", m{"page": "pay"}, malformed},
		{"signed%3Dyes", nil, malformed},

		{"error=", nil, malformed},
		{"=x", nil, malformed},
		{"a b", nil, malformed},
		{"<script>", nil, malformed},
		{"{\"page\":1}", nil, malformed},
		{"%", nil, malformed},
		{"error=x\x00y,page=pay", m{"page": "pay"}, malformed},
		{"error=\xff,page=pay", m{"error": "\uFFFD", "page": "pay"}, plain},
		{"error=" + strings.Repeat("x", maxValue+1), nil, malformed},
		{strings.Repeat("x", maxRaw+1), nil, malformed},
		{"page=" + strings.Repeat("pay,", 2560), nil, malformed}, // 10 KB
	} {
		got, kind := parse(c.in)
		if d := cmp.Diff(c.want, got); d != "" || kind != c.kind {
			t.Errorf("parse(%q) is %s, want %s (-want +got)\n%s", c.in, kind, c.kind, d)
		}
	}
	if got := Plain(strings.Repeat("a=1,b=1,", 100)); len(got) != 2 {
		t.Errorf("repeated signals gave %d, want 2", len(got))
	}
}
