package all_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/all"
	"github.com/xianda-bot/xianda/adapters/entry"
	"github.com/xianda-bot/xianda/adapters/kefu/kefutest"
	"github.com/xianda-bot/xianda/adapters/miniprogram/miniprogramtest"
	"github.com/xianda-bot/xianda/adapters/qq/qqtest"
	"github.com/xianda-bot/xianda/adapters/telegram/telegramtest"
	"github.com/xianda-bot/xianda/adapters/wechat/wechattest"
	"github.com/xianda-bot/xianda/chat"
)

const platformBase = "https://platform.example"

// way is how a link leads through a platform.
type way struct {
	platform http.Handler
	section  map[string]any
	// carried is the scene that the platform got, or that stands in the link; nil: what looks like a token in the link.
	carried func(adapters.Link) string
	// enter lets ann come by a link that carries scene.
	enter func(t *testing.T, door http.Handler, scene string)
}

// ways are the messengers that have links.
func ways(t *testing.T) map[string]way {
	t.Helper()
	w, m, k := wechattest.NewPlain(t), miniprogramtest.NewPushing(t, false, true), kefutest.New(t)
	q, tg := qqtest.New(t), telegramtest.New(t).Webhook()
	arrives := func(scene, key string) adapterstest.Delivery {
		return adapterstest.Delivery{
			Kind: chat.Arrived, Peer: "ann", ID: scene, At: time.Now(), Scene: map[string]string{"event": "subscribe", key: scene},
		}
	}
	return map[string]way{
		"web": {
			section: map[string]any{"url": "https://help.example/web/site"},
			enter: func(t *testing.T, door http.Handler, scene string) {
				t.Helper()
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				page := "https://help.example/web/web/stream?open=1&scene=" + url.QueryEscape(scene)
				door.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, page, nil).WithContext(ctx)) // ends with ctx
			},
		},
		"wechat": {
			platform: w, section: w.Section(platformBase),
			carried: func(adapters.Link) string { return strings.Join(w.Codes(), " ") },
			enter: func(t *testing.T, door http.Handler, scene string) {
				t.Helper()
				w.Deliver(t, door, arrives(scene, "qr"))
			},
		},
		"miniprogram": {
			platform: m, section: m.Section(platformBase),
			enter: func(t *testing.T, door http.Handler, scene string) {
				t.Helper()
				fields := []miniprogramtest.Field{{"Event", "user_enter_tempsession"}, {"SessionFrom", scene}}
				m.Carry(t, door, m.Seal(t, m.From("ann", "event", time.Now(), fields...), time.Now()), true)
			},
		},
		"kefu": {
			platform: k, section: k.Section(platformBase),
			enter: func(_ *testing.T, door http.Handler, scene string) {
				k.PutEvent("ann", scene, "enter_session", map[string]any{"scene": "door", "scene_param": url.QueryEscape(scene)})
				door.ServeHTTP(httptest.NewRecorder(), k.Ring(kefutest.Account))
			},
		},
		"qq": {
			platform: q, section: q.Section(platformBase),
			carried: func(l adapters.Link) string { return q.Scene(l.URL) },
			enter: func(t *testing.T, door http.Handler, scene string) {
				t.Helper()
				q.Say(t, door, "ann", qqtest.Event{ID: "FRIEND_ADD:" + scene, Type: "FRIEND_ADD", Data: map[string]any{
					"timestamp": time.Now().Unix(), "openid": strings.Repeat("A", 32), "scene": 1001, "scene_param": scene,
				}})
			},
		},
		"telegram": {
			platform: tg, section: tg.Section(platformBase),
			enter: func(t *testing.T, door http.Handler, scene string) {
				t.Helper()
				tg.Deliver(t, door, arrives(scene, "start"))
			},
		},
	}
}

var token = regexp.MustCompile(`_1[0-9A-Za-z_-]{20,}`)

// TestLinksLeadToTheProblem holds F6 for every messenger that has links: a scene that the house signed goes into the link, through the
// platform and back to the house, which knows it for its own; a forged one brings nothing, and no token is left among the signals.
func TestLinksLeadToTheProblem(t *testing.T) {
	t.Parallel()
	led := ways(t)
	for kind, k := range all.Registry() {
		w, known := led[kind]
		if !known {
			if a, err := k.New(kind, func(any) error { return nil }, deps(t)); err == nil {
				if _, ok := a.(adapters.Linker); ok {
					t.Errorf("%s has links and no way here", kind)
				}
			}
			continue
		}
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			d := deps(t)
			if w.platform != nil {
				d.HTTP = adapterstest.Client(w.platform)
			}
			signer, err := entry.New([]string{"the secret of the house"}, d.Clock, d.Count)
			if err != nil {
				t.Fatal(err)
			}
			d.Scene = signer.Read
			a, err := k.New(kind, adapterstest.Decode(w.section), d)
			if err != nil {
				t.Fatal(err)
			}
			linker, ok := a.(adapters.Linker)
			if !ok {
				t.Fatal("there are no links")
			}
			until := time.Now().Add(24 * time.Hour).Truncate(time.Second)
			signed, err := signer.Sign(kind, map[string]string{"error": "RP_HOLD"}, until, linker.MaxScene())
			if err != nil {
				t.Fatal(err)
			}
			link, err := linker.Link(t.Context(), signed, until)
			if err != nil {
				t.Fatal(err)
			}
			carried := token.FindString(link.URL + " " + link.Code)
			if w.carried != nil {
				carried = w.carried(link)
			}
			if carried != signed {
				t.Fatalf("%+v carries %q, want %q", link, carried, signed)
			}
			seen := map[string]bool{}
			if got := arrival(t, a, w, signed, seen); got["error"] != "RP_HOLD" || got[chat.SignedScene] != "yes" || leftover(got) != "" {
				t.Errorf("by the link ann arrives with %v", got)
			}
			forged := signed[:len(signed)-4] + "AAAA"
			if got := arrival(t, a, w, forged, seen); got["error"] != "" || got[chat.SignedScene] != "" || leftover(got) != "" {
				t.Errorf("by a forged link ann arrives with %v", got)
			}
			if d := cmp.Diff("RP_HOLD", arrival(t, a, w, "error=RP_HOLD,signed=yes", seen)["error"]); d != "" {
				t.Errorf("by a plain scene ann arrives with another error:\n%s", d)
			}
		})
	}
}

// arrival is the scene with which a person arrives. What was seen before may come again: a puller that ends may not have noted how far
// it was.
func arrival(t *testing.T, a adapters.Adapter, w way, scene string, seen map[string]bool) map[string]string {
	t.Helper()
	came := make(chan chat.Message, 4)
	in := func(_ context.Context, m chat.Message) ([]chat.Reply, error) {
		came <- m
		return nil, nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx, in) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	}()
	w.enter(t, a.(adapters.Webhook).Handler(in), scene)
	patience := time.After(20 * time.Second)
	for {
		select {
		case m := <-came:
			id := m.From.Peer + m.ID // on a page each is somebody else
			if seen[id] {
				continue
			}
			seen[id] = true
			if m.Kind != chat.Arrived {
				t.Errorf("the house hears %+v, want an arrival", m)
			}
			return m.Scene
		case <-patience:
			t.Fatal("nobody arrives")
			return nil
		}
	}
}

// leftover is a signal that holds a token.
func leftover(scene map[string]string) string {
	for key, value := range scene {
		if entry.IsToken(value) {
			return key
		}
	}
	return ""
}

func deps(t *testing.T) adapters.Deps {
	t.Helper()
	d, _ := adapterstest.NewDeps()
	return d
}
