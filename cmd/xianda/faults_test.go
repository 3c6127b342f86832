package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/store/redis/redistest"
)

// again starts the house whenever it died, until stop.
func (h *house) again(stop *atomic.Bool) {
	for !stop.Load() {
		<-h.ended()
		if stop.Load() {
			return
		}
		h.start()
	}
}

// P11: the dedupe mark and the work are kept together. The process is killed at each call of the store in turn, before the call
// reaches Redis and after Redis did it; the platform's redelivery is answered all the same, in one turn.
func TestP11KilledAtEachStoreCall(t *testing.T) {
	for _, before := range []bool{true, false} {
		for k := 1; k <= 4; k++ { // accept, checkpoint, checkpoint, commit
			when := map[bool]string{true: "before", false: "after"}[before]
			t.Run(fmt.Sprintf("%s_call_%d", when, k), func(t *testing.T) {
				t.Parallel()
				link := newProxy(t, strings.TrimSuffix(strings.TrimPrefix(redistest.Start(t), "redis://"), "/0"))
				p := newPlatform(t)
				var asked atomic.Int32
				p.backend(func() string { asked.Add(1); return `{"state":"好了"}` })
				h := newHouse(t, p, "redis://"+link.address+"/0")
				p.webhooks(h.hook())
				h.start()
				link.arm(k, before, func() { h.kill() })

				m := post{openid: "okill", text: "慢查询", id: int64(9_000_000_000_000_000_000 + k), at: time.Now()}
				var stop atomic.Bool
				go h.again(&stop)
				text, answered := p.deliver(m, time.Now().Add(30*time.Second))
				stop.Store(true)
				if !answered {
					t.Fatalf("P11: never acknowledged\n%s", h.out)
				}
				shownTexts := []string{}
				if text != "" {
					shownTexts = append(shownTexts, text)
				}
				for deadline := time.Now().Add(40 * time.Second); len(shownTexts) == 0 && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
					for _, s := range p.pushes("okill") {
						shownTexts = append(shownTexts, s.text)
					}
				}
				if len(shownTexts) != 1 || shownTexts[0] != "查到了好了" {
					t.Errorf("P11: the person saw %q, want the answer once", shownTexts)
				}
				if v, status := h.look("okill"); status != http.StatusOK || v.Session.Turn != 1 {
					t.Errorf("P11: %d turns (status %d), want 1", v.Session.Turn, status)
				}
				// What a checkpoint keeps is not asked again; a call whose result was not kept yet is, with the same key.
				if n := asked.Load(); n < 1 || n > 2 || k == 4 && n != 1 {
					t.Errorf("P11: the backend was asked %d times", n)
				}
			})
		}
	}
}

// P12: a message that kills its process three times becomes a dead letter: the person gets the fallback and the way to a human, the
// operator a list, and others notice nothing. On both stores.
func TestP12KillingMessage(t *testing.T) {
	for _, store := range []string{"local", "redis"} {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			url := ""
			if store == "redis" {
				url = redistest.Start(t)
			}
			p := newPlatform(t)
			h := newHouse(t, p, url)
			p.webhooks(h.hook())
			var deaths atomic.Int32
			p.backend(func() string { deaths.Add(1); h.kill(); return "" })
			h.start()
			var stop atomic.Bool
			go h.again(&stop)

			bad := post{openid: "obad", text: "慢查询", id: 9_100_000_000_000_000_001, at: time.Now()}
			text, answered := p.deliver(bad, time.Now().Add(60*time.Second))
			if answered && text == "" { // given up after it was marked late: pushed
				for deadline := time.Now().Add(30 * time.Second); text == "" && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
					for _, s := range p.pushes("obad") {
						text = s.text
					}
				}
			}
			if !answered || !strings.Contains(text, "人工") {
				t.Errorf("P12: the person saw %q, want the fallback and 人工", text)
			}
			if n := deaths.Load(); n != 3 {
				t.Errorf("P12: the message killed %d processes, want 3", n)
			}
			good := post{openid: "ogood", text: "轮次", id: 9_100_000_000_000_000_002, at: time.Now()}
			if text, _ := p.deliver(good, time.Now().Add(20*time.Second)); text != "第1轮：轮次" {
				t.Errorf("P12: another person saw %q, want 第1轮：轮次", text)
			}
			stop.Store(true)
			var dead struct {
				Dead []chat.Dead `json:"dead"`
			}
			h.ask(http.MethodGet, "/v1/dead", nil, &dead)
			if len(dead.Dead) != 1 || dead.Dead[0].Tries != 3 || dead.Dead[0].Message.Text != "慢查询" {
				t.Fatalf("P12: dead letters = %+v, want the message after 3 tries", dead.Dead)
			}
			p.backend(func() string { return `{"state":"好了"}` })
			if status := h.ask(http.MethodPost, "/v1/dead/"+dead.Dead[0].ID+"/replay", nil, nil); status >= 300 {
				t.Fatalf("P12: replay answered %d", status)
			}
			for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
				if v, _ := h.look("obad"); v.Session.Turn == 2 {
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("P12: the replayed message was not judged\n%s", h.out)
				}
			}
		})
	}
}
