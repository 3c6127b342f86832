package app

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/all"
	"github.com/xianda-bot/xianda/adapters/postman"
	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/handoff"
	"github.com/xianda-bot/xianda/store/local"
	"github.com/xianda-bot/xianda/store/redis"
)

// kept is what a store keeps: the turn protocol, what was counted, the product's users, cases, and what adapters need kept.
type kept interface {
	session.Store
	hours
	People() session.People
	Queue() handoff.Queue
	Vault() adapters.Vault
	Feeds() adapters.Feeds
}

// localStore and redisStore lend the makers' own small types the names of the contracts.
type (
	localStore struct{ *local.Store }
	redisStore struct{ *redis.Store }
)

func (s localStore) People() session.People { return s.Store.People() }
func (s localStore) Queue() handoff.Queue   { return s.Store.Queue() }
func (s localStore) Vault() adapters.Vault  { return s.Store.Vault() }
func (s localStore) Feeds() adapters.Feeds  { return s.Store.Feeds() }
func (s redisStore) People() session.People { return s.Store.People() }
func (s redisStore) Queue() handoff.Queue   { return s.Store.Queue() }
func (s redisStore) Vault() adapters.Vault  { return s.Store.Vault() }
func (s redisStore) Feeds() adapters.Feeds  { return s.Store.Feeds() }

func openStore(ctx context.Context, url string, log *slog.Logger) (kept, error) {
	if dir, ok := strings.CutPrefix(url, "local:"); ok {
		s, err := local.Open(dir, local.Options{Log: log})
		if err != nil {
			return nil, err
		}
		return localStore{s}, nil
	}
	if !strings.HasPrefix(storeKind(url), "redis") {
		return nil, fmt.Errorf("unknown kind %q: write local:DIR, redis://, rediss://, redis-sentinel:// or redis-cluster://", storeKind(url))
	}
	s, err := redis.Open(ctx, url, redis.Options{Log: log})
	if err != nil {
		return nil, err
	}
	return redisStore{s}, nil
}

func builtIn() adapters.Registry { return all.Registry() }

// debts shows the postman what a store owes.
type debts struct{ store session.Store }

var _ postman.Debts = debts{}

// Lend converts session.Lent.
func (d debts) Lend(ctx context.Context, a chat.Address, lease time.Duration) (postman.Lent, error) {
	lent, err := d.store.Lend(ctx, a, lease)
	p := postman.Lent{Parked: lent.Parked, Withheld: lent.Withheld, Next: lent.Next}
	for _, l := range lent.Loans {
		p.Loans = append(p.Loans, postman.Loan{Debt: l.Debt, Fence: l.Fence, Right: l.Right, Held: l.Hold != nil})
	}
	return p, err
}

// Settle converts postman.Settlement.
func (d debts) Settle(ctx context.Context, all []postman.Settlement) error {
	s := make([]session.Settlement, len(all))
	for i, p := range all {
		s[i] = session.Settlement{
			To: p.To, ID: p.ID, Fence: p.Fence, Verdict: session.Verdict(p.Verdict), After: p.After, GiveBack: p.GiveBack, Spent: p.Spent,
		}
	}
	return d.store.Settle(ctx, s)
}
