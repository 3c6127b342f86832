package miniprogram

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/chat"
)

// vectorA is what the platform's own page pushes (message push encryption guide): JSON in an envelope of JSON.
const vectorA = "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnA" +
	"G+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VI" +
	"YnSeOBrebufAlr7F9mFUPAJGj04="

func TestVectorA(t *testing.T) {
	t.Parallel()
	h := newHall(t, modes[safeJSON], func(s *Section) {
		s.Token, s.AESKey, s.AppID = "AAAAA", strings.Repeat("A", 43), "wxba5fad812f8e6fb9"
	})
	h.gate.Clock = func() time.Time { return time.Unix(1714112445, 0) }
	const query = "signature=6c5c811b55cc85e0e1b54100749188c20beb3f5d&timestamp=1714112445&nonce=415670741&openid=o9AgO5Kd5ggOC-bXrbNODIiE3bGY" +
		"&encrypt_type=aes&msg_signature=046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"
	for _, c := range []struct {
		name, query string
		status      int
		count       string
	}{
		{"genuine", query, 200, "ignored mini unknown event"},
		{"tampered", strings.Replace(query, "046e", "046f", 1), 403, "rejected mini msg_signature"},
	} {
		body := `{"ToUserName":"gh_97417a04a28d","Encrypt":"` + vectorA + `"}`
		w := h.serve(httptest.NewRequest(http.MethodPost, "https://bot.example/miniprogram/mini?"+c.query, strings.NewReader(body)))
		if w.Code != c.status || h.record.Counted(c.count) != 1 {
			t.Errorf("%s: answered with %d, want %d and the count %q", c.name, w.Code, c.status, c.count)
		}
	}
}

// A push is answered with success or not at all, whatever the house says: the platform takes no message there.
func TestResponses(t *testing.T) {
	t.Parallel()
	for _, m := range modes {
		for _, c := range []struct {
			name    string
			replies []chat.Reply
			err     error
			status  int
			body    string
		}{
			{"nothing", nil, nil, 200, "success"},
			{"later", nil, fmt.Errorf("turn: %w", chat.ErrLater), 200, "success"},
			{"a reply that has no place here", []chat.Reply{{Key: "k", Text: "答"}}, nil, 200, "success"},
			{"busy", nil, chat.ErrBusy, 503, ""},
			{"an error", nil, errors.New("store: access_token=canaryminiaccess1"), 503, ""},
		} {
			h := newHall(t, m)
			h.answer = func(context.Context, chat.Message) ([]chat.Reply, error) { return c.replies, c.err }
			w := h.serve(h.platform.Seal(t, textOf(h, "x"), time.Now()).Request())
			if w.Code != c.status || w.Body.String() != c.body || len(h.record.Shown()) > 0 {
				t.Errorf("%s, %s: answered with %d %q, want %d %q", m.name, c.name, w.Code, w.Body, c.status, c.body)
			}
			if h.platform.Leak(h.record.Log()) {
				t.Errorf("%s, %s: the log holds a secret: %s", m.name, c.name, h.record.Log())
			}
		}
	}
}

// Keys of a rotation are accepted side by side.
func TestRotation(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Section){
		"the new ones": func(*Section) {},
		"the old ones": func(s *Section) {
			s.TokenPrevious, s.AESKeyPrevious, s.Token, s.AESKey = s.Token, s.AESKey, "canarynewtoken", strings.Repeat("b", 43)
		},
	} {
		h := newHall(t, modes[safeJSON], change)
		if w := h.serve(h.platform.Seal(t, textOf(h, "x"), time.Now()).Request()); w.Code != http.StatusOK || len(h.got) != 1 {
			t.Errorf("%s: answered with %d", name, w.Code)
		}
	}
}

func TestRunWaitsForDeliveries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, modes[safeJSON])
		h.answer = func(context.Context, chat.Message) ([]chat.Reply, error) {
			time.Sleep(2 * time.Second)
			return nil, nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan time.Time, 1)
		go func() {
			_ = h.Run(ctx, nil) // it has no error
			over <- time.Now()
		}()
		begun := time.Now()
		go h.platform.Deliver(t, h.door, adapterstest.Delivery{Kind: chat.Said, Peer: "ann", ID: "1", Text: "x", At: time.Now()})
		synctest.Wait()
		cancel()
		if took := (<-over).Sub(begun); took != 2*time.Second {
			t.Errorf("Run returned after %s, want it to wait for the delivery under way", took)
		}
	})
}
