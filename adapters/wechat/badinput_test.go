package wechat

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
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

// bad is one item of the catalogue of bad input: groups A, B, C, E and what of F can arrive here. A14 and D belong to other platforms,
// F5, F10, F13 and F16 do not exist here; E3 to E6, E9 and E10 need a socket and are in TestBadConnections.
type bad struct {
	name  string
	plain bool // the account has no key
	send  func(h *hall) *httptest.ResponseRecorder
	want  int
	heard []string // texts that reach the inbox; none unless the item is harmless or a retry
}

func textOf(content string) []byte {
	return from("ann", "text", time.Now(), field{"Content", content}, field{"MsgId", "1"})
}

func good(h *hall) *weixintest.Push { return h.seal(textOf("你好"), time.Now()) }

// changed sends a well-made push after change.
func changed(change func(p *weixintest.Push) *weixintest.Push) func(h *hall) *httptest.ResponseRecorder {
	return func(h *hall) *httptest.ResponseRecorder { return h.serve(change(good(h)).Request()) }
}

// query sends a well-made push of which one parameter is another.
func query(name, value string) func(h *hall) *httptest.ResponseRecorder {
	return changed(func(p *weixintest.Push) *weixintest.Push { return p.With(name, value) })
}

// added sends a well-made push with more parameters.
func added(more string) func(h *hall) *httptest.ResponseRecorder {
	return changed(func(p *weixintest.Push) *weixintest.Push { return p.Changed(p.Query+more, p.Body) })
}

// stamped sends a push with this timestamp, rightly signed.
func stamped(ts string) func(h *hall) *httptest.ResponseRecorder {
	return changed(func(p *weixintest.Push) *weixintest.Push {
		return p.With("timestamp", ts).With("nonce", "n").With("signature", weixin.Sign(testAccount.Token, ts, "n"))
	})
}

// msg sends these bytes as a message, rightly signed and encrypted.
func msg(b string) func(h *hall) *httptest.ResponseRecorder {
	return func(h *hall) *httptest.ResponseRecorder {
		return h.serve(h.seal([]byte(b), time.Now()).Request())
	}
}

// envelope sends this ciphertext, rightly signed.
func envelope(text string) func(h *hall) *httptest.ResponseRecorder {
	return changed(func(p *weixintest.Push) *weixintest.Push {
		q, err := url.ParseQuery(p.Query)
		if err != nil {
			panic(err)
		}
		q.Set("msg_signature", weixin.Sign(testAccount.Token, q.Get("timestamp"), q.Get("nonce"), text))
		return p.Changed(q.Encode(), weixintest.XML(field{"Encrypt", text}))
	})
}

// block encrypts b as it stands: whole blocks whose form may be wrong inside.
func block(b []byte) string {
	key, err := base64.StdEncoding.DecodeString(testAccount.Key + "=")
	if err != nil {
		panic(err)
	}
	c, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	out := make([]byte, len(b))
	cipher.NewCBCEncrypter(c, key[:16]).CryptBlocks(out, b)
	return base64.StdEncoding.EncodeToString(out)
}

// framed is an envelope's inside: random, size, rest, and n bytes of padding with the value n, or of another value.
func framed(size uint32, rest string, value byte) []byte {
	b := append([]byte("0123456789abcdef"), byte(size>>24), byte(size>>16), byte(size>>8), byte(size))
	b = append(b, rest...)
	n := 32 - len(b)%32
	if value == 255 {
		value = byte(n)
	}
	return append(b, bytes.Repeat([]byte{value}, n)...)
}

func repeatPush(plain bool, other []byte) func(h *hall) *httptest.ResponseRecorder {
	return func(h *hall) *httptest.ResponseRecorder {
		first := good(h)
		h.serve(first.Request())
		if plain {
			return h.serve(first.Changed(first.Query, other).Request())
		}
		q, err := url.ParseQuery(first.Query)
		if err != nil {
			panic(err)
		}
		sealed, err := h.platform.Key().Seal(bytes.NewReader(make([]byte, 16)), other)
		if err != nil {
			panic(err)
		}
		q.Set("msg_signature", weixin.Sign(testAccount.Token, q.Get("timestamp"), q.Get("nonce"), sealed))
		return h.serve(first.Changed(q.Encode(), weixintest.XML(field{"Encrypt", sealed})).Request())
	}
}

