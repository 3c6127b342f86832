package sessiontest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// PeopleHarness is one fresh, empty maker of session.People as it is given to the suite. People must be set.
type PeopleHarness struct {
	People  session.People
	Second  session.People        // another handle on the same data; nil: the maker is single-process
	Advance func(d time.Duration) // moves the clock; required
	Now     func() time.Time      // the clock; required
	Reopen  func() session.People // ends the process without a word and opens again; nil when meaningless
	Tidy    func() error          // does the maker's housekeeping now; nil: it has none
}

// RunPeople checks the maker that open returns; each test opens its own. Tests run in parallel.
func RunPeople(t *testing.T, open func(t *testing.T) PeopleHarness) {
	t.Helper()
	for _, c := range peopleChecks() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.do(&crowd{T: t, ctx: t.Context(), PeopleHarness: open(t)})
		})
	}
}

type peopleCheck struct {
	name string
	do   func(*crowd)
}

func peopleChecks() []peopleCheck {
	return []peopleCheck{
		{"profile: replaced as a whole", profileReplaced},
		{"profile: known to the conversations", profileTold},
		{"link: a conversation is one user's", linkMoves},
		{"link: repeated", linkRepeated},
		{"link: unlinked", unlinked},
		{"link: unlinked from whoever has it", unlinkedFromAnybody},
		{"link: at most so many", linksBounded},
		{"link: strange ids stay apart", strangeIDs},
		{"trace: in order, for a conversation linked later", traceKept},
		{"trace: once by id", traceOnce},
		{"trace: the last ones", traceBounded},
		{"trace: ids are bounded", knownBounded},
		{"trace: old ones are not told", traceAges},
		{"user: forgotten after a time", userForgotten},
		{"user: begins anew when forgotten", userBeginsAnew},
		{"user: kept while something is heard", userKept},
		{"all: survives the process", peopleSurvive},
		{"all: seen by another process", peopleShared},
		{"race: a conversation ends as one user's", linkRace},
	}
}

// crowd is the users of one check.
type crowd struct {
	T
	ctx context.Context
	PeopleHarness
}

func at(peer string) chat.Address { return chat.Address{Channel: "shop", Peer: peer} }

func (c *crowd) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatalf("people: %v, want no error", err)
	}
}

// whose wants the conversation to be user's, and returns what is known.
func (c *crowd) whose(a chat.Address, user string) session.Linked {
	c.Helper()
	got, err := c.People.Linked(c.ctx, a)
	c.must(err)
	if got.User != user {
		c.Fatalf("people: %s is linked to %q, want %q", a, got.User, user)
	}
	return got
}

func (c *crowd) links(user string, want ...chat.Address) {
	c.Helper()
	got, err := c.People.Links(c.ctx, user)
	c.must(err)
	if len(got) != len(want) || len(got) > 0 && !cmp.Equal(got, want) {
		c.Fatalf("people: the conversations of %s are %v, want %v", user, got, want)
	}
}

func (c *crowd) happens(user, id string, want bool) {
	c.Helper()
	o := session.Operation{Kind: "kind." + id, At: c.Now().UTC().Truncate(time.Millisecond), Data: json.RawMessage(`{"n":"` + id + `"}`)}
	kept, fresh, err := c.People.Happened(c.ctx, user, id, o)
	c.must(err)
	if fresh != want || kept.Kind != o.Kind || fresh && !kept.At.Equal(o.At) {
		c.Fatalf("people: the operation %s of %s is fresh: %v, kept as %+v, want %v and %+v", id, user, fresh, kept, want, o)
	}
}

func (c *crowd) trace(a chat.Address, want ...string) {
	c.Helper()
	l, err := c.People.Linked(c.ctx, a)
	c.must(err)
	var got []string
	for _, o := range l.Trace {
		got = append(got, o.Kind)
	}
	for i := range want {
		want[i] = "kind." + want[i]
	}
	if d := cmp.Diff(want, got); d != "" {
		c.Fatalf("people: the trace of %s, - want + got:\n%s", a, d)
	}
}

