package telegram

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/telegram/telegramtest"
	"github.com/xianda-bot/xianda/chat"
)

// whole is a message as it should come.
const whole = `{"update_id":810000009,"message":{"message_id":7,"date":1790000000,"chat":{"id":7,"type":"private"},"from":{"id":7,"first_name":"A"},"text":"你好"}}`

func serve(h *hall, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.door.ServeHTTP(w, r)
	return w
}

// body delivers these bytes, with the secret.
func body(b string) func(h *hall) *httptest.ResponseRecorder {
	return func(h *hall) *httptest.ResponseRecorder { return serve(h, telegramtest.Request([]byte(b))) }
}

// changed delivers a message after change.
func changed(change func(r *http.Request)) func(h *hall) *httptest.ResponseRecorder {
	return func(h *hall) *httptest.ResponseRecorder {
		r := telegramtest.Request([]byte(whole))
		change(r)
		return serve(h, r)
	}
}

func method(m string) func(h *hall) *httptest.ResponseRecorder {
	return changed(func(r *http.Request) { r.Method = m })
}

func header(name string, values ...string) func(h *hall) *httptest.ResponseRecorder {
	return changed(func(r *http.Request) { r.Header[name] = values })
}

func edited(old, now string) string { return strings.Replace(whole, old, now, 1) }

