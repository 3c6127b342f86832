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
	if all, err := s.queue.Standing(once); err == nil { // else the last view stands
		s.seen.Store(&all)
	}
}

// look is the last view.
func (s *standings) look() map[string]handoff.Standing {
	all := s.seen.Load()
	if all == nil {
		return nil
	}
	if s.staffed == nil || !s.staffed() {
		return *all
	}
	staffed := make(map[string]handoff.Standing, len(*all)+1)
	for q, st := range *all {
		st.Seats = max(st.Seats, 1)
		staffed[q] = st
	}
	if _, ok := staffed["default"]; !ok {
		staffed["default"] = handoff.Standing{Seats: 1}
	}
	return staffed
}
