package app

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog"
)

func TestBackendsCall(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got, body = r, string(b)
		switch r.URL.Path {
		case "/helpdesk/refund_status":
			io.WriteString(w, `{"state":"done"}`)
		case "/helpdesk/moved":
			http.Redirect(w, r, "/helpdesk/refund_status", http.StatusFound)
		case "/helpdesk/broken":
			w.WriteHeader(http.StatusBadGateway)
		case "/helpdesk/large":
			io.WriteString(w, `{"a":"`+strings.Repeat("x", maxAnswer)+`"}`)
		case "/helpdesk/slow":
			<-r.Context().Done()
		}
	}))
	t.Cleanup(server.Close)
	b := newBackends(map[string]Backend{
		"pay":   {URL: server.URL + "/helpdesk/", Token: "canary-token"},
		"brief": {URL: server.URL + "/helpdesk", Token: "canary-token", Most: 20 * time.Millisecond},
		"gone":  {URL: "http://127.0.0.1:1", Token: "canary-token"},
	})
	call := func(name string) (json.RawMessage, error) {
		return b.Call(t.Context(), dialog.Call{
			Name: name, Conversation: chat.Address{Channel: "shop", Peer: "openid"}, User: "u-1", With: map[string]string{"order_no": "42"}, Key: "k-0",
		})
	}
	answer, err := call("pay.refund_status")
	if err != nil || string(answer) != `{"state":"done"}` {
		t.Fatalf("Call = %s, %v", answer, err)
	}
	want := `{"conversation":{"channel":"shop","peer":"openid"},"user":"u-1","with":{"order_no":"42"}}`
	if got.Method != http.MethodPost || body != want || got.Header.Get("Authorization") != "Bearer canary-token" || got.Header.Get("Idempotency-Key") != "k-0" {
		t.Errorf("the backend got %s %s %v, want a POST of %s with token and key", got.Method, body, got.Header, want)
	}
	for _, c := range []struct{ name, want string }{
		{"other.x", "add backends.other to the configuration"},
		{"pay.moved", "status 302"}, // a redirect would carry the token elsewhere
		{"pay.broken", "status 502"},
		{"pay.large", "longer than"},
		{"brief.slow", context.DeadlineExceeded.Error()},
		{"gone.x", "refused"},
	} {
		if _, err := call(c.name); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("Call(%s) = %v, want %q in it and no secret", c.name, err, c.want)
		}
	}
}
