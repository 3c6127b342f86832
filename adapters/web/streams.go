package web

import "sync"

// open is a stream that is open.
type open struct {
	peer      string
	over      chan struct{} // closed when it must end
	elsewhere bool          // because of a newer one of the same person; set before over is closed
}

// streams are those that are open in this process, few of one person and not too many of all.
type streams struct {
	most, each int

	mu     sync.Mutex // guards all below
	count  int
	people map[string][]*open // oldest first
	ended  bool
	idle   chan struct{} // closed when count becomes 0; nil while nobody waits
}

func newStreams(most, each int) *streams {
	return &streams{most: most, each: each, people: map[string][]*open{}}
}

// enter counts one in. A person's oldest gives way to a newer one: that is the page they look at. When nothing may be held open any
// more the stream is over at once.
func (s *streams) enter(peer string) (*open, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.count >= s.most {
		return nil, false
	}
	mine := s.people[peer]
	if len(mine) >= s.each {
		mine[0].elsewhere = true
		close(mine[0].over)
		mine = mine[1:]
	}
	o := &open{peer: peer, over: make(chan struct{})}
	if s.ended {
		close(o.over)
	} else {
		s.people[peer] = append(mine, o)
	}
	s.count++
	return o, true
}

// leave counts it out.
func (s *streams) leave(o *open) {
	s.mu.Lock()
	defer s.mu.Unlock()
	mine := s.people[o.peer]
	for i, m := range mine {
		if m == o {
			mine = append(mine[:i:i], mine[i+1:]...)
			break
		}
	}
	if s.people[o.peer] = mine; len(mine) == 0 {
		delete(s.people, o.peer)
	}
	if s.count--; s.count == 0 && s.idle != nil {
		close(s.idle)
		s.idle = nil
	}
}

// end ends all, and those that come later.
func (s *streams) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	s.ended = true
	for _, mine := range s.people {
		for _, o := range mine {
			close(o.over)
		}
	}
	clear(s.people)
}

// wait returns when none is open.
func (s *streams) wait() {
	s.mu.Lock()
	if s.count == 0 {
		s.mu.Unlock()
		return
	}
	if s.idle == nil {
		s.idle = make(chan struct{})
	}
	idle := s.idle
	s.mu.Unlock()
	<-idle
}
