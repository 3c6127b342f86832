package admin

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/chat"
)

const (
	wholeCase = `{"id":"c1","conversation":{"channel":"shop","peer":"o6/person"},"queue":"支付","state":"held","priority":"","seat":"alice","wanted":"","reason":"","quota_left":4,"raised":"2026-01-28T12:00:00Z"}`
	evt       = `{"id":"evt-1","at":"2026-01-28T19:00:00+08:00","kind":"redpacket.held","data":{"error":"RP_HOLD"},"conversation":{"channel":"shop","peer":"o6/person"}}`
)

// TestCalls goes through every call: its answer, and what the house was asked to do.
func TestCalls(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, line, body string
		status           int
		want, did        string
	}{
		{"alive", "GET /healthz", "", 200, `{"status":"ok"}`, ""},
		{"ready", "GET /readyz", "", 200, `{"status":"ready"}`, ""},
		{"metrics", "GET /metrics", "", 200, "xianda_turns_total 1", ""},

		{"event", "POST /v1/events", `{"events":[` + evt + `]}`, 202, `{"accepted":1,"duplicates":0}`,
			`post event:evt-1 event redpacket.held shop|o6/person 2026-01-28T11:00:00Z {"error":"RP_HOLD"}; wake shop|o6/person`},
		{"event twice", "POST /v1/events", `{"events":[` + evt + `,` + evt + `]}`, 202, `{"accepted":1,"duplicates":1}`,
			`post event:evt-1 event redpacket.held shop|o6/person 2026-01-28T11:00:00Z {"error":"RP_HOLD"}; ` +
				`post event:evt-1 event redpacket.held shop|o6/person 2026-01-28T11:00:00Z {"error":"RP_HOLD"}; wake shop|o6/person`},
		{"event of now, in a thread", "POST /v1/events", `{"events":[{"id":"e","kind":"k","conversation":{"channel":"tg","peer":"1","thread":"9"}}]}`, 202,
			`{"accepted":1,"duplicates":0}`, `post event:e event k tg|1|9 2026-01-28T12:00:00Z ; wake tg|1|9`},
		{"events of users", "POST /v1/events", `{"events":[{"id":"e","user":"u-1","kind":"k","data":7},{"id":"e","user":"known","kind":"k"}]}`, 202,
			`{"accepted":1,"duplicates":1}`, `happened u-1 e event:e k | 7; happened known e event:e k | `},
		{"profile", "PUT /v1/profiles/u%2F1", `{"tags":["vip","老客户"],"attributes":{"level":3,"city":"深圳","new":false}}`, 204, "",
			`profile u/1 {"tags":["vip","老客户"],"attributes":{"city":"深圳","level":3,"new":false}}`},
		{"no profile any more", "PUT /v1/profiles/u-1", `{}`, 204, "", `profile u-1 {}`},
		{"link", "POST /v1/links", `{"user":"u-1","channel":"shop","peer":"o6/person"}`, 204, "", "link u-1 shop|o6/person"},
		{"a person", "GET /v1/people/u-1", "", 200, `{"user":"u-1","conversations":[{"channel":"tg","peer":"never seen"},{"channel":"shop","peer":"o6/person"}]}`, "look"},
		{"a person of whom nothing is known", "GET /v1/people/nobody", "", 200, `{"user":"nobody","conversations":[]}`, ""},
		{"one person's", "POST /v1/conversations/shop/a/person", `{"channel":"tg","peer":"b"}`, 204, "", "join shop|a tg|b "},
		{"nobody's", "DELETE /v1/conversations/shop/a/person", "", 204, "", "unlink  shop|a"},
		{"link of a thread", "POST /v1/links", `{"user":"u-1","channel":"tg","peer":"1","thread":"9"}`, 204, "", "link u-1 tg|1|9"},
		{"unlink", "DELETE /v1/links", `{"user":"u-1","channel":"shop","peer":"o6/person"}`, 204, "", "unlink u-1 shop|o6/person"},

		{"list", "GET /v1/cases?state=held&queue=%E6%94%AF%E4%BB%98", "", 200, `{"cases":[` + wholeCase + `]}`, "cases held 支付"},
		{"empty list", "GET /v1/cases?state=closed", "", 200, `{"cases":[]}`, "cases"},
		{"show", "GET /v1/cases/c1", "", 200, wholeCase, ""},
		{"claim", "POST /v1/cases/c1/claim", `{"seat":"alice"}`, 200, wholeCase, "claim c1 alice; seen alice 支付; wake shop|o6/person"},
		{"reply", "POST /v1/cases/c1/reply", `{"seat":"alice","text":"您好","key":"r-1"}`, 202, `{"key":"r-1"}`,
			"reply c1 alice 您好 r-1; seen alice 支付; wake shop|o6/person"},
		{"transfer to a queue", "POST /v1/cases/c1/transfer", `{"queue":"支付"}`, 204, "", "transfer c1 queue=支付 seat=; wake shop|o6/person"},
		{"transfer to a seat", "POST /v1/cases/c1/transfer", `{"seat":"bob"}`, 204, "", "transfer c1 queue= seat=bob; wake shop|o6/person"},
		{"note", "POST /v1/cases/c1/note", `{"text":"已联系银行"}`, 204, "", "note c1  已联系银行"},
		{"note by a seat", "POST /v1/cases/c1/note", `{"text":"等回电","seat":"alice"}`, 204, "", "note c1 alice 等回电; seen alice 支付"},
		{"close", "POST /v1/cases/c1/close", `{"reason":"solved"}`, 204, "", "close c1 solved; wake shop|o6/person"},
		{"close without a reason", "POST /v1/cases/c1/close", `{}`, 204, "", "close c1 closed; wake shop|o6/person"},

		{"look", "GET /v1/conversations/shop/o6%2Fperson", "", 200,
			`{"conversation":{"channel":"shop","peer":"o6/person"},"session":{"v":1,"turn":2,"chain":""},"lines":[{"at":"2026-01-28T12:00:00Z","from":"person","text":"退款"}],` +
				`"owed":[{"id":"r1","kind":"reply","tries":1,"park":false,"lent":true}],"rights":[],"mailbox":0}`, "look"},
		{"forget", "DELETE /v1/conversations/shop/o6%2Fperson", "", 204, "", "forget shop|o6/person"},
		{"forget what was never known", "DELETE /v1/conversations/tg/1?thread=2", "", 204, "", "forget tg|1|2"},
		{"dead letters", "GET /v1/dead?limit=5", "", 200, `{"dead":[{"id":"d1","message":{"id":"m1","kind":"said","from":{"channel":"shop","peer":"o6/person"},` +
			`"at":"0001-01-01T00:00:00Z","reply_by":"0001-01-01T00:00:00Z"},"turn":"","tries":3,"why":"","at":"2026-01-28T12:00:00Z"}]}`, "deads"},
		{"replay", "POST /v1/dead/d1/replay", "", 202, `{"conversation":{"channel":"shop","peer":"o6/person"}}`, "replay d1; wake shop|o6/person"},
		{"bury", "DELETE /v1/dead/d1", "", 204, "", "bury d1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, api := newHouse()
			got := call(t, api, c.line, c.body, nil)
			if got.Code != c.status {
				t.Errorf("%s = %d, want %d", c.line, got.Code, c.status)
			}
			if d := cmp.Diff(c.want, strings.TrimSpace(got.Body.String())); d != "" {
				t.Errorf("%s, - want + got:\n%s", c.line, d)
			}
			if d := cmp.Diff(c.did, strings.Join(h.did, "; ")); d != "" {
				t.Errorf("%s asked the house, - want + got:\n%s", c.line, d)
			}
		})
	}
}