// TestBadInput is the catalogue of bad input: A14, and groups D, E and F as they can come here. Bytes that were damaged under way are
// answered with 400, so that they come again; what is whole and still no update would come again for 24 hours: it is counted, told, and
// acknowledged.
func TestBadInput(t *testing.T) {
	t.Parallel()
	heard := []string{"你好"}
	for _, c := range []struct {
		name  string
		send  func(h *hall) *httptest.ResponseRecorder
		want  int
		heard []string
	}{
		{"A14 the secret", body(whole), 200, heard},
		{"A14 a wrong secret", header(secretHeader, "x"), 401, nil},
		{"A14 a missing secret", header(secretHeader), 401, nil},
		{"A14 two secrets", header(secretHeader, telegramtest.Secret, telegramtest.Secret), 401, nil},
		{"A14 a secret of 10 KB", header(secretHeader, strings.Repeat("x", 10<<10)), 401, nil},
		{"A14 a wrong secret before a large body", func(h *hall) *httptest.ResponseRecorder {
			r := telegramtest.Request([]byte(strings.Repeat("x", maxBody+1)))
			r.Header.Del(secretHeader)
			return serve(h, r)
		}, 401, nil},

		{"D1 truncated", body(whole[:60]), 400, nil},
		{"D1 empty", body(""), 400, nil},
		{"D2 a key twice: the last one counts", body(edited(`"text":"你好"`, `"text":"a","text":"你好"`)), 200, heard},
		{"D3 a key in capitals", body(edited(`"update_id"`, `"UPDATE_ID"`)), 200, heard},
		{"D4 depth 10,001", body(edited(`"你好"`, strings.Repeat("[", 10_001)+strings.Repeat("]", 10_001))), 400, nil},
		{"D4 depth 9,000 where it is not looked at", body(edited(`"text"`, `"x":`+strings.Repeat("[", 9000)+strings.Repeat("]", 9000)+`,"text"`)), 200, heard},
		{"D5 update_id a fraction", body(edited("810000009", "1.5")), 200, nil},
		{"D5 update_id a text", body(edited("810000009", `"1"`)), 200, nil},
		{"D5 update_id 1e400", body(edited("810000009", "1e400")), 200, nil},
		{"D5 update_id too large", body(edited("810000009", "99999999999999999999")), 200, nil},
		{"D5 update_id negative", body(edited("810000009", "-5")), 200, nil},
		{"D5 no update_id", body(edited(`"update_id":810000009,`, "")), 200, nil},
		{"D5 the chat's id a text", body(edited(`"chat":{"id":7`, `"chat":{"id":"7"`)), 200, nil},
		{"D6 null", body("null"), 200, nil},
		{"D6 a null message", body(`{"update_id":1,"message":null}`), 200, nil},
		{"D7 a list", body("[" + whole + "]"), 200, nil},
		{"D8 trailing bytes", body(whole + "x"), 400, nil},
		{"D8 two updates", body(whole + whole), 400, nil},
		{"D9 byte order mark", body("\uFEFF" + whole), 400, nil},
		{"D10 not UTF-8", body(edited("你好", "\xff\xfe")), 400, nil},
		{"D10 half a pair", body(edited("你好", `\ud800`)), 200, []string{"\uFFFD"}},
		{"D10 NUL", body(edited("你好", `你\u0000好`)), 200, []string{"你\x00好"}},

		{"E1 GET", method(http.MethodGet), 405, nil},
		{"E1 PUT", method(http.MethodPut), 405, nil},
		{"E1 TRACE", method(http.MethodTrace), 405, nil},
		{"E2 another content type", header("Content-Type", "text/xml"), 200, heard},
		{"E2 no content type", header("Content-Type"), 200, heard},
		{"E7 1 MB and a byte", body(edited("你好", strings.Repeat("x", maxBody))), 413, nil},
		{"E8 gzip", header("Content-Encoding", "gzip"), 415, nil},
		{"E8 unknown encoding", header("Content-Encoding", "br, gzip"), 415, nil},
		{"E11 client gone after the body", func(h *hall) *httptest.ResponseRecorder {
			ctx, hangUp := context.WithCancel(context.Background())
			h.answer = func(turn context.Context, _ chat.Message) error { hangUp(); return turn.Err() }
			return serve(h, telegramtest.Request([]byte(whole)).WithContext(ctx))
		}, 200, heard},
		{"E12 spoofed X-Forwarded-For", changed(func(r *http.Request) {
			r.Header.Set("X-Forwarded-For", "149.154.167.220")
			r.Header.Del(secretHeader)
		}), 401, nil},

		{"F1 the same three times at once", func(h *hall) *httptest.ResponseRecorder {
			all := make([]*httptest.ResponseRecorder, 3)
			var wait sync.WaitGroup
			for i := range all {
				wait.Go(func() { all[i] = serve(h, telegramtest.Request([]byte(whole))) })
			}
			wait.Wait()
			for _, w := range all[1:] {
				if w.Code != all[0].Code {
					return w
				}
			}
			return all[0]
		}, 200, []string{"你好", "你好", "你好"}},
		{"F4 message_id 0", body(edited(`"message_id":7`, `"message_id":0`)), 200, nil},
		{"F6 no characters", body(edited("你好", "")), 200, nil},
		{"F12 escape sequences stay data", body(edited("你好", `\u001b[2J`)), 200, []string{"\x1b[2J"}},
		{"a turn that panics", func(h *hall) *httptest.ResponseRecorder {
			h.answer = func(context.Context, chat.Message) error { panic("canary-webhook-secret") }
			return body(whole)(h)
		}, 503, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHall(t, telegramtest.New(t).Webhook(), nil)
			w := c.send(h)
			if w.Code != c.want {
				t.Errorf("answered with %d, want %d", w.Code, c.want)
			}
			if got := h.texts(); !slices.Equal(got, c.heard) {
				t.Errorf("the inbox got %q, want %q", got, c.heard)
			}
			for _, m := range h.heard() {
				if m.ID != "m7" || m.From.Peer != "7" {
					t.Errorf("the inbox got %+v", m)
				}
			}
			sealed(t, "the response", w.Body.String())
			if w.Code/100 == 4 {
				rejected := 0
				for _, reason := range strings.Fields("method secret encoding large body json") {
					rejected += h.record.Counted("rejected tg " + reason)
				}
				if b := w.Body.String(); rejected != 1 || b != http.StatusText(w.Code) {
					t.Errorf("%d rejections were counted, and the body is %q", rejected, b)
				}
			}
			if w.Code == 200 && c.heard == nil && len(h.counted()) != 1 {
				t.Errorf("counted %q, want one reason", h.counted())
			}
		})
	}
}

