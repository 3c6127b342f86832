package sessiontest

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// mailboxes are order, posting, taking, and the limits of the mailbox and of the ids.
func mailboxes() []check {
	return []check{
		{"mailbox: order of acceptance", orderOfAcceptance},
		{"mailbox: commit hands over the next with the session as it was left", commitHandsOver},
		{"mailbox: an accepted message claims the older head", claimsOlder},
		{"mailbox: post never claims", postNeverClaims},
		{"mailbox: due lists and takes nothing", dueTakesNothing},
		{"mailbox: due keeps to its number", dueKeepsToN},
		{"bounded: the mailbox", mailboxBounded},
		{"bounded: delivery ids", idsBounded},
		{"session: fields of a newer program survive", extraSurvives},
		{"session: what was handed out is not shared", nothingShared},
	}
}

func orderOfAcceptance(b *bench) {
	c := b.begin(b.says("m0"))
	const n = 10
	for i := 1; i < n; i++ {
		x := b
		if i%2 == 0 {
			x = b.second()
		}
		x.queued(b.says(fmt.Sprint("m", i)))
	}
	if got := b.look().Mailbox; got != n {
		b.Fatalf("View.Mailbox = %d, want %d with the one under way", got, n)
	}
	for i := range n {
		if c == nil || c.Message.ID != fmt.Sprint("m", i) {
			b.Fatalf("promise 3 (in order): message %d to be judged is %s, want m%d", i, show(c), i)
		}
		c = b.commit(c, pushes(c, fmt.Sprint("r", i))).Next
	}
	if c != nil {
		b.Fatalf("promise 1 (once): after the last message comes %s, want nil", show(c))
	}
	for i := range n {
		b.pays("promise 3 (in order)", fmt.Sprint("r", i))
	}
}

func commitHandsOver(b *bench) {
	c := b.begin(b.asks("m1"))
	m2 := b.asks("m2")
	b.queued(m2)
	o := pushes(c, "r1")
	o.Session.Place = &session.Place{Dialog: "refund", Step: "ask", Slots: map[string]string{"order": "A1"}}
	o.Session.User = "u-1"
	next := b.commit(c, o).Next
	if next == nil {
		b.Fatalf("promise 3 (in order): Commit hands over nothing, want m2")
	}
	o.Session.Layout = session.Layout
	b.equal("promise 3 (in order): the session that is handed over", next.Session, o.Session)
	b.sameMessage("promise 3 (in order): the message that is handed over", next.Message, m2)
	if next.Token == c.Token || next.Turn == c.Turn || next.State != session.Open {
		b.Fatalf("promise 3 (in order): Commit hands over %s, want a fresh token and turn, open", show(next))
	}
	if len(next.Unpaid) != 1 || next.Unpaid[0].ID != "r1" || next.Unpaid[0].Lent {
		b.Fatalf("promise 3 (in order): what is unpaid at the next turn = %s, want r1, not lent", show(next.Unpaid))
	}
	b.late(m2, false, session.Kept)
	b.lose()
	if c = b.takes("m2"); c.State != session.Kept {
		b.Fatalf("claim: State after Late = %q, want kept", c.State)
	}
	b.equal("promise 4 (whole): the session of a later attempt", c.Session, o.Session)
}

func claimsOlder(b *bench) {
	first := b.begin(b.says("m1"))
	b.lose()
	got := b.second().accept(b.says("m2"))
	if !got.Waiting || !got.Fresh || got.Claim == nil || got.Claim.Message.ID != "m1" {
		b.Fatalf("promise 3 (in order): Accept when the holder of an older message is gone = %s, want waiting, with the claim of m1", show(got))
	}
	b.lost("after its lease was taken over", first)
	next := b.commit(got.Claim, quiet(got.Claim)).Next
	if next == nil || next.Message.ID != "m2" {
		b.Fatalf("promise 3 (in order): Commit hands over %s, want m2", show(next))
	}
}

