package wechat

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
	"github.com/xianda-bot/xianda/adapters/internal/weixin"
	"github.com/xianda-bot/xianda/adapters/internal/weixin/weixintest"
	"github.com/xianda-bot/xianda/chat"
)

func TestPassiveReply(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		replies []chat.Reply
		err     error
		status  int
		text    string // "" for an acknowledgement
		shown   bool
	}{
		{"text", []chat.Reply{{Text: "答 <a href=\"https://x\">x</a> ]]> &"}}, nil, 200, "答 <a href=\"https://x\">x</a> ]]> &", true},
		{"characters that XML forbids", []chat.Reply{{Text: "a\x00\x08\uFFFEb"}}, nil, 200, "ab", true},
		{"two replies are one message", []chat.Reply{{Text: "一"}, {Text: "二"}}, nil, 200, "一\n二", true},
		{"nothing", nil, nil, 200, "", false},
		{"blank", []chat.Reply{{Text: " \n"}, {Text: "\x00"}}, nil, 200, "", false},
		{"later", nil, fmt.Errorf("turn: %w", chat.ErrLater), 200, "", false},
		{"busy", nil, chat.ErrBusy, 503, "", false},
		{"an error", nil, errors.New("store: access_token=canary"), 503, "", false},
	} {
		h := newHall(t, section(true, true, numbered))
		h.platform.Befriend("ann")
		h.answer = func(context.Context, chat.Message) ([]chat.Reply, error) { return c.replies, c.err }
		w := h.serve(h.seal(from("ann", "text", time.Now(), field{"Content", "x"}, field{"MsgId", "1"}), time.Now()).Request())
		got, _ := h.platform.Read(t, w.Body.Bytes(), false)
		if w.Code != c.status || got.Text != c.text {
			t.Errorf("%s: answered with %d and %q, want %d and %q", c.name, w.Code, got.Text, c.status, c.text)
		}
		if w.Code != 200 && w.Body.Len() > 0 {
			t.Errorf("%s: the body is %q, want it empty", c.name, w.Body)
		}
		if shown := len(h.record.Shown()) == 1; shown != c.shown {
			t.Errorf("%s: Shown called = %t, want %t", c.name, shown, c.shown)
		}
		if strings.Contains(h.record.Log(), "canary") {
			t.Errorf("%s: the log holds a secret: %s", c.name, h.record.Log())
		}
	}
}

func TestPanicInTheInbox(t *testing.T) {
	t.Parallel()
	h := newHall(t, section(true, true, numbered))
	h.answer = func(context.Context, chat.Message) ([]chat.Reply, error) { panic("canary text of a person") }
	w := h.serve(h.seal(from("ann", "text", time.Now(), field{"Content", "x"}, field{"MsgId", "1"}), time.Now()).Request())
	if w.Code != 503 || w.Body.Len() > 0 {
		t.Errorf("answered with %d %q, want 503 and nothing", w.Code, w.Body)
	}
	if strings.Contains(h.record.Log(), "canary") || !strings.Contains(h.record.Log(), "a turn panicked") {
		t.Errorf("the log is %s", h.record.Log())
	}
}

// The platform hangs up at 5 s; the turn goes on, with a deadline of its own, and a reply that nobody read is not called shown.
func TestTurnOutlivesTheRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, section(true, true, numbered))
		request, hangUp := context.WithCancel(t.Context())
		var left time.Duration
		h.answer = func(ctx context.Context, _ chat.Message) ([]chat.Reply, error) {
			hangUp()
			time.Sleep(time.Second)
			if err := ctx.Err(); err != nil {
				t.Errorf("the turn's context ended with the request: %v", err)
			}
			by, ok := ctx.Deadline()
			if left = time.Until(by); !ok || left > 4*time.Second {
				t.Errorf("the turn's deadline is %s away, want one of its own", left)
			}
			return []chat.Reply{{Text: "答"}}, nil
		}
		h.serve(h.seal(from("ann", "text", time.Now(), field{"Content", "x"}, field{"MsgId", "1"}), time.Now()).Request().WithContext(request))
		if n := len(h.record.Shown()); n != 0 {
			t.Errorf("Shown was called %d times for a reply that nobody read", n)
		}
	})
}

func TestRunWaitsForDeliveries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, section(false, true, numbered))
		h.answer = func(context.Context, chat.Message) ([]chat.Reply, error) {
			time.Sleep(2 * time.Second)
			return nil, nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan error, 1)
		go func() { over <- h.Run(ctx, nil) }()
		go h.serve(h.seal(from("ann", "text", time.Now(), field{"Content", "x"}, field{"MsgId", "1"}), time.Now()).Request())
		synctest.Wait()
		cancel()
		synctest.Wait()
		select {
		case err := <-over:
			t.Fatalf("Run = %v while a delivery was being answered, want it to wait", err)
		default:
		}
		if err := <-over; err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
	})
}

