package weixin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/chat"
)

func newAPI(t *testing.T, answer http.HandlerFunc) *API {
	t.Helper()
	srv := httptest.NewServer(answer)
	t.Cleanup(srv.Close)
	return apiAt(srv.URL)
}

func apiAt(base string) *API {
	client := &http.Client{
		Timeout:       300 * time.Millisecond,
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	a := NewAPI(base, client, "canary-secret")
	a.Tokens = NewTokens("token/wx1", adapterstest.NewVault(time.Now), time.Now, a.StableToken("wx1", "canary-secret"))
	return a
}

// platform answers stable_token well, and calls with what it is given.
func platform(call http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == stablePath {
			_, _ = io.WriteString(w, `{"access_token":"canary-token","expires_in":7200}`)
			return
		}
		call(w, r)
	}
}

func said(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
}

func TestCallFailures(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 15, 30, 0, 0, time.UTC) // 23:30 in Beijing
	code := func(n string) http.HandlerFunc {
		return platform(said(`{"errcode":` + n + `,"errmsg":"x access_token=canary-token canary-secret rid: 1-2-3"}`))
	}
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		want   chat.Failure
	}{
		{"-1 busy", code("-1"), chat.Failure{Kind: chat.Temporary}},
		{"40001 token", code("40001"), chat.Failure{Kind: chat.Temporary, Retry: 10 * time.Second}},
		{"45011 minute", code("45011"), chat.Failure{Kind: chat.Rate, Retry: time.Minute}},
		{"45009 day", code("45009"), chat.Failure{Kind: chat.Rate, Retry: 30 * time.Minute}},
		{"45015 window", code("45015"), chat.Failure{Kind: chat.Window}},
		{"45047 count", code("45047"), chat.Failure{Kind: chat.Exhausted}},
		{"43004 unfollowed", code("43004"), chat.Failure{Kind: chat.Blocked}},
		{"40003 openid", code("40003"), chat.Failure{Kind: chat.Blocked}},
		{"45087 blocked", code("45087"), chat.Failure{Kind: chat.Blocked}},
		{"48002 refuses", code("48002"), chat.Failure{Kind: chat.Blocked}},
		{"70000 minor", code("70000"), chat.Failure{Kind: chat.Blocked}},
		{"45002 long", code("45002"), chat.Failure{Kind: chat.TooLong}},
		{"40007 media", code("40007"), chat.Failure{Kind: chat.BadMedia}},
		{"40125 secret", code("40125"), chat.Failure{Kind: chat.Auth}},
		{"40164 address", code("40164"), chat.Failure{Kind: chat.Auth}},
		{"48001 unverified", code("48001"), chat.Failure{Kind: chat.NoPush}},
		{"47001 malformed", code("47001"), chat.Failure{Kind: chat.Refused}},
		{"99999 unknown", code("99999"), chat.Failure{Kind: chat.Refused}},
		{"502 page", platform(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "<html>bad gateway</html>", http.StatusBadGateway)
		}), chat.Failure{Kind: chat.Temporary, Unknown: true}},
		{"302", platform(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/x?secret=canary-secret", http.StatusFound)
		}), chat.Failure{Kind: chat.Temporary, Unknown: true}},
		{"HTML with 200", platform(said("<html>")), chat.Failure{Kind: chat.Temporary, Unknown: true}},
		{"no answer", platform(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body); <-r.Context().Done() }), chat.Failure{Kind: chat.Temporary, Unknown: true}},
		{"reset", platform(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), chat.Failure{Kind: chat.Temporary, Unknown: true}},
		{"token endpoint: {}", said(`{}`), chat.Failure{Kind: chat.Temporary}},
		{"token endpoint: page", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "x", http.StatusBadGateway) }, chat.Failure{Kind: chat.Temporary}},
		{"token endpoint: 40164", said(`{"errcode":40164,"errmsg":"invalid ip 1.2.3.4, not in whitelist"}`), chat.Failure{Kind: chat.Auth}},
		{"token endpoint: 40125", said(`{"errcode":40125,"errmsg":"invalid appsecret canary-secret"}`), chat.Failure{Kind: chat.Auth}},
		{"token endpoint: reset", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, chat.Failure{Kind: chat.Temporary}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := newAPI(t, c.answer).Call(t.Context(), "/cgi-bin/message/custom/send", map[string]string{"a": "b"}, nil)
			if err == nil {
				t.Fatal("Call(…) = nil, want an error")
			}
			f := Classify(err, now)
			if f.Kind != c.want.Kind || f.Unknown != c.want.Unknown || f.Retry != c.want.Retry {
				t.Errorf("Classify(%v) = %s unknown=%v retry=%v, want %s unknown=%v retry=%v", err, f.Kind, f.Unknown, f.Retry, c.want.Kind, c.want.Unknown, c.want.Retry)
			}
			for _, secret := range []string{"canary", "access_token=c", "http://"} {
				if strings.Contains(f.Error(), secret) {
					t.Errorf("the error %q holds %q", f.Error(), secret)
				}
			}
		})
	}
}

