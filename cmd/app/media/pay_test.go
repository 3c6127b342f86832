package media

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/postman"
	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/cmd/app/outside"
)

func TestPay(t *testing.T) {
	t.Parallel()
	image := chat.Media{Kind: "image", Ref: "media-1", Name: "a.png"}
	fails := func(err error) brings {
		return func(context.Context, chat.Media) (io.ReadCloser, error) { return nil, err }
	}
	last := len(new(Keeper).Schedule())
	for _, tt := range []struct {
		name   string
		f      brings
		medium chat.Media
		tries  int
		err    chat.FailureKind
		told   string // "" nobody is told
		open   error
	}{
		{"kept", body(pngOf(2, 2)), image, 0, "", "", nil},
		{"G2 too large by its own word", body(nil), chat.Media{Kind: "file", Ref: "r", Size: 2 << 20}, 0, "", "lost m1 file too_large", ErrLost},
		{"G2 too large", body(make([]byte, 1<<20+1)), image, 0, "", "lost m1 image too_large", ErrLost},
		{"G2 endless", func(context.Context, chat.Media) (io.ReadCloser, error) { return io.NopCloser(endless{}), nil }, image, 0, "", "lost m1 image too_large", ErrLost},
		{"just as large as may be", body(make([]byte, 1<<20)), chat.Media{Kind: "file", Ref: "r"}, 0, "", "", nil},
		{"G5 expired media_id", fails(&chat.Failure{Kind: chat.BadMedia, Err: errors.New("40007")}), image, doubts, "", "lost m1 image expired", ErrLost},
		{"gone, perhaps", fails(&chat.Failure{Kind: chat.BadMedia, Err: errors.New("502")}), image, doubts - 1, chat.Temporary, "", ErrNotYet},
		{"empty", body(nil), image, 0, "", "lost m1 image expired", ErrLost},
		{"may not ask", fails(&chat.Failure{Kind: chat.NoPush}), image, 0, "", "lost m1 image refused", ErrLost},
		{"refused", fails(&chat.Failure{Kind: chat.Refused}), image, 0, "", "lost m1 image refused", ErrLost},
		{"leads inside", fails(fmt.Errorf("x: %w", outside.ErrRefused)), image, 0, "", "lost m1 image refused", ErrLost},
		{"not now", fails(errors.New("https://cdn.example/x?token=secret timed out")), image, 0, chat.Temporary, "", ErrNotYet},
		{"torn", func(context.Context, chat.Media) (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(strings.NewReader("x"), torn{})), nil
		}, image, 0, chat.Temporary, "", ErrNotYet},
		{"never", fails(&chat.Failure{Kind: chat.Temporary, Err: errors.New("502")}), image, last, "", "lost m1 image unavailable", ErrLost},
		{"told to wait", fails(&chat.Failure{Kind: chat.Rate}), image, last, chat.Rate, "", ErrNotYet},
		{"credentials", fails(&chat.Failure{Kind: chat.Auth}), image, last, chat.Auth, "", ErrNotYet},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(tt.f, Options{MaxBytes: 1 << 20})
			l, id := h.loan(tt.medium, tt.tries)
			err := h.Pay(t.Context(), l)
			var f *chat.Failure
			switch {
			case tt.err == "" && err != nil, tt.err != "" && (!errors.As(err, &f) || f.Kind != tt.err):
				t.Errorf("Pay: %v, want %q", err, tt.err)
			case err != nil && strings.Contains(err.Error(), "secret"):
				t.Errorf("Pay: %v tells an address", err)
			case f != nil && f.Kind == chat.Rate && f.Retry <= 0:
				t.Error("Rate without Retry would be dropped without a word")
			}
			if got := strings.Join(h.told, ", "); got != tt.told {
				t.Errorf("told %q, want %q", got, tt.told)
			}
			if _, _, err := h.content(t, id); !errors.Is(err, tt.open) || tt.open == nil && err != nil {
				t.Errorf("Open: %v, want %v", err, tt.open)
			}
			if err == nil { // paid again, after a crash before the settlement: nothing new
				told := len(h.told)
				if err := h.Pay(t.Context(), l); err != nil || len(h.told) != told {
					t.Errorf("paid again: %v, told %v", err, h.told)
				}
			}
		})
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

type torn struct{}

func (torn) Read([]byte) (int, error) { return 0, errors.New("torn") }

