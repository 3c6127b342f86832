package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/chat"
)

// refusal is how an answer says no.
func refusal(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	var e struct{ Error wrong }
	if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil {
		t.Errorf("the answer %q is no JSON: %v", w.Body, err)
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s %s: %s", w.Code, e.Error.Code, e.Error.Field, e.Error.Message))
}

func TestWhatIsNoMessageIsRefused(t *testing.T) {
	t.Parallel()
	const fields = ": want id, and text or choice"
	want := map[string]string{
		"empty": "400 bad_json : want one JSON object", "null": "400 bad_json : want one JSON object", "list": "400 bad_json : want one JSON object",
		"text": "400 bad_json : want one JSON object", "cut": "400 bad_json : the body is no JSON",
		"no id":   "400 bad_field id: want 1 to 64 letters, digits, - or _, new for every message",
		"no text": "400 bad_field text: give exactly one of text and choice", "both": "400 bad_field text: give exactly one of text and choice",
		"an unknown field": "400 bad_field from: there is no such field" + fields, "another case": "400 bad_field ID: there is no such field" + fields,
		"a field twice": "400 bad_field text: this field stands there twice", "a number": "400 bad_field id: want a text", "deep": "400 bad_field text: want a text",
		"trailing":     "400 bad_json : something follows the object",
		"a strange id": "400 bad_field id: want 1 to 64 letters, digits, - or _, new for every message",
		"a long id":    "400 bad_field id: want 1 to 64 letters, digits, - or _, new for every message",
		"blank":        "400 bad_field text: there is nothing to read in it", "invisible": "400 bad_field text: there is nothing to read in it",
		"too long": "400 bad_field text: want at most 8192 bytes", "a long choice": "400 bad_field choice: want the id of a choice that was shown",
		"an empty choice": "400 bad_field text: there is nothing to read in it",
	}
	for name, body := range garbageBodies() {
		h := newHall(t, section())
		if got := refusal(t, h.post("ann", body)); got != want[name] {
			t.Errorf("%s: answered %q, want %q", name, got, want[name])
		}
		if n := len(h.heard()); n > 0 {
			t.Errorf("%s: the house heard %d messages", name, n)
		}
	}
}

func TestRequestsAreRefused(t *testing.T) {
	t.Parallel()
	h := newHall(t, section())
	big := message(`{"id":"1","text":"` + strings.Repeat("x", maxBody) + `"}`)
	method := httptest.NewRequest(http.MethodPut, "/web/site/messages", nil)
	for name, c := range map[string]struct {
		r    *http.Request
		want string
	}{
		"a large body":       {big, "413 too_large : the body is larger than 64 KB"},
		"another method":     {method, "405 bad_method : this address does not take this method"},
		"a post of the page": {httptest.NewRequest(http.MethodPost, "/web/site/", nil), "405 bad_method : this address does not take this method"},
		"nothing there":      {httptest.NewRequest(http.MethodGet, "/web/site/admin", nil), "404 not_found : there is nothing at this address"},
		"a folder of ours":   {httptest.NewRequest(http.MethodGet, "/web/site/static/widget.js", nil), "404 not_found : there is nothing at this address"},
		"another channel":    {httptest.NewRequest(http.MethodGet, "/web/other/", nil), "404 not_found : there is nothing at this address"},
		"a form":             {garbage()["not JSON by its type"], "400 bad_type : want Content-Type: application/json"},
	} {
		if got := refusal(t, h.serve("ann", c.r)); got != c.want {
			t.Errorf("%s: answered %q, want %q", name, got, c.want)
		}
	}
	if allow := h.serve("ann", method).Header().Get("Allow"); allow != "POST" {
		t.Errorf("Allow = %q, want POST", allow)
	}
}

func TestSameIDTwiceIsOnce(t *testing.T) {
	t.Parallel()
	h := newHall(t, section())
	for range 2 {
		if w := h.post("ann", body("a1", "红包发不出去")); w.Code != http.StatusAccepted || w.Body.String() != "{\"id\":\"a1\"}\n" {
			t.Fatalf("answered %d %q, want 202 with the id", w.Code, w.Body)
		}
	}
	// The store knows the delivery by its id; the page shows it once.
	got := h.heard()
	if len(got) != 2 || got[0].ID != got[1].ID || got[0].ID != "web:a1" {
		t.Errorf("the house heard %+v, want one delivery id", got)
	}
	_, begin, _ := h.open(t, "ann", "", nothingYet)
	var said []string
	for _, e := range begin {
		if e.name == "said" {
			said = append(said, e.id+" "+bubbleOf(t, e).Text)
		}
	}
	if d := cmp.Diff([]string{"me-a1 红包发不出去"}, said); d != "" {
		t.Errorf("the page shows (-want +got)\n%s", d)
	}
}

func TestRefusedByTheHouseIsNotShown(t *testing.T) {
	t.Parallel()
	h := newHall(t, section())
	h.post("ann", body("a0", "在吗"))
	h.fails(fmt.Errorf("turn: %w", chat.ErrBusy))
	if got, want := refusal(t, h.post("ann", body("a1", "红包"))), "503 busy : too many messages of this conversation wait: send it again in a moment"; got != want {
		t.Errorf("answered %q, want %q", got, want)
	}
	h.fails(nil)
	h.feeds.Fail(errors.New("redis is not available"))
	if w := h.post("ann", body("a1", "红包")); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("a feed that takes nothing: answered %d, want 503 with Retry-After", w.Code)
	}
	posts, _, err := h.feeds.Read(t.Context(), h.heard()[0].From, "", 10)
	if err != nil || len(posts) != 1 || posts[0].Key != "me-a0" {
		t.Errorf("the page keeps %+v, %v, want what was accepted only", posts, err)
	}
	if w := h.post("ann", body("a1", "红包")); w.Code != http.StatusAccepted {
		t.Errorf("the same message again: answered %d, want 202", w.Code)
	}
}

