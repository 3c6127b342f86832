package app

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/xianda-bot/xianda/handoff"
)

// standings is a view of the queues over all partitions, refreshed about once a second and off the path of the turn.
type standings struct {
	queue   handoff.Queue
	staffed func() bool // a seat system is told of cases, and it is opening time: seats are there though none was seen here
	seen    atomic.Pointer[map[string]handoff.Standing]
}

const lookEvery = time.Second

func (s *standings) run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		s.refresh(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s *standings) refresh(ctx context.Context) {
	once, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	all, err := s.queue.Standing(once)
	if err != nil {
		return // the last view stands
	}
	if s.staffed != nil && s.staffed() {
		for q, st := range all {
			st.Seats = max(st.Seats, 1)
			all[q] = st
		}
		if _, ok := all["default"]; !ok {
			all["default"] = handoff.Standing{Seats: 1}
		}
	}
	s.seen.Store(&all)
}

// look is the last view; nobody changes it.
func (s *standings) look() map[string]handoff.Standing {
	if all := s.seen.Load(); all != nil {
		return *all
	}
	return nil
}
