package sessiontest

import (
	"errors"
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// histories compare random histories with the model.
func histories() []check {
	return []check{{"histories: as the model has them", historiesAsModel}}
}

// An act is one step of a history. N chooses among what there is at that moment.
type act struct {
	Do  string
	N   int
	Two bool // by the other handle
}

// acts are all that may happen; what happens more often stands here more than once.
func acts() *rapid.Generator[[]act] {
	do := rapid.SampledFrom([]string{
		"accept", "accept", "accept", "post", "right", "again", "again", "claim_reply", "take", "take", "late",
		"quiet", "passive", "passive", "carry", "push", "push", "revive", "seat", "raise", "repeat", "stale", "release", "lose",
		"lend", "lend", "lend", "paid", "paid", "back", "delay", "park", "unfenced", "shown", "claim_case", "claim_case", "close_case",
	})
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) act {
		return act{do.Draw(t, "do"), rapid.IntRange(0, 9).Draw(t, "n"), rapid.Bool().Draw(t, "two")}
	}), 20, 80)
}

// historyTime is how long random histories are tried on a slow store.
const historyTime = 15 * time.Second

func historiesAsModel(b *bench) {
	began, n := time.Now(), 0
	tb, ok := b.T.(rapid.TB)
	if !ok { // a T that cannot shrink
		for seed := range 100 {
			play(b.at(fmt.Sprint("history", seed)), acts().Example(seed))
		}
		return
	}
	rapid.Check(tb, func(t *rapid.T) {
		all := acts().Draw(t, "acts")
		if time.Since(began) > historyTime {
			return
		}
		n++
		x := b.at(fmt.Sprint("history", n))
		x.T = t
		play(x, all)
	})
	b.Logf("%d histories", n)
}

// history is one conversation that is played on a store and on the model.
type history struct {
	*bench
	m      *model
	claim  *session.Claim // under way; nil: none
	lost   []*session.Claim
	last   *session.Claim // committed last
	result session.Committed
	loans  []session.Loan
	lent   []*modelDebt
	serial int
	waits  int
	kase   string
	step   int
}

func play(b *bench, all []act) {
	h := &history{bench: b, m: newModel()}
	first := b.Store
	for i, a := range all {
		h.step = i
		h.Store = first
		if a.Two && b.Second != nil {
			h.Store = b.Second
		}
		h.do(a)
		h.compare(a)
	}
}

func (h *history) do(a act) {
	switch a.Do {
	case "accept", "post", "right":
		h.accept(a)
	case "again", "claim_reply", "late", "shown":
		if n := len(h.m.ids); n > 0 {
			h.known(a, h.m.ids[a.N%n])
		}
	case "take":
		h.claims(a, h.m.take(), h.take())
	case "quiet", "passive", "carry", "push", "revive", "seat", "raise":
		h.commitAs(a)
	case "repeat":
		if h.last != nil {
			h.repeat(a)
		}
	case "stale":
		if n := len(h.lost); n > 0 {
			h.bench.lost("of a claim that was lost", h.lost[a.N%n])
		}
	case "release":
		if h.claim != nil && !h.m.expired {
			if err := h.Store.Release(h.ctx, h.claim); err != nil {
				h.Fatalf("%s: Release = %v, want nil", h.when(a), err)
			}
			h.m.release()
			h.drop()
		}
	case "lose":
		h.loseLease()
	case "lend":
		h.lendOne(a)
	case "paid", "back", "delay", "park", "unfenced":
		if n := len(h.loans); n > 0 {
			h.settleOne(a, a.N%n)
		}
	case "claim_case", "close_case":
		h.seat(a)
	}
}

func (h *history) when(a act) string { return fmt.Sprintf("step %d (%s)", h.step, a.Do) }

func (h *history) drop() {
	h.lost = append(h.lost, h.claim)
	h.claim = nil
}

func (h *history) accept(a act) {
	h.serial++
	m := h.says(fmt.Sprint("m", h.serial))
	m.ReplyBy = h.Now().Add(h.many)
	right := 0
	if a.Do == "right" {
		right = 1 + a.N%3
		m = h.granting(m, "message", right)
	}
	post := a.Do == "post"
	got := h.acceptOn(m, session.Terms{Redelivery: h.many, Post: post})
	h.answers(a, h.m.accept(m.ID, right, post), got)
}