// TestBadConnections is group E where it needs a socket: the handler behind a server with the house's limits, but shorter times.
func TestBadConnections(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1000)
	head := func(headers string) string {
		return "POST /telegram/tg HTTP/1.1\r\nHost: x\r\n" + secretHeader + ": " + telegramtest.Secret + "\r\n" + headers + "\r\n\r\n"
	}
	for _, c := range []struct {
		name string
		send func(write func(string))
		want []int // 0: the connection was cut
	}{
		{"E3 Content-Length too small", func(write func(string)) { write(head("Content-Length: 10") + whole) }, []int{400}},
		{"E3 Content-Length negative", func(write func(string)) { write(head("Content-Length: -5") + whole) }, []int{400}},
		{"E4 endless chunks", func(write func(string)) {
			write(head("Transfer-Encoding: chunked"))
			for range 1100 {
				write(fmt.Sprintf("%x\r\n%s\r\n", len(long), long))
			}
		}, []int{413, 0}},
		{"E5 slow headers", func(write func(string)) { write("POST /telegram/tg HTTP/1.1\r\nHost: x\r\n") }, []int{408, 400, 0}},
		{"E6 slow body", func(write func(string)) { write(head("Content-Length: 1000") + "{") }, []int{400, 0}},
		{"E9 header of 21 KB", func(write func(string)) { write(head("X-A: " + strings.Repeat(long, 21) + "\r\nContent-Length: 0")) }, []int{431, 0}},
		{"E10 path traversal", func(write func(string)) {
			write("POST /x/../telegram/tg HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
		}, []int{301, 307, 404}},
		{"E10 trailing dot", func(write func(string)) { write("POST /telegram/tg. HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n") }, []int{404}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHall(t, telegramtest.New(t).Webhook(), nil)
			mux := http.NewServeMux()
			mux.Handle(h.adapter.(*hooked).Path(), h.door)
			srv := httptest.NewUnstartedServer(mux)
			srv.Config.ReadHeaderTimeout, srv.Config.ReadTimeout, srv.Config.MaxHeaderBytes = 100*time.Millisecond, 200*time.Millisecond, 16<<10
			srv.Start()
			t.Cleanup(srv.Close)
			conn, err := net.Dial("tcp", srv.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = conn.Close() })
			if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
				t.Fatal(err)
			}
			// The server may answer and cut the connection before it has read everything.
			go c.send(func(s string) { _, _ = io.WriteString(conn, s) })
			status := 0
			if res, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
				status = res.StatusCode
				_ = res.Body.Close()
			}
			if !slices.Contains(c.want, status) || len(h.heard()) > 0 {
				t.Errorf("answered with %d and %d messages, want one of %v and none", status, len(h.heard()), c.want)
			}
		})
	}
}

// A secret is changed without a message lost: both are accepted for a while, and then one.
func TestSecretRotation(t *testing.T) {
	t.Parallel()
	p := telegramtest.New(t).Webhook()
	d, _ := adapterstest.NewDeps()
	section := p.Section(base)
	section["secret"], section["secret_previous"] = "another-secret", telegramtest.Secret
	h := mustNew(t, section, d).(*hooked)
	for secret, want := range map[string]bool{telegramtest.Secret: true, "another-secret": true, "": false, "x": false} {
		if got := h.proves([]string{secret}); got != want {
			t.Errorf("%q is accepted: %t, want %t", secret, got, want)
		}
	}
}

// A delivery that the house does not accept comes again until it does, with the same id; and the tap's spinner ends though the turn hangs.
func TestWebhookRedelivery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, telegramtest.New(t).Webhook(), nil)
		ids := map[string]int{}
		h.answer = func(_ context.Context, m chat.Message) error {
			if ids[m.ID]++; ids[m.ID] < 4 {
				return chat.ErrBusy
			}
			return nil
		}
		if n := h.platform.Redeliver(t.Context(), h.door, map[string]any{"message": saidBy("ann", 7, "你好", nil)}); n != 4 || len(ids) != 1 {
			t.Errorf("delivered %d times under the ids %v, want 4 times under one", n, ids)
		}
	})
}

func TestTapIsAcknowledgedAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, telegramtest.New(t).Webhook(), nil)
		begun := time.Now()
		h.answer = func(context.Context, chat.Message) error {
			synctest.Wait()
			if len(h.platform.Calls("answerCallbackQuery")) != 1 || time.Since(begun) > 0 {
				t.Error("the tap was not acknowledged while its turn is under way")
			}
			return nil
		}
		a := h.platform.Deliver(t, h.door, adapterstest.Delivery{Kind: chat.Chose, Peer: "ann", ID: "tap", Choice: "m3:2", Label: "退款", At: time.Now()})
		if a.Status != 200 || len(h.heard()) != 1 {
			t.Fatalf("answered with %d", a.Status)
		}
		// The house may show a note with it; a tap that is too old is no error.
		if err := h.AckTap(t.Context(), h.heard()[0], "好的"); err != nil {
			t.Errorf("AckTap = %v", err)
		}
		if err := h.AckTap(t.Context(), chat.Message{ID: "t404", Kind: chat.Chose, From: to("ann")}, ""); err != nil {
			t.Errorf("AckTap of an old tap = %v", err)
		}
	})
}
