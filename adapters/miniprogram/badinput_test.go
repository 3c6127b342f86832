package miniprogram

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/internal/weixin"
	"github.com/xianda-bot/xianda/adapters/internal/weixin/weixintest"
	"github.com/xianda-bot/xianda/chat"
)

// bad is one item of the catalogue of bad input: group D, what of F and G can arrive here, and of A, B and E what JSON could change; the
// rest is the shared gate's and in the tests of adapters/wechat. F5, F8, F10, F13, F14 and F16 do not exist here.
type bad struct {
	name  string
	mode  int // of modes
	send  func(t *testing.T, h *hall) *httptest.ResponseRecorder
	want  int
	heard []string // texts that reach the inbox; none unless the item is harmless or a retry
}

const (
	plainJSON = 2
	safeJSON  = 3
)

func textOf(h *hall, content string) []byte {
	return h.platform.From("ann", "text", time.Now(), field{"Content", content}, field{"MsgId", "1"})
}

// raw sends these bytes as a message, rightly signed and encrypted.
func raw(b string) func(*testing.T, *hall) *httptest.ResponseRecorder {
	return func(t *testing.T, h *hall) *httptest.ResponseRecorder {
		return h.serve(h.platform.Seal(t, []byte(b), time.Now()).Request())
	}
}

// swapped sends a text message of which one part is another.
func swapped(old, with string) func(*testing.T, *hall) *httptest.ResponseRecorder {
	return func(t *testing.T, h *hall) *httptest.ResponseRecorder {
		msg := string(textOf(h, "x"))
		if !strings.Contains(msg, old) {
			t.Fatalf("%s has no %s", msg, old)
		}
		return h.serve(h.platform.Seal(t, []byte(strings.Replace(msg, old, with, 1)), time.Now()).Request())
	}
}

// said sends a text message.
func said(content string) func(*testing.T, *hall) *httptest.ResponseRecorder {
	return func(t *testing.T, h *hall) *httptest.ResponseRecorder {
		return h.serve(h.platform.Seal(t, textOf(h, content), time.Now()).Request())
	}
}

// envelope sends this body in place of the envelope, with a msg_signature over sealed.
func envelope(body func(sealed string) string) func(*testing.T, *hall) *httptest.ResponseRecorder {
	return func(t *testing.T, h *hall) *httptest.ResponseRecorder {
		sealed, err := h.platform.Key().Seal(strings.NewReader("0123456789abcdef"), textOf(h, "x"))
		if err != nil {
			t.Fatal(err)
		}
		p := h.platform.Seal(t, nil, time.Now())
		q, err := url.ParseQuery(p.Query)
		if err != nil {
			t.Fatal(err)
		}
		sign := weixin.Sign(h.platform.Account.Token, q.Get("timestamp"), q.Get("nonce"), sealed)
		return h.serve(p.Changed(p.With("msg_signature", sign).Query, []byte(body(sealed))).Request())
	}
}