// A request that never left is not unknown: its right to reply is given back.
func TestCallNobodyThere(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a := apiAt("http://" + l.Addr().String())
	_ = l.Close()
	err = a.call(t.Context(), "/x", "canary-token", struct{}{}, nil)
	f := Classify(err, time.Now())
	if f.Kind != chat.Temporary || f.Unknown || strings.Contains(f.Error(), "canary") {
		t.Errorf("Classify(%v) = %s unknown=%v, want temporary, known, without a token", err, f.Kind, f.Unknown)
	}
}

func TestCallCancelled(t *testing.T) {
	t.Parallel()
	a := newAPI(t, platform(said(`{"errcode":0}`)))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.Call(ctx, "/x", nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Call(cancelled) = %v, want context.Canceled", err)
	}
}

func TestCallBody(t *testing.T) {
	t.Parallel()
	var got string
	a := newAPI(t, platform(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got = r.Method + " " + r.URL.String() + " " + string(b)
		_, _ = io.WriteString(w, `{"errcode":0,"errmsg":"ok"}`)
	}))
	if err := a.Call(t.Context(), "/x", map[string]string{"content": `<a href="x">退货</a> & 😀`}, nil); err != nil {
		t.Fatal(err)
	}
	want := `POST /x?access_token=canary-token {"content":"<a href=\"x\">退货</a> & 😀"}` + "\n"
	if got != want {
		t.Errorf("the platform got %s, want %s", got, want)
	}
	if err := a.Call(t.Context(), "/y", nil, nil); err != nil || got != "GET /y?access_token=canary-token " {
		t.Errorf("the platform got %q, %v, want a GET without body", got, err)
	}
}

// A process that was quiet while the token was replaced twice still has the first: what it finds instead is refused as well, and it gets
// through all the same, in one call.
func TestCallAfterTwoRevocations(t *testing.T) {
	t.Parallel()
	issued, good, calls := 1, 1, 0
	client := adapterstest.Client(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == stablePath:
			issued = max(issued, good)
			_, _ = fmt.Fprintf(w, `{"access_token":"token-%d","expires_in":7200}`, issued)
		case r.URL.Query().Get("access_token") != fmt.Sprintf("token-%d", good):
			calls++
			said(`{"errcode":40001,"errmsg":"invalid credential"}`)(w, r)
		default:
			calls++
			said(`{"errcode":0}`)(w, r)
		}
	}))
	vault := adapterstest.NewVault(time.Now)
	process := func() *API {
		a := NewAPI("https://api.weixin.qq.com", client)
		a.Tokens = NewTokens("token/wx1", vault, time.Now, a.StableToken("wx1", "canary-secret"))
		return a
	}
	busy, quiet := process(), process()
	for i, a := range []*API{busy, quiet, busy} {
		if i == 2 {
			good = 2 // the first revocation, of which only the busy one learns
		}
		if err := a.Call(t.Context(), "/x", nil, nil); err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
	}
	good, calls = 3, 0
	if err := quiet.Call(t.Context(), "/x", nil, nil); err != nil || calls != 3 {
		t.Errorf("Call = %v after %d attempts, want it to get through at the third", err, calls)
	}
}
