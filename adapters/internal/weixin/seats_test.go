package weixin

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/chat"
)

// counter is the platform's side of the seats: answers by path, and what was asked. "create" may be told of several answers, in turn.
type counter struct {
	answers map[string][]string
	asked   []string
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == stablePath {
		_, _ = io.WriteString(w, `{"access_token":"canary-token","expires_in":7200}`)
		return
	}
	body, _ := io.ReadAll(r.Body)
	line := r.URL.Path
	if who := r.URL.Query().Get("openid"); who != "" {
		line += " " + who
	}
	c.asked = append(c.asked, strings.TrimSpace(line+" "+strings.TrimSpace(string(body))))
	all := c.answers[r.URL.Path]
	if len(all) == 0 {
		_, _ = io.WriteString(w, `{"errcode":40066,"errmsg":"invalid url"}`)
		return
	}
	if len(all) > 1 {
		c.answers[r.URL.Path] = all[1:]
	}
	_, _ = io.WriteString(w, all[0])
}

func newSeats(c *counter) (*Seats, *adapterstest.Record) {
	d, record := adapterstest.NewDeps()
	d.HTTP = adapterstest.Client(c)
	api := NewAPI("https://api.weixin.qq.com", d.HTTP, "canary-secret")
	api.Tokens = NewTokens("token/wx1", d.Vault, d.Clock, api.StableToken("wx1", "canary-secret"))
	return NewSeats("shop", api, d), record
}

func code(n int) string { return fmt.Sprintf(`{"errcode":%d,"errmsg":"x rid: 1"}`, n) }

const ok = `{"errcode":0,"errmsg":"ok"}`

// F46: a person is only ever handed to a seat that is there.
func TestFreeSeat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, online, want string
		fails              bool
	}{
		{"the one with the fewest cases", `{"kf_online_list":[{"kf_account":"a@x","status":1,"kf_id":"1001","accepted_case":2},{"kf_account":"b@x","status":1,"kf_id":1002,"accepted_case":1}]}`, "b@x", false},
		{"one that is listed but offline", `{"kf_online_list":[{"kf_account":"a@x","status":0,"accepted_case":0},{"kf_account":"b@x","status":2,"accepted_case":9}]}`, "b@x", false},
		{"nobody", `{"kf_online_list":[]}`, "", false},
		{"65400 seats are not enabled", code(65400), "", false},
		{"48001 no permission", code(48001), "", false},
		{"-1 busy", code(-1), "", true},
		{"a proxy's page", `<html>`, "", true},
	} {
		s, _ := newSeats(&counter{answers: map[string][]string{onlineSeatsPath: {c.online}}})
		got, err := s.Free(t.Context(), "o1")
		if got != c.want || (err != nil) != c.fails {
			t.Errorf("%s: Free = %q, %v, want %q", c.name, got, err, c.want)
		}
		if f := (*chat.Failure)(nil); c.fails && (!errors.As(err, &f) || f.Kind != chat.Temporary) {
			t.Errorf("%s: %v, want a failure that may pass", c.name, err) // the house asks once more
		}
	}
}

// Many who ask at the same moment are spread over seats that are equally free, and each person gets the same seat when asked twice.
func TestFreeSeatSpreads(t *testing.T) {
	t.Parallel()
	online := `{"kf_online_list":[{"kf_account":"a@x","status":1,"accepted_case":0},{"kf_account":"b@x","status":1,"accepted_case":0},{"kf_account":"c@x","status":1,"accepted_case":5}]}`
	s, _ := newSeats(&counter{answers: map[string][]string{onlineSeatsPath: {online}}})
	got := map[string]int{}
	for i := range 40 {
		who := fmt.Sprint("person", i)
		first, err := s.Free(t.Context(), who)
		second, _ := s.Free(t.Context(), who)
		if err != nil || first != second {
			t.Fatalf("Free(%s) = %q and %q, %v", who, first, second, err)
		}
		got[first]++
	}
	if got["a@x"] < 10 || got["b@x"] < 10 || got["c@x"] > 0 {
		t.Errorf("40 persons are spread as %v", got)
	}
}

// An account without seats is noted once a minute, not once a person.
func TestWithoutSeatsIsNotedOnce(t *testing.T) {
	t.Parallel()
	s, record := newSeats(&counter{answers: map[string][]string{onlineSeatsPath: {code(65400)}}})
	for range 5 {
		if seat, err := s.Free(t.Context(), "o1"); seat != "" || err != nil {
			t.Fatalf("Free = %q, %v", seat, err)
		}
	}
	if n := strings.Count(record.Log(), "no seats of the platform"); n != 1 {
		t.Errorf("noted %d times, want once: %s", n, record.Log())
	}
}