func postNeverClaims(b *bench) {
	b.post(b.says("m1"))
	b.post(b.says("m2"))
	got := b.acceptOn(b.says("m1"), session.Terms{Post: true})
	if !got.Waiting || got.Claim != nil || got.Fresh {
		b.Fatalf("promise 1 (once): a duplicate with Post = %s, want waiting, no claim, not fresh", show(got))
	}
	b.wantDue("with posted messages that nobody has", true)
	c := b.takes("m1")
	if next := b.commit(c, quiet(c)).Next; next == nil || next.Message.ID != "m2" {
		b.Fatalf("promise 3 (in order): Commit hands over %s, want m2", show(next))
	}
	other := b.at("bob")
	other.post(other.says("m1"))
	if got := other.accept(other.says("m2")); got.Claim == nil || got.Claim.Message.ID != "m1" || !got.Waiting {
		b.Fatalf("promise 3 (in order): Accept behind a posted message = %s, want waiting, with the claim of m1", show(got))
	}
}

func dueTakesNothing(b *bench) {
	b.wantDue("that nobody knows", false)
	b.post(b.says("m1"))
	for range 3 {
		b.wantDue("with a message that nobody has", true)
		b.second().wantDue("with a message that nobody has, asked by another", true)
	}
	c := b.takes("m1")
	b.wantDue("while its turn is under way", false)
	b.commit(c, pushes(c, "r1"))
	b.wantDue("with a debt", true)
	l := b.lends("debt", "r1")[0]
	b.wantDue("with a debt that is lent", false)
	b.settle(l, session.Paid)
	b.wantDue("at rest", false)
}

func dueKeepsToN(b *bench) {
	for i := range 10 {
		x := b.at(fmt.Sprint("p", i))
		x.post(x.says("m1"))
	}
	got, err := b.Store.Due(b.ctx, 3)
	if err != nil || len(got) != 3 {
		b.Fatalf("Due(3) of 10 = %v, %v, want 3 conversations", got, err)
	}
	if got, err = b.Store.Due(b.ctx, 100); err != nil || len(got) != 10 {
		b.Fatalf("Due(100) of 10 = %v, %v, want 10 conversations", got, err)
	}
}

func mailboxBounded(b *bench) {
	n := 0
	var err error
	for ; n <= session.MaxMailbox+1; n++ {
		m := b.says(fmt.Sprint("m", n))
		if n >= session.MaxMailbox {
			m = b.granting(m, fmt.Sprint("pool", n), 1)
		}
		if _, err = b.Store.Accept(b.ctx, m, session.Terms{Post: true}); err != nil {
			break
		}
	}
	// Whether the one under way counts is the maker's choice.
	if !errors.Is(err, chat.ErrBusy) || n < session.MaxMailbox || n > session.MaxMailbox+1 {
		b.Fatalf("promise 8 (bounded): Accept of message %d = %v, want ErrBusy after %d", n+1, err, session.MaxMailbox)
	}
	v := b.look()
	if v.Mailbox != n || len(v.Rights) != n-session.MaxMailbox {
		b.Fatalf("promise 8 (bounded): after a refusal the mailbox holds %d, and the rights are %s, want %d and nothing of what was refused", v.Mailbox, show(v.Rights), n)
	}
	if got := b.acceptOn(b.says("m3"), session.Terms{Post: true}); got.Fresh || !got.Waiting {
		b.Fatalf("promise 8 (bounded): a duplicate while the mailbox is full = %s, want waiting as ever", show(got))
	}
	refused := b.says(fmt.Sprint("m", n))
	if got, err := b.Store.ClaimReply(b.ctx, refused); !errors.Is(err, session.ErrUnknown) {
		b.Fatalf("promise 8 (bounded): ClaimReply of what was refused = %s, %v, want ErrUnknown: nothing was recorded", show(got), err)
	}
	c := b.takes("m0")
	for range 2 {
		c = b.commit(c, quiet(c)).Next
	}
	if got := b.accept(refused); !got.Fresh || !got.Waiting {
		b.Fatalf("promise 8 (bounded): what was refused, delivered again when there is room = %s, want fresh", show(got))
	}
}