func catalogue() []bad {
	var all []bad
	for _, m := range []int{plainJSON, safeJSON} {
		all = append(all, []bad{
			{"D1 truncated", m, swapped(`1}`, `1`), 400, nil},
			{"D1 half of it", m, raw(`{"ToUserName":"gh_1","FromUserName":"openid-ann","MsgType":"te`), 400, nil},
			{"D2 two Contents", m, swapped(`{`, `{"Content":"y",`), 400, nil},
			{"D2 two FromUserNames", m, swapped(`{`, `{"FromUserName":"victim",`), 400, nil},
			{"D3 a second sender in lower case", m, swapped(`{`, `{"fromusername":"victim",`), 400, nil},
			{"D3 all in lower case", m, swapped(`"FromUserName"`, `"fromusername"`), 400, nil},
			{"D4 depth 10,001", m, swapped(`{`, `{"a":`+strings.Repeat("[", 10_001)+strings.Repeat("]", 10_001)+`,`), 400, nil},
			{"D4 depth 6", m, swapped(`{`, `{"a":[[[[[[]]]]]],`), 400, nil},
			{"D5 MsgId with a fraction", m, swapped(`"MsgId":1`, `"MsgId":1.0`), 400, nil},
			{"D5 MsgId 1e400", m, swapped(`"MsgId":1`, `"MsgId":1e400`), 400, nil},
			{"D5 MsgId beyond 64 bits", m, swapped(`"MsgId":1`, `"MsgId":`+strings.Repeat("9", 30)), 400, nil},
			{"D5 MsgId that is a word", m, swapped(`"MsgId":1`, `"MsgId":"one"`), 400, nil},
			{"D5 MsgId that is an object", m, swapped(`"MsgId":1`, `"MsgId":{"a":1}`), 400, nil},
			{"D5 MsgId in quotes means the same", m, swapped(`"MsgId":1`, `"MsgId":"1"`), 200, []string{"x"}},
			{"D6 null", m, raw(`null`), 400, nil},
			{"D6 a sender that is null", m, swapped(`"FromUserName":"openid-ann"`, `"FromUserName":null`), 400, nil},
			{"D7 array", m, raw(`[{"ToUserName":"gh_1","FromUserName":"openid-ann","MsgType":"text"}]`), 400, nil},
			{"D7 a Content that is an array", m, swapped(`"Content":"x"`, `"Content":["x"]`), 400, nil},
			{"D8 trailing bytes", m, swapped(`1}`, `1}}`), 400, nil},
			{"D8 two messages", m, swapped(`{`, `{}{`), 400, nil},
			{"D8 a trailing newline", m, func(t *testing.T, h *hall) *httptest.ResponseRecorder {
				return h.serve(h.platform.Seal(t, append(textOf(h, "x"), '\n'), time.Now()).Request())
			}, 200, []string{"x"}},
			{"D9 byte order mark", m, swapped(`{`, "\uFEFF{"), 400, nil},
			{"D10 NUL", m, swapped(`"x"`, `"x\u0000y"`), 400, nil},
			{"D10 lone surrogate", m, swapped(`"x"`, `"x\ud800y"`), 400, nil},
			{"D10 a pair of surrogates is an emoji", m, swapped(`"x"`, `"\ud83d\ude00"`), 200, []string{"😀"}},
			{"D11 unknown kind", m, swapped(`"text"`, `"hologram"`), 200, nil},
			{"D12 no sender", m, raw(`{"ToUserName":"gh_1","MsgType":"text","Content":"x"}`), 400, nil},
			{"D12 no kind", m, raw(`{"ToUserName":"gh_1","FromUserName":"openid-ann","Content":"x"}`), 400, nil},
			{"D13 an id beyond 2^53", m, swapped(`"MsgId":1`, `"MsgId":25373744922163388`), 200, []string{"x"}},
			{"an envelope in an envelope", m, swapped(`{`, `{"Encrypt":"AAAA",`), 400, nil},
			{"XML instead", m, raw("<xml><ToUserName>gh_1</ToUserName><FromUserName>openid-ann</FromUserName><MsgType>text</MsgType><Content>x</Content></xml>"), 200, []string{"x"}},

			{"F1 the same three times at once", m, func(t *testing.T, h *hall) *httptest.ResponseRecorder {
				p, all := h.platform.Seal(t, textOf(h, "x"), time.Now()), make([]*httptest.ResponseRecorder, 3)
				var group sync.WaitGroup
				for i := range all {
					group.Go(func() { all[i] = h.serve(p.Request()) })
				}
				group.Wait()
				i := slices.IndexFunc(all, func(w *httptest.ResponseRecorder) bool { return w.Code != all[0].Code })
				return all[max(i, 0)]
			}, 200, []string{"x", "x", "x"}},
			{"F4 MsgId -5", m, swapped(`"MsgId":1`, `"MsgId":-5`), 400, nil},
			{"F4 MsgId 0", m, swapped(`"MsgId":1`, `"MsgId":0`), 400, nil},
			{"F4 MsgId with spaces", m, swapped(`"MsgId":1`, `"MsgId":" 5 "`), 400, nil},
			{"F6 50,000 characters", m, said(strings.Repeat("长", 50_000)), 413, nil},
			{"F6 no characters", m, said(""), 200, []string{""}},
			{"F6 spaces and marks only", m, said(" \u200d\u200f "), 200, []string{" \u200d\u200f "}},
			{"F7 emoji, combining marks, widths", m, said("👩‍👩‍👧 Z̸͝ ２ 臺灣"), 200, []string{"👩‍👩‍👧 Z̸͝ ２ 臺灣"}},
			{"F9 text like a template", m, said("{{.Secret}} slots.x==1\n- a: b"), 200, []string{"{{.Secret}} slots.x==1\n- a: b"}},
			{"F11 markup", m, said("<script>alert(1)</script>"), 200, []string{"<script>alert(1)</script>"}},
			{"F12 escape sequences", m, swapped(`"x"`, `"\u001b[2J"`), 400, nil},
			{"F12 line breaks", m, said("a\r\nb"), 200, []string{"a\nb"}},
		}...)
	}
	return append(all, []bad{
		{"A9 replay, other body", plainJSON, func(t *testing.T, h *hall) *httptest.ResponseRecorder {
			p := h.platform.Seal(t, textOf(h, "x"), time.Now())
			h.serve(p.Request())
			return h.serve(p.Changed(p.Query, textOf(h, "转账")).Request())
		}, 403, []string{"x"}},
		{"A10 plain JSON in safe mode", safeJSON, func(t *testing.T, h *hall) *httptest.ResponseRecorder {
			return h.serve(h.platform.Account.Seal(t, nil, textOf(h, "x"), time.Now()).Request())
		}, 403, nil},
		{"A10 plain members beside the envelope are ignored", safeJSON, envelope(func(s string) string {
			return `{"FromUserName":"victim","MsgType":"text","Content":"转账","Encrypt":"` + s + `"}`
		}), 200, []string{"x"}},
		{"A12 envelope of another message", safeJSON, envelope(func(s string) string { return `{"Encrypt":"` + s[:len(s)-4] + `AAA="}` }), 403, nil},
		{"B4 no envelope", safeJSON, envelope(func(string) string { return `{"ToUserName":"gh_1"}` }), 403, nil},
		{"B7 decrypts to neither", safeJSON, raw("hello"), 400, nil},
		{"D1 truncated envelope", safeJSON, envelope(func(s string) string { return `{"Encrypt":"` + s + `"` }), 400, nil},
		{"D2 two envelopes", safeJSON, envelope(func(s string) string { return `{"Encrypt":"` + s + `","Encrypt":"` + s + `"}` }), 400, nil},
		{"D3 two envelopes in two cases", safeJSON, envelope(func(s string) string { return `{"encrypt":"AAAA","Encrypt":"` + s + `"}` }), 400, nil},
		{"D7 array of envelopes", safeJSON, envelope(func(s string) string { return `[{"Encrypt":"` + s + `"}]` }), 400, nil},
		{"D8 bytes behind the envelope", safeJSON, envelope(func(s string) string { return `{"Encrypt":"` + s + `"}x` }), 400, nil},
		{"D9 byte order mark", safeJSON, envelope(func(s string) string { return "\uFEFF" + `{"Encrypt":"` + s + `"}` }), 400, nil},
		{"an envelope in XML", safeJSON, envelope(func(s string) string { return "<xml><Encrypt>" + s + "</Encrypt></xml>" }), 200, []string{"x"}},
		{"E2 Content-Type XML", safeJSON, func(t *testing.T, h *hall) *httptest.ResponseRecorder {
			r := h.platform.Seal(t, textOf(h, "x"), time.Now()).Request()
			r.Header.Set("Content-Type", "text/xml")
			return h.serve(r)
		}, 200, []string{"x"}},
		{"E7 64 KB and a byte", plainJSON, raw("{" + strings.Repeat(" ", weixin.MaxBody)), 413, nil},
		{"E11 client gone after the body", safeJSON, func(t *testing.T, h *hall) *httptest.ResponseRecorder {
			ctx, hangUp := context.WithCancel(t.Context())
			h.answer = func(turn context.Context, _ chat.Message) ([]chat.Reply, error) { hangUp(); return nil, turn.Err() }
			return h.serve(h.platform.Seal(t, textOf(h, "x"), time.Now()).Request().WithContext(ctx))
		}, 200, []string{"x"}},
	}...)
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	for _, c := range catalogue() {
		t.Run(modes[c.mode].name+"/"+c.name, func(t *testing.T) {
			t.Parallel()
			h := newHall(t, modes[c.mode])
			w := c.send(t, h)
			if w.Code != c.want {
				t.Errorf("answered with %d, want %d", w.Code, c.want)
			}
			var heard []string
			for _, m := range h.got {
				heard = append(heard, m.Text)
				if m.ID != h.got[0].ID || m.From.Peer != "openid-ann" {
					t.Errorf("the inbox got %+v", m)
				}
			}
			if !slices.Equal(heard, c.heard) {
				t.Errorf("the inbox got %q, want %q", heard, c.heard)
			}
			if w.Code != http.StatusOK {
				weixintest.CheckRefused(t, h.record, "mini", w.Code, w.Body.String())
			}
			if h.platform.Leak(w.Body.String()) || h.platform.Leak(h.record.Log()) {
				t.Errorf("a secret shows in %s or %s", w.Body, h.record.Log())
			}
		})
	}
}

