package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/handoff"
)

type cases map[string]*chat.Case

func (c cases) Case(_ context.Context, id string) (*chat.Case, error) {
	if id == "broken" {
		return nil, errors.New("connection refused")
	}
	if found := c[id]; found != nil {
		return found, nil
	}
	return nil, handoff.ErrUnknown
}

var (
	someone = chat.Address{Channel: "shop", Peer: "o6_person"}
	kept    = cases{"27c0ffee": {
		ID: "27c0ffee", Conversation: someone, Queue: "default", State: chat.Held, Seat: "alice", Priority: "urgent",
		Wanted: "红包退款 <b>", Raised: time.Date(2026, 1, 28, 12, 0, 0, 0, time.UTC),
	}}
	noon = time.Date(2026, 1, 28, 12, 0, 5, 0, time.UTC)
)

func debt(t *testing.T, id string, s chat.Signal) chat.Debt {
	t.Helper()
	body, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return chat.Debt{ID: id, Kind: chat.CaseDebt, To: someone, Body: body}
}

// desk is a seat system that remembers what it was told.
type desk struct {
	*httptest.Server
	answer http.HandlerFunc

	mu     sync.Mutex // guards heads and bodies
	heads  []http.Header
	bodies []string
}

func (d *desk) told() (heads []http.Header, bodies []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.heads, d.bodies
}

func newDesk(t *testing.T, answer http.HandlerFunc) *desk {
	t.Helper()
	d := &desk{answer: answer}
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost {
			t.Errorf("the desk got %s, %v, want POST", r.Method, err)
		}
		d.mu.Lock()
		d.heads, d.bodies = append(d.heads, r.Header), append(d.bodies, string(body))
		d.mu.Unlock()
		if d.answer != nil {
			d.answer(w, r)
		}
	}))
	t.Cleanup(d.Close)
	return d
}

