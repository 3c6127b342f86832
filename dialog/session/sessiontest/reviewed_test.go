package sessiontest

import (
	"context"
	"slices"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// reviewed are mistakes that a reading of the stores with fresh eyes found.
func reviewed() []mutant {
	ctx := context.Background()
	return []mutant{
		{"lets what is owed overtake a passive reply", func(s *Memory) session.Store {
			return &wrong{Memory: s, commit: func(s *Memory, c *session.Claim, o session.Outcome) (session.Committed, error) {
				got, err := s.Commit(ctx, c, o)
				spoil(s, c.Message.From, func(c *conversation) {
					slices.SortStableFunc(c.debts, func(x, y *debt) int {
						switch {
						case (x.shows == nil) == (y.shows == nil):
							return 0
						case x.shows == nil:
							return -1
						}
						return 1
					})
				})
				return got, err
			}}
		}, []string{"passive: what is owed already waits behind it", "passive: what is lent already waits behind it when it comes back", "passive: unshown, it comes before what was owed already", "histories: as the model has them"}},
		{"spends every live right", func(s *Memory) session.Store {
			return &wrong{Memory: s, settle: func(s *Memory, all []session.Settlement) error {
				err := s.Settle(ctx, all)
				for _, t := range all {
					spoil(s, t.To, func(c *conversation) {
						for i := range c.rights {
							if t.Spent {
								c.rights[i].Left = 0
							}
						}
					})
				}
				return err
			}}
		}, []string{"right: spent spares what the loan did not reserve from"}},
		{"parks though another right was granted", func(s *Memory) session.Store {
			return &wrong{Memory: s, settle: func(s *Memory, all []session.Settlement) error {
				err := s.Settle(ctx, all)
				for _, t := range all {
					spoil(s, t.To, func(c *conversation) {
						for _, d := range c.debts {
							if d.ID == t.ID && t.Verdict == session.Park {
								d.Park, d.Due = true, time.Time{}
							}
						}
					})
				}
				return err
			}}
		}, []string{"right: spent spares what the loan did not reserve from", "right: parked only without another right"}},
		{"never parks while a right has something left", func(s *Memory) session.Store {
			return &wrong{Memory: s, settle: func(s *Memory, all []session.Settlement) error {
				err := s.Settle(ctx, all)
				for _, t := range all {
					spoil(s, t.To, func(c *conversation) {
						for _, d := range c.debts {
							if d.ID == t.ID && d.Park && c.some(s.clock()) {
								d.Park, d.Due = false, s.clock()
							}
						}
					})
				}
				return err
			}}
		}, []string{"right: parked only without another right", "histories: as the model has them"}},
		{"does not prolong a reply time", func(s *Memory) session.Store {
			return &wrong{Memory: s, accept: func(s *Memory, m chat.Message, t session.Terms) (session.Accepted, error) {
				spoil(s, m.From, func(c *conversation) {
					if d := c.known(m.ID); d != nil {
						m.ReplyBy = d.replyBy
					}
				})
				return s.Accept(ctx, m, t)
			}}
		}, []string{"reply time: a later request prolongs it", "reply time: a later request gives one", "reply time: the next claim knows the later one"}},
		{"takes the reply time of whoever asked last", func(s *Memory) session.Store {
			return &wrong{Memory: s, accept: func(s *Memory, m chat.Message, t session.Terms) (session.Accepted, error) {
				spoil(s, m.From, func(c *conversation) {
					if d := c.known(m.ID); d != nil {
						d.replyBy = m.ReplyBy
					}
				})
				return s.Accept(ctx, m, t)
			}}
		}, []string{"reply time: an earlier request does not shorten it"}},
		{"believes the claim's reply time", func(s *Memory) session.Store {
			return &wrong{Memory: s, commit: func(s *Memory, c *session.Claim, o session.Outcome) (session.Committed, error) {
				spoil(s, c.Message.From, func(conv *conversation) { conv.known(c.Message.ID).replyBy = c.Message.ReplyBy })
				return s.Commit(ctx, c, o)
			}}
		}, []string{"reply time: what is kept counts, not the claim"}},
		{"pushes passive replies that nobody fetched, though nothing can be pushed", func(s *Memory) session.Store {
			return &wrong{Memory: s, take: func(s *Memory, a chat.Address) (*session.Claim, error) {
				spoil(s, a, func(c *conversation) {
					for _, d := range c.debts {
						d.Park = d.Park && d.shows == nil
					}
				})
				return s.Take(ctx, a)
			}}
		}, []string{"passive: unshown where nothing can be pushed is parked"}},
		{"keeps passive replies of who left", func(s *Memory) session.Store {
			return &wrong{Memory: s, commit: func(s *Memory, c *session.Claim, o session.Outcome) (session.Committed, error) {
				var kept []*debt
				spoil(s, c.Message.From, func(c *conversation) {
					for _, d := range c.debts {
						if d.shows != nil {
							was := *d
							kept = append(kept, &was)
						}
					}
				})
				got, err := s.Commit(ctx, c, o)
				spoil(s, c.Message.From, func(c *conversation) {
					if o.Drop {
						c.debts = append(kept, c.debts...)
					}
				})
				return got, err
			}}
		}, []string{"passive: dropped when the person left"}},
		{"owes the same twice", func(s *Memory) session.Store {
			return &wrong{Memory: s, commit: func(s *Memory, c *session.Claim, o session.Outcome) (session.Committed, error) {
				got, err := s.Commit(ctx, c, o)
				spoil(s, c.Message.From, func(c *conversation) {
					for _, d := range o.Always {
						c.debts = append(c.debts, &debt{Debt: d})
					}
				})
				return got, err
			}}
		}, []string{"debt: the same id is owed once"}},
		{"keeps the lines of a recalled case", func(s *Memory) session.Store {
			return &wrong{Memory: s, commit: func(s *Memory, c *session.Claim, o session.Outcome) (session.Committed, error) {
				got, err := s.Commit(ctx, c, o)
				spoil(s, c.Message.From, func(c *conversation) {
					for _, id := range o.Recall {
						s.cases[id].Transcript = slices.Clone(c.lines)
					}
				})
				return got, err
			}}
		}, []string{"case: recalled keeps no lines"}},
		{"remembers every case", func(s *Memory) session.Store {
			return &wrong{Memory: s, commit: func(s *Memory, c *session.Claim, o session.Outcome) (session.Committed, error) {
				spoil(s, c.Message.From, func(c *conversation) { c.children = nil })
				return s.Commit(ctx, c, o)
			}}
		}, []string{"bounded: cases of a conversation"}},
		{"forgets the oldest case though it is open", func(s *Memory) session.Store {
			return &wrong{Memory: s, commit: func(s *Memory, c *session.Claim, o session.Outcome) (session.Committed, error) {
				got, err := s.Commit(ctx, c, o)
				spoil(s, c.Message.From, func(c *conversation) {
					if len(c.children) == maxChildren {
						delete(s.cases, c.children[0])
					}
				})
				return got, err
			}}
		}, []string{"bounded: cases of a conversation"}},
	}
}
