package redis

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// Due lists conversations in which something is due, in turn those longest due and those due last: so debts that nobody can pay (their
// channel is gone) do not hide the others. It is two trips, whatever the number of partitions. Partitions whose master cannot be reached
// are left out; it fails only when none can.
func (s *Store) Due(ctx context.Context, n int) ([]chat.Address, error) {
	if n <= 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	now := s.about(ctx)
	pipe, youngest := s.db.Pipeline(), s.looks.Add(1)%2 == 0
	found := make([]*redis.ZSliceCmd, session.Partitions)
	which := redis.ZRangeArgs{ByScore: true, Rev: youngest, Start: "-inf", Stop: now.UnixMilli(), Count: int64(n)}
	if youngest {
		which.Start, which.Stop = which.Stop, which.Start
	}
	for p := range found {
		which.Key = s.k.due(p)
		found[p] = pipe.ZRangeArgsWithScores(ctx, which)
	}
	_, err := pipe.Exec(ctx)
	var all []redis.Z
	unseen := 0
	for _, f := range found {
		if f.Err() != nil {
			unseen++
			continue
		}
		all = append(all, f.Val()...)
	}
	if unseen == len(found) {
		return nil, classify("due", err)
	}
	if unseen > 0 {
		s.log.WarnContext(ctx, "partitions cannot be looked at", "partitions", unseen, "error", classify("due", err))
	}
	slices.SortStableFunc(all, func(a, b redis.Z) int { return cmp.Compare(a.Score, b.Score) })
	if youngest {
		slices.Reverse(all)
	}
	var list []chat.Address
	seen := map[chat.Address]bool{}
	for _, z := range all {
		member, _ := z.Member.(string)
		a, ok := dueAddress(member)
		if !ok || seen[a] {
			continue
		}
		seen[a] = true
		if list = append(list, a); len(list) == n {
			break
		}
	}
	return list, nil
}

// about is the server's clock, or ours when the node that was asked does not answer soon: nothing is taken by it.
func (s *Store) about(ctx context.Context) time.Time {
	ctx, cancel := context.WithTimeout(ctx, opTimeout/5)
	defer cancel()
	now, err := s.now(ctx)
	if err != nil {
		return s.clock()
	}
	return now
}

// Lend hands out the oldest debt of each kind.
func (s *Store) Lend(ctx context.Context, a chat.Address, d time.Duration) (session.Lent, error) {
	ans, err := s.run(ctx, s.sc.lend, s.k.place(a), nil, d.Milliseconds())
	if err != nil {
		return session.Lent{}, err
	}
	if ans.kind != "ok" {
		return session.Lent{}, refusal(ans)
	}
	lent := session.Lent{Parked: int(ans.number(1)), Withheld: int(ans.number(2)), Next: moment(ans.number(0))}
	for i := 4; i < len(ans.rest); i++ {
		one := ans.list(i)
		var owed debt
		if err := json.Unmarshal([]byte(text(one, 0)), &owed); err != nil {
			return session.Lent{}, fmt.Errorf("redis: debt of %s: %w", a.Channel, err)
		}
		loan := session.Loan{Fence: text(one, 1), Hold: decodeHold(ans.text(3))}
		if loan.Debt, err = owed.chat(a); err != nil {
			return session.Lent{}, err
		}
		if whole := text(one, 2); whole != "" {
			var r right
			if err := json.Unmarshal([]byte(whole), &r); err != nil {
				return session.Lent{}, fmt.Errorf("redis: right of %s: %w", a.Channel, err)
			}
			c, err := r.chat()
			if err != nil {
				return session.Lent{}, err
			}
			loan.Right = &c
		}
		lent.Loans = append(lent.Loans, loan)
	}
	return lent, nil
}

// verdict is one settlement as lua/settle.lua reads it.
type verdict struct {
	ID       string `json:"i"`
	Fence    string `json:"f"`
	Verdict  string `json:"v"`
	After    int64  `json:"a"`
	GiveBack bool   `json:"g"`
	Spent    bool   `json:"s"`
}

// Settle ends loans. That passive replies were shown is one plain pipeline.
func (s *Store) Settle(ctx context.Context, list []session.Settlement) error {
	loans := map[chat.Address][]verdict{}
	shown := 0
	pipe := s.db.Pipeline()
	for _, l := range list {
		if l.Verdict == session.Shown {
			pl := s.k.place(l.To)
			pipe.ZRem(ctx, pl.due, passiveMember(pl.address, l.Delivery))
			// What waits behind it, if anything does, is due now; Lend looks whether it is.
			pipe.ZAddArgs(ctx, pl.due, redis.ZAddArgs{XX: true, LT: true, Members: []redis.Z{{Member: "b|" + pl.address}}})
			shown++
			continue
		}
		loans[l.To] = append(loans[l.To], verdict{ID: l.ID, Fence: l.Fence, Verdict: string(l.Verdict), After: l.After.Milliseconds(),
			GiveBack: l.GiveBack, Spent: l.Spent})
	}
	if shown > 0 {
		short, cancel := context.WithTimeout(ctx, opTimeout)
		defer cancel()
		if _, err := pipe.Exec(short); err != nil {
			return classify("settle", err)
		}
	}
	for a, verdicts := range loans {
		text, err := encode(verdicts)
		if err != nil {
			return fmt.Errorf("redis: settlements: %w", err)
		}
		if err := s.simple(ctx, s.sc.settle, a, nil, text); err != nil {
			return err
		}
	}
	return nil
}
