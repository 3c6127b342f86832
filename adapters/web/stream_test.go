package web

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/chat"
)

// told is what a stream brought, in short: the event's name, its id and the words.
func told(t testing.TB, all []event) (out []string) {
	t.Helper()
	for _, e := range all {
		switch e.name {
		case "message", "said":
			b := bubbleOf(t, e)
			out = append(out, fmt.Sprintf("%s %s %s: %s", e.name, e.id, b.From, b.Text))
		case "state":
			if strings.Contains(e.data, `"reset":true`) {
				out = append(out, "reset")
			}
			if strings.Contains(e.data, `"seat":true`) {
				out = append(out, "seat")
			}
		default:
			out = append(out, e.name)
		}
	}
	return out
}

func wantTold(t *testing.T, what string, all []event, want ...string) {
	t.Helper()
	if d := cmp.Diff(want, told(t, all)); d != "" {
		t.Errorf("%s (-want +got)\n%s", what, d)
	}
}

func TestOpeningIsAnArrival(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		query string
		scene map[string]string
		count string
	}{
		{"", nil, ""},
		{"?scene=error%3DRP_HOLD&lang=en", map[string]string{"error": "RP_HOLD", "lang": "en"}, ""},
		{"?scene=pay&lang=%3Cscript%3E", map[string]string{"page": "pay"}, "ignored site lang"},
		{"?scene=a%20b", nil, "entries site malformed"},
		{"?scene=_1" + strings.Repeat("A", 40), nil, "entries site forged"},
		{"?scene=signed%3Dyes&lang=en", map[string]string{"lang": "en"}, "entries site malformed"},
	} {
		h := newHall(t, section())
		_, begin, _ := h.open(t, "ann", c.query, "")
		got := h.heard()
		if len(got) != 1 || got[0].Kind != chat.Arrived || got[0].From != h.address(peer(t, begin)) || got[0].ID == "" {
			t.Fatalf("%s: the house heard %+v, want one arrival", c.query, got)
		}
		if d := cmp.Diff(c.scene, got[0].Scene); d != "" {
			t.Errorf("%s: scene (-want +got)\n%s", c.query, d)
		}
		if c.count != "" && h.record.Counted(c.count) != 1 {
			t.Errorf("%s: %q is not counted", c.query, c.count)
		}
	}
}

func TestArrivals(t *testing.T) {
	t.Parallel()
	h := newHall(t, section())
	h.open(t, "ann", "?open=o1", "")
	h.open(t, "ann", "?open=o1", "") // the page tries again
	h.open(t, "ann", "?open=o2", "")
	h.open(t, "ann", "", nothingYet) // goes on
	h.open(t, "ann", "", "t123")     // goes on
	var ids []string
	for _, m := range h.heard() {
		ids = append(ids, m.ID)
	}
	if d := cmp.Diff([]string{"open:o1", "open:o1", "open:o2"}, ids); d != "" {
		t.Errorf("arrivals (-want +got)\n%s", d)
	}
	for range 20 {
		h.open(t, "ann", "", "")
	}
	if n := len(h.heard()); n > 15 || h.record.Counted("ignored site arrival") == 0 {
		t.Errorf("%d arrivals of a page that opens again and again, want some ignored and counted", n)
	}
}

// TestWhoIsNewArrives: a page whose person is not known any more begins anew, whatever it was shown.
func TestWhoIsNewArrives(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		last string
		want []string
	}{{nothingYet, nil}, {"t1", []string{"reset"}}} {
		h := newHall(t, section())
		_, begin, _ := h.open(t, "ann", "", "")
		was := peer(t, begin)
		lost := &http.Cookie{Name: "xianda_site", Value: was + ".signedbyalostsecret"}
		h.names["ann"] = lost
		h.fails(errors.New("redis is not available"))
		if w := h.serve("ann", streamRequest("", lost, c.last)); w.Code != http.StatusServiceUnavailable || h.cookie("ann") != lost {
			t.Errorf("from %s on: an arrival that was not accepted was answered %d and made the person known", c.last, w.Code)
		}
		h.fails(nil)
		_, begin, _ = h.open(t, "ann", "", c.last)
		got := h.heard()
		if who := peer(t, begin); len(got) != 2 || got[1].Kind != chat.Arrived || got[1].From.Peer != who || who == was {
			t.Errorf("from %s on: the house heard %+v, want a second arrival, of somebody new", c.last, got)
		}
		wantTold(t, "from "+c.last+" on", begin, c.want...)
	}
}