func vip(level string) session.Profile {
	return session.Profile{Tags: []string{"vip"}, Attributes: map[string]json.RawMessage{"level": json.RawMessage(level)}}
}

func profileReplaced(c *crowd) {
	c.must(c.People.Link(c.ctx, "u-1", at("a")))
	if got := c.whose(at("a"), "u-1"); got.Profile != nil {
		c.Fatalf("people: the profile of a user of whom nothing was told = %+v, want none", got.Profile)
	}
	c.must(c.People.SetProfile(c.ctx, "u-1", vip("3")))
	c.must(c.People.SetProfile(c.ctx, "u-1", session.Profile{Tags: []string{"new"}}))
	got := c.whose(at("a"), "u-1")
	if got.Profile == nil || !cmp.Equal(got.Profile.Tags, []string{"new"}) || len(got.Profile.Attributes) > 0 {
		c.Fatalf("people: the profile = %+v, want the last one alone", got.Profile)
	}
}

func profileTold(c *crowd) {
	c.must(c.People.SetProfile(c.ctx, "u-1", vip("3")))
	c.must(c.People.Link(c.ctx, "u-1", at("a")))
	c.must(c.People.Link(c.ctx, "u-1", at("b")))
	for _, a := range []chat.Address{at("a"), at("b")} {
		want := vip("3")
		if got := c.whose(a, "u-1"); !cmp.Equal(got.Profile, &want) {
			c.Fatalf("people: the profile of %s = %+v, want %+v", a, got.Profile, want)
		}
	}
	if got := c.whose(at("c"), ""); got.Profile != nil || got.Trace != nil {
		c.Fatalf("people: known of nobody: %+v, want nothing", got)
	}
}

func linkMoves(c *crowd) {
	c.must(c.People.Link(c.ctx, "u-1", at("a")))
	c.must(c.People.Link(c.ctx, "u-1", at("b")))
	c.must(c.People.Link(c.ctx, "u-2", at("a")))
	c.whose(at("a"), "u-2")
	c.links("u-1", at("b"))
	c.links("u-2", at("a"))
}

func linkRepeated(c *crowd) {
	for range 2 {
		c.must(c.People.Link(c.ctx, "u-1", at("a")))
	}
	c.links("u-1", at("a"))
}

func unlinked(c *crowd) {
	c.must(c.People.SetProfile(c.ctx, "u-1", vip("3")))
	c.must(c.People.Link(c.ctx, "u-1", at("a")))
	c.must(c.People.Unlink(c.ctx, "u-2", at("a")))
	c.whose(at("a"), "u-1")
	for range 2 {
		c.must(c.People.Unlink(c.ctx, "u-1", at("a")))
		if got := c.whose(at("a"), ""); got.Profile != nil {
			c.Fatalf("people: known of an unlinked conversation: %+v, want nothing", got)
		}
		c.links("u-1")
	}
	c.must(c.People.Link(c.ctx, "u-1", at("a")))
	if got := c.whose(at("a"), "u-1"); got.Profile == nil {
		c.Fatalf("people: the profile is gone with the link, want it kept")
	}
}

func unlinkedFromAnybody(c *crowd) {
	c.must(c.People.Link(c.ctx, "u-1", at("a")))
	c.must(c.People.Unlink(c.ctx, "", at("a")))
	c.must(c.People.Unlink(c.ctx, "", at("never seen")))
	c.whose(at("a"), "")
	c.links("u-1")
}

