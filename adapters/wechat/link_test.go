package wechat

import (
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/chat"
)

// F6: a code carries a scene, and whoever scans it arrives with what the scene says.
func TestLink(t *testing.T) {
	t.Parallel()
	h := newHall(t, section(true, true, numbered))
	l, err := h.Link(t.Context(), "s.error=RP_HOLD", time.Now().Add(30*24*time.Hour-time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(l.URL, "http://weixin.qq.com/q/") || l.QR != "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=gQH47joA%2B%2FT%3D%3D" || l.Note == "" {
		t.Errorf("Link = %+v", l)
	}
	if got := h.platform.Codes(); len(got) != 1 || got[0] != "s.error=RP_HOLD" {
		t.Errorf("the platform made codes for %q", got)
	}
	for i, event := range []string{"", "subscribe"} {
		h.platform.Deliver(t, h.door, adapterstest.Delivery{Kind: chat.Arrived, Peer: "ann", ID: event, Scene: map[string]string{"qr": "error=RP_HOLD", "event": event}, At: time.Now()})
		if m := h.got[i]; m.Kind != chat.Arrived || m.Scene["error"] != "RP_HOLD" || m.Scene["qr"] != "error=RP_HOLD" || m.Scene["event"] != event {
			t.Errorf("%q: arrived with %v", event, m.Scene)
		}
	}
}

func TestLinkRefuses(t *testing.T) {
	t.Parallel()
	h := newHall(t, section(true, true, numbered))
	now := time.Now()
	for _, c := range []struct {
		name, scene string
		until       time.Time
		want        string
	}{
		{"for ever", "x", time.Time{}, "at most 30 days"},
		{"too long", "x", now.Add(31 * 24 * time.Hour), "at most 30 days"},
		{"over already", "x", now.Add(-time.Hour), "choose a later end"},
		{"no scene", "", now.Add(time.Hour), "1 to 64 bytes"},
		{"a long scene", strings.Repeat("x", h.MaxScene()+1), now.Add(time.Hour), "1 to 64 bytes"},
	} {
		if _, err := h.Link(t.Context(), c.scene, c.until); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Link = %v, want it refused with %q", c.name, err, c.want)
		}
	}
	if n := h.platform.Called(codePath); n != 0 {
		t.Errorf("the platform was asked %d times", n)
	}
}

// F4: followers of accounts under one owner are known by one id.
func TestUnion(t *testing.T) {
	t.Parallel()
	s := section(true, true, numbered)
	s.OpenPlatform = true
	h := newHall(t, s)
	h.platform.Follow("ann", "o6_bmasdasdsad6_2sgVt7hMZOPfL")
	h.platform.Follow("bob", "") // the account is bound to no open platform
	for name, want := range map[string]string{"ann": "weixin:o6_bmasdasdsad6_2sgVt7hMZOPfL", "bob": "", "stranger": ""} {
		got, err := h.Union(t.Context(), chat.Address{Channel: "shop", Peer: "openid-" + name})
		if got != want || err != nil {
			t.Errorf("%s: Union = %q, %v, want %q", name, got, err, want)
		}
	}
	alone := newHall(t, section(true, true, numbered))
	alone.platform.Follow("ann", "o6_bmasdasdsad6_2sgVt7hMZOPfL")
	if got, err := alone.Union(t.Context(), ann); got != "" || err != nil || alone.platform.Called(userPath) != 0 {
		t.Errorf("an account of no open platform: Union = %q, %v with %d calls, want none", got, err, alone.platform.Called(userPath))
	}
	h.platform.Unverified = true
	if _, err := h.Union(t.Context(), ann); err == nil {
		t.Error("Union = nil, want the platform's refusal")
	}
	if h.Caps(ann).Push != chat.Full {
		t.Error("an account that may not ask for unionids counts as unverified")
	}
}
