package release

import (
	"testing"
	"time"

	"github.com/xianda-bot/xianda/dialog/script"
)

func TestHours(t *testing.T) {
	t.Parallel()
	r, findings := Build([]script.Source{{Name: "release.yaml", Data: []byte(`name: 小
hours: {zone: Asia/Shanghai, mon-fri: "09:00-12:00, 13:00-21:00", sat: "10:00-24:00", closed: [2026-10-01, 2026-10-02]}
`)}}, Options{})
	if r == nil {
		t.Fatal(told(findings))
	}
	cst := time.FixedZone("CST", 8*3600)
	for _, c := range []struct {
		name, now string
		open      bool
		next      string
	}{
		{"Wednesday morning", "2026-01-28 08:59", false, "2026-01-28 09:00"},
		{"opening minute", "2026-01-28 09:00", true, "2026-01-28 09:00"},
		{"noon", "2026-01-28 12:00", false, "2026-01-28 13:00"},
		{"closing minute", "2026-01-28 21:00", false, "2026-01-29 09:00"},
		{"Saturday before midnight", "2026-01-31 23:59", true, "2026-01-31 23:59"},
		{"Sunday", "2026-02-01 00:00", false, "2026-02-02 09:00"},
		{"holiday", "2026-10-01 10:00", false, "2026-10-03 10:00"},
	} {
		now, err := time.ParseInLocation("2006-01-02 15:04", c.now, cst)
		if err != nil {
			t.Fatal(err)
		}
		now = now.UTC() // the zone is the release's, not the caller's
		if got := r.Hours.Open(now); got != c.open {
			t.Errorf("%s: Open(%s) = %v, want %v", c.name, c.now, got, c.open)
		}
		if got := r.Hours.NextOpen(now).In(cst).Format("2006-01-02 15:04"); got != c.next {
			t.Errorf("%s: NextOpen(%s) = %s, want %s", c.name, c.now, got, c.next)
		}
	}
	if (Hours{}).Open(time.Now()) || !(Hours{}).NextOpen(time.Now()).IsZero() {
		t.Error("hours without an opening are open")
	}
	if !(Hours{Always: true}).Open(time.Now()) {
		t.Error("hours that were not configured are closed")
	}
}
