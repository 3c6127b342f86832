package rehearse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog"
	"github.com/xianda-bot/xianda/dialog/session"
)

// redelivery is how long a platform waits before it delivers again what was not answered: longer than a dead process' lease.
const redelivery = session.Lease + time.Second

// person brings a message of the person to the host and collects what is shown.
func (s *stage) person(ctx context.Context, m chat.Message) error {
	s.sent++
	m.ID, m.From, m.At = fmt.Sprintf("m%d", s.sent), s.address(), s.clock()
	before := len(s.shown)
	replies, err := s.deliver(ctx, m)
	if err != nil {
		return err
	}
	s.show(s.at, replies)
	s.own = len(s.shown) - before
	if len(replies) > 0 {
		if err := s.store.Settle(ctx, []session.Settlement{{To: s.address(), Delivery: m.ID, Verdict: session.Shown}}); err != nil {
			return err
		}
	}
	if err := s.pump(ctx); err != nil {
		return err
	}
	s.most = max(s.most, len(s.shown)-before)
	return nil
}

// offered is m as the platform delivers it now.
func (s *stage) offered(m chat.Message) chat.Message {
	if s.Caps(s.at).Passive > 0 {
		m.ReplyBy = s.clock().Add(time.Minute)
	}
	if s.Caps(s.at).Window > 0 && s.Caps(s.at).Push >= chat.Part {
		m.Right = &chat.ReplyRight{Pool: "message", Left: 5, Expires: s.clock().Add(s.Caps(s.at).Window)}
	}
	return m
}

// deliver brings m as often as the test's faults say, and returns what the person sees of the answers.
func (s *stage) deliver(ctx context.Context, m chat.Message) ([]chat.Reply, error) {
	if s.faulty(KillAfterCommit) {
		if err := s.perish(func(h *dialog.Host, m chat.Message) error {
			_, err := h.Turn(ctx, m)
			return err
		}, s.offered(m)); err != nil {
			return nil, err
		}
	}
	times := 1
	if s.faulty(WechatRetry) {
		times = 3
	}
	var seen []chat.Reply
	for i := range times {
		replies, err := s.host.Turn(ctx, s.offered(m))
		if err != nil && !errors.Is(err, chat.ErrLater) {
			return nil, err
		}
		if i > 0 && !reflect.DeepEqual(replies, seen) {
			return nil, fmt.Errorf("delivery %d of message %s was answered with %q, the one before with %q", i+1, m.ID, texts(replies), texts(seen))
		}
		seen = replies // the platform gave up on the answers before this one
		if i+1 < times {
			s.advance(redelivery)
		}
	}
	return seen, nil
}

// post brings a message that nobody waits for an answer of.
func (s *stage) post(ctx context.Context, m chat.Message) error {
	s.sent++
	m.ID, m.From = fmt.Sprintf("m%d", s.sent), s.address()
	if s.faulty(KillAfterCommit) {
		if err := s.perish(func(h *dialog.Host, m chat.Message) error {
			_, err := h.Turn(ctx, m)
			return err
		}, m); err != nil {
			return err
		}
	}
	if _, err := s.host.Turn(ctx, m); err != nil && !errors.Is(err, chat.ErrLater) {
		return err
	}
	return s.pump(ctx)
}

func (s *stage) faulty(f Fault) bool { return slices.Contains(s.test.Fault, f) }

func texts(replies []chat.Reply) []string {
	all := make([]string, 0, len(replies))
	for _, r := range replies {
		all = append(all, r.Text)
	}
	return all
}

func (s *stage) show(a chat.Address, replies []chat.Reply) {
	for _, r := range replies {
		if s.handedOver(r) {
			continue
		}
		s.noteCode(r)
		if a == s.at {
			s.shown = append(s.shown, r)
		} else {
			s.meanwhile[a] = append(s.meanwhile[a], r)
		}
		s.keys[a.Channel+" "+r.Key]++
	}
}

// pass lets time go by in steps, so that what is due in between happens near its time: a reminder while it may still be sent.
func (s *stage) pass(ctx context.Context, d time.Duration) error {
	if s.o.Clock != nil { // another's clock: its owner has let the time pass
		return s.pump(ctx)
	}
	end := s.clock().Add(d)
	for {
		gone := d - end.Sub(s.clock())
		step := time.Minute
		switch {
		case gone >= 2*time.Hour:
			step = 30 * time.Minute
		case gone >= 30*time.Minute:
			step = 5 * time.Minute
		}
		left := end.Sub(s.clock())
		if left <= step {
			s.advance(max(left, 0)) // a death on the way takes time too
			return s.pump(ctx)
		}
		s.advance(step)
		if err := s.pump(ctx); err != nil {
			return err
		}
	}
}

// maxPump bounds what one moment may set off.
const maxPump = 200

// pump lets everything happen that is due: timers, mailboxes, debts.
func (s *stage) pump(ctx context.Context) error {
	for range maxPump {
		s.host.Wait()
		due, err := s.store.Due(ctx, 100)
		if err != nil {
			return err
		}
		moved := false
		for _, a := range due {
			worked, err := s.resume(ctx, a)
			if err != nil {
				return err
			}
			paid, err := s.pay(ctx, a)
			if err != nil {
				return err
			}
			moved = moved || worked || paid
		}
		if !moved {
			return nil
		}
	}
	return errors.New("the conversation does not come to rest: a timer sets itself off again and again")
}

// resume lets what is due be judged; worked tells that a process died over it, so that more may be due.
func (s *stage) resume(ctx context.Context, a chat.Address) (worked bool, err error) {
	if s.faulty(KillAfterCommit) {
		before := s.clock()
		err := s.perish(func(h *dialog.Host, _ chat.Message) error { return h.Resume(ctx, a) }, chat.Message{})
		return s.clock().After(before), err
	}
	err = s.host.Resume(ctx, a)
	s.host.Wait()
	return false, err
}

// pay shows every reply that is owed and may be shown, and settles case signals.
func (s *stage) pay(ctx context.Context, a chat.Address) (paid bool, err error) {
	for {
		lent, err := s.store.Lend(ctx, a, time.Minute)
		if err != nil || len(lent.Loans) == 0 {
			return paid, err
		}
		for _, l := range lent.Loans {
			if l.Kind == chat.ReplyDebt {
				var r chat.Reply
				if err := json.Unmarshal(l.Body, &r); err != nil {
					return paid, err
				}
				s.show(a, []chat.Reply{r})
			}
			if l.Kind == chat.ShareDebt {
				if err := s.share(ctx, l); err != nil {
					return paid, err
				}
			}
			if err := s.store.Settle(ctx, []session.Settlement{{To: a, ID: l.ID, Fence: l.Fence, Verdict: session.Paid}}); err != nil {
				return paid, err
			}
			paid = true
		}
	}
}
