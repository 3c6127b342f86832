package app

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/sony/gobreaker/v2"
)

// When a backend is left alone: a person who waits for a call that fails in the end had better be told at once. What is no sign of
// trouble (a 4xx, an answer that is too long) does not count.
const (
	breakAfter    = 5                // attempts that failed in a row
	breakShare    = 2                // or one in so many of at least
	breakOf       = 20               // attempts
	breakWithin   = time.Minute      // of late
	breakFor      = 10 * time.Second // then one attempt is let through, and decides
	breakerMetric = "backend_open"   // 1: left alone, 0: not
)

// errBreaker: the backend failed too often of late and is not asked now.
var errBreaker = errors.New("the backend failed too often and is left alone for a few seconds")

// breaker keeps a backend that only fails from being asked. It is safe for concurrent use.
type breaker struct {
	b *gobreaker.CircuitBreaker[json.RawMessage]
}

func newBreaker(name string, w watcher) *breaker {
	w.Set(breakerMetric, 0, name)
	return &breaker{gobreaker.NewCircuitBreaker[json.RawMessage](gobreaker.Settings{
		Name: name, MaxRequests: 1, Interval: breakWithin, BucketPeriod: breakWithin / 6, Timeout: breakFor,
		ReadyToTrip: func(c gobreaker.Counts) bool {
			return c.ConsecutiveFailures >= breakAfter || c.Requests >= breakOf && c.TotalFailures*breakShare >= c.Requests
		},
		OnStateChange: func(name string, _, to gobreaker.State) {
			switch to {
			case gobreaker.StateOpen:
				w.Count("backend_breaks", name)
				w.Set(breakerMetric, 1, name)
			case gobreaker.StateClosed:
				w.Set(breakerMetric, 0, name)
			default: // half open: one attempt decides
			}
		},
		IsExcluded: func(err error) bool {
			var f *failure
			return errors.As(err, &f) && f.ours
		},
		IsSuccessful: func(err error) bool {
			var f *failure
			return err == nil || errors.As(err, &f) && !f.passes
		},
	})}
}

// do makes an attempt, unless the backend is left alone: errBreaker.
func (b *breaker) do(attempt func() (json.RawMessage, error)) (json.RawMessage, error) {
	answer, err := b.b.Execute(attempt)
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		err = errBreaker
	}
	return answer, err
}
