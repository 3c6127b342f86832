package sessiontest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// folk keeps users in memory, rightly without a flaw: it proves that the suite can be passed, and with one that the suite notices it.
type folk struct {
	now  func() time.Time
	flaw string

	mu    sync.Mutex // guards both
	users map[string]*one
	links map[chat.Address]string
}

type one struct {
	profile *session.Profile
	trace   []named
	known   map[string]time.Time
	until   time.Time
}

type named struct {
	id string
	o  session.Operation
}

func (f *folk) user(id string) *one {
	u := f.users[id]
	if u == nil || !u.until.After(f.now()) {
		if u != nil && f.flaw != "gives links back" {
			for a, owner := range f.links {
				if owner == id {
					delete(f.links, a)
				}
			}
		}
		u = &one{known: map[string]time.Time{}}
		f.users[id] = u
	}
	if f.flaw != "forgets who is heard of" || u.until.IsZero() {
		u.until = f.now().Add(session.KeepUser)
	}
	if f.flaw == "never forgets" {
		u.until = u.until.AddDate(100, 0, 0)
	}
	return u
}

func (f *folk) SetProfile(_ context.Context, id string, p session.Profile) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	u := f.user(id)
	if f.flaw == "adds to profiles" && u.profile != nil {
		p.Tags = append(u.profile.Tags, p.Tags...)
	}
	u.profile = &p
	return nil
}

func (f *folk) mine(id string) (all []chat.Address) {
	for a, owner := range f.links {
		if owner == id {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(a, b chat.Address) int { return strings.Compare(a.String(), b.String()) })
	return all
}

func (f *folk) Link(_ context.Context, id string, a chat.Address) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.user(id)
	if f.links[a] != id && len(f.mine(id)) >= session.MaxLinks && f.flaw != "links without end" {
		return session.ErrFull
	}
	if f.flaw == "keeps the first link" && f.links[a] != "" {
		return nil
	}
	f.links[a] = id
	return nil
}

func (f *folk) Unlink(_ context.Context, id string, a chat.Address) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.links[a] == id, id == "" && f.flaw != "unlinks by name only", f.flaw == "unlinks what is another's":
		delete(f.links, a)
	}
	return nil
}

func (f *folk) Happened(_ context.Context, id, event string, o session.Operation) (session.Operation, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	u := f.user(id)
	for known, at := range u.known {
		if !at.Add(session.KnownAgain).After(f.now()) {
			delete(u.known, known)
		}
	}
	if _, known := u.known[event]; known && f.flaw != "takes operations again" {
		for _, t := range u.trace {
			if t.id == event && f.flaw != "tells what came last" {
				o = t.o
			}
		}
		return o, false, nil
	}
	if len(u.known) >= session.MaxKnown && f.flaw != "knows without end" {
		return o, false, chat.ErrBusy
	}
	u.known[event] = f.now()
	u.trace = append(u.trace, named{event, o})
	if f.flaw == "turns the trace round" {
		u.trace = slices.Insert(u.trace[:len(u.trace)-1], 0, named{event, o})
	}
	if n := len(u.trace) - session.MaxTrace; n > 0 && f.flaw != "keeps all operations" {
		u.trace = u.trace[n:]
	}
	return o, true, nil
}

func (f *folk) gone(id string) bool {
	u := f.users[id]
	return u == nil || !u.until.After(f.now())
}

func (f *folk) Links(_ context.Context, id string) ([]chat.Address, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gone(id) {
		return nil, nil
	}
	return f.mine(id), nil
}

func (f *folk) Linked(_ context.Context, a chat.Address) (session.Linked, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	id, ok := f.links[a]
	if !ok || f.gone(id) {
		return session.Linked{}, nil
	}
	u := f.users[id]
	l := session.Linked{User: id, Profile: u.profile}
	for _, t := range u.trace {
		if f.flaw == "tells old operations" || !t.o.At.Before(f.now().Add(-session.KeepTrace)) {
			l.Trace = append(l.Trace, t.o)
		}
	}
	return l, nil
}

// judge runs one check on folk with a flaw and returns what it says; "" when it passes.
func judge(c peopleCheck, flaw string) string {
	return record(func(r *recorder) {
		clock := newClock()
		f := &folk{now: clock.Now, flaw: flaw, users: map[string]*one{}, links: map[chat.Address]string{}}
		c.do(&crowd{T: r, ctx: context.Background(), PeopleHarness: PeopleHarness{
			People: f, Second: f, Advance: clock.Advance, Now: clock.Now, Reopen: func() session.People { return f },
		}})
	})
}

func TestPeopleSuite(t *testing.T) {
	t.Parallel()
	for _, c := range peopleChecks() {
		if got := judge(c, ""); got != "" {
			t.Errorf("%s on what is right = %q, want no complaint", c.name, got)
		}
	}
}

func TestPeopleSuiteNotices(t *testing.T) {
	t.Parallel()
	for flaw, check := range map[string]string{
		"adds to profiles":          "profile: replaced as a whole",
		"keeps the first link":      "link: a conversation is one user's",
		"links without end":         "link: at most so many",
		"unlinks by name only":      "link: unlinked from whoever has it",
		"unlinks what is another's": "link: unlinked",
		"takes operations again":    "trace: once by id",
		"tells what came last":      "trace: once by id",
		"turns the trace round":     "trace: in order, for a conversation linked later",
		"keeps all operations":      "trace: the last ones",
		"knows without end":         "trace: ids are bounded",
		"tells old operations":      "trace: old ones are not told",
		"never forgets":             "user: forgotten after a time",
		"gives links back":          "user: begins anew when forgotten",
		"forgets who is heard of":   "user: kept while something is heard",
	} {
		all := peopleChecks()
		i := slices.IndexFunc(all, func(c peopleCheck) bool { return c.name == check })
		if i < 0 {
			t.Fatalf("there is no check %q", check)
		}
		if judge(all[i], flaw) == "" {
			t.Errorf("users kept by one who %s pass %q, want it to fail", flaw, check)
		}
	}
}