// TestPaySigns checks each header and body by the words of the interface, with a signature computed here.
func TestPaySigns(t *testing.T) {
	t.Parallel()
	whole, err := json.Marshal(kept["27c0ffee"])
	if err != nil {
		t.Fatal(err)
	}
	line := &chat.Line{At: noon, From: "person", Text: "在吗"}
	for _, c := range []struct {
		name   string
		signal chat.Signal
		body   string
	}{
		{"opened", chat.Signal{Event: "case.opened", Case: &chat.Case{ID: "27c0ffee"}}, string(whole)},
		{"claimed", chat.Signal{Event: "case.claimed", Case: &chat.Case{ID: "27c0ffee"}}, string(whole)},
		{"closed", chat.Signal{Event: "case.closed", Case: &chat.Case{ID: "27c0ffee"}}, string(whole)},
		{"message", chat.Signal{Event: "case.message", Case: &chat.Case{ID: "27c0ffee"}, Message: line},
			`{"case":"27c0ffee","message":{"at":"2026-01-28T12:00:05Z","from":"person","text":"在吗"}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, nil)
			w := New(d.URL+"/hook", "s3cret", kept, Options{Clock: func() time.Time { return noon }})
			if err := w.Pay(t.Context(), debt(t, c.signal.Event+"-9-0", c.signal)); err != nil {
				t.Fatalf("Pay = %v, want nil", err)
			}
			mac := hmac.New(sha256.New, []byte("s3cret"))
			mac.Write([]byte("1769601605." + c.body))
			heads, bodies := d.told()
			got := map[string]string{"body": bodies[0]}
			for _, h := range []string{"X-Xianda-Event", "X-Xianda-Timestamp", "X-Xianda-Signature", "Content-Type"} {
				got[h] = heads[0].Get(h)
			}
			want := map[string]string{
				"X-Xianda-Event": c.signal.Event, "X-Xianda-Timestamp": "1769601605", "Content-Type": "application/json; charset=utf-8",
				"X-Xianda-Signature": "sha256=" + hex.EncodeToString(mac.Sum(nil)), "body": c.body,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the desk was told, - want + got:\n%s", diff)
			}
		})
	}
}

func TestDeliveryIsStableAndUnique(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	w := New(d.URL, "s", kept, Options{})
	s := chat.Signal{Event: "case.opened", Case: &chat.Case{ID: "27c0ffee"}}
	other := debt(t, "a", s)
	other.To.Peer = "another"
	again := debt(t, "a", s)
	again.Tries = 3
	for _, one := range []chat.Debt{debt(t, "a", s), again, debt(t, "b\r\nX: y", s), other} {
		if err := w.Pay(t.Context(), one); err != nil {
			t.Fatalf("Pay(%q) = %v, want nil", one.ID, err)
		}
	}
	ids := map[string]int{}
	heads, _ := d.told()
	for _, h := range heads {
		ids[h.Get("X-Xianda-Delivery")]++
	}
	if len(ids) != 3 || ids[heads[0].Get("X-Xianda-Delivery")] != 2 {
		t.Errorf("delivery ids = %v, want the first one twice and two others", ids)
	}
}

func TestPayFails(t *testing.T) {
	t.Parallel()
	opened := chat.Signal{Event: "case.opened", Case: &chat.Case{ID: "27c0ffee"}}
	for _, c := range []struct {
		name   string
		signal chat.Signal
		answer http.HandlerFunc
		kind   chat.FailureKind
		err    string
	}{
		{"an error", opened, status(500), chat.Temporary, "temporary: the seat system answered with status 500"},
		{"a refusal is tried again too", opened, status(404), chat.Temporary, "temporary: the seat system answered with status 404"},
		{"a redirect", opened, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		},
			chat.Temporary, "temporary: the seat system answered with status 307"},
		{"not modified", opened, status(304), chat.Temporary, "temporary: the seat system answered with status 304"},
		{"hangs up", opened, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, chat.Temporary, "temporary: EOF"},
		{"a forgotten case", chat.Signal{Event: "case.closed", Case: &chat.Case{ID: "gone"}}, nil, chat.Refused, "refused: case gone: no such case"},
		{"a store that is away", chat.Signal{Event: "case.closed", Case: &chat.Case{ID: "broken"}}, nil, chat.Temporary, "temporary: case broken: connection refused"},
		{"no signal", chat.Signal{}, nil, chat.Refused, "refused: the debt holds no case signal"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, c.answer)
			err := New(d.URL+"/hook?key=canary", "canary", kept, Options{}).Pay(t.Context(), debt(t, "a", c.signal))
			var f *chat.Failure
			if !errors.As(err, &f) || f.Kind != c.kind || err.Error() != c.err {
				t.Errorf("Pay = %v, want %s", err, c.err)
			}
			if _, bodies := d.told(); len(bodies) > 1 {
				t.Errorf("the desk was asked %d times, want at most once: redirects are not followed", len(bodies))
			}
		})
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func TestPayToNowhere(t *testing.T) {
	t.Parallel()
	if err := New("", "", kept, Options{}).Pay(t.Context(), debt(t, "a", chat.Signal{Event: "case.opened", Case: &chat.Case{ID: "27c0ffee"}})); err != nil {
		t.Errorf("Pay without a url = %v, want nil: there is nobody to tell", err)
	}
	for _, address := range []string{"http://127.0.0.1:1/hook?key=canary", "http://user:canary@127.0.0.1:1/", "::canary"} {
		err := New(address, "canary", kept, Options{}).Pay(t.Context(), debt(t, "a", chat.Signal{Event: "case.opened", Case: &chat.Case{ID: "27c0ffee"}}))
		var f *chat.Failure
		if !errors.As(err, &f) || f.Kind != chat.Temporary || strings.Contains(err.Error(), "canary") {
			t.Errorf("Pay(%s) = %v, want a temporary failure that tells no secret", address, err)
		}
	}
}

// silent is a seat system that never answers.
type silent struct{}

func (silent) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// endless answers at once with a body that never ends.
type endless struct{ read int }

func (e *endless) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(e)}, nil
}

func (e *endless) Read(p []byte) (int, error) { e.read += len(p); return len(p), nil }

func TestPayIsBounded(t *testing.T) {
	t.Parallel()
	opened := debt(t, "a", chat.Signal{Event: "case.opened", Case: &chat.Case{ID: "27c0ffee"}})
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		err := New("http://desk.example", "s", kept, Options{HTTP: &http.Client{Transport: silent{}}}).Pay(t.Context(), opened)
		if took := time.Since(begun); took != 5*time.Second || err == nil || err.Error() != "temporary: the seat system did not answer in time" {
			t.Errorf("Pay = %v after %v, want a failure after 5s", err, took)
		}
	})
	e := &endless{}
	if err := New("http://desk.example", "s", kept, Options{HTTP: &http.Client{Transport: e}}).Pay(t.Context(), opened); err != nil || e.read > 2*maxAnswer {
		t.Errorf("Pay = %v after reading %d bytes of the answer, want nil after at most %d", err, e.read, 2*maxAnswer)
	}
}

func TestSchedule(t *testing.T) {
	t.Parallel()
	w := New("", "", nil, Options{})
	want := []time.Duration{5 * time.Second, 30 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour}
	if d := cmp.Diff(want, w.Schedule()); d != "" || w.Timeout() != 5*time.Second {
		t.Errorf("Schedule = %v, Timeout = %v, want %v and 5s", w.Schedule(), w.Timeout(), want)
	}
}
