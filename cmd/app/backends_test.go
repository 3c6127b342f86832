package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/config"
	"github.com/xianda-bot/xianda/dialog"
	"github.com/xianda-bot/xianda/dialog/release"
)

func TestBackendsCall(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got, body = r, string(b)
		switch r.URL.Path {
		case "/helpdesk/refund_status":
			io.WriteString(w, `{"state":"done"}`)
		case "/helpdesk/moved":
			http.Redirect(w, r, "/helpdesk/refund_status", http.StatusFound)
		case "/helpdesk/broken":
			w.WriteHeader(http.StatusBadGateway)
		case "/helpdesk/large":
			io.WriteString(w, `{"a":"`+strings.Repeat("x", maxAnswer)+`"}`)
		case "/helpdesk/cut":
			io.WriteString(w, `{"state":`)
		case "/helpdesk/list":
			io.WriteString(w, ` []`)
		case "/helpdesk/empty":
		case "/helpdesk/slow":
			<-r.Context().Done()
		}
	}))
	t.Cleanup(server.Close)
	b := newBackends(map[string]Backend{
		"pay":   {URL: server.URL + "/helpdesk/", Token: "canary-token"},
		"brief": {URL: server.URL + "/helpdesk", Token: "canary-token", Most: 20 * time.Millisecond},
		"gone":  {URL: "http://127.0.0.1:1", Token: "canary-token"},
	}, newMetrics())
	call := func(name string) (json.RawMessage, error) {
		return b.Call(t.Context(), dialog.Call{
			Name: name, Conversation: chat.Address{Channel: "shop", Peer: "openid"}, User: "u-1", With: map[string]string{"order_no": "42"}, Key: "k-0",
		})
	}
	answer, err := call("pay.refund_status")
	if err != nil || string(answer) != `{"state":"done"}` {
		t.Fatalf("Call = %s, %v", answer, err)
	}
	want := `{"conversation":{"channel":"shop","peer":"openid"},"user":"u-1","with":{"order_no":"42"}}`
	if got.Method != http.MethodPost || body != want || got.Header.Get("Authorization") != "Bearer canary-token" || got.Header.Get("Idempotency-Key") != "k-0" {
		t.Errorf("the backend got %s %s %v, want a POST of %s with token and key", got.Method, body, got.Header, want)
	}
	for _, c := range []struct{ name, want string }{
		{"other.x", "add backends.other to the configuration"},
		{"pay.moved", "status 302"}, // a redirect would carry the token elsewhere
		{"pay.broken", "status 502"},
		{"pay.large", "longer than"},
		{"pay.cut", "not answer with a JSON object"},
		{"pay.list", "not answer with a JSON object"},
		{"pay.empty", "not answer with a JSON object"},
		{"brief.slow", context.DeadlineExceeded.Error()},
		{"gone.x", "refused"},
	} {
		if _, err := call(c.name); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("Call(%s) = %v, want %q in it and no secret", c.name, err, c.want)
		}
	}
}

// flapping answers with one status after another; 0 hangs up, a negative one hangs. It is a transport, so that time can be virtual.
type flapping struct {
	answers []int
	header  http.Header
	keys    []string
}

func (f *flapping) RoundTrip(r *http.Request) (*http.Response, error) {
	f.keys = append(f.keys, r.Header.Get("Idempotency-Key"))
	status := f.answers[0]
	if len(f.answers) > 1 {
		f.answers = f.answers[1:]
	}
	switch {
	case status == 0:
		return nil, io.ErrUnexpectedEOF
	case status < 0:
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return &http.Response{StatusCode: status, Header: f.header, Body: io.NopCloser(strings.NewReader(`{"state":"done"}`))}, nil
}

func counts(t *testing.T, m *metrics, line string) {
	t.Helper()
	w := httptest.NewRecorder()
	m.page().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if !strings.Contains(w.Body.String(), "\n"+line+"\n") {
		t.Errorf("/metrics has no line %s", line)
	}
}

// TestBackendsRetry holds which failures are tried again, how often, and within which time.
func TestBackendsRetry(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		answers []int
		after   string // Retry-After
		retry   int
		tries   int
		most    time.Duration // it may take
		want    string        // of the error; empty: none
	}{
		{"at once", []int{200}, "", 3, 1, 0, ""},
		{"connection lost once", []int{0, 200}, "", 1, 2, dialog.RetryPause, ""},
		{"busy, then down, then well", []int{429, 503, 200}, "", 2, 3, 2 * dialog.RetryPause, ""},
		{"slow once", []int{-1, 200}, "", 1, 2, 2*time.Second + dialog.RetryPause, ""},
		{"not allowed to", []int{503, 200}, "", 0, 1, 0, "status 503"},
		{"down for good", []int{500}, "", 3, 4, 3 * dialog.RetryPause, "status 500"},
		{"slow for good", []int{-1}, "", 2, 3, 6*time.Second + 2*dialog.RetryPause, context.DeadlineExceeded.Error()},
		{"refused", []int{404, 200}, "", 3, 1, 0, "status 404"},
		{"moved", []int{302, 200}, "", 3, 1, 0, "status 302"},
		{"wants a second", []int{429, 200}, "1", 1, 2, time.Second, ""},
		{"wants a minute", []int{429, 200}, "60", 3, 1, 0, "status 429"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBackends(map[string]Backend{"pay": {URL: "http://pay.example"}}, newMetrics())
				f := &flapping{answers: c.answers, header: http.Header{"Retry-After": {c.after}}}
				b.http.Transport = f
				begun := time.Now()
				call := dialog.Call{Name: "pay.x", Timeout: 2 * time.Second, Retry: c.retry, Key: "k-0"}
				_, err := b.Call(t.Context(), call)
				if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
					t.Errorf("Call = %v, want %q", err, c.want)
				}
				if len(f.keys) != c.tries || slices.ContainsFunc(f.keys, func(k string) bool { return k != "k-0" }) {
					t.Errorf("attempts: %q, want %d with one key", f.keys, c.tries)
				}
				if took := time.Since(begun); took > c.most || took > call.Most() {
					t.Errorf("it took %v, want at most %v (and %v)", took, c.most, call.Most())
				}
			})
		})
	}
}

