package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/chat"
)

const (
	testSecret = "canary-web-secret-0123456789abcdef"
	shop       = "https://shop.example"
)

func section() Section { return Section{Secret: testSecret, Origins: []string{shop}} }

func mustNew(t testing.TB, s Section, d adapters.Deps) *Adapter {
	t.Helper()
	a, err := New("site", func(into any) error {
		got := into.(*Section)
		got.Secret, got.SecretPrevious, got.Origins, got.URL = s.Secret, s.SecretPrevious, s.Origins, s.URL
		for to, from := range map[*string]string{&got.Path: s.Path, &got.Title: s.Title, &got.Colour: s.Colour} {
			if from != "" {
				*to = from
			}
		}
		return nil
	}, d)
	if err != nil {
		t.Fatal(err)
	}
	return a.(*Adapter)
}

func TestSuite(t *testing.T) {
	adapterstest.Run(t, func(t *testing.T, d adapters.Deps) adapterstest.Harness {
		feeds := d.Feeds.(*adapterstest.Feeds)
		a := mustNew(t, section(), d)
		b := &browsers{names: map[string]*http.Cookie{}}
		var once sync.Once
		return adapterstest.Harness{
			Adapter: a, Secrets: []string{testSecret},
			Deliver: func(t *testing.T, door http.Handler, d adapterstest.Delivery) adapterstest.Answer {
				once.Do(func() { b.door = door })
				return b.deliver(t, d)
			},
			Forged: forged, Garbage: func(t *testing.T) map[string]*http.Request { return garbage() },
			Faults: []adapterstest.Fault{{
				Name: "the store is gone", Want: chat.Failure{Kind: chat.Temporary},
				Set: func(*testing.T) { feeds.Fail(errors.New("redis is not available")) },
			}},
			Sent: func() []adapterstest.Shown { return b.shown(t) },
		}
	})
}

// deliver is what a person does on the page.
func (b *browsers) deliver(t *testing.T, d adapterstest.Delivery) adapterstest.Answer {
	body := map[string]string{"id": d.ID, "text": d.Text}
	switch d.Kind {
	case chat.Chose:
		body = map[string]string{"id": d.ID, "choice": d.Choice}
	case chat.Arrived:
		var scene []string
		for k, v := range d.Scene {
			scene = append(scene, k+"="+v)
		}
		query := "?open=" + d.ID + "&scene=" + url.QueryEscape(strings.Join(scene, ","))
		tp, stop := listen(t, b.door, streamRequest(query, b.cookie(d.Peer), ""))
		defer stop()
		status := <-tp.status
		b.keep(d.Peer, (&http.Response{Header: tp.header}).Cookies())
		return adapterstest.Answer{Status: status}
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Error(err)
	}
	w := b.post(d.Peer, string(text))
	return adapterstest.Answer{Status: w.Code, Body: w.Body.String()}
}

// shown is what all people see of us, read through streams.
func (b *browsers) shown(t *testing.T) (all []adapterstest.Shown) {
	b.mu.Lock()
	names := map[string]*http.Cookie{}
	for name, c := range b.names {
		names[name] = c
	}
	b.mu.Unlock()
	for name, c := range names {
		tp, stop := listen(t, b.door, streamRequest("", c, nothingYet))
		for _, e := range tp.until(t, ready) {
			if e.name != "message" {
				continue
			}
			got := bubbleOf(t, e)
			s := adapterstest.Shown{Peer: name, Text: got.Text, Key: e.id, Media: len(got.Media)}
			for _, c := range got.Choices {
				s.Choices = append(s.Choices, c.Label)
			}
			all = append(all, s)
		}
		stop()
	}
	return all
}

func forged(*testing.T) map[string]*http.Request {
	const body = `{"id":"1","text":"转账"}`
	cookie := func(value string) *http.Request {
		r := message(body)
		r.AddCookie(&http.Cookie{Name: "xianda_site", Value: value})
		return r
	}
	bearer := func(value string) *http.Request {
		r := message(body)
		r.Header.Set("Authorization", "Bearer "+value)
		return r
	}
	foreign := func(origin, site string) *http.Request {
		r := message(body)
		r.Header.Set("Origin", origin)
		r.Header.Set("Sec-Fetch-Site", site)
		return r
	}
	peer := strings.Repeat("a", 22)
	other := newKeys("other", testSecret, "", adapters.Deps{})
	theirs, _ := other.sign(context.Background(), asCookie, peer) // a fixed secret: no error
	ours := newKeys("site", testSecret, "", adapters.Deps{})
	token, _ := ours.sign(context.Background(), asToken, peer)
	good, _ := ours.sign(context.Background(), asCookie, peer)
	old := foreign("https://evil.example", "")
	old.Header.Del("Sec-Fetch-Site") // a browser that does not know it
	return map[string]*http.Request{
		"a cookie that nobody signed": cookie(peer + "." + strings.Repeat("A", 43)), "no signature": cookie(peer), "nonsense": cookie("x"),
		"the cookie of another page": cookie(theirs), "a token as cookie": cookie(token), "a cookie as token": bearer(good),
		"no token": bearer(""), "another site": foreign("https://evil.example", "cross-site"), "a null origin": foreign("null", "cross-site"),
		"another port of the site": foreign("https://example.com:444", "same-site"), "another site, old browser": old,
		"an allowed site without token": foreign(shop, "cross-site"),
	}
}

func garbage() map[string]*http.Request {
	all := map[string]*http.Request{}
	for name, body := range garbageBodies() {
		all[name] = message(body)
	}
	form := message(`{"id":"1","text":"x"}`)
	form.Header.Set("Content-Type", "text/plain") // what a form of another site can send
	all["not JSON by its type"] = form
	return all
}

func garbageBodies() map[string]string {
	return map[string]string{
		"empty": "", "null": "null", "list": "[]", "text": `"x"`, "cut": `{"id":"1","te`, "no id": `{"text":"x"}`, "no text": `{"id":"1"}`,
		"both": `{"id":"1","text":"x","choice":"y"}`, "an unknown field": `{"id":"1","text":"x","from":"bot"}`, "another case": `{"ID":"1","text":"x"}`,
		"a field twice": `{"id":"1","text":"x","text":"y"}`, "a number": `{"id":1,"text":"x"}`, "trailing": `{"id":"1","text":"x"}{}`,
		"deep": `{"id":"1","text":` + strings.Repeat("[", 10000) + "}", "a strange id": `{"id":"a/b","text":"x"}`, "a long id": `{"id":"` + strings.Repeat("a", 65) + `","text":"x"}`,
		"blank": `{"id":"1","text":" \n\t"}`, "invisible": `{"id":"1","text":"\u200b\u202e\u0301"}`, "too long": `{"id":"1","text":"` + strings.Repeat("长", 3000) + `"}`,
		"a long choice": `{"id":"1","choice":"` + strings.Repeat("c", 200) + `"}`, "an empty choice": `{"id":"1","choice":""}`,
	}
}