// TestUnknownOutcomeStaysShown: what the house may have accepted is answered, and an answer must not stand there without the question.
func TestUnknownOutcomeStaysShown(t *testing.T) {
	t.Parallel()
	for _, fault := range []error{context.DeadlineExceeded, errors.New("redis: 0 of 1 replicas have it")} {
		h := newHall(t, section())
		h.post("ann", body("a0", "在吗"))
		// The second try is refused for sure, and says nothing about the first.
		for _, fault := range []error{fault, chat.ErrBusy} {
			h.fails(fault)
			if w := h.post("ann", body("a1", "红包")); w.Code != http.StatusServiceUnavailable {
				t.Errorf("%v: answered %d, want 503: it is to be sent again", fault, w.Code)
			}
			_, begin, stop := h.open(t, "ann", "", nothingYet)
			wantTold(t, fault.Error(), begin, "said me-a0 person: 在吗", "said me-a1 person: 红包")
			stop()
		}
		h.fails(nil)
		if w := h.post("ann", body("a1", "红包")); w.Code != http.StatusAccepted {
			t.Errorf("the same message again: answered %d, want 202", w.Code)
		}
	}
}

func TestPanicBehindTheDoor(t *testing.T) {
	t.Parallel()
	h := newHall(t, section())
	h.door = h.Handler(func(context.Context, chat.Message) ([]chat.Reply, error) { panic("红包") })
	if w := h.post("ann", body("a1", "红包")); w.Code != http.StatusServiceUnavailable {
		t.Errorf("answered %d, want 503", w.Code)
	}
	if log := h.record.Log(); !strings.Contains(log, "a turn panicked") || strings.Contains(log, "红包") {
		t.Errorf("the log is %q, want the panic and no text of a person", log)
	}
}