// TestBackendsRetryEnds: what the caller waits for bounds all attempts, and nobody's impatience counts against the backend.
func TestBackendsRetryEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMetrics()
		b := newBackends(map[string]Backend{"pay": {URL: "http://pay.example"}, "brief": {URL: "http://pay.example", Most: 3 * time.Second}}, m)
		b.http.Transport = &flapping{answers: []int{-1}}
		begun := time.Now()
		_, err := b.Call(t.Context(), dialog.Call{Name: "brief.x", Timeout: 2 * time.Second, Retry: 3})
		if took := time.Since(begun); !errors.Is(err, context.DeadlineExceeded) || took != 3*time.Second {
			t.Errorf("Call = %v after %v, want the deadline of the backend, 3s", err, took)
		}
		left := errors.New("the person left")
		for range 2 * breakAfter {
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(time.Second, func() { cancel(left) })
			if _, err := b.Call(ctx, dialog.Call{Name: "pay.x", Timeout: 2 * time.Second, Retry: 3}); !errors.Is(err, left) {
				t.Errorf("Call = %v, want %v", err, left)
			}
		}
		counts(t, m, `xianda_call_attempts_total{backend="pay",end="given_up"} 10`)
		counts(t, m, `xianda_backend_open{backend="pay"} 0`)
	})
}

// TestBreaker: a backend that only fails is left alone, fails at once meanwhile, and is tried again by one attempt.
func TestBreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMetrics()
		b := newBackends(map[string]Backend{"pay": {URL: "http://pay.example"}, "other": {URL: "http://other.example"}}, m)
		f := &flapping{answers: []int{503}}
		b.http.Transport = f
		call := func(name string) error {
			_, err := b.Call(t.Context(), dialog.Call{Name: name, Timeout: 2 * time.Second, Key: "k"})
			return err
		}
		for range breakAfter {
			if err := call("pay.x"); err == nil || errors.Is(err, errBreaker) {
				t.Fatalf("Call = %v, want status 503", err)
			}
		}
		if err := call("pay.x"); !errors.Is(err, errBreaker) || len(f.keys) != breakAfter {
			t.Errorf("Call = %v after %d attempts, want it to fail at once", err, len(f.keys))
		}
		counts(t, m, `xianda_backend_open{backend="pay"} 1`)
		counts(t, m, `xianda_backend_open{backend="other"} 0`)
		counts(t, m, `xianda_backend_breaks_total{backend="pay"} 1`)
		counts(t, m, `xianda_call_attempts_total{backend="pay",end="open"} 1`)
		f.answers = []int{404}
		if err := call("other.x"); err == nil || errors.Is(err, errBreaker) {
			t.Errorf("Call of another backend = %v, want status 404", err)
		}
		time.Sleep(breakFor + time.Millisecond)
		f.answers = []int{0, 200}
		if err := call("pay.x"); errors.Is(err, errBreaker) || err == nil {
			t.Errorf("the attempt that decides = %v, want it made, and lost", err)
		}
		if err := call("pay.x"); !errors.Is(err, errBreaker) {
			t.Errorf("Call after it = %v, want it left alone again", err)
		}
		time.Sleep(breakFor + time.Millisecond)
		for range 3 {
			if err := call("pay.x"); err != nil {
				t.Errorf("Call of a backend that is well = %v", err)
			}
		}
		counts(t, m, `xianda_backend_open{backend="pay"} 0`)
		f.answers = []int{503, 200, 200, 503, 503, 200, 503, 503, 200, 200, 503, 503, 200, 503, 200, 503, 503, 200, 200, 503, 503, 200, 503, 200}
		broke := false
		for range breakOf + 4 {
			broke = errors.Is(call("pay.x"), errBreaker) || broke
		}
		if !broke {
			t.Error("a backend that fails every other time is asked on and on")
		}
		time.Sleep(breakFor + time.Millisecond)
		f.answers = []int{400}
		for range 2 * breakOf { // its own mistakes are answers
			if err := call("pay.x"); errors.Is(err, errBreaker) {
				t.Fatalf("Call of a backend that refuses = %v, want it asked", err)
			}
		}
	})
}

// TestReloadClosesBreakers: a backend that a reload takes away is not shown as left alone for ever.
func TestReloadClosesBreakers(t *testing.T) {
	t.Parallel()
	cfg := &config.Config{
		Listen: "127.0.0.1:0", Store: config.URL("local:" + t.TempDir()),
		Backends: map[string]config.Backend{"pay": {URL: "http://127.0.0.1:1"}, "stays": {URL: "http://127.0.0.1:1"}},
	}
	h, err := Open(t.Context(), cfg, &release.Release{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	for range breakAfter {
		if _, err := (wiredBackends{h}).Call(t.Context(), dialog.Call{Name: "pay.x", Timeout: time.Second}); err == nil {
			t.Fatal("a backend that is not there answers")
		}
	}
	counts(t, h.metrics, `xianda_backend_open{backend="pay"} 1`)
	next := *cfg
	next.Backends = map[string]config.Backend{"stays": cfg.Backends["stays"]}
	if err := h.Reload(t.Context(), &next); err != nil {
		t.Fatal(err)
	}
	counts(t, h.metrics, `xianda_backend_open{backend="pay"} 0`)
	counts(t, h.metrics, `xianda_backend_open{backend="stays"} 0`)
}
