package weixintest

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/internal/weixin"
)

// Field is one element of a push: its name and its text.
type Field [2]string

// XML is a push of fields.
func XML(fields ...Field) []byte {
	var b bytes.Buffer
	b.WriteString("<xml>")
	for _, f := range fields {
		b.WriteString("<" + f[0] + "><![CDATA[" + strings.ReplaceAll(f[1], "]]>", "]]]]><![CDATA[>") + "]]></" + f[0] + ">")
	}
	b.WriteString("</xml>")
	return b.Bytes()
}

// JSON is a push of fields as JSON; times and ids are numbers.
func JSON(fields ...Field) []byte {
	var b bytes.Buffer
	for i, f := range fields {
		b.WriteByte("{,"[min(i, 1)])
		value, err := json.Marshal(f[1])
		if err != nil {
			panic(err) // a text always has a form
		}
		if f[0] == "CreateTime" || f[0] == "MsgId" {
			value = []byte(f[1])
		}
		b.WriteString(strconv.Quote(f[0]) + ":")
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes()
}

// form is a push of fields in the format of the account.
func (a Account) form(fields ...Field) []byte {
	if a.JSON {
		return JSON(fields...)
	}
	return XML(fields...)
}

// From begins the fields of a push of the person with this short name.
func (a Account) From(name, kind string, at time.Time, more ...Field) []byte {
	return a.form(append([]Field{{"ToUserName", a.Origin}, {"FromUserName", OpenID(name)},
		{"CreateTime", strconv.FormatInt(at.Unix(), 10)}, {"MsgType", kind}}, more...)...)
}

// Push is a message as it travels.
type Push struct {
	Query   string
	Body    []byte
	webhook string
}

// Seal signs msg as of at, and encrypts it if the account does.
func (p *Platform) Seal(t testing.TB, msg []byte, at time.Time) *Push {
	t.Helper()
	return p.Account.Seal(t, p.key, msg, at)
}

// Seal signs msg as of at, and encrypts it with key unless that is nil.
func (a Account) Seal(t testing.TB, key *weixin.Key, msg []byte, at time.Time) *Push {
	t.Helper()
	var random [4]byte
	_, _ = rand.Read(random[:]) // it never fails
	ts, nonce := strconv.FormatInt(at.Unix(), 10), strconv.FormatUint(uint64(binary.BigEndian.Uint32(random[:]))+1, 10)
	query := "signature=" + weixin.Sign(a.Token, ts, nonce) + "&timestamp=" + ts + "&nonce=" + nonce + "&openid=o"
	if key == nil {
		return &Push{query, msg, a.Webhook}
	}
	sealed, err := key.Seal(rand.Reader, msg)
	if err != nil {
		t.Error(err)
	}
	query += "&encrypt_type=aes&msg_signature=" + weixin.Sign(a.Token, ts, nonce, sealed)
	return &Push{query, a.form(Field{"ToUserName", a.Origin}, Field{"Encrypt", sealed}), a.Webhook}
}

// Request is the push as the webhook gets it.
func (p *Push) Request() *http.Request {
	r := httptest.NewRequest(http.MethodPost, p.webhook+"?"+p.Query, bytes.NewReader(p.Body))
	r.Header.Set("Content-Type", "text/xml")
	return r
}

// With changes one parameter of the query; "" takes it out.
func (p *Push) With(name, value string) *Push {
	q, err := url.ParseQuery(p.Query)
	if err != nil {
		panic(err)
	}
	q.Set(name, value)
	if value == "" {
		q.Del(name)
	}
	return &Push{q.Encode(), p.Body, p.webhook}
}

// Changed is the push with another query or body.
func (p *Push) Changed(query string, body []byte) *Push { return &Push{query, body, p.webhook} }

// remembered is how many pushes can be delivered again.
const remembered = 10_000

// Again is the push of a delivery: the same id of the same person is the same bytes again.
func (p *Platform) Again(t testing.TB, name, id string, msg func() []byte) *Push {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	at := name + "\x00" + id
	if push := p.pushes[at]; push != nil {
		return push
	}
	push := p.Seal(t, msg(), time.Now())
	p.pushes[at], p.order = push, append(p.order, at)
	if len(p.order) > remembered {
		delete(p.pushes, p.order[0])
		p.order = p.order[1:]
	}
	return push
}