func TestRefusedArrival(t *testing.T) {
	t.Parallel()
	h := newHall(t, section())
	h.fails(errors.New("redis is not available"))
	if w := h.serve("ann", streamRequest("", nil, "")); w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "redis") {
		t.Errorf("answered %d %q, want 503 that says nothing of us", w.Code, w.Body)
	}
}

// TestEveryPageShowsTheSame: a page that is opened shows what was, one that is open what comes, and one that goes on what it missed,
// whichever process serves it.
func TestEveryPageShowsTheSame(t *testing.T) {
	t.Parallel()
	h := newHall(t, section())
	tp, begin, _ := h.open(t, "ann", "", "")
	who := peer(t, begin)
	wantTold(t, "a new person's page", begin)
	if begin[0].id != nothingYet {
		t.Errorf("the first event has the id %q, want %q so that a lost connection is no arrival", begin[0].id, nothingYet)
	}
	h.says(t, who, chat.Reply{Key: "t1", Text: "您好"})
	h.post("ann", body("a1", "红包"))
	h.says(t, who, chat.Reply{Key: "t2", Text: "24 小时内退回", Choices: []chat.Choice{{ID: "1", Label: "已解决"}}})
	h.says(t, who, chat.Reply{Key: "t2", Text: "24 小时内退回"}) // tried again
	all := []string{"message t1 bot: 您好", "said me-a1 person: 红包", "message t2 bot: 24 小时内退回"}
	wantTold(t, "the open page", tp.until(t, func(e event) bool { return e.id == "t2" }), all...)

	d, _ := adapterstest.NewDeps()
	d.Feeds, d.Vault = h.feeds, h.deps.Vault
	second := mustNew(t, section(), d) // another process
	door := second.Handler(func(context.Context, chat.Message) ([]chat.Reply, error) { return nil, chat.ErrLater })
	for last, want := range map[string][]string{"": all, nothingYet: all, "t1": all[1:], "me-a1": all[2:], "t2": nil, "t-lost": append([]string{"reset"}, all...)} {
		other, stop := listen(t, door, streamRequest("", h.cookie("ann"), last))
		wantTold(t, "from "+last+" on at another process", other.until(t, ready), want...)
		stop()
	}
	other, stop := listen(t, door, streamRequest("", h.cookie("ann"), "t2"))
	defer stop()
	other.until(t, ready)
	h.says(t, who, chat.Reply{Key: "t3", Text: "还有问题吗"})
	wantTold(t, "said by the first process, shown by the second", other.until(t, named("message")), "message t3 bot: 还有问题吗")
}

