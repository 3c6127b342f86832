package person

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/store/local"
)

var errDown = errors.New("the store is down")

// mailboxes are the conversations of a real store, with posts that can fail and that others can come before.
type mailboxes struct {
	t      *testing.T
	store  *local.Store
	p      *People
	fail   int                // the nth post from now on fails; 0: none
	before func(chat.Message) // is called once, before the next post
	posted map[chat.Address][]chat.Message
	kicked map[chat.Address]int
}

func newMailboxes(t *testing.T) *mailboxes {
	t.Helper()
	s, err := local.Temporary(local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	b := &mailboxes{t: t, store: s, posted: map[chat.Address][]chat.Message{}, kicked: map[chat.Address]int{}}
	b.p = New(Deps{
		Kept: s.People(), Vault: s.Vault(), Look: s.Look, Post: b.post, Kick: func(a chat.Address) { b.kicked[a]++ },
		Channel: func(name string) bool { return name == "shop" }, Count: func(string, ...string) {},
	})
	return b
}

func (b *mailboxes) post(ctx context.Context, m chat.Message) (bool, error) {
	if before := b.before; before != nil {
		b.before = nil
		before(m)
	}
	if b.fail > 0 {
		if b.fail--; b.fail == 0 {
			return false, errDown
		}
	}
	got, err := b.store.Accept(ctx, m, session.Terms{Redelivery: 24 * time.Hour, Post: true})
	if got.Fresh {
		b.posted[m.From] = append(b.posted[m.From], m)
	}
	return got.Fresh, err
}

// told is what a conversation was told last, and how often.
func (b *mailboxes) told(a chat.Address) (l session.Linked, n int) {
	b.t.Helper()
	for _, m := range b.posted[a] {
		if m.Kind == chat.Linked {
			l, n = session.Linked{}, n+1
			if err := json.Unmarshal(m.Data, &l); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	return l, n
}

func (b *mailboxes) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func peer(name string) chat.Address { return chat.Address{Channel: "shop", Peer: name} }

func level(n string) session.Profile {
	return session.Profile{Attributes: map[string]json.RawMessage{"level": json.RawMessage(n)}}
}

func event(id string) chat.Message {
	return chat.Message{ID: "event:" + id, Kind: chat.Event, Event: "redpacket.held", At: time.Now(), Data: json.RawMessage(`{"error":"RP_HOLD"}`)}
}

// TestPeopleAreTold goes through what the product may say of a user, and looks at what their conversations hear.
func TestPeopleAreTold(t *testing.T) {
	t.Parallel()
	b, ctx := newMailboxes(t), t.Context()
	fresh, err := b.p.Happened(ctx, "u-1", "e1", event("e1"))
	if b.must(err); !fresh || len(b.posted) > 0 {
		t.Errorf("an operation of a user without conversations: fresh %v, posted %v, want it kept", fresh, b.posted)
	}
	b.must(b.p.SetProfile(ctx, "u-1", level("3")))
	b.must(b.p.Link(ctx, "u-1", peer("a")))
	l, _ := b.told(peer("a"))
	if l.User != "u-1" || l.Profile == nil || len(l.Trace) != 1 || l.Trace[0].Kind != "redpacket.held" || string(l.Trace[0].Data) != `{"error":"RP_HOLD"}` {
		t.Errorf("told at the link: %+v, want user, profile and what happened before", l)
	}
	b.must(b.p.Link(ctx, "u-1", peer("b")))
	b.must(b.p.SetProfile(ctx, "u-1", level("4")))
	for _, a := range []chat.Address{peer("a"), peer("b")} {
		if l, _ := b.told(a); l.Profile == nil || string(l.Profile.Attributes["level"]) != "4" || l.Trace != nil {
			t.Errorf("%s was told %+v of a new profile, want level 4 and no trace again", a, l)
		}
	}
	if fresh, err := b.p.Happened(ctx, "u-1", "e2", event("e2")); !fresh || err != nil {
		t.Errorf("a new operation = %v, %v, want it fresh", fresh, err)
	}
	if fresh, err := b.p.Happened(ctx, "u-1", "e2", event("e2")); fresh || err != nil {
		t.Errorf("the same operation again = %v, %v, want a duplicate", fresh, err)
	}
	for _, a := range []chat.Address{peer("a"), peer("b")} {
		if last := b.posted[a][len(b.posted[a])-1]; last.ID != "event:e2" || last.Kind != chat.Event || last.From != a {
			t.Errorf("%s heard %+v last, want the operation", a, last)
		}
	}
	b.must(b.p.Unlink(ctx, "u-1", peer("a")))
	if l, _ := b.told(peer("a")); l.User != "" || l.Profile != nil {
		t.Errorf("told when unlinked: %+v, want nobody", l)
	}
	if b.kicked[peer("a")] == 0 || b.kicked[peer("b")] == 0 {
		t.Errorf("woken: %v, want both conversations", b.kicked)
	}
	b.must(b.p.Unlink(ctx, "u-1", peer("never seen")))
	if len(b.posted[peer("never seen")]) > 0 {
		t.Error("a conversation that never was is begun by unlinking it")
	}
	if err := b.p.Link(ctx, "u-1", chat.Address{Channel: "gone", Peer: "a"}); !errors.Is(err, session.ErrUnknown) {
		t.Errorf("Link to a channel that is not there = %v, want ErrUnknown", err)
	}
}

// TestPeopleHalfTold lets each post of each call fail in turn: the same call made again completes it.
func TestPeopleHalfTold(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 2; n++ {
		b, ctx := newMailboxes(t), t.Context()
		b.must(b.p.Link(ctx, "u-1", peer("a")))
		b.must(b.p.Link(ctx, "u-1", peer("b")))
		again := func(what string, call func() error) {
			t.Helper()
			b.fail = n
			if err := call(); !errors.Is(err, errDown) {
				t.Errorf("%s with post %d failing = %v, want the failure", what, n, err)
			}
			b.fail = 0
			b.must(call())
		}
		again("SetProfile", func() error { return b.p.SetProfile(ctx, "u-1", level("3")) })
		again("Happened", func() error { _, err := b.p.Happened(ctx, "u-1", "e1", event("e1")); return err })
		for _, a := range []chat.Address{peer("a"), peer("b")} {
			l, _ := b.told(a)
			events := 0
			for _, m := range b.posted[a] {
				if m.ID == "event:e1" {
					events++
				}
			}
			if l.Profile == nil || events != 1 {
				t.Errorf("post %d failed: %s was told %+v and heard the operation %d times, want the profile, and once", n, a, l, events)
			}
		}
		if n > 1 {
			continue // these post once
		}
		again("Link", func() error { return b.p.Link(ctx, "u-1", peer("c")) })
		if l, _ := b.told(peer("c")); l.User != "u-1" || len(l.Trace) != 1 {
			t.Errorf("told when Link was repeated: %+v, want user and trace", l)
		}
		again("Unlink", func() error { return b.p.Unlink(ctx, "u-1", peer("a")) })
		if l, _ := b.told(peer("a")); l.User != "" {
			t.Errorf("told when Unlink was repeated: %+v, want nobody", l)
		}
	}
}

// TestPeopleOvertaken: between reading what is known and telling it, another process says something newer. What the conversation
// hears last is what is true.
func TestPeopleOvertaken(t *testing.T) {
	t.Parallel()
	b, ctx := newMailboxes(t), t.Context()
	b.must(b.p.Link(ctx, "u-1", peer("a")))
	b.before = func(chat.Message) { b.must(b.p.SetProfile(ctx, "u-1", level("9"))) }
	b.must(b.p.SetProfile(ctx, "u-1", level("1")))
	if l, _ := b.told(peer("a")); l.Profile == nil || string(l.Profile.Attributes["level"]) != "9" {
		t.Errorf("told last: %+v, want level 9", l)
	}
	b.before = func(chat.Message) { b.must(b.p.Link(ctx, "u-2", peer("a"))) }
	b.must(b.p.Unlink(ctx, "u-1", peer("a")))
	if l, _ := b.told(peer("a")); l.User != "u-2" {
		t.Errorf("told last: %+v, want u-2", l)
	}
	_, n := b.told(peer("a"))
	b.must(b.p.SetProfile(ctx, "u-1", level("2")))
	if _, now := b.told(peer("a")); now != n {
		t.Errorf("a conversation hears of a user whose it is not any more")
	}
}

// TestForgetUnlinks: who is forgotten is nobody's, and hears nothing more.
func TestForgetUnlinks(t *testing.T) {
	t.Parallel()
	b, ctx := newMailboxes(t), t.Context()
	b.must(b.p.Link(ctx, "u-1", peer("a")))
	b.must(b.p.Forget(ctx, peer("a")))
	b.must(b.store.Forget(ctx, peer("a")))
	b.posted = map[chat.Address][]chat.Message{}
	_, err := b.p.Happened(ctx, "u-1", "e1", event("e1"))
	b.must(err)
	if l, err := b.store.People().Linked(ctx, peer("a")); err != nil || l.User != "" || len(b.posted) > 0 {
		t.Errorf("a forgotten conversation is %+v's (%v) and hears %v, want nobody's, nothing", l, err, b.posted)
	}
}

// A conversation that was forgotten after a long silence, but is still linked, hears whose it is with the next operation.
func TestPeopleAfterSilence(t *testing.T) {
	t.Parallel()
	b, ctx := newMailboxes(t), t.Context()
	b.must(b.p.SetProfile(ctx, "u-1", level("3")))
	b.must(b.p.Link(ctx, "u-1", peer("a")))
	b.must(b.store.Forget(ctx, peer("a"))) // as the store does by itself, which leaves the link
	b.posted = map[chat.Address][]chat.Message{}
	_, err := b.p.Happened(ctx, "u-1", "e1", event("e1"))
	b.must(err)
	l, n := b.told(peer("a"))
	if n != 1 || l.User != "u-1" || l.Profile == nil || len(b.posted[peer("a")]) != 2 {
		t.Errorf("told %+v, %d times, and heard %d messages, want user and profile, then the operation", l, n, len(b.posted[peer("a")]))
	}
}

// A mailbox that is full must not keep what happened from the user's other conversations.
func TestPeopleFullMailbox(t *testing.T) {
	t.Parallel()
	b, ctx := newMailboxes(t), t.Context()
	b.must(b.p.Link(ctx, "u-1", peer("a")))
	b.must(b.p.Link(ctx, "u-1", peer("b")))
	for i := len(b.posted[peer("a")]); i < session.MaxMailbox; i++ {
		m := event(strings.Repeat("x", i+1))
		m.From = peer("a")
		_, err := b.post(ctx, m)
		b.must(err)
	}
	if _, err := b.p.Happened(ctx, "u-1", "e1", event("e1")); !errors.Is(err, chat.ErrBusy) {
		t.Errorf("Happened with a full mailbox = %v, want ErrBusy", err)
	}
	if d := cmp.Diff("event:e1", b.posted[peer("b")][len(b.posted[peer("b")])-1].ID); d != "" {
		t.Errorf("the other conversation heard, - want + got:\n%s", d)
	}
}