func (h *history) known(a act, id string) {
	m := h.says(id)
	switch a.Do {
	case "again":
		h.answers(a, h.m.again(id, false), h.acceptOn(m, session.Terms{Redelivery: h.many}))
	case "claim_reply":
		h.answers(a, h.m.again(id, false), h.claimReply(m))
	case "late":
		push := a.N%2 == 0
		h.late(m, push, h.m.late(id, push))
	case "shown":
		h.shown(id)
		h.m.shown(id)
	}
}

func (h *history) answers(a act, want modelAnswer, got session.Accepted) {
	var done session.DoneState
	if got.Done != nil {
		done = got.Done.State
		if done == session.Passive && (len(got.Done.Replies) != 1 || got.Done.Replies[0].Key == "") {
			h.Fatalf("promise 6 (visible once): %s = %s, want its one reply", h.when(a), show(got))
		}
	}
	if done != want.done || got.Waiting != want.waiting || got.Fresh != want.fresh {
		h.Fatalf("histories: %s = %s, want done %q, waiting %v, fresh %v", h.when(a), show(got), want.done, want.waiting, want.fresh)
	}
	h.claims(a, want.claim, got.Claim)
}

// claims compares a claim that was handed out.
func (h *history) claims(a act, want *modelMail, got *session.Claim) {
	if want == nil || got == nil {
		if want != nil || got != nil {
			h.Fatalf("promise 2 (alone): %s hands out %s, want a claim: %v", h.when(a), show(got), want != nil)
		}
		return
	}
	h.m.learn(want, got.Message)
	if got.Message.ID != want.id {
		h.Fatalf("promise 3 (in order): %s hands out %s, want %s", h.when(a), show(got.Message), want.id)
	}
	if got.Tries != want.tries || got.State != h.m.state[want.id] || got.Session.Turn != h.m.turns || got.Session.Chain != h.m.chain || (got.Epoch != "") != (h.m.epoch != 0) {
		h.Fatalf("histories: %s hands out %s, want tries %d, state %s, turn %d, held %v", h.when(a), show(got), want.tries, h.m.state[want.id], h.m.turns, h.m.epoch != 0)
	}
	if h.claim != nil {
		h.drop()
	}
	h.claim = got
}

func (h *history) commitAs(a act) {
	if h.claim == nil || h.m.expired || a.Do == "raise" && h.m.kase != "" {
		return
	}
	c := h.claim
	key := fmt.Sprint("r", h.serial, "-", h.step)
	o := h.outcomeAs(a.Do, key)
	next, ok := h.m.commit(a.Do, key)
	got, err := h.Store.Commit(h.ctx, c, o)
	if !ok {
		if !errors.Is(err, session.ErrHeld) {
			h.Fatalf("hold: %s = %s, %v, want ErrHeld", h.when(a), show(got), err)
		}
		again := *c
		again.Hold, again.Epoch = got.Hold, got.Epoch
		h.claim, h.m.claimed = &again, h.m.epoch
		return
	}
	if err != nil || got.Done.State != h.m.state[c.Message.ID] {
		h.Fatalf("delivery: %s = %s, %v, want %s", h.when(a), show(got), err, h.m.state[c.Message.ID])
	}
	if a.Do == "raise" {
		h.kase = o.Cases[0].ID
	}
	h.last, h.result, h.claim = c, got, nil
	h.claims(a, next, got.Next)
}

func (h *history) outcomeAs(way, key string) session.Outcome {
	c := h.claim
	o := pushes(c, key)
	switch way {
	case "quiet":
		o.Instead = nil
	case "passive":
		o.Passive, o.Behind = []chat.Reply{reply(key)}, []chat.Debt{owes(c, key+"-behind")}
	case "carry":
		o.Passive = []chat.Reply{reply(key)}
		for _, d := range h.m.debts {
			if d.shows == "" && !d.lent && !d.delayed {
				o.Carried = append(o.Carried, d.id)
			}
		}
	case "revive":
		o.Revive = true
	case "seat":
		o.Instead[0].Bot = false
	case "raise":
		o.Cases = raises(c).Cases
	}
	return o
}

func (h *history) repeat(a act) {
	got, err := h.Store.Commit(h.ctx, h.last, quiet(h.last))
	next := h.result.Next
	// A claim that was handed over and is lost by now may be left out: it is of no use to anybody.
	same := got.Next == nil && (next == nil || h.m.expired || h.claim == nil || h.claim.Token != next.Token) ||
		got.Next != nil && next != nil && got.Next.Token == next.Token
	if err != nil || got.Done.State != h.result.Done.State || !same {
		h.Fatalf("promise 4 (whole): %s = %s, %v, want the first result %s", h.when(a), show(got), err, show(h.result))
	}
}

