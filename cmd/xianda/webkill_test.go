package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/store/redis/redistest"
)

// newRoundsPage is the house of the fault tests with a chat page beside its official account.
func newRoundsPage(t *testing.T, store string) *house {
	t.Helper()
	h := newHouse(t, newPlatform(t), store)
	f, err := os.OpenFile(h.config, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("  - {name: site, kind: web}\n"); err != nil {
		t.Fatal(err)
	}
	return h
}

// visitor is a browser without a screen.
type visitor struct {
	t      *testing.T
	client *http.Client
	page   string
}

func newVisitor(t *testing.T, page string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{t, &http.Client{Jar: jar}, page}
	t.Cleanup(v.client.CloseIdleConnections)
	return v
}

// say sends one message until it is accepted, as the page does.
func (v *visitor) say(id, text string) {
	body := fmt.Sprintf(`{"id":%q,"text":%q}`, id, text)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(30 * time.Millisecond) {
		resp, err := v.client.Post(v.page+"messages", "application/json", strings.NewReader(body))
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusAccepted {
				return
			}
		}
		if time.Now().After(deadline) {
			v.t.Errorf("%s was never accepted: %v", id, err)
			return
		}
	}
}

// sees reads what the page would show, in order, as "who: text"; it waits for last to be among it.
func (v *visitor) sees(last string) (all []string) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, v.page+"stream", nil)
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Last-Event-ID", "0")
	resp, err := v.client.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		var b struct{ ID, From, Text string }
		if !ok || json.Unmarshal([]byte(data), &b) != nil || b.ID == "" {
			continue
		}
		if all = append(all, b.From+": "+b.Text); all[len(all)-1] == last {
			return all
		}
	}
	v.t.Errorf("%q was never shown, only %q", last, all)
	return all
}

// P1, P2: processes are killed again and again while people write on the page. Every message is shown once and answered once, in order:
// the page is the one channel on which nothing is ever seen twice.
func TestP2PageShowsOnceThoughKilled(t *testing.T) {
	t.Run("local", func(t *testing.T) { killedPages(t, newRoundsPage(t, "")) })
	t.Run("two on Redis", func(t *testing.T) {
		url := redistest.Start(t)
		killedPages(t, newRoundsPage(t, url), newRoundsPage(t, url))
	})
}

// killedPages kills the house that people reach, and lets them reach the next one.
func killedPages(t *testing.T, houses ...*house) {
	const people, each = 4, 9
	kills := 4
	if full() {
		kills = 60
	}
	for _, h := range houses {
		h.start()
	}
	front := newBalancer(t)
	front.to(houses[0].listen)
	visitors := make([]*visitor, people)
	var wg sync.WaitGroup
	for i := range visitors {
		visitors[i] = newVisitor(t, "http://"+front.address+"/web/site/")
		visitors[i].say("m0", "轮次") // who they are must not be lost with an answer
		wg.Go(func() {
			for n := 1; n < each; n++ {
				visitors[i].say(fmt.Sprint("m", n), "轮次")
				time.Sleep(time.Duration(50+37*i) * time.Millisecond)
			}
		})
	}
	for n := range kills {
		time.Sleep(time.Duration(60+13*n) * time.Millisecond)
		h := houses[n%len(houses)]
		h.kill()
		front.to(houses[(n+1)%len(houses)].listen)
		h.start()
	}
	wg.Wait()
	for i, v := range visitors {
		got := v.sees(fmt.Sprintf("bot: 第%d轮：轮次", each))
		said, next := 0, 1
		for _, line := range got {
			switch line {
			case "person: 轮次":
				said++
			case fmt.Sprintf("bot: 第%d轮：轮次", next):
				next++
			default:
				t.Errorf("person %d saw %q out of order or twice: %q", i, line, got)
			}
		}
		if said != each || next != each+1 {
			t.Errorf("person %d saw %d messages of their own and %d answers, want %d of each: %q", i, said, next-1, each, got)
		}
	}
}

// P7: pages that are open do not keep a process from going, and they hear from another one.
func TestP7DrainWithOpenPages(t *testing.T) {
	h := newRoundsPage(t, "")
	h.start()
	const pages = 20
	for range pages {
		resp, err := newVisitor(t, "").client.Get("http://" + h.listen + "/web/site/stream")
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("the stream was answered with %v, %v", resp, err)
		}
		defer resp.Body.Close()
	}
	if code, took := h.terminate(); code != 0 || took > drainQuick {
		t.Errorf("SIGTERM with %d open pages ended with %d after %v, want 0 within %v", pages, code, took, drainQuick)
	}
}

// drainQuick is less than the house waits for requests under way.
const drainQuick = 4 * time.Second
