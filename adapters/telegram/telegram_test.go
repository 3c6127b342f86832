package telegram

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/telegram/telegramtest"
	"github.com/xianda-bot/xianda/chat"
)

const base = "https://api.telegram.example"

// decoder reads a section as the configuration does: an unknown key is an error.
func decoder(section map[string]any) func(into any) error {
	return func(into any) error {
		b, err := json.Marshal(section)
		if err != nil {
			return err
		}
		return json.Unmarshal(b, into)
	}
}

func mustNew(t testing.TB, section map[string]any, d adapters.Deps) adapters.Adapter {
	t.Helper()
	a, err := New("tg", decoder(section), d)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestSuite(t *testing.T) {
	for _, mode := range []string{polling, webhook} {
		t.Run(mode, func(t *testing.T) {
			adapterstest.Run(t, func(t *testing.T, d adapters.Deps) adapterstest.Harness {
				p := telegramtest.New(t)
				if mode == webhook {
					p.Webhook()
				}
				d.HTTP = adapterstest.Client(p)
				h := adapterstest.Harness{
					Adapter: mustNew(t, p.Section(base), d), Secrets: p.Secrets(),
					Deliver: func(t *testing.T, door http.Handler, d adapterstest.Delivery) adapterstest.Answer {
						return p.Deliver(t, door, d)
					},
					Forged: p.Forged, Garbage: p.Garbage, Sent: p.Sent, Faults: faults(p),
				}
				t.Cleanup(func() {
					for _, b := range p.Breaches() {
						t.Errorf("the platform says: %s", b)
					}
				})
				return h
			})
		})
	}
}

func faults(p *telegramtest.Platform) (all []adapterstest.Fault) {
	for _, c := range []struct {
		how  string
		want chat.Failure
	}{
		{"busy", chat.Failure{Kind: chat.Rate, Retry: 3 * time.Second}},
		{"blocked", chat.Failure{Kind: chat.Blocked}},
		{"gone", chat.Failure{Kind: chat.Blocked}},
		{"token", chat.Failure{Kind: chat.Auth}},
		{"refused", chat.Failure{Kind: chat.Refused}},
		{"500", chat.Failure{Kind: chat.Temporary, Unknown: true}},
		{"502", chat.Failure{Kind: chat.Temporary, Unknown: true}},
		{"page", chat.Failure{Kind: chat.Temporary, Unknown: true}},
	} {
		all = append(all, adapterstest.Fault{Name: c.how, Set: func(*testing.T) { p.Fail(1, c.how) }, Want: c.want})
	}
	return all
}
