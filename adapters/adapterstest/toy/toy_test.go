package toy_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/adapterstest/toy"
	"github.com/xianda-bot/xianda/chat"
)

const secret = "canary-toy-secret"

// platform is the other side of the toy protocol.
type platform struct {
	mu   sync.Mutex // guards all below
	sent []adapterstest.Shown
	fail int // status of the next answer
}

func shown(r toy.Reply) adapterstest.Shown {
	s := adapterstest.Shown{Peer: r.To, Text: r.Text, Key: r.Key}
	for _, b := range r.Buttons {
		s.Choices = append(s.Choices, b.Label)
	}
	return s
}

func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var reply toy.Reply
	err := json.NewDecoder(r.Body).Decode(&reply)
	switch {
	case p.fail != 0:
		w.WriteHeader(p.fail)
		p.fail = 0
	case err != nil || len(utf16.Encode([]rune(reply.Text))) > 200 || len(reply.Buttons) > 3 || strings.TrimSpace(reply.Text) == "":
		w.WriteHeader(http.StatusBadRequest)
	default:
		p.sent = append(p.sent, shown(reply))
	}
}

func request(body string, signature string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/toy/shop", strings.NewReader(body))
	r.Header.Set("X-Signature", signature)
	return r
}

func harness(t *testing.T, d adapters.Deps) adapterstest.Harness {
	t.Helper()
	p := &platform{}
	d.HTTP = adapterstest.Client(p)
	// One folder and one line: this is the line.
	registry := adapters.Registry{"toy": {New: toy.New}}
	a, err := registry.Build("toy", "shop", func(into any) error {
		return json.NewDecoder(strings.NewReader(`{"secret":"` + secret + `","api_base":"https://toy.example"}`)).Decode(into)
	}, d)
	if err != nil {
		t.Fatal(err)
	}
	fault := func(name string, status int, want chat.Failure) adapterstest.Fault {
		return adapterstest.Fault{Name: name, Want: want, Set: func(*testing.T) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.fail = status
		}}
	}
	return adapterstest.Harness{
		Adapter: a,
		Secrets: []string{secret},
		Deliver: func(t *testing.T, door http.Handler, d adapterstest.Delivery) adapterstest.Answer {
			body, err := json.Marshal(toy.Delivered{ID: d.ID, Who: d.Peer, Text: d.Text, Tap: d.Choice, Menu: d.Scene["menu"], At: d.At.Unix()})
			if err != nil {
				t.Error(err)
			}
			w := httptest.NewRecorder()
			door.ServeHTTP(w, request(string(body), toy.Sign(secret, body)))
			out := adapterstest.Answer{Status: w.Code, Body: w.Body.String()}
			if w.Code == http.StatusOK {
				var replies []toy.Reply
				if err := json.NewDecoder(bytes.NewReader(w.Body.Bytes())).Decode(&replies); err != nil {
					t.Errorf("the response is no list of replies: %v", err)
				}
				for _, r := range replies {
					out.Shown = append(out.Shown, shown(r))
				}
			}
			return out
		},
		Forged: func(*testing.T) map[string]*http.Request {
			return map[string]*http.Request{"unsigned": request(`{"ID":"1","Who":"x"}`, ""), "signed by another": request("{}", toy.Sign("x", []byte("{}")))}
		},
		Garbage: func(*testing.T) map[string]*http.Request {
			out := map[string]*http.Request{}
			for name, body := range map[string]string{"empty": "", "cut": `{"ID":"1",`, "no person": `{"ID":"1"}`, "list": "[]", "null": "null"} {
				out[name] = request(body, toy.Sign(secret, []byte(body)))
			}
			return out
		},
		Faults: []adapterstest.Fault{
			fault("429", http.StatusTooManyRequests, chat.Failure{Kind: chat.Rate, Retry: 3 * time.Second}),
			fault("503", http.StatusServiceUnavailable, chat.Failure{Kind: chat.Temporary}),
			fault("400", http.StatusBadRequest, chat.Failure{Kind: chat.Refused}),
		},
		Sent: func() []adapterstest.Shown {
			p.mu.Lock()
			defer p.mu.Unlock()
			return slices.Clone(p.sent)
		},
	}
}

func TestToy(t *testing.T) { adapterstest.Run(t, harness) }
