package redis

import (
	"errors"
	"fmt"
	"testing"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/store/redis/redistest"
)

// A link is made in steps. What a process that died between two of them left does not count, and the same call completes it.
func TestLinkHalfDone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p, ctx := b.s.People(), t.Context()
	links := func(user string, want int) {
		t.Helper()
		if got, err := p.Links(ctx, user); len(got) != want || err != nil {
			t.Errorf("Links(%s) = %v, %v, want %d", user, got, err, want)
		}
	}
	must := func(_ answer, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	noted := func(user string, a chat.Address, n int) {
		t.Helper()
		must(p.step(ctx, b.s.sc.userLink, user, b.s.skew(), a.String(), fmt.Sprintf("%d-%d", b.now().UnixMilli(), n)))
	}
	noted("u-1", b.a, 0)
	links("u-1", 0)
	if got, err := p.Linked(ctx, b.a); got.User != "" || err != nil {
		t.Errorf("Linked after half a Link = %+v, %v, want nobody", got, err)
	}
	must(answer{}, p.Link(ctx, "u-1", b.a))
	links("u-1", 1)

	// Unlink, dead behind its first step.
	is, err := p.tie(ctx, b.a)
	if err != nil {
		t.Fatal(err)
	}
	must(p.strike(ctx, "u-1", field(is.stamp, b.a)))
	must(answer{}, p.Unlink(ctx, "", b.a))
	if got, err := p.Linked(ctx, b.a); got.User != "" || err != nil {
		t.Errorf("Linked after Unlink was repeated = %+v, %v, want nobody", got, err)
	}

	// A list full of what dead processes left makes room once that is old.
	for i := range session.MaxLinks {
		noted("u-2", chat.Address{Channel: "shop", Peer: fmt.Sprint("p", i)}, i)
	}
	if err := p.Link(ctx, "u-2", b.a); !errors.Is(err, session.ErrFull) {
		t.Errorf("Link into a list that others may be filling = %v, want ErrFull", err)
	}
	b.pass(2 * orphaned)
	must(answer{}, p.Link(ctx, "u-2", b.a))
	links("u-2", 1)
}

func TestPeopleOnCluster(t *testing.T) {
	t.Parallel()
	b := openBench(t, redistest.Cluster(t))
	p, ctx := b.s.People(), t.Context()
	for i := range 12 {
		user := fmt.Sprint("u-", i)
		if err := p.SetProfile(ctx, user, session.Profile{Tags: []string{"vip"}}); err != nil {
			t.Fatal(err)
		}
		for _, peer := range []string{"shared", fmt.Sprint("p", i), fmt.Sprint("q", i)} {
			if err := p.Link(ctx, user, chat.Address{Channel: "shop", Peer: peer}); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := p.Happened(ctx, user, "e", session.Operation{Kind: "k", At: b.now()}); err != nil {
			t.Fatal(err)
		}
		if got, err := p.Links(ctx, user); len(got) != 3 || err != nil {
			t.Fatalf("Links(%s) = %v, %v, want 3", user, got, err)
		}
		l, err := p.Linked(ctx, chat.Address{Channel: "shop", Peer: "shared"})
		if err != nil || l.User != user || l.Profile == nil || len(l.Trace) != 1 {
			t.Fatalf("Linked = %+v, %v, want %s with profile and trace", l, err, user)
		}
		if err := p.Unlink(ctx, user, chat.Address{Channel: "shop", Peer: fmt.Sprint("q", i)}); err != nil {
			t.Fatal(err)
		}
	}
}