// Group G: what a person sent is opened by its id, never by what its address says, and never whole into memory.
func TestOpen(t *testing.T) {
	t.Parallel()
	h := newHall(t, modes[safeJSON])
	h.site = func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "from the site") }
	id := h.platform.Keep("image", "image/jpeg", []byte("\xFF\xD8\xFFpicture"))
	for _, c := range []struct {
		name  string
		media chat.Media
		want  string
		kind  chat.FailureKind
	}{
		{"an image", chat.Media{Kind: "image", Ref: id, URL: "http://169.254.169.254/"}, "\xFF\xD8\xFFpicture", ""},
		{"an image without an id", chat.Media{Kind: "image", URL: "https://mmbiz.example/1"}, "from the site", ""},
		{"G1 an address of another kind", chat.Media{Kind: "image", URL: "file:///etc/passwd"}, "", chat.BadMedia},
		{"G5 an expired id", chat.Media{Kind: "image", Ref: "gone"}, "", chat.BadMedia},
		{"a card", chat.Media{Kind: "link", Ref: "wx1/pages/x"}, "", chat.BadMedia},
		{"nothing", chat.Media{Kind: "image"}, "", chat.BadMedia},
	} {
		f, err := h.Open(t.Context(), c.media)
		if c.kind != "" {
			if failure := (*chat.Failure)(nil); !errors.As(err, &failure) || failure.Kind != c.kind || h.platform.Leak(err.Error()) {
				t.Errorf("%s: Open = %v, want %s", c.name, err, c.kind)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: Open = %v", c.name, err)
			continue
		}
		if got, err := io.ReadAll(f); string(got) != c.want || err != nil || f.Close() != nil {
			t.Errorf("%s: read %q, %v, want %q", c.name, got, err, c.want)
		}
	}
}
