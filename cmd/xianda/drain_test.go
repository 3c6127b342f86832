package main

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// terminate is SIGTERM; it returns the exit code and how long the process took to go.
func (h *house) terminate() (code int, took time.Duration) {
	h.mu.Lock()
	cmd, done := h.cmd, h.done
	h.mu.Unlock()
	began := time.Now()
	_ = cmd.Process.Signal(syscall.SIGTERM)
	<-done
	return cmd.ProcessState.ExitCode(), time.Since(began)
}

// P7: a rolling restart of two processes under load: each ends with 0 within 10 s, nothing is lost and nothing doubled.
func TestP7RollingRestart(t *testing.T) {
	p, a, b := twins(t)
	people := make([]*person, 4)
	var stop atomic.Bool
	var ids atomic.Int64
	ids.Store(6_500_000_000_000_000_000)
	until := time.Now().Add(2 * time.Minute)
	var wg sync.WaitGroup
	for i := range people {
		people[i] = &person{openid: fmt.Sprintf("orolling%d", i)}
		wg.Go(func() { people[i].write(p, &ids, &stop, until) })
	}
	rounds := 2
	if full() {
		rounds = 10
	}
	for range rounds {
		for _, h := range []*house{a, b} {
			time.Sleep(300 * time.Millisecond)
			if code, took := h.terminate(); code != 0 || took > 10*time.Second {
				t.Errorf("P7: SIGTERM ended with %d after %v, want 0 within 10s\n%s", code, took, h.out)
			}
			h.start()
		}
	}
	stop.Store(true)
	wg.Wait()
	t.Logf("P7: %s", judge(t, p, a, people))
}

// P7: a process that is asked to go while a backend is asked lets the turn end, or hands it back; the answer comes either way.
func TestP7DrainDuringACall(t *testing.T) {
	p := newPlatform(t)
	h := newHouse(t, p, "")
	p.webhooks(h.hook())
	asked := make(chan struct{}, 8)
	var slow atomic.Bool
	slow.Store(true)
	p.backend(func() string {
		asked <- struct{}{}
		if slow.Load() {
			time.Sleep(2 * time.Second)
		}
		return `{"state":"好了"}`
	})
	h.start()
	m := post{openid: "odrain", text: "慢查询", id: 9_200_000_000_000_000_001, at: time.Now()}
	first := make(chan string, 1)
	go func() {
		text, _ := p.once(m, h.hook())
		first <- text
	}()
	<-asked
	if resp, err := http.Get("http://" + h.admin + "/readyz"); err == nil {
		resp.Body.Close()
	}
	if code, took := h.terminate(); code != 0 || took > 10*time.Second {
		t.Errorf("P7: SIGTERM ended with %d after %v, want 0 within 10s\n%s", code, took, h.out)
	}
	text := <-first
	slow.Store(false)
	h.start()
	if text == "" { // handed back: the redelivery, or a push, brings it
		text, _ = p.deliver(m, time.Now().Add(20*time.Second))
		for deadline := time.Now().Add(45 * time.Second); text == "" && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
			for _, s := range p.pushes("odrain") {
				text = s.text
			}
		}
	}
	if text != "查到了好了" {
		t.Errorf("P7: the person saw %q, want the answer", text)
	}
}