func TestSeatsAndTyping(t *testing.T) {
	t.Parallel()
	h := newHall(t, section())
	tp, begin, _ := h.open(t, "ann", "", "")
	to := h.address(peer(t, begin))
	if err := h.Typing(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	wantTold(t, "typing", tp.until(t, named("typing")), "typing")
	h.says(t, to.Peer, chat.Reply{Key: "t1", Text: "我来了", From: "alice"})
	wantTold(t, "a seat comes", tp.until(t, named("message")), "seat", "message t1 seat: 我来了")
	h.says(t, to.Peer, chat.Reply{Key: "t2", Text: "再见", From: "alice"})
	wantTold(t, "a seat goes on", tp.until(t, named("message")), "message t2 seat: 再见")
	_, resumed, _ := h.open(t, "ann", "", "t2")
	wantTold(t, "a page that goes on while a seat is there", resumed, "seat", "seat") // at the beginning, and ready
	h.says(t, to.Peer, chat.Reply{Key: "t3", Text: "本次人工服务已结束"})
	back := tp.until(t, named("message"))
	wantTold(t, "the bot is back", back, "message t3 bot: 本次人工服务已结束")
	if back[0].name != "state" {
		t.Errorf("the bot came back without a state: %+v", back)
	}
	for _, e := range back {
		if strings.Contains(e.data, "alice") {
			t.Errorf("the seat's account is shown: %s", e.data)
		}
	}
}

func TestWhatIsForgottenLeavesThePage(t *testing.T) {
	t.Parallel()
	h := newHall(t, section())
	tp, begin, _ := h.open(t, "ann", "", "")
	who := peer(t, begin)
	h.says(t, who, chat.Reply{Key: "t1", Text: "您好"})
	tp.until(t, named("message"))
	h.feeds.Forget(h.address(who))
	wantTold(t, "forgotten", tp.until(t, named("state")), "reset")
	h.says(t, who, chat.Reply{Key: "t2", Text: "又见面了"})
	wantTold(t, "afterwards", tp.until(t, named("message")), "message t2 bot: 又见面了")
}

func TestOldPagesGiveWay(t *testing.T) {
	t.Parallel()
	h := newHall(t, section())
	first, _, _ := h.open(t, "ann", "", "")
	for range maxStreamsEach {
		h.open(t, "ann", "", nothingYet)
	}
	last := first.until(t, func(e event) bool { return strings.Contains(e.data, `"elsewhere":true`) })
	if e, open := <-first.events; open {
		t.Errorf("after %+v the oldest stream goes on with %+v", last, e)
	}
	if n := h.streams.count; n != maxStreamsEach {
		t.Errorf("%d streams of one person are open, want %d", n, maxStreamsEach)
	}
}

func TestStreamsOfAProcessAreBounded(t *testing.T) {
	t.Parallel()
	h := newHall(t, section())
	h.streams.most = 2
	h.open(t, "ann", "", "")
	_, _, stop := h.open(t, "bob", "", "")
	if got := refusal(t, h.serve("cid", streamRequest("", nil, ""))); got != "503 too_many : too many pages are open: try again later" {
		t.Errorf("one too many was answered %q", got)
	}
	stop()
	h.open(t, "cid", "", "")
}

func TestLetGoEndsStreams(t *testing.T) {
	t.Parallel()
	h := newHall(t, section())
	tp, _, _ := h.open(t, "ann", "", "")
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan error)
	go func() { over <- h.Run(ctx, nil) }()
	h.LetGo()
	h.LetGo()
	for range tp.events { // until it ends
	}
	late, _, _ := h.open(t, "ann", "", nothingYet)
	for range late.events {
	}
	cancel()
	if err := <-over; err != nil {
		t.Errorf("Run = %v", err)
	}
}

func TestHeartbeats(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, _ := adapterstest.NewDeps()
		a := mustNew(t, section(), d)
		ctx, cancel := context.WithCancel(t.Context())
		w := httptest.NewRecorder()
		done := make(chan struct{})
		go func() {
			defer close(done)
			a.Handler(func(context.Context, chat.Message) ([]chat.Reply, error) { return nil, nil }).ServeHTTP(w, streamRequest("", nil, "").WithContext(ctx))
		}()
		time.Sleep(3*heartbeat + time.Second)
		cancel()
		<-done
		if !strings.HasPrefix(w.Body.String(), "retry: 1000\n\nevent: state\nid: 0\n") {
			t.Errorf("the stream begins with %q", w.Body.String()[:min(60, w.Body.Len())])
		}
		if n := strings.Count(w.Body.String(), ": \n\n"); n != 3 {
			t.Errorf("%d heartbeats in the time of three", n)
		}
	})
}

// TestServerLimitsDoNotCutStreams: the limits of the house's server are for requests that end.
func TestServerLimitsDoNotCutStreams(t *testing.T) {
	t.Parallel()
	h := newHall(t, section())
	s := httptest.NewUnstartedServer(h.door)
	s.Config.ReadTimeout, s.Config.WriteTimeout, s.Config.ReadHeaderTimeout = 100*time.Millisecond, 100*time.Millisecond, 100*time.Millisecond
	s.Start()
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/web/site/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() && !strings.Contains(lines.Text(), `"ready":true`) {
	}
	time.Sleep(300 * time.Millisecond) // beyond all limits: nothing can tell that they passed
	h.says(t, h.heard()[0].From.Peer, chat.Reply{Key: "t1", Text: "还在"})
	for lines.Scan() {
		if strings.Contains(lines.Text(), "还在") {
			return
		}
	}
	t.Errorf("the stream was cut: %v", lines.Err())
}