// TestRefusals asserts the whole error of each bad call, and that the house was not asked to do anything.
func TestRefusals(t *testing.T) {
	t.Parallel()
	event := func(s string) string { return `{"events":[` + evt + `,` + s + `]}` }
	for _, c := range []struct {
		name, line, body string
		status           int
		code, field      string
		message          string
	}{
		{"no JSON", "POST /v1/cases/c1/claim", `{"seat":`, 400, "bad_json", "", "the body is not JSON"},
		{"nothing", "POST /v1/cases/c1/claim", ``, 400, "bad_json", "", "the body is not JSON"},
		{"bytes behind", "POST /v1/cases/c1/claim", `{"seat":"a"} {}`, 400, "bad_json", "", "the body is not JSON"},
		{"no UTF-8", "POST /v1/cases/c1/claim", "{\"seat\":\"\xff\"}", 400, "bad_json", "", "the body is not UTF-8"},
		{"a list", "POST /v1/cases/c1/claim", `[]`, 400, "bad_field", "", "want an object"},
		{"too large", "POST /v1/cases/c1/claim", `{"seat":"` + strings.Repeat("x", 256<<10) + `"}`, 413, "too_large", "", "a body has at most 262144 bytes"},
		{"unknown field", "POST /v1/cases/c1/claim", `{"seat":"a","sit":1}`, 400, "bad_field", "sit", "unknown field; known here: seat"},
		{"a field of another case", "POST /v1/cases/c1/claim", `{"Seat":"a"}`, 400, "bad_field", "Seat", "unknown field; known here: seat"},
		{"a field twice", "POST /v1/cases/c1/claim", `{"seat":"a","seat":"b"}`, 400, "bad_field", "seat", "this field stands twice"},
		{"null", "POST /v1/cases/c1/claim", `{"seat":null}`, 400, "bad_field", "seat", "want a value, not null"},
		{"no text", "POST /v1/cases/c1/claim", `{"seat":7}`, 400, "bad_field", "seat", "want text"},
		{"no seat", "POST /v1/cases/c1/claim", `{}`, 400, "bad_field", "seat", "this is missing"},
		{"a seat of two lines", "POST /v1/cases/c1/claim", `{"seat":"a\nb"}`, 400, "bad_field", "seat", "want visible characters without spaces around them"},
		{"a seat that is the bot", "POST /v1/cases/c1/claim", `{"seat":"bot"}`, 400, "bad_field", "seat", "bot is what transcripts call somebody else"},
		{"a long seat", "POST /v1/cases/c1/claim", `{"seat":"` + strings.Repeat("x", 129) + `"}`, 400, "bad_field", "seat", "want at most 128 bytes"},
		{"no words", "POST /v1/cases/c1/reply", `{"seat":"a","text":" \n"}`, 400, "bad_field", "text", "this is missing"},
		{"too many words", "POST /v1/cases/c1/reply", `{"seat":"a","text":"` + strings.Repeat("x", chat.MaxText+1) + `"}`, 400, "bad_field", "text", "want at most 8192 bytes"},
		{"two goals", "POST /v1/cases/c1/transfer", `{"seat":"a","queue":"b"}`, 400, "bad_field", "queue", "give exactly one of queue and seat"},
		{"no goal", "POST /v1/cases/c1/transfer", `{}`, 400, "bad_field", "queue", "give exactly one of queue and seat"},
		{"a state that is none", "GET /v1/cases?state=open", "", 400, "bad_field", "state", "want waiting, held or closed"},
		{"a limit that is none", "GET /v1/cases?limit=0", "", 400, "bad_field", "limit", "want a number from 1 to 1000"},
		{"a limit of dead letters", "GET /v1/dead?limit=x", "", 400, "bad_field", "limit", "want a number from 1 to 1000"},

		{"no events", "POST /v1/events", `{"events":[]}`, 400, "bad_field", "events", "want 1 to 100 events"},
		{"too many events", "POST /v1/events", `{"events":[` + strings.Repeat(evt+",", 100) + evt + `]}`, 400, "bad_field", "events", "want 1 to 100 events"},
		{"events are no list", "POST /v1/events", `{"events":{}}`, 400, "bad_field", "events", "want a list"},
		{"an event is no object", "POST /v1/events", event(`7`), 400, "bad_field", "events[1]", "want an object"},
		{"an event without id", "POST /v1/events", event(`{"kind":"k"}`), 400, "bad_field", "events[1].id", "this is missing"},
		{"an event without kind", "POST /v1/events", event(`{"id":"1","conversation":{"channel":"c","peer":"p"}}`), 400, "bad_field", "events[1].kind", "want at most 64 letters, digits, dots, - or _, such as redpacket.held"},
		{"an event at no time", "POST /v1/events", event(`{"id":"1","at":"yesterday"}`), 400, "bad_field", "events[1].at", "want a time such as 2026-01-28T20:00:00+08:00"},
		{"an event of tomorrow", "POST /v1/events", event(`{"id":"1","kind":"k","at":"2026-01-29T12:00:00Z"}`), 400, "bad_field", "events[1].at", "this lies in the future"},
		{"an event with much data", "POST /v1/events", event(`{"id":"1","kind":"k","data":"` + strings.Repeat("x", 8<<10) + `"}`), 400, "bad_field", "events[1].data", "want at most 8192 bytes"},
		{"an event of nobody", "POST /v1/events", event(`{"id":"1","kind":"k"}`), 400, "bad_field", "events[1].conversation", "give exactly one of conversation and user"},
		{"an event of two", "POST /v1/events", event(`{"id":"1","kind":"k","user":"u","conversation":{}}`), 400, "bad_field", "events[1].conversation", "give exactly one of conversation and user"},
		{"an event without peer", "POST /v1/events", event(`{"id":"1","kind":"k","conversation":{"channel":"shop"}}`), 400, "bad_field", "events[1].conversation.peer", "this is missing"},
		{"an event with another field", "POST /v1/events", event(`{"id":"1","conversation":{"chanel":"shop"},"kind":"k"}`), 400, "bad_field", "events[1].conversation.chanel", "unknown field; known here: channel, peer, thread"},
		{"an event to no channel", "POST /v1/events", `{"events":[{"id":"1","kind":"k","conversation":{"channel":"nowhere","peer":"p"}}]}`, 400, "bad_field", "events[0].conversation.channel", "there is no channel of this name"},
		{"an event of a user of two lines", "POST /v1/events", event(`{"id":"1","kind":"k","user":"a\nb"}`), 400, "bad_field", "events[1].user", "want visible characters without spaces around them"},

		{"a profile with another field", "PUT /v1/profiles/u", `{"tag":["vip"]}`, 400, "bad_field", "tag", "unknown field; known here: attributes, tags"},
		{"a profile of nobody", "PUT /v1/profiles/%20", `{}`, 400, "bad_field", "user", "want visible characters without spaces around them"},
		{"tags that are no list", "PUT /v1/profiles/u", `{"tags":"vip"}`, 400, "bad_field", "tags", "want a list of texts"},
		{"an empty tag", "PUT /v1/profiles/u", `{"tags":["vip",""]}`, 400, "bad_field", "tags[1]", "this is missing"},
		{"a long tag", "PUT /v1/profiles/u", `{"tags":["` + strings.Repeat("x", 65) + `"]}`, 400, "bad_field", "tags[0]", "want at most 64 bytes"},
		{"many tags", "PUT /v1/profiles/u", `{"tags":[` + strings.Repeat(`"x",`, 50) + `"x"]}`, 400, "bad_field", "tags", "want at most 50 tags"},
		{"attributes that are no object", "PUT /v1/profiles/u", `{"attributes":[]}`, 400, "bad_field", "attributes", "want an object"},
		{"an attribute twice", "PUT /v1/profiles/u", `{"attributes":{"level":1,"level":2}}`, 400, "bad_field", "attributes.level", "this field stands twice"},
		{"an attribute that no expression can name", "PUT /v1/profiles/u", `{"attributes":{"a b":1}}`, 400, "bad_field", "attributes.a b", "want a name of at most 64 letters, digits and _, such as level"},
		{"an attribute called tags", "PUT /v1/profiles/u", `{"attributes":{"tags":1}}`, 400, "bad_field", "attributes.tags", "profile.tags is the list of tags: take another name"},
		{"a nested attribute", "PUT /v1/profiles/u", `{"attributes":{"a":{}}}`, 400, "bad_field", "attributes.a", "want text, a number, true or false"},
		{"an attribute of nothing", "PUT /v1/profiles/u", `{"attributes":{"a":null}}`, 400, "bad_field", "attributes.a", "want text, a number, true or false"},
		{"an attribute beyond numbers", "PUT /v1/profiles/u", `{"attributes":{"a":1e999}}`, 400, "bad_field", "attributes.a", "want text, a number, true or false"},
		{"a long attribute", "PUT /v1/profiles/u", `{"attributes":{"a":"` + strings.Repeat("x", 511) + `"}}`, 400, "bad_field", "attributes.a", "want at most 512 bytes"},
		{"many attributes", "PUT /v1/profiles/u", `{"attributes":{` + manyAttributes(51) + `}}`, 400, "bad_field", "attributes", "want at most 50 attributes"},
		{"a person of the house's own", "GET /v1/people/~1", "", 400, "bad_field", "user", "ids that begin with ~ are the house's own"},
		{"one person with itself", "POST /v1/conversations/shop/a/person", `{"channel":"shop","peer":"a"}`, 400, "bad_field", "peer", "name another conversation than that of the path"},
		{"one person in no channel", "POST /v1/conversations/nowhere/a/person", `{"channel":"shop","peer":"b"}`, 404, "not_found", "", "there is no such thing, or it was forgotten"},
		{"two users", "POST /v1/conversations/shop/a/person", `{"channel":"shop","peer":"another user's"}`, 409, "two_users", "", "the product has linked them to two users: unlink one first (DELETE /v1/links)"},
		{"a conversation too many", "POST /v1/conversations/shop/a/person", `{"channel":"shop","peer":"full"}`, 409, "full", "", "a user has at most 20 linked conversations: unlink one first"},
		{"a link of the house's own user", "POST /v1/links", `{"user":"~1","channel":"shop","peer":"p"}`, 400, "bad_field", "user", "ids that begin with ~ are the house's own"},
		{"a profile of the house's own user", "PUT /v1/profiles/~1", `{}`, 400, "bad_field", "user", "ids that begin with ~ are the house's own"},
		{"an event of the house's own user", "POST /v1/events", event(`{"id":"1","kind":"k","user":"~1"}`), 400, "bad_field", "events[1].user", "ids that begin with ~ are the house's own"},
		{"a link of nobody", "POST /v1/links", `{"channel":"shop","peer":"p"}`, 400, "bad_field", "user", "this is missing"},
		{"a link to no peer", "POST /v1/links", `{"user":"u","channel":"shop"}`, 400, "bad_field", "peer", "this is missing"},
		{"a link to no channel", "POST /v1/links", `{"user":"u","channel":"nowhere","peer":"p"}`, 400, "bad_field", "channel", "there is no channel of this name"},
		{"a link too many", "POST /v1/links", `{"user":"full","channel":"shop","peer":"p"}`, 409, "full", "", "a user has at most 20 linked conversations: unlink one first"},
		{"an unlinking of nothing", "DELETE /v1/links", ``, 400, "bad_json", "", "the body is not JSON"},
		{"no list of links", "GET /v1/links", ``, 404, "not_found", "", "there is no call GET /v1/links"},

		{"no such case", "GET /v1/cases/c9", "", 404, "not_found", "", "there is no such thing, or it was forgotten"},
		{"no such conversation", "GET /v1/conversations/shop/nobody", "", 404, "not_found", "", "there is no such thing, or it was forgotten"},
		{"no such letter", "POST /v1/dead/d9/replay", "", 404, "not_found", "", "there is no such thing, or it was forgotten"},
		{"no such letter to bury", "DELETE /v1/dead/d9", "", 404, "not_found", "", "there is no such thing, or it was forgotten"},
		{"no such call", "GET /v2/cases", "", 404, "not_found", "", "there is no call GET /v2/cases"},
		{"no such method", "PUT /v1/cases/c1", "", 404, "not_found", "", "there is no call PUT /v1/cases/c1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, api := newHouse()
			checkRefusal(t, call(t, api, c.line, c.body, nil).Result(), c.status, c.code, c.field, c.message)
			if len(h.did) > 0 {
				t.Errorf("%s asked the house %q, want nothing", c.line, h.did)
			}
		})
	}
}