func TestTapsSayWhatWasTapped(t *testing.T) {
	t.Parallel()
	h := newHall(t, section())
	h.post("ann", body("a0", "在吗"))
	to := h.heard()[0].From
	h.says(t, to.Peer, chat.Reply{Key: "t1", Text: "您是不是想问：", Choices: []chat.Choice{{ID: "101", Label: "红包退回"}, {ID: "102", Label: "官网", URL: "https://a.example"}}})
	h.says(t, to.Peer, chat.Reply{Key: "t2", Text: "还有：", Choices: []chat.Choice{{ID: "201", Label: "转账"}}})
	for i, c := range []struct{ choice, want string }{{"201", "转账"}, {"101", "红包退回"}, {"102", ""}, {"999", ""}} {
		if w := h.post("ann", fmt.Sprintf(`{"id":"c%d","choice":%q}`, i, c.choice)); w.Code != http.StatusAccepted {
			t.Errorf("choice %s: answered %d", c.choice, w.Code)
		}
		got := h.heard()[i+1]
		if got.Kind != chat.Chose || got.Choice != c.choice || got.Text != c.want {
			t.Errorf("choice %s came as %s %q with %q, want chose with %q", c.choice, got.Kind, got.Choice, got.Text, c.want)
		}
	}
	posts, _, _ := h.feeds.Read(t.Context(), to, "t2", 10)
	if len(posts) != 2 {
		t.Errorf("%d taps are shown, want those two that have a label", len(posts))
	}
}

func TestOnePersonIsSlowedDown(t *testing.T) {
	t.Parallel()
	h := newHall(t, section())
	slowed := 0
	for i := range 30 {
		if w := h.post("ann", body(fmt.Sprint("a", i), "在吗")); w.Code != http.StatusAccepted {
			slowed++
			if got := refusal(t, w); got != "503 too_fast : too many messages at once: wait a moment" {
				t.Errorf("answered %q", got)
			}
		}
	}
	if slowed < 15 {
		t.Errorf("%d of 30 messages at once were slowed down, want most", slowed)
	}
	if w := h.post("bob", body("b", "在吗")); w.Code != http.StatusAccepted {
		t.Errorf("another person was answered %d, want 202", w.Code)
	}
	if h.record.Counted("rejected site pace") != slowed {
		t.Error("what was slowed down is not counted")
	}
}

func TestCrowdOfNewPeople(t *testing.T) {
	t.Parallel()
	h := newHall(t, section())
	h.news = newPace(50, 200, time.Now)
	refused := ""
	for i := range 400 {
		if w := h.post(fmt.Sprint("p", i), body("a", "在吗")); w.Code != http.StatusAccepted {
			refused = refusal(t, w)
		}
	}
	if refused != "503 too_many : too many new people at once: wait a moment" {
		t.Errorf("400 new people at once: the last refusal was %q", refused)
	}
	if w := h.post("p0", body("b", "在吗")); w.Code != http.StatusAccepted {
		t.Errorf("somebody known was answered %d, want 202", w.Code)
	}
}

func FuzzIncoming(f *testing.F) {
	for _, body := range garbageBodies() {
		f.Add([]byte(body))
	}
	f.Add([]byte(`{"id":"a1","text":"红包"}`))
	f.Add([]byte(`{"id":"a1","choice":"m3:2"}`))
	f.Add([]byte(`{"id":"a1","text":"\ud800"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r := message(string(text))
		m, refused := read(httptest.NewRecorder(), r)
		if refused != nil {
			if refused.Status < 400 || refused.Code == "" || refused.Message == "" {
				t.Errorf("%q is refused with %+v", text, refused)
			}
			return
		}
		if !idForm.MatchString(m.ID) || (m.Text == "") == (m.Choice == "") {
			t.Errorf("%q is taken as %+v", text, m)
		}
		// No two parsers disagree: whoever reads it loosely sees the same.
		var loose struct{ ID, Text, Choice string }
		if err := json.Unmarshal(text, &loose); err != nil || loose != struct{ ID, Text, Choice string }(m) {
			t.Errorf("%q is taken as %+v, encoding/json reads %+v, %v", text, m, loose, err)
		}
	})
}
