package dialog

import (
	"sync"
	"sync/atomic"

	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/script"
)

// Shelf holds the release in force, and the earlier versions of its dialogs, so that a conversation in the middle of a dialog finishes
// on the script that it began. It is safe for concurrent use.
type Shelf struct {
	current atomic.Pointer[release.Release]

	mu    sync.Mutex // guards older and order
	older map[pinned]*script.Dialog
	order []pinned
}

type pinned struct{ dialog, version string }

// maxOlder is how many earlier dialog versions are kept; the oldest falls out first.
const maxOlder = 500

// NewShelf returns a shelf with r in force.
func NewShelf(r *release.Release) *Shelf {
	s := &Shelf{older: map[pinned]*script.Dialog{}}
	s.Swap(r)
	return s
}

// Swap puts r in force; turns under way end on the release that they began with.
func (s *Shelf) Swap(r *release.Release) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range r.Dialogs {
		p := pinned{d.ID, d.Version}
		if s.older[p] == nil {
			s.order = append(s.order, p)
		}
		s.older[p] = d
	}
	for len(s.order) > maxOlder {
		delete(s.older, s.order[0])
		s.order = s.order[1:]
	}
	s.current.Store(r)
}

// Current is the release in force.
func (s *Shelf) Current() *release.Release { return s.current.Load() }

// Dialog is one version of a dialog; nil when it is not known any more.
func (s *Shelf) Dialog(id, version string) *script.Dialog {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.older[pinned{id, version}]
}