func manyAttributes(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`"a%d":1`, i))
	}
	return strings.Join(all, ",")
}

// TestConflicts are refusals of the house itself.
func TestConflicts(t *testing.T) {
	t.Parallel()
	_, api := newHouse()
	checkRefusal(t, call(t, api, "POST /v1/cases/bobs/claim", `{"seat":"alice"}`, nil).Result(), 409, "owned", "", "held by bob")
	checkRefusal(t, call(t, api, "POST /v1/cases/bobs/reply", `{"seat":"alice","text":"x"}`, nil).Result(), 409, "owned", "", "held by bob")
	checkRefusal(t, call(t, api, "POST /v1/cases/over/claim", `{"seat":"alice"}`, nil).Result(), 409, "closed", "", "the case is closed")
}

// TestTheHouseFails: callers are told to try again, the log tells why, and every call keeps to it.
func TestTheHouseFails(t *testing.T) {
	t.Parallel()
	bodies := map[string]string{
		"/v1/events": `{"events":[` + evt + `]}`, "/v1/cases/{id}/claim": `{"seat":"a"}`, "/v1/cases/{id}/reply": `{"seat":"a","text":"t","key":"k"}`,
		"/v1/profiles/{user}": `{}`, "/v1/links": `{"user":"u","channel":"shop","peer":"p"}`,
		"/v1/conversations/{channel}/{peer}/person": `{"channel":"shop","peer":"p"}`,
		"/v1/cases/{id}/transfer":                   `{"queue":"q"}`, "/v1/cases/{id}/note": `{"text":"t"}`, "/v1/cases/{id}/close": `{}`,
	}
	ids := map[string]string{"/v1/dead/{id}": "d1", "/v1/dead/{id}/replay": "d1"}
	for _, r := range (&api{}).routes() {
		if r.path == "/healthz" || r.path == "/metrics" {
			continue
		}
		t.Run(r.method+" "+r.path, func(t *testing.T) {
			t.Parallel()
			h, api := newHouse()
			h.err = errSecret
			id := "c1"
			if other := ids[r.path]; other != "" {
				id = other
			}
			path := strings.NewReplacer("{id}", id, "{channel}", "shop", "{peer}", "o6%2Fperson", "{user}", "u").Replace(r.path)
			got := call(t, api, r.method+" "+path, bodies[r.path], nil).Result()
			if r.path == "/readyz" {
				checkRefusal(t, got, 503, "not_ready", "", errSecret.Error())
				return
			}
			checkRefusal(t, got, 503, "unavailable", "", "this cannot be done now; try again, the log says why")
			if !strings.Contains(h.log.String(), "refused") {
				t.Errorf("the log is %q, want the cause", h.log.String())
			}
		})
	}
}