func TestNativeState(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, session, waiting string
		want                   chat.NativeState
		seat                   string
		fails                  bool
	}{
		{"a seat has the person", `{"createtime":1,"kf_account":"a@x"}`, "", chat.NativeActive, "a@x", false},
		{"in the queue", `{"createtime":0,"kf_account":""}`, `{"count":2,"waitcaselist":[{"latest_time":1,"openid":"o9"},{"latest_time":1,"openid":"o1"}]}`, chat.NativeWaiting, "", false},
		{"neither", `{"kf_account":""}`, `{"count":0,"waitcaselist":[]}`, chat.NativeNone, "", false},
		{"65413 instead of an empty answer", code(65413), `{"count":0}`, chat.NativeNone, "", false},
		{"65400 seats were switched off", code(65400), code(65400), chat.NativeNone, "", false},
		{"busy", code(-1), "", chat.NativeNone, "", true},
		{"the queue cannot be read", `{"kf_account":""}`, code(-1), chat.NativeNone, "", true},
	} {
		s, _ := newSeats(&counter{answers: map[string][]string{sessionPath: {c.session}, waitingPath: {c.waiting}}})
		state, seat, err := s.State(t.Context(), "o1")
		if state != c.want || seat != c.seat || (err != nil) != c.fails {
			t.Errorf("%s: State = %s %q %v, want %s %q", c.name, state, seat, err, c.want, c.seat)
		}
	}
}

func TestHandOver(t *testing.T) {
	t.Parallel()
	const create, end = sessionCreatePath, sessionClosePath
	body := func(path, seat string) string {
		return fmt.Sprintf(`%s {"kf_account":"%s","openid":"o1"}`, path, seat)
	}
	two := `{"kf_online_list":[{"kf_account":"a@x","status":1,"accepted_case":0},{"kf_account":"b@x","status":1,"accepted_case":7}]}`
	for _, c := range []struct {
		name, native string
		answers      map[string][]string
		asked        []string
		want         chat.FailureKind // "" is done
	}{
		{"a named seat", "a@x", map[string][]string{create: {ok}}, []string{body(create, "a@x")}, ""},
		{"65414 another seat has them: a success of a kind", "a@x", map[string][]string{create: {code(65414)}}, []string{body(create, "a@x")}, ""},
		{"65415 gone offline: another takes over", "a@x", map[string][]string{create: {code(65415), ok}, onlineSeatsPath: {two}},
			[]string{body(create, "a@x"), onlineSeatsPath, body(create, "b@x")}, ""},
		{"65401 deleted, and nobody else is there", "z@x", map[string][]string{create: {code(65401)}, onlineSeatsPath: {`{"kf_online_list":[]}`}},
			[]string{body(create, "z@x"), onlineSeatsPath}, chat.Refused},
		{"both gone", "a@x", map[string][]string{create: {code(65415)}, onlineSeatsPath: {two}},
			[]string{body(create, "a@x"), onlineSeatsPath, body(create, "b@x")}, chat.Refused},
		{"any seat", chat.AnySeat, map[string][]string{create: {ok}, onlineSeatsPath: {two}}, []string{onlineSeatsPath, body(create, "a@x")}, ""},
		{"any seat, none there", chat.AnySeat, map[string][]string{onlineSeatsPath: {`{}`}}, []string{onlineSeatsPath}, chat.Refused},
		{"40003 a stranger", "a@x", map[string][]string{create: {code(40003)}}, []string{body(create, "a@x")}, chat.Blocked},
		{"taken back", chat.EndSeat, map[string][]string{sessionPath: {`{"kf_account":"a@x"}`}, end: {ok}}, []string{sessionPath + " o1", body(end, "a@x")}, ""},
		{"nothing to take back", chat.EndSeat, map[string][]string{sessionPath: {`{"kf_account":""}`}}, []string{sessionPath + " o1"}, ""},
		{"65413 over in the meantime", chat.EndSeat, map[string][]string{sessionPath: {`{"kf_account":"a@x"}`}, end: {code(65413)}}, []string{sessionPath + " o1", body(end, "a@x")}, ""},
		{"65414 handed on in the meantime", chat.EndSeat, map[string][]string{sessionPath: {`{"kf_account":"a@x"}`}, end: {code(65414)}}, []string{sessionPath + " o1", body(end, "a@x")}, chat.Temporary},
	} {
		at := &counter{answers: c.answers}
		s, _ := newSeats(at)
		err := s.HandOver(t.Context(), "o1", c.native)
		if (err == nil) != (c.want == "") || err != nil && Classify(err, time.Now()).Kind != c.want {
			t.Errorf("%s: HandOver = %v, want %q", c.name, err, c.want)
		}
		if !reflect.DeepEqual(at.asked, c.asked) {
			t.Errorf("%s: asked %q, want %q", c.name, at.asked, c.asked)
		}
	}
}