func linksBounded(c *crowd) {
	for i := range session.MaxLinks {
		c.must(c.People.Link(c.ctx, "u-1", at(fmt.Sprint("p", i))))
	}
	if err := c.People.Link(c.ctx, "u-1", at("one more")); !errors.Is(err, session.ErrFull) {
		c.Fatalf("people: Link of one conversation too many = %v, want ErrFull", err)
	}
	c.whose(at("one more"), "")
	c.must(c.People.Link(c.ctx, "u-1", at("p0"))) // it is theirs already
	c.must(c.People.Unlink(c.ctx, "u-1", at("p0")))
	c.must(c.People.Link(c.ctx, "u-1", at("one more")))
	c.must(c.People.Link(c.ctx, "u-2", at("p1"))) // taken away: that leaves room too
	c.must(c.People.Link(c.ctx, "u-1", at("another")))
}

func strangeIDs(c *crowd) {
	users := []string{"{u}", "u:1", "u|1", "u 1", "用户", "%7C"}
	for i, u := range users {
		c.must(c.People.Link(c.ctx, u, chat.Address{Channel: "shop", Peer: "a|b{" + fmt.Sprint(i) + "}", Thread: "t"}))
	}
	for i, u := range users {
		c.links(u, chat.Address{Channel: "shop", Peer: "a|b{" + fmt.Sprint(i) + "}", Thread: "t"})
	}
}

func traceKept(c *crowd) {
	for _, id := range []string{"e1", "e2", "e3"} {
		c.happens("u-1", id, true)
		c.Advance(time.Second)
	}
	c.happens("u-2", "e1", true)
	c.must(c.People.Link(c.ctx, "u-1", at("a")))
	c.trace(at("a"), "e1", "e2", "e3")
	if got := c.whose(at("a"), "u-1").Trace[0]; string(got.Data) != `{"n":"e1"}` || got.At.IsZero() {
		c.Fatalf("people: the operation is kept as %+v, want its time and data too", got)
	}
}

func traceOnce(c *crowd) {
	c.happens("u-1", "e1", true)
	first := c.Now().UTC().Truncate(time.Millisecond)
	c.Advance(time.Minute)
	later := session.Operation{Kind: "another", At: c.Now()}
	kept, _, err := c.People.Happened(c.ctx, "u-1", "e1", later)
	c.must(err)
	if kept.Kind != "kind.e1" || string(kept.Data) != `{"n":"e1"}` || kept.At.Sub(first).Abs() > time.Second {
		c.Fatalf("people: what is kept under a known id = %+v, want what came first", kept)
	}
	c.Advance(session.KnownAgain - 2*time.Minute)
	c.happens("u-1", "e1", false)
	c.must(c.People.Link(c.ctx, "u-1", at("a")))
	c.trace(at("a"), "e1")
	c.Advance(2 * time.Minute)
	c.happens("u-1", "e1", true)
	c.trace(at("a"), "e1", "e1")
}

func traceBounded(c *crowd) {
	c.must(c.People.Link(c.ctx, "u-1", at("a")))
	var want []string
	for i := range session.MaxTrace + 7 {
		c.happens("u-1", fmt.Sprint("e", i), true)
		if i >= 7 {
			want = append(want, fmt.Sprint("e", i))
		}
	}
	c.happens("u-1", "e0", false)
	c.trace(at("a"), want...)
}

func knownBounded(c *crowd) {
	for i := range session.MaxKnown {
		c.happens("u-1", fmt.Sprint("e", i), true)
	}
	if _, _, err := c.People.Happened(c.ctx, "u-1", "more", session.Operation{Kind: "k", At: c.Now()}); !errors.Is(err, chat.ErrBusy) {
		c.Fatalf("people: Happened beyond MaxKnown = %v, want ErrBusy", err)
	}
	c.happens("u-1", "e0", false)
	c.Advance(session.KnownAgain + time.Minute)
	c.happens("u-1", "more", true)
}

func traceAges(c *crowd) {
	c.must(c.People.Link(c.ctx, "u-1", at("a")))
	c.happens("u-1", "old", true)
	c.Advance(session.KeepTrace / 2)
	c.happens("u-1", "young", true)
	c.Advance(session.KeepTrace/2 + time.Minute)
	c.trace(at("a"), "young")
}

