package postman

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/xianda-bot/xianda/chat"
)

// keepDoubts is how long a debt with an unknown outcome is remembered; longer than every schedule.
const keepDoubts = 24 * time.Hour

// verdict says how a loan ends after an attempt that gave err, and counts it. caps is nil for a payer that has none.
func (p *Postman) verdict(l Loan, payer Payer, caps *chat.Caps, err error) Settlement {
	s := Settlement{To: l.To, ID: l.ID, Fence: l.Fence}
	kind, channel := string(l.Kind), l.To.Channel
	if err == nil {
		s.Verdict = Paid
		p.forget(l)
		p.o.Count.Count("postman_paid", kind, channel)
		return s
	}
	f := failure(err)
	reason := string(f.Kind)
	s.GiveBack = !f.Unknown
	switch f.Kind {
	case chat.Rate:
		s.Verdict, s.After = Again, f.Retry
		if f.Retry <= 0 && !p.later(&s, l, payer) {
			reason = "given_up"
		}
	case chat.Window, chat.NoPush:
		s.Verdict = Park
	case chat.Exhausted:
		s.Verdict, s.GiveBack, s.Spent = Park, false, true
	case chat.Auth:
		s.Verdict, s.After = Again, p.o.AuthAfter
		p.o.Count.Count("postman_auth", channel)
	case chat.Temporary:
		switch {
		case f.Unknown && caps != nil && !caps.Once && (!caps.Resend || !p.doubt(l)):
			s.Verdict, reason = Dropped, "unknown"
		case !p.later(&s, l, payer):
			reason = "given_up"
		default:
			s.After = max(s.After, f.Retry)
		}
	case chat.Refused:
		if s.Verdict = Dropped; errors.Is(f, errStale) {
			reason = "stale"
		}
	default: // Blocked, TooLong, Refused; BadMedia and Moved that a second attempt did not mend
		s.Verdict = Dropped
	}
	p.tell(l, s, reason, f)
	return s
}

// tell counts a failed attempt and logs what someone must act on. No text of a person is logged.
func (p *Postman) tell(l Loan, s Settlement, reason string, f *chat.Failure) {
	kind, channel := string(l.Kind), l.To.Channel
	args := []any{"kind", kind, "channel", channel, "debt", l.ID, "turn", l.Turn, "reason", reason, "tries", l.Tries + 1, "err", f}
	switch s.Verdict {
	case Again:
		p.o.Count.Count("postman_again", kind, channel, reason)
		if f.Kind == chat.Auth {
			p.o.Log.Error("the platform refuses our credentials: see xianda channel probe", args...)
			return
		}
		p.o.Log.Info("a debt is paid later", append(args, "after", s.After)...)
	case Park:
		p.o.Count.Count("postman_parked", kind, channel, reason)
		p.o.Log.Info("a debt waits for the person's next message", args...)
	case Dropped:
		p.forget(l)
		if l.Kind == chat.ReplyDebt {
			p.o.Lost(l, f.Kind)
		}
		p.o.Count.Count("postman_dropped", kind, channel, reason)
		if f.Kind == chat.Blocked || errors.Is(f, errStale) || handsOver(l) {
			p.o.Log.Info("a debt is dropped", args...)
			return
		}
		p.o.Log.Error("a debt is dropped", args...)
	}
}

// handsOver tells whether a debt gives a conversation to a seat of the platform's own, or takes it back. A seat may refuse or be gone:
// the house, which is told of what is lost, finds another way.
func handsOver(l Loan) bool {
	var r chat.Reply
	return l.Kind == chat.ReplyDebt && json.Unmarshal(l.Body, &r) == nil && r.Native != ""
}

// failure reads err. What no payer classified may have been accepted.
func failure(err error) *chat.Failure {
	var f *chat.Failure
	if errors.As(err, &f) {
		return f
	}
	return &chat.Failure{Kind: chat.Temporary, Unknown: true, Err: err}
}

// later puts s on the payer's schedule, with a tenth of jitter to either side so that many debts of one fault do not return at one
// instant. false: the schedule is used up and s is Dropped.
func (p *Postman) later(s *Settlement, l Loan, payer Payer) bool {
	schedule := payer.Schedule()
	if l.Tries >= len(schedule) {
		s.Verdict, s.After = Dropped, 0
		return false
	}
	d := schedule[l.Tries]
	s.Verdict, s.After = Again, d-d/10+time.Duration(p.o.Random()*float64(d/5))
	return true
}

// doubt allows one more attempt at a debt whose outcome is unknown; false: it had that. It is remembered by this process only, so that
// another process, or this one restarted, may try once more.
func (p *Postman) doubt(l Loan) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.o.Clock()
	if _, had := p.doubts[doubtKey(l)]; had {
		return false
	}
	for k, at := range p.doubts {
		if now.Sub(at) > keepDoubts {
			delete(p.doubts, k)
		}
	}
	p.doubts[doubtKey(l)] = now
	return true
}

func (p *Postman) forget(l Loan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.doubts, doubtKey(l))
}

func doubtKey(l Loan) string { return l.To.String() + "|" + l.ID }