// A transfer answers a message only, never an event; a person is never left waiting for a seat that is not there.
func TestPassiveHandOver(t *testing.T) {
	t.Parallel()
	online := func(accounts ...string) string {
		var list []map[string]any
		for _, a := range accounts {
			list = append(list, map[string]any{"kf_account": a, "status": 1})
		}
		b, err := json.Marshal(map[string]any{"kf_online_list": list})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	push := func(kind string) *Element {
		x, err := ParseXML([]byte("<xml><ToUserName>gh_1</ToUserName><FromUserName>o1</FromUserName><MsgType>" + kind + "</MsgType></xml>"))
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	for _, c := range []struct {
		name, kind, native string
		answers            map[string][]string
		seat               string
		ok, done           bool
	}{
		{"a message, a seat that is there", "text", "a@x", map[string][]string{onlineSeatsPath: {online("a@x")}}, "a@x", true, false},
		{"a message, a seat that left", "image", "a@x", map[string][]string{onlineSeatsPath: {online("b@x")}}, "", true, false},
		{"a message, and the platform cannot say", "text", "a@x", map[string][]string{onlineSeatsPath: {code(-1)}}, "", true, false},
		{"a message, any seat", "text", chat.AnySeat, nil, "", true, false},
		{"an event goes by the API", "event", "a@x", map[string][]string{sessionCreatePath: {ok}}, "", false, true},
		{"an event, and the API is busy: owed", "event", "a@x", map[string][]string{sessionCreatePath: {code(-1)}}, "", false, false},
		{"taking back goes by the API", "text", chat.EndSeat, map[string][]string{sessionPath: {`{"kf_account":""}`}}, "", false, true},
	} {
		s, _ := newSeats(&counter{answers: c.answers})
		seat, ok, done := s.Passive(t.Context(), push(c.kind), c.native)
		if seat != c.seat || ok != c.ok || done != c.done {
			t.Errorf("%s: Passive = %q %t %t, want %q %t %t", c.name, seat, ok, done, c.seat, c.ok, c.done)
		}
	}
	for _, seat := range []string{"", "a&<b@x"} {
		b, err := TransferXML(push("text"), seat, time.Unix(1_800_000_000, 0))
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			ToUserName, FromUserName, MsgType string
			CreateTime                        int64
			TransInfo                         *struct{ KfAccount string }
		}
		if err := xml.Unmarshal(b, &got); err != nil {
			t.Fatalf("%v in %s", err, b)
		}
		if got.ToUserName != "o1" || got.FromUserName != "gh_1" || got.MsgType != "transfer_customer_service" || got.CreateTime != 1_800_000_000 ||
			(got.TransInfo != nil) != (seat != "") || got.TransInfo != nil && got.TransInfo.KfAccount != seat {
			t.Errorf("TransferXML(%q) = %s", seat, b)
		}
	}
}

func TestSeatEvent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		xml   string
		event string // "" is none
		seat  string
	}{
		{"<Event>kf_create_session</Event><KfAccount>a@x</KfAccount>", chat.NativeBegan, "a@x"},
		{"<Event>kf_switch_session</Event><FromKfAccount>a@x</FromKfAccount><ToKfAccount>b@x</ToKfAccount>", chat.NativeBegan, "b@x"},
		{"<Event>kf_close_session</Event><KfAccount>a@x</KfAccount><CloseType>KF</CloseType>", chat.NativeEnded, "a@x"},
		{"<Event>CLICK</Event><EventKey>kf_create_session</EventKey>", "", ""},
	} {
		x, err := ParseXML([]byte("<xml>" + c.xml + "</xml>"))
		if err != nil {
			t.Fatal(err)
		}
		m := chat.Message{Kind: chat.Arrived, ReplyBy: time.Now()}
		is := SeatEvent(x, &m)
		if is != (c.event != "") || m.Event != c.event || m.Name != c.seat || is && (m.Kind != chat.Native || !m.ReplyBy.IsZero()) {
			t.Errorf("%s: SeatEvent = %t %+v", c.xml, is, m)
		}
	}
}

// P38: the person's id travels in the query and stays out of errors, as the token does.
func TestQueriesStayOutOfErrors(t *testing.T) {
	t.Parallel()
	s, _ := newSeats(&counter{answers: map[string][]string{sessionPath: {code(-1)}}})
	_, _, err := s.State(t.Context(), "canary-person")
	if e := (*Error)(nil); !errors.As(err, &e) || e.Op != sessionPath {
		t.Fatalf("State = %v", err)
	}
	if text := fmt.Sprintf("%+v", err); strings.Contains(text, "canary") {
		t.Errorf("the error holds a secret: %s", text)
	}
}
