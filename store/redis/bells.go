package redis

import (
	"context"
	"errors"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/chat/bells"
)

const (
	lookAgain   = 1500 * time.Millisecond // at feeds that are watched, for a notice that was lost
	lookAtOnce  = 256                     // feeds in one pipeline
	listenAgain = 500 * time.Millisecond  // after a subscription that failed
	silence     = 10 * time.Second        // after which the server is asked whether it is there
)

// doorbell rings the bells of this process for what any process published. The notice is quick and may be lost; so what is watched is
// also looked at, all of it in few trips. It begins with the first watcher and ends with the store.
type doorbell struct {
	s     *Store
	bells bells.Bells
	began sync.Once
	end   context.CancelFunc
	over  sync.WaitGroup

	mu     sync.Mutex // guards closed, and over.Add against over.Wait
	closed bool
}

func (d *doorbell) watch(a chat.Address) (<-chan string, func()) {
	bell, stop := d.bells.Watch(a)
	d.began.Do(func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.closed {
			return
		}
		ctx, cancel := context.WithCancel(context.Background())
		d.end = cancel
		d.over.Go(func() { d.listen(ctx) })
		d.over.Go(func() { d.look(ctx) })
	})
	return bell, stop
}

// close ends the two and waits.
func (d *doorbell) close() {
	d.mu.Lock()
	d.closed = true
	if d.end != nil {
		d.end()
	}
	d.mu.Unlock()
	d.over.Wait()
}

// listen rings for every notice until ctx ends. After a pause in the subscription everybody looks.
func (d *doorbell) listen(ctx context.Context) {
	for ctx.Err() == nil {
		sub := d.s.db.Subscribe(ctx, d.s.k.bells())
		closed := context.AfterFunc(ctx, func() { _ = sub.Close() }) // a read under way does not look at ctx
		for asked := false; ; {
			m, err := sub.ReceiveTimeout(ctx, silence)
			var late net.Error
			if errors.As(err, &late) && late.Timeout() && !asked && sub.Ping(ctx) == nil {
				asked = true // the connection may be gone without a word
				continue
			}
			if err != nil {
				break
			}
			asked = false
			switch m := m.(type) {
			case *redis.Subscription:
				d.bells.RingAll("")
			case *redis.Message:
				word, text, _ := strings.Cut(m.Payload, " ")
				if a, err := chat.ParseAddress(text); err == nil {
					d.bells.Ring(a, word)
				}
			}
		}
		closed()
		_ = sub.Close()
		select {
		case <-ctx.Done():
		case <-time.After(listenAgain):
		}
	}
}

// look rings for what changed without a notice, until ctx ends.
func (d *doorbell) look(ctx context.Context) {
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	seen := map[chat.Address]string{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := map[chat.Address]string{}
		for some := range slices.Chunk(d.bells.Watched(), lookAtOnce) {
			if err := d.states(ctx, some, now); err != nil && ctx.Err() == nil {
				d.s.log.Debug("feeds were not looked at", "err", err)
			}
		}
		for a, state := range now {
			if was, known := seen[a]; !known || was != state {
				d.bells.Ring(a, "")
			}
		}
		maps.DeleteFunc(seen, func(a chat.Address, _ string) bool { _, still := now[a]; return !still })
		maps.Copy(seen, now)
	}
}

// states reads into now what changes whenever a feed does.
func (d *doorbell) states(ctx context.Context, watched []chat.Address, now map[chat.Address]string) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	pipe := d.s.db.Pipeline()
	all := make([]*redis.StringCmd, len(watched))
	for i, a := range watched {
		pl := d.s.k.place(a)
		all[i] = pipe.HGet(ctx, d.s.k.feed(pl.p, pl.address), "q")
	}
	_, err := pipe.Exec(ctx)
	for i, cmd := range all {
		if state, fault := cmd.Result(); fault == nil || fault == redis.Nil { //nolint:errorlint // the driver's own value, not wrapped
			now[watched[i]] = state
		}
	}
	if err == redis.Nil { //nolint:errorlint // as above
		return nil
	}
	return err
}