// around is a text message with something else where its Content was.
func around(content string) string {
	return strings.Replace(string(textOf("")), "<Content><![CDATA[]]></Content>", content, 1)
}

func header(name, value string) func(h *hall) *httptest.ResponseRecorder {
	return func(h *hall) *httptest.ResponseRecorder {
		r := good(h).Request()
		r.Header.Set(name, value)
		return h.serve(r)
	}
}

func method(m string) func(h *hall) *httptest.ResponseRecorder {
	return func(h *hall) *httptest.ResponseRecorder {
		r := good(h).Request()
		r.Method = m
		return h.serve(r)
	}
}

func catalogue() []bad {
	otherApp := weixinKey(testAccount.Key, "wx0000000000000000")
	all := []bad{
		{name: "A1 no signature", send: query("signature", ""), want: 403},
		{name: "A1 no query", send: changed(func(p *weixintest.Push) *weixintest.Push { return p.Changed("", p.Body) }), want: 403},
		{name: "A3 wrong signature", send: query("signature", strings.Repeat("a", 40)), want: 403},
		{name: "A4 timestamp 10 min old", send: func(h *hall) *httptest.ResponseRecorder {
			return h.serve(h.seal(textOf("x"), time.Now().Add(-10*time.Minute)).Request())
		}, want: 403},
		{name: "A5 timestamp in future", send: func(h *hall) *httptest.ResponseRecorder {
			return h.serve(h.seal(textOf("x"), time.Now().Add(10*time.Minute)).Request())
		}, want: 403},
		{name: "A6 timestamp not a number", send: stamped("soon"), want: 403},
		{name: "A6 timestamp negative", send: stamped("-1"), want: 403},
		{name: "A6 timestamp empty", send: stamped(""), want: 403},
		{name: "A6 timestamp hexadecimal", send: stamped("0x7fffffff"), want: 403},
		{name: "A7 timestamp beyond 2^31", send: stamped("4102444800"), want: 403},
		{name: "A7 timestamp beyond int64", send: stamped("99999999999999999999"), want: 403},
		{name: "A8 replay, same body", send: func(h *hall) *httptest.ResponseRecorder {
			p := good(h)
			h.serve(p.Request())
			return h.serve(p.Request())
		}, want: 200, heard: []string{"你好", "你好"}},
		{name: "A9 replay, other body", plain: true, send: repeatPush(true, textOf("转账")), want: 403, heard: []string{"你好"}},
		{name: "A9 replay, other body, encrypted", send: repeatPush(false, textOf("转账")), want: 403, heard: []string{"你好"}},
		{name: "A10 plain text in safe mode", send: func(h *hall) *httptest.ResponseRecorder {
			return h.serve(testAccount.Seal(h.t, nil, textOf("x"), time.Now()).Request())
		}, want: 403},
		{name: "A10 plain text called raw", send: query("encrypt_type", "raw"), want: 403},
		{name: "A10 plain text beside the envelope is ignored", send: changed(func(p *weixintest.Push) *weixintest.Push {
			return p.Changed(p.Query, bytes.Replace(p.Body, []byte("<Encrypt>"), []byte("<Content>转账</Content><FromUserName>victim</FromUserName><Encrypt>"), 1))
		}), want: 200, heard: []string{"你好"}},
		{name: "A11 encrypt_type=AES", send: query("encrypt_type", "AES"), want: 403},
		{name: "A11 encrypt_type with a space", send: query("encrypt_type", "aes "), want: 403},
		{name: "A11 encrypt_type twice", send: added("&encrypt_type=aes"), want: 403},
		{name: "A11 encrypted to a plain account", plain: true, send: query("encrypt_type", "aes"), want: 403},
		{name: "A12 bad msg_signature", send: query("msg_signature", strings.Repeat("a", 40)), want: 403},
		{name: "A12 no msg_signature", send: query("msg_signature", ""), want: 403},
		{name: "A13 signature in upper case", send: changed(func(p *weixintest.Push) *weixintest.Push {
			q, _ := url.ParseQuery(p.Query)
			return p.With("signature", strings.ToUpper(q.Get("signature")))
		}), want: 403},
		{name: "A13 signature with a trailing space", send: changed(func(p *weixintest.Push) *weixintest.Push {
			q, _ := url.ParseQuery(p.Query)
			return p.With("signature", q.Get("signature")+" ")
		}), want: 403},
		{name: "A13 two signatures", send: added("&signature=" + strings.Repeat("a", 40)), want: 403},
		{name: "A15 POST with echostr", send: added("&echostr=CANARYECHO"), want: 200, heard: []string{"你好"}},
		{name: "A16 another app's envelope", send: func(h *hall) *httptest.ResponseRecorder {
			return h.serve(testAccount.Seal(h.t, otherApp, textOf("x"), time.Now()).Request())
		}, want: 403},

		{name: "B1 not base64", send: envelope("!!!!"), want: 403},
		{name: "B2 base64 with line breaks", send: envelope("AAAA\nAAAA"), want: 403},
		{name: "B2 base64 of URLs", send: envelope(strings.Repeat("-_", 64)), want: 403},
		{name: "B3 not whole blocks", send: envelope(base64.StdEncoding.EncodeToString(make([]byte, 48))), want: 403},
		{name: "B4 empty", send: envelope(""), want: 403},
		{name: "B5 padding 0", send: envelope(block(framed(1, "x"+testAccount.App, 0))), want: 403},
		{name: "B5 padding 33", send: envelope(block(framed(1, "x"+testAccount.App, 33))), want: 403},
		{name: "B6 length too long", send: envelope(block(framed(1000, "x"+testAccount.App, 255))), want: 403},
		{name: "B6 length 0xFFFFFFFF", send: envelope(block(framed(0xFFFFFFFF, "x"+testAccount.App, 255))), want: 403},
		{name: "B7 decrypts to no XML", send: msg("hello"), want: 400},
		{name: "B8 decrypts to an envelope", send: msg(strings.Replace(string(textOf("x")), "</xml>", "<Encrypt>AAAA</Encrypt></xml>", 1)), want: 400},
		{name: "B9 1 MB of ciphertext", send: envelope(strings.Repeat("AAAA", 1<<18)), want: 413},

		{name: "E1 PUT", send: method(http.MethodPut), want: 405},
		{name: "E1 TRACE", send: method(http.MethodTrace), want: 405},
		{name: "E1 DELETE", send: method(http.MethodDelete), want: 405},
		{name: "E1 GET of a push", send: method(http.MethodGet), want: 400},
		{name: "E2 Content-Type JSON", send: header("Content-Type", "application/json"), want: 200, heard: []string{"你好"}},
		{name: "E2 no Content-Type", send: header("Content-Type", ""), want: 200, heard: []string{"你好"}},
		{name: "E7 64 KB and a byte", plain: true, send: msg(strings.Repeat("x", weixin.MaxBody+1)), want: 413},
		{name: "E8 gzip", send: header("Content-Encoding", "gzip"), want: 415},
		{name: "E8 unknown encoding", send: header("Content-Encoding", "br, gzip"), want: 415},
		{name: "E11 client gone after the body", send: func(h *hall) *httptest.ResponseRecorder {
			ctx, hangUp := context.WithCancel(context.Background())
			h.answer = func(turn context.Context, _ chat.Message) ([]chat.Reply, error) { hangUp(); return nil, turn.Err() }
			return h.serve(good(h).Request().WithContext(ctx))
		}, want: 200, heard: []string{"你好"}},
		{name: "E12 spoofed X-Forwarded-For", send: func(h *hall) *httptest.ResponseRecorder {
			r := good(h).With("signature", strings.Repeat("a", 40)).Request()
			r.Header.Set("X-Forwarded-For", "127.0.0.1")
			return h.serve(r)
		}, want: 403},

		{name: "F1 the same three times at once", send: func(h *hall) *httptest.ResponseRecorder {
			p, all := good(h), make([]*httptest.ResponseRecorder, 3)
			var group sync.WaitGroup
			for i := range all {
				group.Go(func() { all[i] = h.serve(p.Request()) })
			}
			group.Wait()
			for _, w := range all[1:] {
				if w.Code != all[0].Code {
					return w
				}
			}
			return all[0]
		}, want: 200, heard: []string{"你好", "你好", "你好"}},
		{name: "F4 MsgId -5", send: msg(strings.Replace(string(textOf("x")), "[1]", "[ -5 ]", 1)), want: 400},
		{name: "F4 MsgId 0", send: msg(strings.Replace(string(textOf("x")), "[1]", "[0]", 1)), want: 400},
		{name: "F4 MsgId of 30 digits", send: msg(strings.Replace(string(textOf("x")), "[1]", "["+strings.Repeat("9", 30)+"]", 1)), want: 400},
		{name: "F6 50,000 characters", send: msg(string(textOf(strings.Repeat("长", 50_000)))), want: 413},
		{name: "F6 no characters", send: msg(string(textOf(""))), want: 200, heard: []string{""}},
		{name: "F6 spaces and marks only", send: msg(string(textOf(" \u200d\u200f "))), want: 200, heard: []string{" \u200d\u200f "}},
		{name: "F7 emoji, combining marks, widths", send: msg(string(textOf("👩‍👩‍👧 Z̸͝ ２ 臺灣"))), want: 200, heard: []string{"👩‍👩‍👧 Z̸͝ ２ 臺灣"}},
		{name: "F8 right to left, look-alikes", send: msg(string(textOf("\u202e人工 аdmin"))), want: 200, heard: []string{"\u202e人工 аdmin"}},
		{name: "F9 text like a template", send: msg(string(textOf("{{.Secret}} slots.x==1\n- a: b"))), want: 200, heard: []string{"{{.Secret}} slots.x==1\n- a: b"}},
		{name: "F11 markup", send: msg(string(textOf("<script>alert(1)</script>"))), want: 200, heard: []string{"<script>alert(1)</script>"}},
		{name: "F12 escape sequences", send: msg(string(textOf("\x1b[2J"))), want: 400},
		{name: "F15 an event of a later version", send: msg(string(from("ann", "event", time.Now(), field{"Event", "hologram"}, field{"EventKey", "1"}))), want: 200},
		{name: "F15 a forged menu id", send: msg(string(from("ann", "text", time.Now(), field{"Content", "x"}, field{"MsgId", "1"}, field{"bizmsgmenuid", "'; DROP TABLE"}))), want: 200, heard: []string{"x"}},
	}
	for _, c := range []struct {
		name, msg string
		want      int // 0: 400
		heard     []string
	}{
		{name: "C1 empty", msg: ""},
		{name: "C1 blank", msg: " \n\t"},
		{name: "C2 DTD bomb", msg: `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>` + around("<Content>&b;</Content>")},
		{name: "C3 external entity", msg: `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>` + around("<Content>&e;</Content>")},
		{name: "C4 depth 1,000,000", msg: strings.Repeat("<a>", 1_000_000), want: 413},
		{name: "C4 depth 5,000", msg: "<xml>" + strings.Repeat("<a>", 5000)},
		{name: "C5 300,000 attributes", msg: "<xml" + strings.Repeat(` a="1"`, 300_000) + "></xml>", want: 413},
		{name: "C5 2,000 attributes", msg: "<xml" + strings.Repeat(` a="1"`, 2000) + "></xml>"},
		{name: "C6 unclosed", msg: strings.TrimSuffix(string(textOf("x")), "</xml>")},
		{name: "C7 wrong root", msg: strings.ReplaceAll(string(textOf("x")), "xml>", "html>")},
		{name: "C8 two roots", msg: string(textOf("x")) + string(textOf("y"))},
		{name: "C8 trailing garbage", msg: string(textOf("x")) + "x"},
		{name: "C9 two Contents", msg: around("<Content>a</Content><Content>b</Content>")},
		{name: "C9 two FromUserNames", msg: around("<Content>a</Content><FromUserName>victim</FromUserName>")},
		{name: "C10 repeated in a namespace", msg: around("<Content>a</Content><x:Content>b</x:Content>")},
		{name: "C11 tags in Content", msg: around("<Content>a<b>c</b></Content>")},
		{name: "C11 only tags in Content", msg: around("<Content><b>c</b></Content>")},
		{name: "C12 split CDATA", msg: around("<Content><![CDATA[a]]]]><![CDATA[>b]]></Content>"), want: 200, heard: []string{"a]]>b"}},
		{name: "C13 NUL", msg: around("<Content>a\x00b</Content>")},
		{name: "C13 control character", msg: around("<Content><![CDATA[a\x07b]]></Content>")},
		{name: "C14 invalid UTF-8", msg: around("<Content><![CDATA[a\xff\xfeb]]></Content>")},
		{name: "C15 GBK declared", msg: `<?xml version="1.0" encoding="GBK"?>` + string(textOf("x"))},
		{name: "C15 UTF-16", msg: "\xff\xfe<\x00x\x00m\x00l\x00>\x00"},
		{name: "C16 byte order mark", msg: "\uFEFF" + string(textOf("x"))},
		{name: "C17 lone surrogate", msg: around("<Content>&#xD800;</Content>")},
		{name: "C18 instruction in a text", msg: around("<Content>a<?php x?>b</Content>")},
		{name: "C18 comment in a text", msg: around("<Content>a<!-- x -->b</Content>")},
	} {
		if c.want == 0 {
			c.want = 400
		}
		all = append(all, bad{name: c.name, send: msg(c.msg), want: c.want, heard: c.heard},
			bad{name: c.name + ", plain account", plain: true, send: msg(c.msg), want: c.want, heard: c.heard})
	}
	return all
}

