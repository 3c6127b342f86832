package web

import (
	"maps"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// pace limits how often each of many may do a thing.
type pace struct {
	every rate.Limit
	burst int
	clock func() time.Time

	mu  sync.Mutex // guards all
	all map[string]*rate.Limiter
}

// maxPaced is how many are remembered; those who rest are forgotten first.
const maxPaced = 100_000

func newPace(perSecond float64, burst int, clock func() time.Time) *pace {
	return &pace{every: rate.Limit(perSecond), burst: burst, clock: clock, all: map[string]*rate.Limiter{}}
}

// take tells whether who may do it now.
func (p *pace) take(who string) bool {
	now := p.clock()
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.all[who]
	if l == nil {
		if len(p.all) >= maxPaced {
			maps.DeleteFunc(p.all, func(_ string, l *rate.Limiter) bool { return l.TokensAt(now) >= float64(p.burst) })
		}
		if len(p.all) >= maxPaced {
			return false // so many at once are no people
		}
		l = rate.NewLimiter(p.every, p.burst)
		p.all[who] = l
	}
	return l.AllowN(now, 1)
}