func idsBounded(b *bench) {
	terms := session.Terms{Redelivery: b.many}
	accept := func(id string) (session.Accepted, error) { return b.Store.Accept(b.ctx, b.says(id), terms) }
	for i := range session.MaxIDs {
		got, err := accept(fmt.Sprint("m", i))
		if err != nil || got.Claim == nil {
			b.Fatalf("promise 8 (bounded): Accept of message %d = %s, %v, want its claim", i+1, show(got), err)
		}
		b.commit(got.Claim, quiet(got.Claim))
	}
	if _, err := accept("beyond"); !errors.Is(err, chat.ErrBusy) {
		b.Fatalf("promise 8 (bounded): Accept with %d young ids = %v, want ErrBusy: never forget one", session.MaxIDs, err)
	}
	for _, id := range []string{"m0", "m500", fmt.Sprint("m", session.MaxIDs-1)} {
		if got, err := accept(id); err != nil || got.Done == nil {
			b.Fatalf("promise 1 (once): a duplicate of %s with %d young ids = %s, %v, want done", id, session.MaxIDs, show(got), err)
		}
	}
	if b.Advance == nil {
		return // an hour is too long to wait for
	}
	b.wait(b.many)
	if got, err := accept("beyond"); err != nil || got.Claim == nil {
		b.Fatalf("promise 8 (bounded): Accept when the ids grew old = %s, %v, want its claim", show(got), err)
	}
	id := fmt.Sprint("m", session.MaxIDs-session.KeptIDs+2)
	if got, err := accept(id); err != nil || got.Done == nil {
		b.Fatalf("promise 8 (bounded): a duplicate of %s, one of the last %d = %s, %v, want done however old", id, session.KeptIDs, show(got), err)
	}
}

func extraSurvives(b *bench) {
	c := b.begin(b.says("m1"))
	b.queued(b.says("m2"))
	o := quiet(c)
	o.Session.Layout = session.Layout + 1
	o.Session.Extra = map[string]json.RawMessage{"mood": json.RawMessage(`{"calm":true}`)}
	next := b.commit(c, o).Next
	b.equal("session: handed over", next.Session, o.Session)
	b.lose()
	c = b.takes("m2")
	b.equal("session: read again", c.Session, o.Session)
	b.commit(c, quiet(c))
	got := b.look().Session
	b.equal("session: fields of a newer program after another turn", got.Extra, o.Session.Extra)
}

func nothingShared(b *bench) {
	m := b.says("m1")
	m.Scene = map[string]string{"menu": "a"}
	c := b.begin(m)
	m.Scene["menu"] = "spoilt"
	o := pushes(c, "r1")
	o.Session.Scene = map[string]string{"menu": "b"}
	o.Lines = []chat.Line{{From: "person", Text: "said", Turn: c.Turn}}
	b.queued(b.says("m2"))
	next := b.commit(c, o).Next
	o.Session.Scene["menu"], o.Instead[0].Body[0], o.Lines[0].Text = "spoilt", 'x', "spoilt"
	next.Session.Scene["menu"], next.Unpaid[0].Body[0] = "spoilt", 'x'
	v := b.look()
	v.Session.Scene["menu"], v.Owed[0].Body[0], v.Lines[0].Text = "spoilt", 'x', "spoilt"
	v = b.look()
	if v.Session.Scene["menu"] != "b" || v.Owed[0].Body[0] != '{' || v.Lines[0].Text != "said" {
		b.Fatalf("what callers do to values of theirs reached the store: %s", show(v))
	}
	if c := b.commit(c, o).Next; c == nil || c.Session.Scene["menu"] != "b" {
		b.Fatalf("what callers do to values of theirs reached the repeated result: %s", show(c))
	}
}
