package sessiontest

import (
	"math/big"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// leases are the arrows of a lease: free, held, expired.
func leases() []check {
	return []check{
		{"lease: free to held to free", freeHeldFree},
		{"lease: expired to held by another", expiredToHeld},
		{"lease: renew extends it", renewExtends},
		{"lease: renew returns what waits", renewReturnsMail},
		{"lease: release gives it back and counts no attempt", releaseCountsNothing},
		{"lease: a lost one counts an attempt", lostCounts},
		{"lease: tokens grow", tokensGrow},
		{"lease: commit repeated returns the first result", commitRepeated},
		{"lease: commit repeated after the next was handed over", commitRepeatedAfterNext},
		{"lease: the next claim has a lease of its own", nextHasItsOwn},
		{"lease: checkpoint survives the attempt, not the commit", checkpointSurvives},
		{"claim: tells what it is", claimTells},
	}
}

func freeHeldFree(b *bench) {
	c := b.begin(b.says("m1"))
	if got := b.take(); got != nil {
		b.Fatalf("promise 2 (alone): Take during a turn = %s, want nil", show(got))
	}
	if got := b.second().take(); got != nil {
		b.Fatalf("promise 2 (alone): Take by another during a turn = %s, want nil", show(got))
	}
	if got := b.commit(c, quiet(c)); got.Next != nil {
		b.Fatalf("lease: Commit with an empty mailbox hands over %s, want nil", show(got.Next))
	}
	if got := b.take(); got != nil {
		b.Fatalf("Take of an empty mailbox = %s, want nil", show(got))
	}
	b.over(c)
	b.begin(b.says("m2"))
}

// over wants a committed claim to be of no use; only Commit may be repeated.
func (b *bench) over(c *session.Claim) {
	b.Helper()
	_, err := b.Store.Renew(b.ctx, c)
	b.isLost("after its commit", "Renew", err)
	b.isLost("after its commit", "Checkpoint", b.Store.Checkpoint(b.ctx, c, session.Checkpoint{Release: "never"}))
	b.isLost("after its commit", "Release", b.Store.Release(b.ctx, c))
}

func expiredToHeld(b *bench) {
	first := b.begin(b.says("m1"))
	b.wantDue("while its turn is under way", false)
	b.lose()
	b.wantDue("when its lease ran out", true)
	second := b.second().takes("m1")
	b.lost("after its lease was taken over", first)
	if second.Turn != first.Turn {
		b.Fatalf("lease: the second attempt is turn %q, want %q as the first", second.Turn, first.Turn)
	}
	got := b.second().ends(second, pushes(second, "r1"), session.Pushed)
	b.lost("after another attempt was committed", first)
	if got.Next != nil {
		b.Fatalf("promise 1 (once): Commit hands over %s, want nil", show(got.Next))
	}
	b.owed("r1")
	if s := b.look().Session; s.Turn != 1 {
		b.Fatalf("promise 2 (alone): the session counts %d turns after one was kept, want 1", s.Turn)
	}
}

func renewExtends(b *bench) {
	c := b.begin(b.says("m1"))
	for range 3 {
		b.wait(b.Lease / 2)
		if _, err := b.Store.Renew(b.ctx, c); err != nil {
			b.Fatalf("lease: Renew = %v, want nil", err)
		}
	}
	if got := b.second().take(); got != nil {
		b.Fatalf("promise 2 (alone): Take of a renewed lease = %s, want nil", show(got))
	}
	b.commit(c, quiet(c))
}

func renewReturnsMail(b *bench) {
	c := b.begin(b.says("m1"))
	mail, err := b.Store.Renew(b.ctx, c)
	if err != nil || len(mail) > 0 {
		b.Fatalf("lease: Renew with nothing waiting = %s, %v, want none, nil", show(mail), err)
	}
	m2, m3 := b.says("m2"), b.says("m3")
	b.queued(m2)
	b.second().post(m3)
	mail, err = b.Store.Renew(b.ctx, c)
	if err != nil {
		b.Fatalf("lease: Renew = %v, want nil", err)
	}
	b.equal("promise 3 (in order): what Renew says is waiting", mail, []chat.Message{m2, m3})
}

func releaseCountsNothing(b *bench) {
	first := b.begin(b.says("m1"))
	if err := b.Store.Release(b.ctx, first); err != nil {
		b.Fatalf("lease: Release = %v, want nil", err)
	}
	b.lost("after its release", first)
	b.wantDue("with a message that nobody has", true)
	for range session.MaxTries + 1 {
		c := b.second().takes("m1")
		if c.Tries != 0 || c.Turn != first.Turn {
			b.Fatalf("promise 5 (nothing lost): the attempt after Release has turn %s, tries %d, want %s, 0: a drain never counts", c.Turn, c.Tries, first.Turn)
		}
		if err := b.Store.Release(b.ctx, c); err != nil {
			b.Fatalf("lease: Release = %v, want nil", err)
		}
	}
	if got := b.accept(b.says("m1")); got.Claim == nil {
		b.Fatalf("duplicate: of an open one that nobody has = %s, want the claim", show(got))
	}
}

func lostCounts(b *bench) {
	c := b.begin(b.says("m1"))
	for tries := 1; tries <= session.MaxTries; tries++ {
		b.lose()
		c = b.takes("m1")
		if c.Tries != tries {
			b.Fatalf("promise 5 (nothing lost): Tries = %d after %d lost leases, want %d", c.Tries, tries, tries)
		}
	}
	b.queued(b.says("m2"))
	got := b.commit(c, quiet(c))
	if got.Next == nil || got.Next.Tries != 0 {
		b.Fatalf("promise 5 (nothing lost): the next message has %s, want no tries of its own", show(got.Next))
	}
}

func tokensGrow(b *bench) {
	last := new(big.Int)
	grown := func(c *session.Claim) {
		b.Helper()
		token, ok := new(big.Int).SetString(c.Token, 10)
		if !ok || token.Cmp(last) <= 0 {
			b.Fatalf("promise 2 (alone): token %q after %s, want a greater decimal number", c.Token, last)
		}
		last = token
	}
	turns := map[string]string{}
	for _, id := range []string{"m1", "m2", "m3", "m4"} {
		c := b.begin(b.says(id))
		grown(c)
		if err := b.Store.Release(b.ctx, c); err != nil {
			b.Fatalf("Release = %v, want nil", err)
		}
		c = b.takes(id)
		grown(c)
		if was, twice := turns[c.Turn]; twice {
			b.Fatalf("claim: turn id %q of %s was %s's, want unique ones", c.Turn, id, was)
		}
		turns[c.Turn] = id
		b.queued(b.says(id + "b"))
		next := b.commit(c, quiet(c)).Next
		grown(next)
		if was, twice := turns[next.Turn]; twice {
			b.Fatalf("claim: turn id %q was %s's, want unique ones", next.Turn, was)
		}
		turns[next.Turn] = id + "b"
		b.commit(next, quiet(next))
	}
}

func commitRepeated(b *bench) {
	m := b.asks("m1")
	c := b.begin(m)
	first := b.commit(c, responds(c, "r1"))
	b.late(m, true, session.Passive)
	for range 2 {
		b.equal("promise 4 (whole): Commit repeated", b.second().commit(c, pushes(c, "other")), first)
	}
	b.owed()
	if s := b.look().Session; s.Turn != 1 {
		b.Fatalf("promise 4 (whole): a repeated commit made %d turns, want 1", s.Turn)
	}
}

func commitRepeatedAfterNext(b *bench) {
	c := b.begin(b.says("m1"))
	b.queued(b.says("m2"))
	first := b.commit(c, pushes(c, "r1"))
	if first.Next == nil || first.Next.Message.ID != "m2" {
		b.Fatalf("promise 3 (in order): Commit hands over %s, want m2", show(first.Next))
	}
	got := b.second().commit(c, pushes(c, "r1"))
	b.equal("promise 4 (whole): the result of a commit repeated after the next was handed over", got.Done, first.Done)
	if got.Next == nil || got.Next.Token != first.Next.Token || got.Next.Turn != first.Next.Turn || got.Next.Message.ID != "m2" {
		b.Fatalf("promise 4 (whole): Commit repeated hands over %s, want the same claim %s", show(got.Next), show(first.Next))
	}
	b.owed("r1")
	b.over(c)
	b.commit(got.Next, pushes(got.Next, "r2"))
	b.owed("r1", "r2")
}

func nextHasItsOwn(b *bench) {
	c := b.begin(b.says("m1"))
	b.queued(b.says("m2"))
	b.wait(b.Lease * 5 / 8)
	next := b.commit(c, quiet(c)).Next
	b.wait(b.Lease * 5 / 8)
	if got := b.second().take(); got != nil {
		b.Fatalf("lease: Take while the next claim is younger than a lease = %s, want nil", show(got))
	}
	b.wait(b.Lease / 2)
	again := b.second().takes("m2")
	if again.Tries != 1 {
		b.Fatalf("promise 5 (nothing lost): Tries = %d after the claim that Commit handed over was lost, want 1", again.Tries)
	}
	b.lost("after its lease was taken over", next)
}

func checkpointSurvives(b *bench) {
	c := b.begin(b.says("m1"))
	if c.Resume != nil {
		b.Fatalf("checkpoint: the first attempt resumes from %s, want nil", show(c.Resume))
	}
	cp := session.Checkpoint{Release: "v1", Clock: b.Now().Truncate(time.Second).UTC(), Seed: 1<<63 + 7, Results: [][]byte{[]byte(`{"a":1}`), nil, []byte("\x00\xff")}}
	for n := range len(cp.Results) + 1 {
		part := cp
		part.Results = cp.Results[:n]
		if err := b.Store.Checkpoint(b.ctx, c, part); err != nil {
			b.Fatalf("Checkpoint = %v, want nil", err)
		}
	}
	b.queued(b.says("m2"))
	b.lose()
	c = b.takes("m1")
	if c.Resume == nil {
		b.Fatalf("promise 5 (nothing lost): the second attempt resumes from nothing, want the checkpoint")
	}
	b.equal("checkpoint: after a lost lease", *c.Resume, cp)
	if err := b.Store.Release(b.ctx, c); err != nil {
		b.Fatalf("Release = %v, want nil", err)
	}
	c = b.takes("m1")
	if c.Resume == nil {
		b.Fatalf("checkpoint: gone after Release, want it kept until Commit")
	}
	next := b.commit(c, quiet(c)).Next
	if next == nil || next.Resume != nil {
		b.Fatalf("checkpoint: the next message resumes from %s, want its claim and nil", show(next))
	}
	b.lose()
	if c = b.takes("m2"); c.Resume != nil {
		b.Fatalf("checkpoint: of m1 reached m2: %s, want nil", show(c.Resume))
	}
}

func claimTells(b *bench) {
	before := b.Now()
	m := b.asks("m1")
	m.Name, m.Choice, m.Scene, m.Data = "安娜", "101", map[string]string{"menu": "退款"}, []byte(`{"n":1}`)
	m.Media = []chat.Media{{Kind: "image", Ref: "media-1"}}
	m.Right = &chat.ReplyRight{Pool: "message", Expires: b.Now().Add(b.many).Truncate(time.Second).UTC(), Left: 5, Data: []byte(`{"id":"m1"}`)}
	c := b.begin(m)
	b.sameMessage("claim: the message", c.Message, m)
	b.equal("claim: the rights", c.Rights, []chat.ReplyRight{*m.Right})
	if c.Turn == "" || c.Hold != nil || c.Epoch != "" || c.Tries != 0 || len(c.Unpaid) > 0 || c.Session.Turn != 0 {
		b.Fatalf("claim: of the first message = %s, want a turn id and an empty conversation", show(c))
	}
	if c.Now.Before(before.Add(-time.Second)) || c.Now.After(b.Now().Add(time.Second)) {
		b.Fatalf("claim: Now = %v, want the store's clock, about %v", c.Now, before)
	}
}