func (h *history) loseLease() {
	if h.claim == nil || h.Advance == nil && h.waits > 1 {
		return
	}
	h.waits++
	h.lose()
	h.m.expired = true
}

func (h *history) lendOne(a act) {
	got, err := h.Store.Lend(h.ctx, h.a, h.many)
	if err != nil {
		h.Fatalf("%s = %v, want nil", h.when(a), err)
	}
	want, withheld := h.m.lend()
	if got.Withheld != withheld {
		h.Fatalf("hold: %s withheld %d, want %d", h.when(a), got.Withheld, withheld)
	}
	var loan *session.Loan
	for _, l := range got.Loans {
		if l.Kind == chat.ReplyDebt {
			loan = &l
		}
	}
	switch {
	case want == nil && loan != nil:
		h.Fatalf("promise 3 (in order): %s lends %s, want nothing", h.when(a), loan.ID)
	case want == nil:
	case loan == nil || loan.ID != want.id || (loan.Right != nil) != h.m.counted:
		h.Fatalf("promise 3 (in order): %s lends %s, want %s, with a right: %v", h.when(a), show(loan), want.id, h.m.counted)
	default:
		h.loans, h.lent = append(h.loans, *loan), append(h.lent, want)
	}
}

func (h *history) settleOne(a act, i int) {
	l, d := h.loans[i], h.lent[i]
	s := session.Settlement{To: h.a, ID: l.ID, Fence: l.Fence, Verdict: session.Paid, After: h.many}
	switch a.Do {
	case "unfenced":
		s.Fence += "0"
		h.settles(s)
		return
	case "back":
		s.Verdict, s.GiveBack = session.Dropped, true
	case "delay":
		s.Verdict = session.Again
	case "park":
		s.Verdict = session.Park
	}
	h.settles(s, s)
	h.m.settle(d, s.Verdict, s.GiveBack)
	h.loans = append(h.loans[:i:i], h.loans[i+1:]...)
	h.lent = append(h.lent[:i:i], h.lent[i+1:]...)
}

func (h *history) seat(a act) {
	switch {
	case a.Do == "claim_case" && h.m.kase == "waiting":
		h.claimCase(h.kase, "alice")
		h.m.claimCase()
	case a.Do == "close_case" && h.m.kase != "":
		h.closeCase(h.kase)
		h.m.closeCase()
	}
}

// compare looks at everything that is visible from outside.
func (h *history) compare(a act) {
	if len(h.m.ids) == 0 {
		return
	}
	v := h.look()
	if v.Session.Turn != h.m.turns || v.Session.Chain != h.m.chain || v.Mailbox != len(h.m.mail) || (v.Hold != nil) != (h.m.epoch != 0) {
		h.Fatalf("histories: after %s the store shows %s, want turn %d, chain %q, mailbox %d, held %v", h.when(a), show(v), h.m.turns, h.m.chain, len(h.m.mail), h.m.epoch != 0)
	}
	got, want := "", ""
	for _, u := range v.Owed {
		if u.Kind == chat.ReplyDebt {
			got += fmt.Sprintf(" %s(lent %v, parked %v)", u.ID, u.Lent, u.Park)
		}
	}
	for _, d := range h.m.debts {
		if d.shows == "" {
			want += fmt.Sprintf(" %s(lent %v, parked %v)", d.id, d.lent || d.delayed, d.parked)
		}
	}
	if got != want {
		h.Fatalf("promise 5 (nothing lost): after %s is owed:%s, want:%s", h.when(a), got, want)
	}
	if h.m.counted {
		h.left(fmt.Sprintf("after %s", h.when(a)), map[string]int{"message": h.m.left})
	}
	if h.claim != nil && !h.m.expired {
		h.renews(a)
	}
}

// renews keeps the claim under way alive and compares what waits behind it.
func (h *history) renews(a act) {
	mail, err := h.Store.Renew(h.ctx, h.claim)
	if err != nil || len(mail) != len(h.m.mail)-1 {
		h.Fatalf("lease: Renew after %s = %d messages, %v, want %d, nil", h.when(a), len(mail), err, len(h.m.mail)-1)
	}
	for i, m := range mail {
		h.m.learn(h.m.mail[i+1], m)
		if m.ID != h.m.mail[i+1].id {
			h.Fatalf("promise 3 (in order): after %s message %d that waits is %s, want %s", h.when(a), i, m.ID, h.m.mail[i+1].id)
		}
	}
}
