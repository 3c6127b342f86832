package qq

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/qq/qqtest"
	"github.com/xianda-bot/xianda/chat"
)

// P21: two hundred sends whose token ended, in two processes, renew it once and all succeed.
func TestP21TokenStorm(t *testing.T) {
	t.Parallel()
	p, vault := qqtest.New(t), adapterstest.NewVault(time.Now)
	var halls []*hall
	for range 2 {
		d, record := adapterstest.NewDeps()
		d.HTTP, d.Vault = adapterstest.Client(p), vault
		h := &hall{platform: p, record: record}
		h.Adapter = mustNew(t, p.Section(base), d)
		h.door = h.Handler(h.take)
		m := h.hear(t, adapterstest.Delivery{ID: fmt.Sprint(len(halls)), Text: "在吗"})
		if err := h.say(t, m, chat.Reply{Key: "k", Text: "在"}); err != nil {
			t.Fatal(err)
		}
		halls = append(halls, h)
	}
	p.Expire()
	before := p.TokensFetched()
	var wait sync.WaitGroup
	for i := range 200 {
		wait.Go(func() {
			h, who := halls[i%2], fmt.Sprint("person", i)
			if a := p.Deliver(t, h.door, adapterstest.Delivery{Peer: who, ID: who, Text: "在吗", At: time.Now()}); a.Status != http.StatusOK {
				t.Errorf("%s was answered with %d", who, a.Status)
			}
		})
	}
	wait.Wait()
	for _, h := range halls {
		for _, m := range h.heard()[1:] {
			wait.Go(func() {
				if err := h.say(t, m, chat.Reply{Key: "k", Text: "在"}); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wait.Wait()
	if got := len(p.Sent()); got != 202 {
		t.Errorf("%d messages were shown, want 202", got)
	}
	if n := p.TokensFetched() - before; n != 1 {
		t.Errorf("the token was fetched %d times", n)
	}
}

// books is a token endpoint that a test scripts.
type books struct {
	calls atomic.Int32
	next  func(n int32) (string, time.Duration, error)
}

func (b *books) fetch(context.Context) (string, time.Duration, error) { return b.next(b.calls.Add(1)) }

func newBooks(next func(n int32) (string, time.Duration, error)) (*books, *tokens) {
	b := &books{next: next}
	return b, newTokens("qq/token/1", adapterstest.NewVault(time.Now), time.Now, b.fetch)
}

// A token is renewed in the last minute of its life, and used to its end while that fails; the endpoint is asked every ten seconds.
func TestTokenLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := errors.New("down")
		b, k := newBooks(func(n int32) (string, time.Duration, error) {
			if n > 1 && n < 4 {
				return "", 0, down
			}
			return fmt.Sprint("t", n), 2 * time.Hour, nil
		})
		want := func(token string, calls int32) {
			t.Helper()
			if got, err := k.take(t.Context(), ""); got != token || err != nil && token != "" || b.calls.Load() != calls {
				t.Errorf("take = %q, %v after %d calls, want %q after %d", got, err, b.calls.Load(), token, calls)
			}
		}
		want("t1", 1)
		time.Sleep(2*time.Hour - time.Minute)
		want("t1", 1)
		time.Sleep(20 * time.Second)
		want("t1", 2) // the endpoint is down
		want("t1", 2) // and is left alone
		time.Sleep(11 * time.Second)
		want("t1", 3)
		time.Sleep(11 * time.Second)
		want("t4", 4)
	})
}

// A token that is refused and handed out again is a fault of credentials, not a loop.
func TestTokenRefusedForGood(t *testing.T) {
	t.Parallel()
	b, k := newBooks(func(int32) (string, time.Duration, error) { return "t", time.Hour, nil })
	if _, err := k.take(t.Context(), "t"); err == nil || classify(err).Kind != chat.Auth {
		t.Errorf("take = %v", err)
	}
	if _, err := k.take(t.Context(), "t"); err == nil || b.calls.Load() != 1 {
		t.Errorf("take = %v after %d calls", err, b.calls.Load())
	}
}

// A process that waits for another's fetch gives up with its caller, and takes what the other one got.
func TestTokenOfAnotherProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, k := newBooks(func(int32) (string, time.Duration, error) { return "mine", time.Hour, nil })
		unlock, ok, err := k.vault.Lock(t.Context(), k.key+"/lock", time.Minute)
		if !ok || err != nil {
			t.Fatal(ok, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := k.take(ctx, ""); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("take = %v while another process fetches", err)
		}
		got := make(chan string)
		go func() {
			token, err := k.take(t.Context(), "")
			if err != nil {
				t.Error(err)
			}
			got <- token
		}()
		time.Sleep(time.Second)
		now := time.Now()
		text := fmt.Sprintf(`{"token":"theirs","renew":%q,"ends":%q}`, now.Add(time.Hour).Format(time.RFC3339), now.Add(2*time.Hour).Format(time.RFC3339))
		if err := k.vault.Put(t.Context(), k.key, text, time.Hour); err != nil {
			t.Fatal(err)
		}
		unlock()
		if token := <-got; token != "theirs" || b.calls.Load() != 0 {
			t.Errorf("took %q after %d calls", token, b.calls.Load())
		}
	})
}