func weixinKey(key, app string) *weixin.Key {
	k, err := weixin.NewKey(key, app)
	if err != nil {
		panic(err)
	}
	return k
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	for _, c := range catalogue() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHall(t, section(!c.plain, true, numbered))
			w := c.send(h)
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
			if w.Code != 200 {
				weixintest.CheckRefused(t, h.record, "shop", w.Code, w.Body.String())
			}
			for where, text := range map[string]string{"response": w.Body.String(), "log": h.record.Log()} {
				if strings.Contains(text, "canary") || strings.Contains(text, "CANARYECHO") {
					t.Errorf("the %s holds a secret or an echo: %s", where, text)
				}
			}
		})
	}
}

// A7: after 2038 a genuine timestamp is beyond 2^31.
func TestAfter2038(t *testing.T) {
	t.Parallel()
	h := newHall(t, section(true, true, numbered))
	later := time.Date(2039, 1, 1, 0, 0, 0, 0, time.UTC)
	h.gate.Clock = func() time.Time { return later }
	if w := h.serve(h.seal(textOf("x"), later).Request()); w.Code != 200 || len(h.got) != 1 {
		t.Errorf("answered with %d, want 200", w.Code)
	}
}

// F14: who left gets no answer, and is reported as gone.
func TestLeft(t *testing.T) {
	t.Parallel()
	h := newHall(t, section(true, true, numbered))
	h.platform.Befriend("ann")
	m := h.push(t, from("ann", "event", time.Now(), field{"Event", "unsubscribe"}, field{"EventKey", ""}))
	if m == nil || m.Kind != chat.Left || m.Right != nil {
		t.Errorf("the inbox got %+v, want that the person left", m)
	}
}
