package calls_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/xianda-bot/xianda/adapters/internal/calls"
	"github.com/xianda-bot/xianda/chat"
)

const address = "/bot-canary/send?token=canary"

func request(ctx context.Context, t *testing.T, base string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+address, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Do knows what may have arrived: nothing that found no connection, everything that was written.
func TestDo(t *testing.T) {
	t.Parallel()
	hangsUp := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_ = c.Close() // without an answer
	}))
	defer hangsUp.Close()
	answers := httptest.NewServer(http.NotFoundHandler())
	defer answers.Close()
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := "http://" + nobody.Addr().String()
	_ = nobody.Close() // nobody listens there now
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	own := &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) { return nil, errors.New("torn") })}
	for _, c := range []struct {
		name    string
		client  *http.Client
		request *http.Request
		sent    bool
		fails   bool
	}{
		{"answered", answers.Client(), request(t.Context(), t, answers.URL), true, false},
		{"no connection", &http.Client{}, request(t.Context(), t, gone), false, true},
		{"no answer", hangsUp.Client(), request(t.Context(), t, hangsUp.URL), true, true},
		{"ended before", answers.Client(), request(ended, t, answers.URL), false, true},
		{"a transport without a trace", own, request(t.Context(), t, "https://api.example"), true, true},
	} {
		res, sent, err := calls.Do(c.client, c.request)
		if res != nil {
			_ = res.Body.Close() // nothing is read
		}
		if sent != c.sent || (err != nil) != c.fails {
			t.Errorf("%s: sent %t, %v", c.name, sent, err)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the error %q holds the address", c.name, err)
		}
	}
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestScrubbed(t *testing.T) {
	t.Parallel()
	scrub := func(s string) string { return strings.ReplaceAll(s, "canary", "<secret>") }
	plain := errors.New("torn")
	if got := calls.Scrubbed(plain, scrub); !errors.Is(got, plain) {
		t.Errorf("what holds no secret is %v", got)
	}
	if got := calls.Scrubbed(errors.New("torn at canary"), scrub); got.Error() != "torn at <secret>" {
		t.Errorf("what holds one is %v", got)
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch status, err := strconv.Atoi(r.URL.Path[1:]); {
		case r.URL.Path == "/cut":
			panic(http.ErrAbortHandler)
		case err == nil:
			w.WriteHeader(status)
			return
		}
		_, _ = io.WriteString(w, "picture")
	}))
	defer s.Close()
	body, err := calls.Open(t.Context(), s.Client(), s.URL+"/a?key=canary")
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(body); string(b) != "picture" || err != nil || body.Close() != nil {
		t.Errorf("read %q, %v", b, err)
	}
	for address, want := range map[string]chat.FailureKind{
		s.URL + "/404?key=canary": chat.BadMedia,
		s.URL + "/302?key=canary": chat.BadMedia,
		s.URL + "/429?key=canary": chat.Temporary,
		s.URL + "/502?key=canary": chat.Temporary,
		s.URL + "/cut?key=canary": chat.Temporary,
		"https://canary\n":        chat.BadMedia,
		"gopher://h/canary":       chat.BadMedia,
		"":                        chat.BadMedia,
	} {
		_, err := calls.Open(t.Context(), s.Client(), address)
		if f := (*chat.Failure)(nil); !errors.As(err, &f) || f.Kind != want || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: %v, want %s without the address", address, err, want)
		}
	}
}