// What the endpoint may answer: wrong credentials come with status 200.
func TestTokenEndpoint(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body string
		status     int
		want       chat.FailureKind
	}{
		{"wrong secret", `{"code":100016,"message":"invalid appid or secret"}`, 200, chat.Auth},
		{"no such bot", `{"code":100007,"message":"appid invalid"}`, 200, chat.Auth},
		{"too fast", `{"code":100001,"message":"Too many requests"}`, 200, chat.Rate},
		{"down", "<html>", 502, chat.Temporary},
		{"a page", "<html>", 200, chat.Temporary},
		{"no token", `{"expires_in":"7200"}`, 200, chat.Temporary},
		{"no life", `{"access_token":"a"}`, 200, chat.Temporary},
		{"a life that is none", `{"access_token":"a","expires_in":"soon"}`, 200, chat.Temporary},
		{"a life in the past", `{"access_token":"a","expires_in":"-1"}`, 200, chat.Temporary},
	} {
		d, _ := adapterstest.NewDeps()
		d.HTTP = adapterstest.Client(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		}))
		a := mustNew(t, qqtest.New(t).Section(base), d)
		_, err := a.Send(t.Context(), chat.Address{Channel: "qq", Peer: "ANN"}, chat.Reply{Key: "k", Text: "在"},
			&chat.ReplyRight{Data: []byte(`{"msg_id":"m"}`), Expires: time.Now().Add(time.Minute), Left: 1})
		var f *chat.Failure
		if !errors.As(err, &f) || f.Kind != c.want || f.Unknown {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
		if checks := a.Probe(t.Context()); len(checks) != 1 || checks[0].OK || strings.Contains(checks[0].Detail, qqtest.Secret) {
			t.Errorf("%s: the probe says %+v", c.name, checks)
		}
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	h := newHall(t, nil)
	if got := h.Probe(t.Context()); len(got) != 2 || !got[0].OK || !got[1].OK || got[1].Detail != "the API knows it as 助手" {
		t.Errorf("the probe says %+v", got)
	}
}

// A link carries its scene to the arrival of whoever adds the bot by it.
func TestLink(t *testing.T) {
	t.Parallel()
	h := newHall(t, nil)
	scene := strings.Repeat("s", h.MaxScene())
	l, err := h.Link(t.Context(), scene, time.Time{})
	if err != nil || h.platform.Scene(l.URL) != scene {
		t.Errorf("Link = %+v, %v; it carries %q", l, err, h.platform.Scene(l.URL))
	}
	if _, err := h.Link(t.Context(), scene+"s", time.Time{}); err == nil {
		t.Error("a scene that is too long was taken")
	}
	h.correct(t)
}
