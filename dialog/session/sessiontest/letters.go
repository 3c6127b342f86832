package sessiontest

import (
	"errors"
	"slices"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/handoff"
)

// letters are dead letters, forgetting and looking.
func letters() []check {
	return []check{
		{"dead letter: given up, listed, replayed", deadReplayed},
		{"dead letter: buried", deadBuried},
		{"dead letter: listed oldest first", deadsOrdered},
		{"forget: everything is gone", forgetAll},
		{"forget: a turn under way loses its lease", forgetLoses},
		{"look: at an unknown conversation", lookUnknown},
		{"ping", pings},
	}
}

// givesUp judges the message id by giving it up, and returns the dead letter.
func (b *bench) givesUp(id string) chat.Dead {
	b.Helper()
	m := b.granting(b.asks(id), "message", 1)
	m.Choice = "101"
	c := b.begin(m)
	o := pushes(c, "sorry-"+id)
	o.Dead = &chat.Dead{ID: session.DeadID(b.a, id), Message: c.Message, Turn: c.Turn, Tries: session.MaxTries, Why: "panic", At: c.Now}
	b.ends(c, o, session.Pushed)
	return *o.Dead
}

func (b *bench) deads() []chat.Dead {
	b.Helper()
	all, err := b.Store.Deads(b.ctx, 100)
	if err != nil {
		b.Fatalf("Deads = %v, want nil", err)
	}
	return all
}

func deadReplayed(b *bench) {
	want := b.givesUp("m1")
	b.equal("dead letter: listed", b.deads(), []chat.Dead{want})
	if got := b.accept(b.says("m1")); got.Done == nil {
		b.Fatalf("promise 1 (once): a duplicate of a message given up = %s, want done", show(got))
	}
	a, err := b.Store.Replay(b.ctx, want.ID)
	if err != nil || a != b.a {
		b.Fatalf("Replay = %v, %v, want %v", a, err, b.a)
	}
	if left := b.deads(); len(left) > 0 {
		b.Fatalf("dead letter: listed after Replay: %s, want none", show(left))
	}
	c := b.take()
	if c == nil || c.Message.ID == "m1" || c.Message.Text != want.Message.Text || c.Message.Choice != "101" || c.Message.From != b.a || c.Tries != 0 || c.State != session.Open {
		b.Fatalf("dead letter: Take after Replay = %s, want the message under another id, open and without tries", show(c))
	}
	b.commit(c, quiet(c))
	if _, err := b.Store.Replay(b.ctx, want.ID); !errors.Is(err, session.ErrUnknown) {
		b.Fatalf("Replay of one that was replayed = %v, want ErrUnknown", err)
	}
}

func deadBuried(b *bench) {
	dead := b.givesUp("m1")
	if err := b.Store.Bury(b.ctx, dead.ID); err != nil {
		b.Fatalf("Bury = %v, want nil", err)
	}
	if left := b.deads(); len(left) > 0 {
		b.Fatalf("dead letter: listed after Bury: %s, want none", show(left))
	}
	for _, id := range []string{dead.ID, "never", ""} {
		if err := b.Store.Bury(b.ctx, id); !errors.Is(err, session.ErrUnknown) {
			b.Fatalf("Bury(%q) of none = %v, want ErrUnknown", id, err)
		}
		if _, err := b.Store.Replay(b.ctx, id); !errors.Is(err, session.ErrUnknown) {
			b.Fatalf("Replay(%q) of none = %v, want ErrUnknown", id, err)
		}
	}
	if c := b.take(); c != nil {
		b.Fatalf("dead letter: Take after Bury = %s, want nil", show(c))
	}
}

func deadsOrdered(b *bench) {
	var want []string
	for _, peer := range []string{"p1", "p2", "p3", "p4", "p5"} {
		want = append(want, b.at(peer).givesUp("m1").ID)
		b.wait(0)
	}
	var got []string
	for _, d := range b.deads() {
		got = append(got, d.ID)
	}
	b.equal("dead letter: listed oldest first", got, want)
	first, err := b.Store.Deads(b.ctx, 2)
	if err != nil || len(first) != 2 || first[0].ID != want[0] || first[1].ID != want[1] {
		b.Fatalf("Deads(2) = %s, %v, want the two oldest", show(first), err)
	}
}

