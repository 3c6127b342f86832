package weixintest

import (
	"context"
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/internal/weixin"
)

// Reply is what the platform understands of a response to a push.
type Reply struct {
	XMLName      xml.Name `xml:"xml"`
	ToUserName   string
	FromUserName string
	CreateTime   int64
	MsgType      string
	Content      string
	TransInfo    *struct{ KfAccount string }
	Encrypt      string
	MsgSignature string
	TimeStamp    int64
	Nonce        string
}

// Carry takes a push to door and returns how it was answered. What the platform does not understand, or took too long, is told to t and
// is a breach. event says that the push was no message.
func (p *Platform) Carry(t testing.TB, door http.Handler, push *Push, event bool) adapterstest.Answer {
	t.Helper()
	ctx, hangUp := context.WithTimeout(context.Background(), weixin.AckWithin)
	defer hangUp()
	w := httptest.NewRecorder()
	door.ServeHTTP(w, push.Request().WithContext(ctx))
	if ctx.Err() != nil {
		return adapterstest.Answer{} // the platform has hung up
	}
	a := adapterstest.Answer{Status: w.Code, Body: w.Body.String()}
	if w.Code != http.StatusOK {
		return a
	}
	if shown, ok := p.Read(t, w.Body.Bytes(), event); ok {
		a.Shown = []adapterstest.Shown{shown}
	}
	return a
}

// Read judges a response with the platform's strictness. ok is false when it shows nothing.
func (p *Platform) Read(t testing.TB, body []byte, event bool) (s adapterstest.Shown, ok bool) {
	t.Helper()
	if len(body) == 0 || string(body) == "success" {
		return s, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	fault := func(format string, args ...any) {
		t.Helper()
		t.Errorf("the person sees the fault text: "+format, args...)
		p.breach("fault text: "+format, args...)
	}
	r := p.open(fault, body)
	if r == nil {
		return s, false
	}
	who := p.people[r.ToUserName]
	if who == "" || r.FromUserName != p.Account.Origin || r.CreateTime == 0 {
		fault("malformed passive reply %+v", *r)
		return s, false
	}
	switch r.MsgType {
	case "text":
		if p.Silent {
			fault("a text answers the push of a mini-program")
			return s, false
		}
		if strings.TrimSpace(r.Content) == "" || len(r.Content) > weixin.MaxTextBytes {
			fault("Content has %d bytes", len(r.Content))
		}
		return adapterstest.Shown{Peer: who, Text: r.Content}, true
	case "transfer_customer_service":
		if event {
			fault("a transfer answers an event")
			return s, false
		}
		seat := ""
		if r.TransInfo != nil {
			seat = r.TransInfo.KfAccount
		}
		p.transfer(r.ToUserName, seat)
	default:
		fault("MsgType %q", r.MsgType)
	}
	return s, false
}

// open reads and decrypts a response; nil after a fault.
func (p *Platform) open(fault func(string, ...any), body []byte) *Reply {
	var r Reply
	if err := xml.Unmarshal(body, &r); err != nil {
		fault("%v in %s", err, body)
		return nil
	}
	if p.key == nil {
		return &r
	}
	if want := weixin.Sign(p.Account.Token, strconv.FormatInt(r.TimeStamp, 10), r.Nonce, r.Encrypt); r.MsgSignature != want {
		fault("MsgSignature = %s, want %s", r.MsgSignature, want)
		return nil
	}
	inner, err := p.key.Open(r.Encrypt)
	if err != nil {
		fault("the reply does not open: %v", err)
		return nil
	}
	r = Reply{}
	if err := xml.Unmarshal(inner, &r); err != nil {
		fault("%v in %s", err, inner)
		return nil
	}
	return &r
}
