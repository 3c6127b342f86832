package media

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/postman"
	"github.com/xianda-bot/xianda/chat"
)

// shelf is a Store in memory.
type shelf struct {
	mu   sync.Mutex // guards all below
	all  map[string]kept
	away error
}

type kept struct {
	about chat.Media
	body  []byte
	at    time.Time
}

func (s *shelf) Put(_ context.Context, m chat.Media, body io.Reader) error {
	b, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away != nil {
		return s.away
	}
	s.all[m.ID] = kept{m, b, time.Now()}
	return nil
}

func (s *shelf) Open(_ context.Context, id string) (chat.Media, time.Time, io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.all[id]
	switch {
	case s.away != nil:
		return chat.Media{}, time.Time{}, nil, s.away
	case !ok:
		return chat.Media{}, time.Time{}, nil, fs.ErrNotExist
	}
	return k.about, k.at, io.NopCloser(bytes.NewReader(k.body)), nil
}

func (s *shelf) Forget(_ context.Context, prefix string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.all, func(id string, _ kept) bool { return strings.HasPrefix(id, prefix) })
	return nil
}

func (s *shelf) Sweep(_ context.Context, t time.Time) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.all, func(_ string, k kept) bool {
		old := k.at.Before(t)
		if old {
			n++
		}
		return old
	})
	return n, nil
}

// brings is a Fetcher.
type brings func(ctx context.Context, m chat.Media) (io.ReadCloser, error)

func (b brings) Open(ctx context.Context, m chat.Media) (io.ReadCloser, error) { return b(ctx, m) }

func body(b []byte) brings {
	return func(context.Context, chat.Media) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
}

// house is a keeper with what the tests look at.
type house struct {
	*Keeper
	shelf *shelf
	now   time.Time
	known bool
	told  []string
	err   error // of Tell
}

var ann = chat.Address{Channel: "shop", Peer: "ann"}

func newHouse(f brings, o Options) *house {
	h := &house{shelf: &shelf{all: map[string]kept{}}, now: time.Now(), known: true}
	o.Fetcher = func(channel string) (adapters.Fetcher, bool) { return f, channel == "shop" }
	o.Known = func(context.Context, chat.Address) (bool, error) { return h.known, nil }
	o.Tell = func(_ context.Context, m chat.Message) error {
		if h.err == nil {
			h.told = append(h.told, fmt.Sprintf("%s %s %s %s", m.Kind, m.Of, m.Media[0].Kind, m.Event))
		}
		return h.err
	}
	o.Clock = func() time.Time { return h.now }
	h.Keeper = New(h.shelf, o)
	return h
}

// loan is the debt of a message that holds f; id is that of f.
func (h *house) loan(f chat.Media, tries int) (l postman.Loan, id string) {
	m := chat.Message{ID: "m1", From: ann, Media: []chat.Media{f}}
	id = h.ID(m, 0, h.now)
	m.Media[0].ID = id
	b, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return postman.Loan{Debt: chat.Debt{ID: "media-1", Kind: chat.MediaDebt, To: ann, Body: b, Tries: tries}}, id
}

func (h *house) content(t *testing.T, id string) (chat.Media, string, error) {
	t.Helper()
	m, r, err := h.Open(t.Context(), id)
	if err != nil {
		return m, "", err
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	return m, string(b), err
}
