package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/store/redis/redistest"
)

// TestStorm lets people write on every channel at once to two processes that share one Redis, while platforms deliver again, lose our
// answers, refuse what we send, and the processes are restarted one after the other. Each message must be answered once and in order, and
// no platform may have to refuse a message because a quota is spent (P2, P7, P8, P20). XIANDA_STORM says how many messages; make storm
// takes 100,000. XIANDA_STORM_KINDS=kefu,qq looks at some channels only.
func TestStorm(t *testing.T) {
	total := 2000
	if s := os.Getenv("XIANDA_STORM"); s != "" {
		var err error
		if total, err = strconv.Atoi(s); err != nil || total < 1 {
			t.Fatalf("XIANDA_STORM=%q: want a number of messages", s)
		}
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	s := newStorm(t, redistest.Start(t))
	began := time.Now()
	var over sync.WaitGroup
	for i, f := range s.fronts {
		over.Go(func() { f.blow(total/len(s.fronts), rand.New(rand.NewPCG(seed, uint64(i)))) })
	}
	calm := make(chan struct{})
	over.Go(func() { s.restarts(calm) })
	for _, f := range s.fronts {
		f.calm.Wait()
	}
	close(calm)
	over.Wait()
	took := time.Since(began)
	for _, f := range s.fronts {
		f.settle()
	}
	s.print(took)
}

// gate is what the fake platform of each messenger gives to tests.
type gate interface {
	http.Handler
	Section(base string) map[string]any
	Deliver(t testing.TB, door http.Handler, d adapterstest.Delivery) adapterstest.Answer
	Sent() []adapterstest.Shown
	Breaches() []string
	Fail(n int, how string)
}

// storm is two houses and the platforms around them.
type storm struct {
	t        *testing.T
	houses   []*house
	fronts   []*front
	restarts func(calm <-chan struct{})
	fell     atomic.Int64 // restarts
}

func newStorm(t *testing.T, redis string) *storm {
	t.Helper()
	s := &storm{t: t}
	var sections []string
	for _, k := range stormy(t) {
		if only := os.Getenv("XIANDA_STORM_KINDS"); only != "" && !slices.Contains(strings.Split(only, ","), k.kind) {
			continue
		}
		api := httptest.NewServer(k.gate)
		t.Cleanup(api.Close)
		section := k.gate.Section(api.URL)
		section["name"], section["kind"], section["path"] = k.kind, k.kind, "/"+k.kind
		if k.pulled || k.kind == "web" {
			delete(section, "path")
		}
		line, err := json.Marshal(section) // JSON is YAML
		if err != nil {
			t.Fatal(err)
		}
		sections = append(sections, "  - "+string(line)+"\n")
		s.fronts = append(s.fronts, &front{storm: s, kind: k, sent: map[string][]int{}, passive: map[string][]int{}})
		s.fronts[len(s.fronts)-1].calm.Add(1)
	}
	for range 2 {
		h := newHouse(t, newPlatform(t), redis)
		h.channels(strings.Join(sections, ""))
		h.start()
		s.houses = append(s.houses, h)
	}
	s.restarts = s.restart
	return s
}

// channels replaces the channels of the configuration.
func (h *house) channels(lines string) {
	h.t.Helper()
	b, err := os.ReadFile(h.config)
	if err != nil {
		h.t.Fatal(err)
	}
	head, _, ok := strings.Cut(string(b), "channels:\n")
	if !ok {
		h.t.Fatal("the configuration has no channels")
	}
	if err := os.WriteFile(h.config, []byte(head+"channels:\n"+lines), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// counts are the lines of /metrics about a channel.
func (h *house) counts(channel string) string {
	res, err := http.Get("http://" + h.admin + "/metrics")
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	var lines []string
	for scan := bufio.NewScanner(res.Body); scan.Scan(); {
		if strings.Contains(scan.Text(), `"`+channel+`"`) {
			lines = append(lines, scan.Text())
		}
	}
	return strings.Join(lines, "\n")
}

// restart ends one process after the other as an operator does, and starts it again, until calm.
func (s *storm) restart(calm <-chan struct{}) {
	for i := 0; ; i++ {
		select {
		case <-calm:
			return
		case <-time.After(4 * time.Second):
		}
		h := s.houses[i%len(s.houses)]
		if code, took := h.terminate(); code != 0 || took > 10*time.Second {
			s.t.Errorf("P7: SIGTERM ended with %d after %v, want 0 within 10 s\n%s", code, took, h.out)
		}
		h.start()
		s.fell.Add(1)
	}
}

// front is one channel in the storm.
type front struct {
	storm *storm
	kind  stormKind
	calm  sync.WaitGroup // over when everything is delivered

	messages, deliveries, again, lost, faults atomic.Int64

	mu      sync.Mutex       // guards passive
	passive map[string][]int // turns that a person saw in the platform's own response, in order
	sent    map[string][]int // and those that were pushed; filled when all is over

	unanswered, double, disorder int
	breaches                     []string
}

// each is how many messages a person writes.
const each = 20

// blow lets people write n messages.
func (f *front) blow(n int, r *rand.Rand) {
	defer f.calm.Done()
	people := make(chan int)
	var writers sync.WaitGroup
	for range min(f.kind.writers, max(1, n/each)) {
		own := rand.New(rand.NewPCG(r.Uint64(), 1))
		writers.Go(func() {
			for p := range people {
				f.write(fmt.Sprintf("%s%d", f.kind.kind[:2], p), own)
			}
		})
	}
	for p := range (n + each - 1) / each {
		if r.IntN(5) == 0 {
			how := f.kind.faults[r.IntN(len(f.kind.faults))]
			f.kind.gate.Fail(1, how)
			f.faults.Add(1)
		}
		people <- p
	}
	close(people)
	writers.Wait()
}

// write lets one person write. A platform that got no answer delivers again; now and then it delivers again though it got one, to the
// other process or to both at once.
func (f *front) write(who string, r *rand.Rand) {
	for i := range each {
		d := adapterstest.Delivery{Kind: chat.Said, Peer: who, ID: fmt.Sprint(who, "-", i), Text: "轮次", At: time.Now()}
		f.messages.Add(1)
		copies := 1
		if r.IntN(20) == 0 && !f.kind.steady {
			copies = 2
		}
		answers := make([]adapterstest.Answer, copies)
		var together sync.WaitGroup
		for c := range copies {
			door := f.door(r.Uint64())
			together.Go(func() { answers[c] = f.deliver(d, door) })
		}
		together.Wait()
		for began := time.Now(); !slices.ContainsFunc(answers, adapterstest.Answer.Acknowledged); {
			if time.Since(began) > time.Minute {
				f.storm.t.Errorf("%s: a delivery was not acknowledged for a minute", f.kind.kind)
				return
			}
			f.again.Add(1)
			time.Sleep(time.Duration(100+r.IntN(400)) * time.Millisecond)
			answers = append(answers, f.deliver(d, f.door(r.Uint64())))
		}
		if r.IntN(20) == 0 {
			f.again.Add(1)
			answers = append(answers, f.deliver(d, f.door(r.Uint64())))
		}
		f.saw(who, answers)
		time.Sleep(time.Duration(r.IntN(f.kind.pause)) * time.Millisecond)
	}
}

func (f *front) deliver(d adapterstest.Delivery, door http.Handler) adapterstest.Answer {
	f.deliveries.Add(1)
	return f.kind.gate.Deliver(f.storm.t, door, d)
}

// saw notes what the platform showed of its own response: of several answers to one delivery the last that it took.
func (f *front) saw(who string, answers []adapterstest.Answer) {
	var turns []int
	for _, a := range answers {
		for _, s := range a.Shown {
			if n := turn(s.Text); !slices.Contains(turns, n) {
				turns = append(turns, n)
			}
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.passive[who] = append(f.passive[who], turns...)
}

// door is how the platform reaches a process: the one that the balancer takes, the other when that one is away. One answer in thirty is
// lost on its way. nil for a channel that pulls.
func (f *front) door(luck uint64) http.Handler {
	if f.kind.pulled {
		return nil
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var res *http.Response
		err := fmt.Errorf("nobody is there")
		body := read(r)
		for i := range f.storm.houses {
			h := f.storm.houses[(int(luck%1000)+i)%len(f.storm.houses)]
			req, fault := http.NewRequestWithContext(r.Context(), r.Method, "http://"+h.listen+f.path(r), strings.NewReader(body))
			if fault != nil {
				f.storm.t.Error(fault)
				return
			}
			req.Header = r.Header.Clone()
			if res, err = http.DefaultClient.Do(req); err == nil {
				break
			}
		}
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer res.Body.Close()
		if luck%30 == 0 && !f.kind.steady {
			f.lost.Add(1)
			w.WriteHeader(http.StatusGatewayTimeout)
			return
		}
		pass(w, res)
	})
}

// path is where a request of the platform goes.
func (f *front) path(r *http.Request) string {
	if f.kind.kind == "web" {
		return "/web/web" + r.URL.Path
	}
	return "/" + f.kind.kind + "?" + r.URL.RawQuery
}

// settle waits until everything that is owed has arrived, and counts what is wrong.
func (f *front) settle() {
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		clear(f.sent)
		n := 0
		for _, s := range f.kind.gate.Sent() {
			if k := turn(s.Text); k > 0 {
				f.sent[s.Peer] = append(f.sent[s.Peer], k)
				n++
			}
		}
		for _, turns := range f.passive {
			n += len(turns)
		}
		if int64(n) >= f.messages.Load() || time.Now().After(deadline) {
			break
		}
	}
	for who := range f.passive {
		all := slices.Concat(f.passive[who], f.sent[who])
		for _, turns := range [][]int{f.passive[who], f.sent[who]} {
			if !slices.IsSorted(turns) {
				f.disorder++
			}
		}
		slices.Sort(all)
		for k := 1; k <= each; k++ {
			at, found := slices.BinarySearch(all, k)
			switch {
			case !found:
				if f.unanswered++; f.unanswered < 4 {
					f.storm.t.Logf("%s: %s never saw turn %d, but %v", f.kind.kind, who, k, all)
				}
			case at+1 < len(all) && all[at+1] == k:
				f.double++
			}
		}
	}
	f.breaches = f.kind.gate.Breaches()
	if f.unanswered > 0 {
		sent := f.kind.gate.Sent()
		f.storm.t.Logf("%s: the first of %d that were shown: %+v", f.kind.kind, len(sent), sent[:min(3, len(sent))])
	}
}

// print says how it went, and fails the test where something is lost, double, out of order or refused for a quota.
func (s *storm) print(took time.Duration) {
	s.t.Logf("%-12s %9s %10s %7s %8s %7s %9s %6s %6s %9s %8s", "channel", "messages", "deliveries", "again", "answers", "faults", "passive", "lost", "double", "disorder", "breaches")
	s.t.Logf("%-12s %9s %10s %7s %8s", "", "", "", "", "lost")
	var messages int64
	for _, f := range s.fronts {
		passive := 0
		for _, turns := range f.passive {
			passive += len(turns)
		}
		messages += f.messages.Load()
		s.t.Logf("%-12s %9d %10d %7d %8d %7d %9d %6d %6d %9d %8d", f.kind.kind, f.messages.Load(), f.deliveries.Load(), f.again.Load(), f.lost.Load(),
			f.faults.Load(), passive, f.unanswered, f.double, f.disorder, len(f.breaches))
		if f.unanswered+f.double+f.disorder > 0 {
			s.t.Errorf("%s: %d lost, %d double, %d out of order", f.kind.kind, f.unanswered, f.double, f.disorder)
			for _, h := range s.houses {
				out := h.out.String()
				s.t.Logf("the end of a house's log:\n%s\n%s", out[max(0, len(out)-3000):], h.counts(f.kind.kind))
			}
		}
		if len(f.breaches) > 0 {
			s.t.Errorf("%s: the platform had to refuse: %s", f.kind.kind, strings.Join(f.breaches[:min(5, len(f.breaches))], " | "))
		}
	}
	s.t.Logf("%d messages on %d channels in %s: %.0f/s; two processes, %d restarts", messages, len(s.fronts), took.Round(time.Second),
		float64(messages)/took.Seconds(), s.fell.Load())
}