// TestOutside is G1: a message that names an address inside makes nobody connect there.
func TestOutside(t *testing.T) {
	t.Parallel()
	var hits atomic.Int32
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	t.Cleanup(inside.Close)
	client := outside.New(outside.Options{})
	h := newHouse(func(ctx context.Context, m chat.Media) (io.ReadCloser, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, m.URL, nil)
		if err != nil {
			return nil, err
		}
		resp, err := client.Do(r)
		if err != nil {
			return nil, err
		}
		return resp.Body, nil
	}, Options{})
	for _, u := range []string{inside.URL, "http://169.254.169.254/latest/", "http://[::1]/", "file:///etc/passwd"} {
		h.told = nil
		l, id := h.loan(chat.Media{Kind: "image", URL: u}, 0)
		if err := h.Pay(t.Context(), l); err != nil || len(h.told) != 1 || h.told[0] != "lost m1 image refused" {
			t.Errorf("%s: %v, told %v", u, err, h.told)
		}
		if err := h.shelf.Forget(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if n := hits.Load(); n != 0 {
		t.Errorf("the listener counts %d connections, want 0", n)
	}
}

// TestStoreAway: a store that stays away loses nothing until no platform would have the medium any more.
func TestStoreAway(t *testing.T) {
	t.Parallel()
	h := newHouse(body(pngOf(2, 2)), Options{})
	l, id := h.loan(chat.Media{Kind: "image", Ref: "r"}, 0)
	h.shelf.away = errors.New("the disk is full")
	for tries := range 40 {
		l.Tries = tries
		var f *chat.Failure
		if err := h.Pay(t.Context(), l); !errors.As(err, &f) || f.Kind != chat.Rate || f.Retry < storeAgain || f.Retry > storeMost {
			t.Fatalf("attempt %d: %v", tries, err)
		}
	}
	if _, _, err := h.content(t, id); err == nil || errors.Is(err, ErrLost) || errors.Is(err, ErrUnknown) {
		t.Errorf("Open while the store is away: %v", err)
	}
	h.shelf.away = nil
	if err := h.Pay(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	if m, _, err := h.content(t, id); err != nil || m.Kind != "image" {
		t.Errorf("Open when it is back: %v, %v", m, err)
	}
	late, _ := h.loan(chat.Media{Kind: "image", Ref: "other"}, 0)
	h.shelf.all, h.shelf.away = map[string]kept{}, errors.New("the disk is full")
	h.now = h.now.Add(giveUp + 2*time.Hour)
	if err := h.Pay(t.Context(), late); err != nil || len(h.told) != 1 {
		t.Errorf("after three days: %v, told %v", err, h.told)
	}
}

// TestOthersKept: of several media of a message, those that come are kept though one does not.
func TestOthersKept(t *testing.T) {
	t.Parallel()
	h := newHouse(func(_ context.Context, m chat.Media) (io.ReadCloser, error) {
		if m.Ref == "broken" {
			return nil, errors.New("502")
		}
		return io.NopCloser(strings.NewReader("x")), nil
	}, Options{})
	m := chat.Message{ID: "m1", From: ann, Media: []chat.Media{{Kind: "file", Ref: "broken"}, {Kind: "location"}, {Kind: "file", Ref: "whole"}}}
	for n := range m.Media {
		m.Media[n].ID = h.ID(m, n, h.now)
	}
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	l := postman.Loan{Debt: chat.Debt{To: ann, Body: b}}
	var f *chat.Failure
	if err := h.Pay(t.Context(), l); !errors.As(err, &f) || f.Kind != chat.Temporary || len(h.shelf.all) != 1 {
		t.Errorf("Pay: %v, %d kept, want the whole one", err, len(h.shelf.all))
	}
	l.Tries = len(h.Schedule())
	if err := h.Pay(t.Context(), l); err != nil || len(h.told) != 1 {
		t.Errorf("the last attempt: %v, told %v", err, h.told)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	h.shelf.all = map[string]kept{}
	if err := h.Pay(ended, l); !errors.As(err, &f) || f.Kind != chat.Temporary {
		t.Errorf("Pay without time: %v", err)
	}
}

// TestToldFirst: nothing is marked as lost before the conversation was told of it.
func TestToldFirst(t *testing.T) {
	t.Parallel()
	h := newHouse(body(nil), Options{})
	h.err = chat.ErrBusy
	l, id := h.loan(chat.Media{Kind: "image", Ref: "r"}, 0)
	if err := h.Pay(t.Context(), l); err == nil {
		t.Error("paid, and nobody was told")
	}
	if _, _, err := h.content(t, id); !errors.Is(err, ErrNotYet) {
		t.Errorf("Open: %v", err)
	}
	h.err = nil
	if err := h.Pay(t.Context(), l); err != nil || len(h.told) != 1 {
		t.Errorf("%v, told %v", err, h.told)
	}
}

// TestSlots: a payment that would have to wait for others is given back at once.
func TestSlots(t *testing.T) {
	t.Parallel()
	var h *house
	h = newHouse(func(ctx context.Context, m chat.Media) (io.ReadCloser, error) {
		l, _ := h.loan(chat.Media{Kind: "file", Ref: m.Ref + "x"}, 0)
		return io.NopCloser(strings.NewReader("x")), h.Pay(ctx, l)
	}, Options{})
	for range atOnce - 1 {
		h.slots <- struct{}{}
	}
	l, _ := h.loan(chat.Media{Kind: "file", Ref: "r"}, 0)
	var f *chat.Failure
	if err := h.Pay(t.Context(), l); !errors.As(err, &f) || f.Kind != chat.Rate || f.Retry != busyAgain {
		t.Errorf("Pay: %v", err)
	}
}

// TestForgotten: what was fetched while its conversation was being forgotten is not kept.
func TestForgotten(t *testing.T) {
	t.Parallel()
	h := newHouse(body([]byte("x")), Options{})
	l, id := h.loan(chat.Media{Kind: "file", Ref: "r"}, 0)
	h.known = false
	if err := h.Pay(t.Context(), l); err != nil || len(h.shelf.all) != 0 {
		t.Errorf("%v, kept %d", err, len(h.shelf.all))
	}
	h.known = true
	if err := h.Pay(t.Context(), l); err != nil || len(h.shelf.all) != 1 {
		t.Errorf("%v, kept %d", err, len(h.shelf.all))
	}
	if err := h.Forget(t.Context(), chat.Address{Channel: "shop", Peer: "bob"}); err != nil || len(h.shelf.all) != 1 {
		t.Errorf("forgetting bob: %v, kept %d", err, len(h.shelf.all))
	}
	if err := h.Forget(t.Context(), ann); err != nil || len(h.shelf.all) != 0 {
		t.Errorf("forgetting ann: %v, kept %d", err, len(h.shelf.all))
	}
	if _, _, err := h.content(t, id); !errors.Is(err, ErrNotYet) {
		t.Errorf("Open: %v", err)
	}
}