func forgetAll(b *bench) {
	bystander := b.at("bob")
	bystander.givesUp("m1")

	m := b.granting(b.asks("m1"), "message", 5)
	c := b.begin(m)
	o := b.all(c)
	b.commit(c, o)
	b.claimCase(o.Cases[0].ID, "alice")
	b.post(b.says("m2"))
	if err := b.Store.Forget(b.ctx, b.a); err != nil {
		b.Fatalf("Forget = %v, want nil", err)
	}
	if v, err := b.Store.Look(b.ctx, b.a); !errors.Is(err, session.ErrUnknown) {
		b.Fatalf("forget: Look = %s, %v, want ErrUnknown", show(v), err)
	}
	if k, err := b.Queue.Case(b.ctx, o.Cases[0].ID); !errors.Is(err, handoff.ErrUnknown) {
		b.Fatalf("forget: the case = %s, %v, want ErrUnknown", show(k), err)
	}
	cases, err := b.Queue.Cases(b.ctx, handoff.Filter{})
	if err != nil || len(cases) > 0 {
		b.Fatalf("forget: cases = %s, %v, want none", show(cases), err)
	}
	if got := b.deads(); len(got) != 1 || got[0].Message.From != bystander.a {
		b.Fatalf("forget: dead letters = %s, want that of the other conversation", show(got))
	}
	b.wait(b.short())
	b.wantDue("that was forgotten", false)
	b.lends("forget")
	b.silent("after Forget")
	if b.Ledger != nil && len(b.Ledger(b.a)) > 0 {
		b.Fatalf("forget: ledger = %q, want none", b.Ledger(b.a))
	}
	got := b.accept(b.says("m1"))
	if !got.Fresh || got.Claim == nil || got.Claim.Session.Turn != 0 || len(got.Claim.Unpaid) > 0 || len(got.Claim.Rights) > 0 || got.Claim.Hold != nil || got.Claim.Epoch != "" {
		b.Fatalf("forget: a redelivery afterwards = %s, want a new message of a new conversation", show(got))
	}
	b.commit(got.Claim, pushes(got.Claim, "again"))
	b.lends("right: none granted since the conversation was forgotten", "again")
	if err := b.Store.Forget(b.ctx, chat.Address{Channel: "shop", Peer: "nobody"}); err != nil {
		b.Fatalf("Forget of nobody = %v, want nil", err)
	}
	bystander.owed("sorry-m1")
}

func forgetLoses(b *bench) {
	first := b.begin(b.says("m1"))
	if err := b.Store.Forget(b.ctx, b.a); err != nil {
		b.Fatalf("Forget = %v, want nil", err)
	}
	b.lost("after Forget", first)
	second := b.begin(b.says("m1"))
	if second.Token == first.Token {
		b.Fatalf("promise 2 (alone): token %q was handed out twice, before and after Forget", first.Token)
	}
	b.lost("after Forget and a new message", first)
	b.commit(second, quiet(second))
	if err := b.Store.Forget(b.ctx, b.a); err != nil {
		b.Fatalf("Forget = %v, want nil", err)
	}
	_, err := b.Store.Commit(b.ctx, second, quiet(second))
	b.isLost("of a turn that was forgotten", "Commit", err)
}

func lookUnknown(b *bench) {
	if v, err := b.Store.Look(b.ctx, b.a); !errors.Is(err, session.ErrUnknown) {
		b.Fatalf("Look = %s, %v, want ErrUnknown", show(v), err)
	}
	b.silent("of an unknown conversation")
	b.lends("debt: of an unknown conversation")
	due, err := b.Store.Due(b.ctx, 10)
	if err != nil || slices.Contains(due, b.a) {
		b.Fatalf("Due = %v, %v, want none", due, err)
	}
	if v, err := b.Store.Look(b.ctx, b.a); !errors.Is(err, session.ErrUnknown) {
		b.Fatalf("Look after Take, Lend and Due = %s, %v, want ErrUnknown still", show(v), err)
	}
}

func pings(b *bench) {
	if err := b.Store.Ping(b.ctx); err != nil {
		b.Fatalf("Ping = %v, want nil", err)
	}
}