func TestBusyIsTriedAgain(t *testing.T) {
	t.Parallel()
	h, api := newHouse()
	h.err = chat.ErrBusy
	got := call(t, api, "POST /v1/events", `{"events":[`+evt+`]}`, nil).Result()
	checkRefusal(t, got, 503, "busy", "", "a limit of this conversation is reached; try again later")
}

func TestAuthorization(t *testing.T) {
	t.Parallel()
	for _, r := range (&api{}).routes() {
		for name, value := range map[string]string{
			"none": "", "wrong": "Bearer t0kem", "prefix": "Bearer t0ke", "longer": "Bearer t0kenn", "another kind": "Basic t0ken", "bare": "t0ken", "empty": "Bearer ",
		} {
			h, api := newHouse()
			got := call(t, api, r.method+" "+r.path, "", map[string]string{"Authorization": value}).Result()
			if r.open {
				if got.StatusCode != http.StatusOK {
					t.Errorf("%s %s with token %s = %d, want 200: it is open", r.method, r.path, name, got.StatusCode)
				}
				continue
			}
			checkRefusal(t, got, 401, "unauthorized", "", "show the token of admin.token: Authorization: Bearer …")
			if len(h.did) > 0 {
				t.Errorf("%s %s with token %s asked the house %q", r.method, r.path, name, h.did)
			}
		}
	}
	_, api := newHouse()
	if got := call(t, api, "GET /v1/cases", "", map[string]string{"Authorization": "bearer t0ken"}); got.Code != 200 {
		t.Errorf("a lower-case scheme = %d, want 200 (RFC 9110: schemes have no case)", got.Code)
	}
	defer func() {
		if recover() == nil {
			t.Error("New without a token returned, want it to refuse")
		}
	}()
	New(Deps{})
}

