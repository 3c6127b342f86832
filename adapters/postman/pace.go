package postman

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/xianda-bot/xianda/chat"
)

// pace keeps the speed of conversations and accounts below what their platform allows.
type pace struct {
	mu            sync.Mutex // guards all below
	conversations map[chat.Address]*rate.Limiter
	accounts      map[string]*rate.Limiter
	sweepAt       int // size of conversations at which those that rest are forgotten
}

const minSweep = 1024

func newPace() *pace {
	return &pace{conversations: map[chat.Address]*rate.Limiter{}, accounts: map[string]*rate.Limiter{}, sweepAt: minSweep}
}

// wait is how long a must still wait before the next message; 0: now. It takes nothing.
func (p *pace) wait(a chat.Address, c chat.Caps, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	one, all := p.limiters(a, c)
	return max(missing(one, now), missing(all, now))
}

func missing(l *rate.Limiter, now time.Time) time.Duration {
	if l == nil || l.TokensAt(now) >= 1 {
		return 0
	}
	return time.Duration((1 - l.TokensAt(now)) / float64(l.Limit()) * float64(time.Second))
}

// take counts one message and is how long to wait before it: others may have come between wait and take. What would have to wait for
// more than most is not counted.
func (p *pace) take(a chat.Address, c chat.Caps, now time.Time, most time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	one, all := p.limiters(a, c)
	var d time.Duration
	var taken []*rate.Reservation
	for _, l := range []*rate.Limiter{one, all} {
		if l != nil {
			r := l.ReserveN(now, 1)
			d = max(d, r.DelayFrom(now))
			taken = append(taken, r)
		}
	}
	if d > most {
		for _, r := range taken {
			r.CancelAt(now)
		}
	}
	if len(p.conversations) >= p.sweepAt {
		for k, l := range p.conversations {
			if l.TokensAt(now) >= float64(l.Burst()) {
				delete(p.conversations, k)
			}
		}
		p.sweepAt = max(minSweep, 2*len(p.conversations))
	}
	return d
}

func (p *pace) limiters(a chat.Address, c chat.Caps) (one, all *rate.Limiter) {
	if c.PerConversation > 0 {
		one = limiter(p.conversations, a, c.PerConversation)
	}
	if c.PerAccount > 0 {
		all = limiter(p.accounts, a.Channel, c.PerAccount)
	}
	return one, all
}

func limiter[K comparable](m map[K]*rate.Limiter, k K, perSecond float64) *rate.Limiter {
	l := m[k]
	if l == nil || l.Limit() != rate.Limit(perSecond) {
		l = rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond)))
		m[k] = l
	}
	return l
}
