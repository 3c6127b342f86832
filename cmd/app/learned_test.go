package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xianda-bot/xianda/dialog/likely"
)

// countedHours is what turns counted, by hour; it may fail.
type countedHours struct {
	mu    sync.Mutex // guards what follows
	hours map[time.Time]map[string]int64
	fail  func(from time.Time) bool
	asked []time.Duration // lengths of what was asked for
}

func (c *countedHours) Hours(_ context.Context, _ string, from, to time.Time) (all []likely.Hour, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, to.Sub(from))
	if c.fail != nil && c.fail(from) {
		return nil, errors.New("down")
	}
	for at := from.Truncate(time.Hour); at.Before(to); at = at.Add(time.Hour) {
		if counts := c.hours[at]; counts != nil {
			copied := map[string]int64{}
			for name, n := range counts {
				copied[name] = n
			}
			all = append(all, likely.Hour{At: at, Counts: copied})
		}
	}
	return all, nil
}

func (c *countedHours) want(at time.Time, id string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at = at.UTC().Truncate(time.Hour)
	if c.hours[at] == nil {
		c.hours[at] = map[string]int64{}
	}
	for range n {
		likely.CountWanted(c.hours[at], nil, id)
	}
}

func (c *countedHours) breakDown(fail func(from time.Time) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fail = fail
}

func firstOf(l *likely.Learned) string {
	for _, g := range likely.Rank(l, likely.Query{Candidates: []string{"kb:a", "kb:b", "kb:c"}, Now: time.Now(), N: 1}) {
		return g.ID
	}
	return ""
}

func TestLessons(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &countedHours{hours: map[time.Time]map[string]int64{}}
		store.want(time.Now().Add(-40*24*time.Hour), "kb:a", 50)
		l := &lessons{store: store, clock: time.Now, log: slog.New(slog.DiscardHandler)}
		if l.look() != nil {
			t.Error("look before anything was learned, want nil")
		}
		ctx, cancel := context.WithCancel(t.Context())
		var done sync.WaitGroup
		done.Go(func() { l.run(ctx) })
		synctest.Wait()
		if got := firstOf(l.look()); got != "kb:a" {
			t.Errorf("after the start %q is first, want kb:a of last month", got)
		}
		store.want(time.Now(), "kb:b", 400)
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if got := firstOf(l.look()); got != "kb:b" {
			t.Errorf("seconds later %q is first, want kb:b of the hour under way", got)
		}
		store.breakDown(func(time.Time) bool { return true })
		time.Sleep(5 * time.Hour)
		store.breakDown(nil)
		store.want(time.Now().Add(-4*time.Hour), "kb:c", 4000) // nobody could read it then
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if got := firstOf(l.look()); got != "kb:c" {
			t.Errorf("after the store was down for hours %q is first, want kb:c of that time %+v", got, likely.Rank(l.look(), likely.Query{Candidates: []string{"kb:a", "kb:b", "kb:c"}, Now: time.Now(), N: 3}))
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if last := store.asked[len(store.asked)-1]; last > 3*time.Hour {
			t.Errorf("a refresh asks for %v, want the hours under way only", last)
		}
		cancel()
		done.Wait()
	})
}

func TestLessonsLeaveOutWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &countedHours{hours: map[time.Time]map[string]int64{}}
		store.want(time.Now().Add(-40*24*time.Hour), "kb:a", 50)
		store.want(time.Now().Add(-20*24*time.Hour), "kb:b", 5)
		bad := time.Now().Add(-41 * 24 * time.Hour)
		store.fail = func(from time.Time) bool { return from.After(bad) && from.Before(bad.Add(48*time.Hour)) }
		var said bytes.Buffer
		l := &lessons{store: store, clock: time.Now, log: slog.New(slog.NewTextHandler(&said, nil))}
		ctx, cancel := context.WithCancel(t.Context())
		var done sync.WaitGroup
		done.Go(func() { l.run(ctx) })
		time.Sleep(5 * time.Minute) // virtual time
		synctest.Wait()
		if got := firstOf(l.look()); got != "kb:b" {
			t.Errorf("%q is first, want kb:b: the day of kb:a cannot be read", got)
		}
		cancel()
		done.Wait()
		if n := strings.Count(said.String(), "is left out"); n != 1 {
			t.Errorf("the log tells %d times of the day that is left out, want once:\n%s", n, said.String())
		}
	})
}

// TestLessonsWaitForTheStore: a store that is away for a moment at the start costs nothing, and is not asked without a pause.
func TestLessonsWaitForTheStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &countedHours{hours: map[time.Time]map[string]int64{}}
		store.want(time.Now().Add(-89*24*time.Hour), "kb:a", 50)
		store.breakDown(func(time.Time) bool { return true })
		var said bytes.Buffer
		l := &lessons{store: store, clock: time.Now, log: slog.New(slog.NewTextHandler(&said, nil))}
		ctx, cancel := context.WithCancel(t.Context())
		var done sync.WaitGroup
		done.Go(func() { l.run(ctx) })
		time.Sleep(20 * time.Second) // virtual time
		synctest.Wait()
		store.mu.Lock()
		asked := len(store.asked)
		store.mu.Unlock()
		if asked < 2 || asked >= learnTries {
			t.Errorf("a store that is away is asked %d times in 20s, want a few", asked)
		}
		store.breakDown(nil)
		time.Sleep(learnRest)
		synctest.Wait()
		if got := firstOf(l.look()); got != "kb:a" {
			t.Errorf("%q is first, want kb:a: its day was asked for while the store was away", got)
		}
		cancel()
		done.Wait()
		if said.Len() > 0 {
			t.Errorf("the log tells of a day that was read in the end: %s", said.String())
		}
	})
}