func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	_, api := newHouse()
	got := call(t, api, "POST /v1/cases/c1/claim", `{"seat":"a"}`, map[string]string{"Sec-Fetch-Site": "cross-site"}).Result()
	checkRefusal(t, got, 403, "cross_origin", "", "a web page of another origin may not call this")
}

func TestPanicIsAnswered(t *testing.T) {
	t.Parallel()
	h, _ := newHouse()
	api := New(Deps{Token: "t0ken", Ready: func() error { panic("canary") }})
	checkRefusal(t, call(t, api, "GET /readyz", "", nil).Result(), 503, "unavailable", "", "this cannot be done now; try again, the log says why")
	if len(h.did) > 0 {
		t.Errorf("the house was asked %q, want nothing", h.did)
	}
}

func checkRefusal(t *testing.T, got *http.Response, status int, code, field, message string) {
	t.Helper()
	var body bytes.Buffer
	if _, err := body.ReadFrom(got.Body); err != nil {
		t.Fatal(err)
	}
	want := `{"error":{"code":` + strconv.Quote(code)
	if field != "" {
		want += `,"field":` + strconv.Quote(field)
	}
	want += `,"message":` + strconv.Quote(message) + "}}\n"
	if got.StatusCode != status || body.String() != want {
		t.Errorf("answer = %d %s, want %d %s", got.StatusCode, body.String(), status, want)
	}
	if kind := got.Header.Get("Content-Type"); kind != "application/json; charset=utf-8" {
		t.Errorf("Content-Type = %q, want JSON", kind)
	}
}

// A case that is given to a queue that nobody configured would wait where nobody looks.
func TestTransferToUnknownQueue(t *testing.T) {
	t.Parallel()
	h, _ := newHouse()
	api := New(Deps{Cases: h, Conversations: h, Dead: h, Token: "t0ken", Queues: func() []string { return []string{"default", "支付"} }})
	w := call(t, api, "POST /v1/cases/c1/transfer", `{"queue":"nope"}`, nil)
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "支付") || len(h.did) > 0 {
		t.Errorf("transfer to nope = %d %s after %v, want 400 with the queues there are", w.Code, w.Body, h.did)
	}
}
