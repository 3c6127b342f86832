package dialog

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/xianda-bot/xianda/dialog/likely"
	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/script"
)

// Shelf holds the release in force, and the earlier versions of its dialogs, so that a conversation in the middle of a dialog finishes
// on the script that it began. It is safe for concurrent use.
type Shelf struct {
	current atomic.Pointer[shelved]

	mu    sync.RWMutex // guards older and order
	older map[pinned]*pinnedDialog
	order []pinned
}

// shelved is a release with its patterns made ready.
type shelved struct {
	release  *release.Release
	patterns *matcher
	may      *candidates
}

type pinned struct{ dialog, version string }

type pinnedDialog struct {
	dialog    *script.Dialog
	overrides *matcher // nil: it has no patterns of its own
}

// maxOlder is how many earlier dialog versions are kept; the oldest falls out first.
const maxOlder = 500

// NewShelf returns a shelf with r in force.
func NewShelf(r *release.Release) *Shelf {
	s := &Shelf{older: map[pinned]*pinnedDialog{}}
	s.Swap(r)
	return s
}

// Swap puts r in force; turns under way end on the release that they began with.
func (s *Shelf) Swap(r *release.Release) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep(r.Dialogs)
	s.current.Store(&shelved{r, newMatcher(r.Patterns), newCandidates(r)})
}

// Keep puts earlier versions of dialogs on the shelf, the oldest first, without putting them in force.
func (s *Shelf) Keep(dialogs []*script.Dialog) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep(dialogs)
	s.keep(s.Current().Dialogs) // last, so that they fall out last
}

// keep is for who holds mu.
func (s *Shelf) keep(dialogs []*script.Dialog) {
	for _, d := range dialogs {
		p := pinned{d.ID, d.Version}
		if s.older[p] != nil {
			s.order = slices.DeleteFunc(s.order, func(q pinned) bool { return q == p })
		}
		s.order = append(s.order, p)
		kept := &pinnedDialog{dialog: d}
		if len(d.Patterns) > 0 {
			kept.overrides = newMatcher(d.Patterns)
		}
		s.older[p] = kept
	}
	for len(s.order) > maxOlder {
		delete(s.older, s.order[0])
		s.order = s.order[1:]
	}
}

// Current is the release in force.
func (s *Shelf) Current() *release.Release { return s.current.Load().release }

// patterns are those of r, which is the release in force or was a moment ago.
func (s *Shelf) patterns(r *release.Release) *matcher {
	if c := s.current.Load(); c.release == r {
		return c.patterns
	}
	return newMatcher(r.Patterns)
}

// candidates are what r may offer.
func (s *Shelf) candidates(r *release.Release) *candidates {
	if c := s.current.Load(); c.release == r {
		return c.may
	}
	return newCandidates(r)
}

// overrides are the patterns of one version of a dialog; nil when it has none, or is not known any more.
func (s *Shelf) overrides(id, version string) *matcher {
	s.mu.RLock()
	defer s.mu.RUnlock()
	d := s.older[pinned{id, version}]
	if d == nil { // the version is gone: the conversation is about to go on in the present one
		if now := s.Current().Dialog(id); now != nil {
			d = s.older[pinned{id, now.Version}]
		}
	}
	if d != nil {
		return d.overrides
	}
	return nil
}

// Dialog is one version of a dialog; nil when it is not known any more.
func (s *Shelf) Dialog(id, version string) *script.Dialog {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if d := s.older[pinned{id, version}]; d != nil {
		return d.dialog
	}
	return nil
}

// candidates are the ids that a release may offer, in its order, and the entries of each topic.
type candidates struct {
	ids    []string
	set    *likely.Set // of ids
	timed  bool        // some may not be served at every time
	topics map[string][]string
}

func newCandidates(r *release.Release) *candidates {
	c := &candidates{topics: map[string][]string{}}
	for i := range r.Entries {
		e := &r.Entries[i]
		if e.Reject || e.Disabled {
			continue
		}
		c.ids = append(c.ids, toEntry+e.ID)
		c.timed = c.timed || !e.ValidFrom.IsZero() || !e.ValidTo.IsZero()
		c.topics[e.Category] = append(c.topics[e.Category], e.ID)
	}
	for _, d := range r.Dialogs {
		c.add(toDialog + d.ID)
		for _, l := range d.Likely {
			if l.Goto != "" {
				c.add(toDialog + d.ID + "/" + l.Goto)
			}
		}
	}
	for _, o := range r.Openers {
		c.add(o.Target)
	}
	c.set = likely.NewSet(c.ids)
	return c
}

func (c *candidates) add(id string) {
	if strings.HasPrefix(id, toDialog) && !slices.Contains(c.ids, id) {
		c.ids = append(c.ids, id)
	}
}