func TestHostileTextsStayInTheirEvent(t *testing.T) {
	t.Parallel()
	h := newHall(t, section())
	tp, begin, _ := h.open(t, "ann", "", "")
	who := peer(t, begin)
	for i, text := range []string{"a\n\nevent: state\ndata: {}\n\n", "\r\ndata: x", "\u2028\u2029\x00", "</script><img src=x onerror=alert(1)>", "data: \nid: evil"} {
		h.says(t, who, chat.Reply{Key: fmt.Sprint("t", i), Text: text})
		got := tp.until(t, named("message"))
		if len(got) != 1 || bubbleOf(t, got[0]).Text != text {
			t.Errorf("%q came as %+v", text, got)
		}
	}
}

func TestMediaAndLinks(t *testing.T) {
	t.Parallel()
	h := newHall(t, section())
	tp, begin, _ := h.open(t, "ann", "", "")
	to := h.address(peer(t, begin))
	for _, bad := range []string{"", "javascript:alert(1)", "data:image/svg+xml,x", "//cdn.example/a.png", "http://user:password@cdn.example/a.png", "media-id-123"} {
		_, err := h.Send(t.Context(), to, chat.Reply{Key: "m", Media: []chat.Media{{Kind: "image", URL: bad, Ref: "x"}}}, nil)
		var f *chat.Failure
		if !errors.As(err, &f) || f.Kind != chat.BadMedia {
			t.Errorf("an image at %q: Send = %v, want media", bad, err)
		}
	}
	h.says(t, to.Peer, chat.Reply{Key: "t1", Text: "看图", Media: []chat.Media{{Kind: "image", URL: "https://cdn.example/a.png", Name: "示意图"}},
		Choices: []chat.Choice{{ID: "1", Label: "官网", URL: "https://a.example"}, {ID: "2", Label: "点我", URL: "javascript:alert(1)"}}})
	b := bubbleOf(t, tp.until(t, named("message"))[0])
	want := bubble{ID: "t1", From: fromBot, Text: "看图\n点我 javascript:alert(1)", Choices: []choice{{"1", "官网", "https://a.example"}}, Media: []media{{"image", "https://cdn.example/a.png", "示意图", ""}}, At: b.At}
	if d := cmp.Diff(want, b); d != "" {
		t.Errorf("shown (-want +got)\n%s", d)
	}
	if id, err := h.Send(t.Context(), to, chat.Reply{Key: "n", Native: "kf"}, nil); id != "n" || err != nil {
		t.Errorf("a reply with nothing to show: Send = %q, %v", id, err)
	}
	_, err := h.Send(t.Context(), chat.Address{Channel: "other", Peer: "x"}, chat.Reply{Key: "k", Text: "x"}, nil)
	var f *chat.Failure
	if !errors.As(err, &f) || f.Kind != chat.Blocked {
		t.Errorf("Send to another channel = %v, want blocked", err)
	}
}

// BenchmarkStreams tells what an open stream costs: bytes of heap and stack beyond what there was before.
func BenchmarkStreams(b *testing.B) {
	const streams = 2000
	h := newHall(b, section())
	h.news = newPace(1e6, 1e6, time.Now)
	s := httptest.NewServer(h.door)
	defer s.Close()
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 0}}
	defer client.CloseIdleConnections()
	for b.Loop() {
		before := memory()
		var open []io.Closer
		for range streams {
			res, err := client.Get(s.URL + "/web/site/stream") //nolint:bodyclose // all are closed below
			if err != nil || res.StatusCode != http.StatusOK {
				b.Fatalf("stream %d: %v %v", len(open), res, err)
			}
			open = append(open, res.Body)
		}
		// Client and server share this process: what a connection costs the client is measured too.
		b.ReportMetric(float64(memory()-before)/streams, "B/stream")
		for _, c := range open {
			c.Close()
		}
		h.streams.wait()
	}
}
