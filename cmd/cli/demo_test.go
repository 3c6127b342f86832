package cli

import (
	"bytes"
	"net"
	"strings"
	"testing"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/config"
)

// A port that is taken, by us or by whoever has it already, is told, and another one is used.
func TestDemoFindsPorts(t *testing.T) {
	t.Parallel()
	var lc net.ListenConfig
	if l, err := lc.Listen(t.Context(), "tcp", config.DefaultListen); err == nil {
		defer l.Close()
	}
	d := &demo{}
	listen, admin, err := d.addresses(t.Context())
	if err != nil || listen == config.DefaultListen || listen == admin || !strings.Contains(d.moved, config.DefaultListen) {
		t.Errorf("addresses = %s, %s, %v, moved from %q, want others than %s, and that told", listen, admin, err, d.moved, config.DefaultListen)
	}
}

// Each person who opens the page is told once, with a call that can be pasted; programs read one object and nothing more.
func TestDemoTellsOfPeople(t *testing.T) {
	t.Parallel()
	var out, talk bytes.Buffer
	d := &demo{c: &common{env: testEnv(&out, &talk)}, base: "http://127.0.0.1:8081", token: "t0ken", met: map[string]bool{}}
	for _, peer := range []string{"a", "a", "b"} {
		d.heard(chat.Message{From: chat.Address{Channel: demoChannel, Peer: peer}})
	}
	if n := strings.Count(out.String(), " opened the page."); n != 2 || !strings.Contains(out.String(), `"conversation":{"channel":"site","peer":"b"}}]}'`) {
		t.Errorf("it tells %q, want of a and b, once each", out.String())
	}
	for i := range 2 * acquaintances {
		d.heard(chat.Message{From: chat.Address{Peer: strings.Repeat("x", i+1)}})
	}
	if n := strings.Count(out.String(), " opened the page."); n != acquaintances {
		t.Errorf("it tells of %d people, want %d at most", n, acquaintances)
	}
	out.Reset()
	d.c.json, d.met = true, map[string]bool{}
	d.heard(chat.Message{From: chat.Address{Peer: "c"}})
	if out.Len() > 0 {
		t.Errorf("it tells programs %q, want nothing", out.String())
	}
}