func TestRotation(t *testing.T) {
	t.Parallel()
	s := section(true, true, numbered)
	s.AESKeyPrevious, s.TokenPrevious = testOldKey, testOldToken
	h := newHall(t, s)
	msg := from("ann", "text", time.Now(), field{"Content", "x"}, field{"MsgId", "1"})
	old := weixintest.Key(t, testOldKey, testAccount.App)
	for _, c := range []struct {
		name  string
		token string
		key   *weixin.Key
	}{{"old key", testAccount.Token, old}, {"old token", testOldToken, h.platform.Key()}, {"both old", testOldToken, old}, {"both new", testAccount.Token, h.platform.Key()}} {
		sealed, err := c.key.Seal(strings.NewReader("0123456789abcdef"), msg)
		if err != nil {
			t.Fatal(err)
		}
		ts := fmt.Sprint(time.Now().Unix())
		query := "timestamp=" + ts + "&nonce=" + ts + "&signature=" + weixin.Sign(c.token, ts, ts) + "&encrypt_type=aes&msg_signature=" +
			weixin.Sign(c.token, ts, ts, sealed) + "&openid=" + strings.ReplaceAll(c.name, " ", "")
		w := h.serve(h.seal(nil, time.Now()).Changed(query, weixintest.XML(field{"Encrypt", sealed})).Request())
		x, err := weixin.ParseXML(w.Body.Bytes())
		if err != nil {
			t.Fatalf("%s: answered with %d %s", c.name, w.Code, w.Body)
		}
		if _, err := c.key.Open(x.Leaf("Encrypt")); err != nil {
			t.Errorf("%s: the reply does not open with the key of the push", c.name)
		}
		if want := weixin.Sign(c.token, x.Leaf("TimeStamp"), x.Leaf("Nonce"), x.Leaf("Encrypt")); x.Leaf("MsgSignature") != want {
			t.Errorf("%s: the reply is not signed with the token of the push", c.name)
		}
	}
}

// Vector A's verification, on its own clock.
func TestVerification(t *testing.T) {
	t.Parallel()
	s := section(false, false, numbered)
	s.Token = "AAAAA"
	h := newHall(t, s)
	h.gate.Clock = func() time.Time { return time.Unix(1714036504, 0) }
	const query = "signature=f464b24fc39322e44b38aa78f5edd27bd1441696&timestamp=1714036504&nonce=1514711492&echostr="
	for _, c := range []struct {
		name, query string
		status      int
	}{
		{"genuine", query + "4375120948345356249", 200},
		{"forged", strings.Replace(query, "f464", "f465", 1) + "4375120948345356249", 403},
		{"unsigned", "echostr=4375120948345356249", 403},
		{"markup is text", query + "%3Cscript%3E", 200},
		{"long", query + strings.Repeat("1", 65), 400},
		{"not printable", query + "a%00b", 400},
		{"none", strings.TrimSuffix(query, "&echostr="), 400},
		{"two", query + "1&echostr=2", 403},
	} {
		w := h.serve(httptest.NewRequest(http.MethodGet, testAccount.Webhook+"?"+c.query, nil))
		if w.Code != c.status {
			t.Errorf("%s: answered with %d, want %d", c.name, w.Code, c.status)
		}
		if c.name == "genuine" && w.Body.String() != "4375120948345356249" {
			t.Errorf("%s: the echo is %q", c.name, w.Body)
		}
		if w.Code == 200 && (!strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") || w.Header().Get("X-Content-Type-Options") != "nosniff") {
			t.Errorf("%s: the header is %v, want plain text", c.name, w.Header())
		}
	}
}

// BenchmarkReceive is one encrypted push with its encrypted reply, without the turn.
func BenchmarkReceive(b *testing.B) {
	d, _ := adapterstest.NewDeps()
	a := mustNew(b, section(true, true, numbered), d)
	door := a.Handler(func(context.Context, chat.Message) ([]chat.Reply, error) {
		return []chat.Reply{{Key: "k", Text: "您的红包会在二十四小时内退回。"}}, nil
	})
	push := testAccount.Seal(b, weixintest.Key(b, testAccount.Key, testAccount.App), textOf("红包什么时候退回？"), time.Now())
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		if door.ServeHTTP(w, push.Request()); w.Code != http.StatusOK {
			b.Fatalf("answered with %d", w.Code)
		}
	}
}