func userForgotten(c *crowd) {
	c.must(c.People.SetProfile(c.ctx, "u-1", vip("3")))
	c.must(c.People.Link(c.ctx, "u-1", at("a")))
	c.happens("u-1", "e1", true)
	c.Advance(session.KeepUser + 25*time.Hour)
	if c.Tidy != nil {
		c.links("u-1")
		c.must(c.Tidy())
	}
	c.links("u-1")
	c.whose(at("a"), "")
	c.must(c.People.Link(c.ctx, "u-1", at("a")))
	if got := c.whose(at("a"), "u-1"); got.Profile != nil || len(got.Trace) > 0 {
		c.Fatalf("people: known of a forgotten user: %+v, want nothing", got)
	}
}

// userBeginsAnew: what is told of a forgotten user brings nothing back, also when the maker has not tidied up yet.
func userBeginsAnew(c *crowd) {
	c.must(c.People.SetProfile(c.ctx, "u-1", vip("3")))
	c.must(c.People.Link(c.ctx, "u-1", at("a")))
	c.Advance(session.KeepUser + 25*time.Hour)
	c.happens("u-1", "e1", true)
	c.links("u-1")
	c.whose(at("a"), "")
	c.must(c.People.Link(c.ctx, "u-1", at("b")))
	if got := c.whose(at("b"), "u-1"); got.Profile != nil {
		c.Fatalf("people: the profile of a forgotten user came back: %+v", got)
	}
}

func userKept(c *crowd) {
	c.must(c.People.SetProfile(c.ctx, "u-1", vip("3")))
	c.must(c.People.Link(c.ctx, "u-1", at("a")))
	for i := range 3 {
		c.Advance(session.KeepUser * 2 / 3)
		c.happens("u-1", fmt.Sprint("e", i), true)
		c.links("u-1", at("a"))
	}
	if got := c.whose(at("a"), "u-1"); got.Profile == nil {
		c.Fatalf("people: the profile of a user of whom something was heard is gone, want it kept")
	}
}

func peopleSurvive(c *crowd) {
	if c.Reopen == nil {
		return
	}
	c.must(c.People.SetProfile(c.ctx, "u-1", vip("3")))
	c.must(c.People.Link(c.ctx, "u-1", at("a")))
	c.happens("u-1", "e1", true)
	c.People = c.Reopen()
	c.happens("u-1", "e1", false)
	c.links("u-1", at("a"))
	c.trace(at("a"), "e1")
	if got := c.whose(at("a"), "u-1"); got.Profile == nil {
		c.Fatalf("people: the profile is gone with the process, want it kept")
	}
}

func peopleShared(c *crowd) {
	if c.Second == nil {
		return
	}
	c.must(c.People.Link(c.ctx, "u-1", at("a")))
	c.People, c.Second = c.Second, c.People
	c.whose(at("a"), "u-1")
	c.must(c.People.Link(c.ctx, "u-2", at("a")))
	c.People = c.Second
	c.links("u-1")
	c.whose(at("a"), "u-2")
}

// linkRace: many link the same conversation at once. Whoever is last, the conversation and the lists of the users agree in the end.
func linkRace(c *crowd) {
	handles := []session.People{c.People}
	if c.Second != nil {
		handles = append(handles, c.Second)
	}
	var wg sync.WaitGroup
	errs := make(chan error, 64)
	for n := range 16 {
		wg.Go(func() {
			p, user := handles[n%len(handles)], fmt.Sprint("u-", n%4)
			errs <- p.Link(c.ctx, user, at("a"))
			if n%3 == 0 {
				errs <- p.Unlink(c.ctx, user, at("a"))
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		c.must(err)
	}
	is, err := c.People.Linked(c.ctx, at("a"))
	c.must(err)
	for n := range 4 {
		user := fmt.Sprint("u-", n)
		if user == is.User {
			c.links(user, at("a"))
		} else {
			c.links(user)
		}
	}
}
