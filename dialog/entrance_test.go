package dialog

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// TestEntrance holds what F7 counts: each visit once, with the entry point that it came by.
func TestEntrance(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 28, 20, 0, 0, 0, time.UTC)
	type m = map[string]string
	for _, c := range []struct {
		name  string
		kind  chat.Kind
		scene m
		heard time.Time
		want  *entrance
	}{
		{"signed", chat.Arrived, m{"page": "pay", "error": "RP_HOLD", "signed": "yes"}, time.Time{}, &entrance{bySigned, "error"}},
		{"plain", chat.Arrived, m{"page": "pay"}, time.Time{}, &entrance{byScene, "page"}},
		{"menu", chat.Arrived, m{"menu": "HELP"}, time.Time{}, &entrance{byScene, "menu"}},
		{"code at the platform", chat.Arrived, m{"event": "subscribe", "qr": "counter-7"}, time.Time{}, &entrance{byScene, "qr"}},
		{"own signal", chat.Arrived, m{"lang": "en", "order": "42"}, time.Time{}, &entrance{byScene, "order"}},
		{"followed, no more", chat.Arrived, m{"event": "subscribe", "lang": "zh"}, time.Time{}, &entrance{By: byNothing}},
		{"page without a scene", chat.Arrived, nil, time.Time{}, &entrance{By: byNothing}},
		{"wrote at once", chat.Said, nil, time.Time{}, &entrance{By: byNothing}},
		{"back after an hour", chat.Chose, nil, now.Add(-time.Hour), &entrance{By: byNothing}},
		{"in the middle of a visit", chat.Arrived, m{"error": "RP_HOLD"}, now.Add(-time.Minute), nil},
		{"a backend's event", chat.Event, nil, time.Time{}, nil},
		{"left", chat.Left, nil, time.Time{}, nil},
		{"timer", chat.Timer, nil, now.Add(-time.Hour), nil},
	} {
		claim := &session.Claim{Now: now, Session: session.Session{Heard: c.heard}, Message: chat.Message{Kind: c.kind, Scene: c.scene}}
		if d := cmp.Diff(c.want, entered(claim)); d != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, d)
		}
		var kept struct{ Entrance *entrance }
		if err := json.Unmarshal(event(claim, judgement{}), &kept); err != nil || cmp.Diff(c.want, kept.Entrance) != "" {
			t.Errorf("%s: the ledger holds %+v (%v), want %+v", c.name, kept.Entrance, err, c.want)
		}
	}
}
