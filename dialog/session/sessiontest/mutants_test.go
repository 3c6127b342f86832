package sessiontest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

func mutants() []mutant {
	ctx := context.Background()
	return append(reviewed(), []mutant{
		{"forgets ids", func(s *Memory) session.Store {
			return &wrong{Memory: s, accept: func(s *Memory, m chat.Message, t session.Terms) (session.Accepted, error) {
				spoil(s, m.From, func(c *conversation) {
					for _, d := range c.ids {
						if d.id == m.ID && d.state != session.Open {
							d.id = "forgotten"
						}
					}
				})
				return s.Accept(ctx, m, t)
			}}
		}, []string{"duplicate: of a passive one gets the same replies", "duplicate: of a pushed one is done", "duplicate: of a kept one is done", "histories: as the model has them"}},
		{"looks for ids before it records them, in two steps", func(s *Memory) session.Store {
			var n serial
			return &wrong{Memory: s, accept: func(s *Memory, m chat.Message, t session.Terms) (session.Accepted, error) {
				known := false
				spoil(s, m.From, func(c *conversation) { known = c.known(m.ID) != nil })
				time.Sleep(100 * time.Microsecond) // another comes here
				if !known {
					spoil(s, m.From, func(c *conversation) {
						if d := c.known(m.ID); d != nil {
							d.id = fmt.Sprint("overwritten", n.next())
						}
						c.token = ""
					})
				}
				return s.Accept(ctx, m, t)
			}}
		}, []string{"race: one delivery at the same instant"}},
		{"ignores the lease's token", func(s *Memory) session.Store {
			return &wrong{Memory: s, commit: func(s *Memory, c *session.Claim, o session.Outcome) (session.Committed, error) {
				got, err := s.Commit(ctx, c, o)
				if errors.Is(err, session.ErrLost) {
					now := *c
					spoil(s, c.Message.From, func(c *conversation) { now.Token = c.token })
					return s.Commit(ctx, &now, o)
				}
				return got, err
			}}
		}, []string{"lease: expired to held by another", "whole: nothing of a lost turn is kept", "histories: as the model has them"}},
		{"ignores the hold's epoch", func(s *Memory) session.Store {
			return &wrong{Memory: s, commit: func(s *Memory, c *session.Claim, o session.Outcome) (session.Committed, error) {
				now := *c
				spoil(s, c.Message.From, func(c *conversation) { now.Epoch = c.epoch() })
				return s.Commit(ctx, &now, o)
			}}
		}, []string{"hold: commit refuses a changed epoch and keeps nothing", "hold: held to none", "hold: held to held by another", "histories: as the model has them"}},
		{"keeps the session though the hold changed", func(s *Memory) session.Store {
			return &wrong{Memory: s, commit: func(s *Memory, c *session.Claim, o session.Outcome) (session.Committed, error) {
				got, err := s.Commit(ctx, c, o)
				if errors.Is(err, session.ErrHeld) {
					spoil(s, c.Message.From, func(c *conversation) { c.session, _ = session.Encode(o.Session) })
				}
				return got, err
			}}
		}, []string{"hold: commit refuses a changed epoch and keeps nothing", "histories: as the model has them"}},
		{"reverses the mailbox", func(s *Memory) session.Store {
			return &wrong{Memory: s, accept: func(s *Memory, m chat.Message, t session.Terms) (session.Accepted, error) {
				got, err := s.Accept(ctx, m, t)
				spoil(s, m.From, func(c *conversation) {
					if got.Fresh && len(c.mailbox) > 2 {
						last := c.mailbox[len(c.mailbox)-1]
						c.mailbox = slices.Insert(c.mailbox[:len(c.mailbox)-1], 1, last)
					}
				})
				return got, err
			}}
		}, []string{"mailbox: order of acceptance", "lease: renew returns what waits", "histories: as the model has them"}},
		{"hands out the message that came instead of the older one", func(s *Memory) session.Store {
			return &wrong{Memory: s, accept: func(s *Memory, m chat.Message, t session.Terms) (session.Accepted, error) {
				spoil(s, m.From, func(c *conversation) {
					if c.token != "" && !s.clock().Before(c.until) && c.known(m.ID) == nil {
						c.mailbox = nil
					}
				})
				return s.Accept(ctx, m, t)
			}}
		}, []string{"mailbox: an accepted message claims the older head", "histories: as the model has them"}},
		{"posts and claims", func(s *Memory) session.Store {
			return &wrong{Memory: s, accept: func(s *Memory, m chat.Message, t session.Terms) (session.Accepted, error) {
				t.Post = false
				return s.Accept(ctx, m, t)
			}}
		}, []string{"mailbox: post never claims"}},
		{"commits again when asked again", func(s *Memory) session.Store {
			return &wrong{Memory: s, commit: func(s *Memory, c *session.Claim, o session.Outcome) (session.Committed, error) {
				got, err := s.Commit(ctx, c, o)
				spoil(s, c.Message.From, func(c *conversation) { c.lastID = "" })
				return got, err
			}}
		}, []string{"lease: commit repeated returns the first result", "lease: commit repeated after the next was handed over", "whole: a repeated commit leaves everything once", "race: one claim committed by both handles"}},
		{"frees the lease when it hands over the next", func(s *Memory) session.Store {
			return &wrong{Memory: s, commit: func(s *Memory, c *session.Claim, o session.Outcome) (session.Committed, error) {
				got, err := s.Commit(ctx, c, o)
				if err == nil {
					spoil(s, c.Message.From, func(c *conversation) { c.until = time.Time{} })
				}
				return got, err
			}}
		}, []string{"lease: the next claim has a lease of its own"}},
		{"counts a release as an attempt", func(s *Memory) session.Store {
			return &wrong{Memory: s, release: func(s *Memory, c *session.Claim) error {
				err := s.Release(ctx, c)
				if err == nil {
					spoil(s, c.Message.From, func(c *conversation) { c.mailbox[0].tries++ })
				}
				return err
			}}
		}, []string{"lease: release gives it back and counts no attempt", "histories: as the model has them"}},
		{"does not count a lost lease", func(s *Memory) session.Store {
			return &wrong{Memory: s, take: func(s *Memory, a chat.Address) (*session.Claim, error) {
				spoil(s, a, func(c *conversation) {
					if !s.clock().Before(c.until) {
						c.token = ""
					}
				})
				return s.Take(ctx, a)
			}}
		}, []string{"lease: a lost one counts an attempt", "histories: as the model has them"}},
		{"lets late change what is settled", func(s *Memory) session.Store {
			return &wrong{Memory: s, late: func(s *Memory, m chat.Message, push bool) (session.Done, error) {
				spoil(s, m.From, func(c *conversation) { c.known(m.ID).state = session.Open })
				return s.Late(ctx, m, push)
			}}
		}, []string{"delivery: late does not change what is settled", "histories: as the model has them"}},
		{"answers passively though it is late", func(s *Memory) session.Store {
			return &wrong{Memory: s, commit: func(s *Memory, c *session.Claim, o session.Outcome) (session.Committed, error) {
				spoil(s, c.Message.From, func(conv *conversation) {
					if d := conv.known(c.Message.ID); d != nil && conv.token == c.Token {
						d.state = session.Open
					}
				})
				return s.Commit(ctx, c, o)
			}}
		}, []string{"delivery: open to pushed, judged after late", "delivery: open to kept, judged after late", "passive: behind or instead", "histories: as the model has them"}},
		{"has no clock for the reply time", func(s *Memory) session.Store {
			return &wrong{Memory: s, commit: func(s *Memory, c *session.Claim, o session.Outcome) (session.Committed, error) {
				spoil(s, c.Message.From, func(conv *conversation) { conv.known(c.Message.ID).replyBy = s.clock().Add(time.Hour) })
				return s.Commit(ctx, c, o)
			}}
		}, []string{"delivery: open to pushed, reply time passed at commit", "delivery: open to pushed, without a reply time"}},
		{"carries what the postman has", func(s *Memory) session.Store {
			return &wrong{Memory: s, commit: func(s *Memory, c *session.Claim, o session.Outcome) (session.Committed, error) {
				o.Carried = nil
				return s.Commit(ctx, c, o)
			}}
		}, []string{"passive: carried debts are paid by it", "passive: a carried debt that was lent meanwhile", "histories: as the model has them"}},
		{"settles by any fence", func(s *Memory) session.Store {
			return &wrong{Memory: s, settle: func(s *Memory, all []session.Settlement) error {
				all = slices.Clone(all)
				for i := range all {
					spoil(s, all[i].To, func(c *conversation) {
						for _, d := range c.debts {
							if d.ID == all[i].ID && d.fence != "" {
								all[i].Fence = d.fence
							}
						}
					})
				}
				return s.Settle(ctx, all)
			}}
		}, []string{"debt: a fence that is not current is ignored", "histories: as the model has them"}},
		{"lends past what waits", func(s *Memory) session.Store {
			return &wrong{Memory: s, lend: func(s *Memory, a chat.Address, d time.Duration) (session.Lent, error) {
				spoil(s, a, func(c *conversation) {
					slices.SortStableFunc(c.debts, func(x, y *debt) int {
						switch now := s.clock(); {
						case x.busy(now) == y.busy(now):
							return 0
						case x.busy(now):
							return 1
						}
						return -1
					})
				})
				return s.Lend(ctx, a, d)
			}}
		}, []string{"debt: only the oldest of a kind is lent", "debt: lent to owed again with a delay", "passive: behind an unshown one nothing is lent", "histories: as the model has them"}},
		{"never withholds", func(s *Memory) session.Store {
			return &wrong{Memory: s, lend: func(s *Memory, a chat.Address, d time.Duration) (session.Lent, error) {
				spoil(s, a, func(c *conversation) {
					for _, d := range c.debts {
						d.Epoch = c.epoch()
					}
				})
				return s.Lend(ctx, a, d)
			}}
		}, []string{"hold: what the bot owed before is withheld", "race: a seat comes while the bot commits", "histories: as the model has them"}},
		{"gives back to whatever right is there", func(s *Memory) session.Store {
			return &wrong{Memory: s, settle: func(s *Memory, all []session.Settlement) error {
				for _, t := range all {
					spoil(s, t.To, func(c *conversation) {
						for i := range c.rights {
							if t.GiveBack {
								c.rights[i].Left++
							}
						}
					})
				}
				return s.Settle(ctx, all)
			}}
		}, []string{"right: given back on a definite refusal", "right: not given back to the one that replaced it", "histories: as the model has them"}},
		{"counts the sum of the rights", func(s *Memory) session.Store {
			return &wrong{Memory: s, lend: func(s *Memory, a chat.Address, d time.Duration) (session.Lent, error) {
				before := map[int64]int{}
				spoil(s, a, func(c *conversation) {
					for _, r := range c.rights[:max(0, len(c.rights)-1)] {
						before[r.serial] = r.Left
					}
				})
				got, err := s.Lend(ctx, a, d)
				spoil(s, a, func(c *conversation) {
					for i, r := range c.rights {
						if left, ok := before[r.serial]; ok {
							c.rights[i].Left = left
						}
					}
				})
				return got, err
			}}
		}, []string{"right: the greatest counts, not the sum", "right: reserved when a debt is lent"}},
		{"loses passive replies that nobody fetched", func(s *Memory) session.Store {
			return &wrong{Memory: s, take: func(s *Memory, a chat.Address) (*session.Claim, error) {
				spoil(s, a, func(c *conversation) {
					c.debts = slices.DeleteFunc(c.debts, func(d *debt) bool { return d.shows != nil && !d.Due.After(s.clock()) })
				})
				return s.Take(ctx, a)
			}}
		}, []string{"passive: unshown becomes a debt", "passive: the adapter's redelivery time counts"}},
		{"rings timers twice", func(s *Memory) session.Store {
			return &wrong{Memory: s, take: func(s *Memory, a chat.Address) (*session.Claim, error) {
				var kept []session.Timer
				spoil(s, a, func(c *conversation) { kept = slices.Clone(c.timers) })
				c, err := s.Take(ctx, a)
				spoil(s, a, func(c *conversation) {
					for _, t := range kept {
						t.ID += "x"
						c.timers = append(c.timers, t)
					}
				})
				return c, err
			}}
		}, []string{"timer: set to moved into the mailbox"}},
		{"lists nothing that lost its holder", func(s *Memory) session.Store {
			return &wrong{Memory: s, due: func(s *Memory, n int) ([]chat.Address, error) {
				all, err := s.Due(ctx, n)
				s.mu.Lock()
				defer s.mu.Unlock()
				return slices.DeleteFunc(all, func(a chat.Address) bool { return len(s.convs[a].mailbox) > 0 }), err
			}}
		}, []string{"lease: expired to held by another", "mailbox: due lists and takes nothing"}},
		{"forgets the session alone", func(s *Memory) session.Store {
			return &wrong{Memory: s, forget: func(s *Memory, a chat.Address) error {
				spoil(s, a, func(c *conversation) { c.session = nil })
				return nil
			}}
		}, []string{"forget: everything is gone", "forget: a turn under way loses its lease"}},
		{"has no limits", func(s *Memory) session.Store {
			return &wrong{Memory: s, accept: func(s *Memory, m chat.Message, t session.Terms) (session.Accepted, error) {
				got, err := s.Accept(ctx, m, t)
				if errors.Is(err, chat.ErrBusy) {
					spoil(s, m.From, func(c *conversation) { c.mailbox, c.ids = c.mailbox[:0], c.ids[:0] })
					return s.Accept(ctx, m, t)
				}
				return got, err
			}}
		}, []string{"bounded: the mailbox", "bounded: delivery ids"}},
	}...)
}
