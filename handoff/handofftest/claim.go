package handofftest

import (
	"errors"
	"fmt"
	"sync"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/handoff"
)

func claims() []check {
	return []check{
		{"claim: once by seats that race", claimRace},
		{"claim: again changes nothing", claimAgain},
		{"claim: of another's case names who holds it", claimOwned},
		{"claim: of what cannot be claimed", claimRefused},
		{"transfer: to a queue", transferQueue},
		{"transfer: to a seat", transferSeat},
		{"transfer: of what cannot be transferred", transferRefused},
	}
}

func claimRace(d *desk) {
	const seats, rounds = 20, 10
	for round := range rounds {
		a := chat.Address{Channel: "shop", Peer: fmt.Sprint("p", round)}
		id := d.raise(a, "default", "normal")
		var wg sync.WaitGroup
		won := make([]*chat.Case, seats)
		errs := make([]error, seats)
		for i := range seats {
			wg.Go(func() { won[i], errs[i] = d.Queue.Claim(d.ctx, id, fmt.Sprint("seat", i)) })
		}
		wg.Wait()
		owner := ""
		for i := range seats {
			if errs[i] != nil {
				continue
			}
			if owner != "" {
				d.Fatalf("round %d: Claim by %d seats at once: %s and seat%d both have it, want one", round, seats, owner, i)
			}
			owner = won[i].Seat
			if owner != fmt.Sprint("seat", i) {
				d.Fatalf("round %d: Claim by seat%d = held by %q, want seat%d", round, i, owner, i)
			}
		}
		if owner == "" {
			d.Fatalf("round %d: Claim by %d seats at once: nobody has it, want one", round, seats)
		}
		for i, err := range errs {
			var owned *handoff.OwnedError
			if err != nil && (!errors.As(err, &owned) || owned.Seat != owner) {
				d.Fatalf("round %d: Claim by seat%d = %v, want held by %s", round, i, err, owner)
			}
		}
		if k := d.read(id); k.Seat != owner || k.State != chat.Held {
			d.Fatalf("round %d: the case = %s, want held by %s", round, show(k), owner)
		}
	}
}

func claimAgain(d *desk) {
	id := d.waiting()
	first := d.claim(id, "alice")
	d.wait(d.Lease / 10)
	for range 3 {
		d.equal("claim again", d.claim(id, "alice"), first)
	}
	d.wantSignals(id, "case.claimed")
	if mail := d.mail(); len(mail) > 0 {
		d.Fatalf("Claim posted %s, want nothing", show(mail))
	}
}

func claimOwned(d *desk) {
	id := d.held("alice")
	before := d.read(id)
	_, err := d.Queue.Claim(d.ctx, id, "bob")
	d.is("Claim of alice's case by bob", err, handoff.ErrOwned, "alice")
	if err.Error() != "held by alice" {
		d.Fatalf("Claim of alice's case by bob = %q, want \"held by alice\"", err)
	}
	d.equal("the case after a claim that was refused", d.read(id), before)
}

func claimRefused(d *desk) {
	_, err := d.Queue.Claim(d.ctx, "00abcdef0123", "alice")
	d.is("Claim of an unknown case", err, handoff.ErrUnknown, "")
	for _, id := range []string{"", "x", "99abcdef0123", "zzabcdef0123"} {
		_, err := d.Queue.Claim(d.ctx, id, "alice")
		d.is(fmt.Sprintf("Claim(%q)", id), err, handoff.ErrUnknown, "")
	}
	id := d.waiting()
	d.close(id)
	_, err = d.Queue.Claim(d.ctx, id, "alice")
	d.is("Claim of a closed case", err, handoff.ErrClosed, "")
}

func transferQueue(d *desk) {
	id := d.held("alice")
	k, err := d.Queue.Transfer(d.ctx, id, "vip", "")
	if err != nil || k.State != chat.Waiting || k.Queue != "vip" || k.Seat != "" || !k.Claimed.IsZero() {
		d.Fatalf("Transfer to vip = %s, %v, want waiting in vip, without seat and claim", show(k), err)
	}
	d.equal("the case after a transfer to a queue", d.read(id), k)
	_, err = d.Queue.Reply(d.ctx, id, "alice", "您好", "k1")
	d.is("Reply by alice after a transfer to a queue", err, handoff.ErrOwned, "")
	for queue, want := range map[string]int{"vip": 1, "default": 0, "": 1} {
		got, err := d.Queue.Cases(d.ctx, handoff.Filter{Queue: queue, State: chat.Waiting})
		if err != nil || len(got) != want {
			d.Fatalf("Cases of queue %q = %s, %v, want %d", queue, show(got), err, want)
		}
	}
	d.claim(id, "bob")
	d.reply(id, "bob", "您好", "k1")
	waits := d.raise(chat.Address{Channel: "shop", Peer: "carol"}, "default", "normal")
	if k, err := d.Queue.Transfer(d.ctx, waits, "vip", ""); err != nil || k.State != chat.Waiting || k.Queue != "vip" {
		d.Fatalf("Transfer of a waiting case to vip = %s, %v, want waiting in vip", show(k), err)
	}
}

func transferSeat(d *desk) {
	id := d.held("alice")
	first := d.read(id)
	k, err := d.Queue.Transfer(d.ctx, id, "", "bob")
	if err != nil || k.State != chat.Held || k.Seat != "bob" || k.Epoch == first.Epoch || k.Queue != "default" {
		d.Fatalf("Transfer to bob = %s, %v, want held by bob, in the same queue and another epoch", show(k), err)
	}
	_, err = d.Queue.Reply(d.ctx, id, "alice", "您好", "k1")
	d.is("Reply by alice after a transfer to bob", err, handoff.ErrOwned, "bob")
	d.reply(id, "bob", "您好", "k1")
	v, err := d.Store.Look(d.ctx, ann())
	if err != nil || v.Hold == nil || v.Hold.Seat != "bob" || v.Hold.Epoch != k.Epoch {
		d.Fatalf("the hold after a transfer to bob = %s, %v, want bob's", show(v), err)
	}
}

func transferRefused(d *desk) {
	_, err := d.Queue.Transfer(d.ctx, "00abcdef0123", "vip", "")
	d.is("Transfer of an unknown case", err, handoff.ErrUnknown, "")
	id := d.held("alice")
	d.close(id)
	_, err = d.Queue.Transfer(d.ctx, id, "vip", "")
	d.is("Transfer of a closed case to a queue", err, handoff.ErrClosed, "")
	_, err = d.Queue.Transfer(d.ctx, id, "", "bob")
	d.is("Transfer of a closed case to a seat", err, handoff.ErrClosed, "")
}
