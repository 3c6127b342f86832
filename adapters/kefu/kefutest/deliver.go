package kefutest

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/internal/weixin"
	"github.com/xianda-bot/xianda/chat"
)

// patience is how long a delivery waits for the product to pull.
const patience = 10 * time.Second

// Deliver puts d into the list, rings at door and waits until the product confirmed it by asking for what is behind it (200), or asked for
// it again (503). Door may be a proxy to a real process.
func (p *Platform) Deliver(t testing.TB, door http.Handler, d adapterstest.Delivery) adapterstest.Answer {
	e := p.Put(d)
	w := httptest.NewRecorder()
	door.ServeHTTP(w, p.Ring(Account))
	if w.Code != http.StatusOK {
		if w.Code != http.StatusServiceUnavailable { // then the platform rings again
			t.Errorf("a callback was answered with %d", w.Code)
		}
		return adapterstest.Answer{Status: w.Code, Body: w.Body.String()}
	}
	a := adapterstest.Answer{Status: http.StatusServiceUnavailable, Body: w.Body.String()}
	if Wait(t, e) {
		a.Status = http.StatusOK
	}
	return a
}

// Wait waits until something of the list is confirmed (true) or asked for again (false).
func Wait(t testing.TB, e *Entry) bool {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case ok := <-e.told:
		return ok
	case <-limit.C:
		t.Errorf("nobody pulled %s within %s", e.key, patience)
		return false
	}
}

// Entry is something in the list.
type Entry = entry

// Put does what d says without ringing: it joins the list. What is there already and not confirmed does not join again.
func (p *Platform) Put(d adapterstest.Delivery) *Entry {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := d.Peer + "|" + d.ID
	if e := p.open[key]; e != nil {
		e.served, e.told = false, make(chan bool, 1)
		return e
	}
	at := d.At
	if at.IsZero() {
		at = time.Now()
	}
	who := p.person(d.Peer)
	msg := map[string]any{"open_kfid": Account, "external_userid": id(d.Peer), "origin": 3, "msgtype": "text"}
	switch d.Kind {
	case chat.Chose:
		msg["text"] = map[string]any{"content": d.Label, "menu_id": d.Choice}
	case chat.Arrived:
		var params []string
		for k, v := range d.Scene {
			params = append(params, k+"="+v)
		}
		msg = p.event(d.Peer, "enter_session", map[string]any{"scene": "door", "scene_param": url.QueryEscape(strings.Join(params, ","))})
		if at.Sub(who.last) > window {
			msg["event"].(map[string]any)["welcome_code"] = p.code(who, true, at)
		}
	default:
		msg["text"] = map[string]any{"content": d.Text}
	}
	if d.Kind != chat.Arrived {
		p.wrote(who, at)
	}
	return p.append(key, d.Peer, d.ID, at, msg)
}

// PutItem puts an item of any kind from peer into the list: {"msgtype": "image", "image": {…}}. at is when it was sent.
func (p *Platform) PutItem(peer, itemID string, at time.Time, msg map[string]any) *Entry {
	p.mu.Lock()
	defer p.mu.Unlock()
	whole := map[string]any{"open_kfid": Account, "external_userid": id(peer), "origin": 3}
	for k, v := range msg {
		whole[k] = v
	}
	p.wrote(p.person(peer), at)
	return p.append(peer+"|"+itemID, peer, itemID, at, whole)
}

// PutEvent puts an event about peer into the list.
func (p *Platform) PutEvent(peer, itemID, kind string, fields map[string]any) *Entry {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.append(peer+"|"+itemID, peer, itemID, time.Now(), p.event(peer, kind, fields))
}

func (p *Platform) append(key, peer, itemID string, at time.Time, msg map[string]any) *entry {
	if _, set := msg["msgid"]; !set {
		msg["msgid"] = "m-" + peer + "-" + itemID
	}
	if _, set := msg["send_time"]; !set {
		msg["send_time"] = at.Unix()
	}
	e := &entry{key: key, at: at, msg: msg, told: make(chan bool, 1)}
	p.items, p.open[key] = append(p.items, e), e
	return e
}

// wrote is what a message of a person permits.
func (p *Platform) wrote(who *person, at time.Time) {
	if who.state == stateEnded {
		who.state, who.seat = stateNew, ""
	}
	if !at.Before(who.last) {
		who.last, who.left = at, quota
	}
}

func (p *Platform) event(peer, kind string, fields map[string]any) map[string]any {
	e := map[string]any{"event_type": kind, "open_kfid": Account, "external_userid": id(peer)}
	for k, v := range fields {
		e[k] = v
	}
	return map[string]any{"origin": 4, "msgtype": "event", "event": e}
}

func (p *Platform) code(who *person, welcome bool, at time.Time) string {
	c := "code-" + random(20)
	p.codes[c] = &once{who: who, welcome: welcome, until: at.Add(codeLife)}
	return c
}

// Route is what the account's rules do with somebody's session: no event tells of it.
func (p *Platform) Route(peer string, state int, seat string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who := p.person(peer)
	who.state, who.seat = state, seat
}

// SeatAccepts lets a seat take somebody out of the queue.
func (p *Platform) SeatAccepts(peer, seat string) *Entry {
	return p.change(peer, seat, 1, stateSeat)
}

// SeatCloses lets the seat end the session; the event's code permits a last word.
func (p *Platform) SeatCloses(peer string) *Entry { return p.change(peer, "", 3, stateEnded) }

// SeatTransfers lets the seat give the person to another.
func (p *Platform) SeatTransfers(peer, seat string) *Entry {
	return p.change(peer, seat, 2, stateSeat)
}

func (p *Platform) change(peer, seat string, kind, state int) *Entry {
	p.mu.Lock()
	defer p.mu.Unlock()
	who := p.person(peer)
	was := who.seat
	who.state, who.seat = state, seat
	fields := map[string]any{"change_type": kind, "old_servicer_userid": was, "new_servicer_userid": seat}
	if kind == 1 || kind == 3 {
		fields["msg_code"] = p.code(who, false, time.Now())
	}
	n := "change-" + random(6)
	return p.append(peer+"|"+n, peer, n, time.Now(), p.event(peer, "session_status_change", fields))
}

// SeatSays lets a seat write to somebody, which is pulled like everything else.
func (p *Platform) SeatSays(peer, seat, text string) *Entry {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := "said-" + random(6)
	return p.append(peer+"|"+n, peer, n, time.Now(), map[string]any{
		"open_kfid": Account, "external_userid": id(peer), "origin": 5, "servicer_userid": seat,
		"msgtype": "text", "text": map[string]any{"content": text},
	})
}

// Ring is a callback that says that there is something to pull from account.
func (p *Platform) Ring(account string) *http.Request {
	r := "ENC" + random(20)
	p.mu.Lock()
	p.rings[r] = time.Now().Add(ringLife)
	p.mu.Unlock()
	return p.Callback(fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><CreateTime>%d</CreateTime>"+
		"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[kf_msg_or_event]]></Event><Token><![CDATA[%s]]></Token>"+
		"<OpenKfId><![CDATA[%s]]></OpenKfId></xml>", Corp, time.Now().Unix(), r, account))
}

// Callback is a callback with this inside, rightly encrypted and signed.
func (p *Platform) Callback(inside string) *http.Request {
	sealed, err := p.key.Seal(rand.Reader, []byte(inside))
	if err != nil {
		p.t.Error(err)
	}
	return Sealed(sealed, time.Now(), token)
}

// Sealed is a callback with this ciphertext, signed with token as of at.
func Sealed(sealed string, at time.Time, token string) *http.Request {
	stamp, nonce := strconv.FormatInt(at.Unix(), 10), random(5)
	q := url.Values{"timestamp": {stamp}, "nonce": {nonce}, "msg_signature": {weixin.Sign(token, stamp, nonce, sealed)}}
	body := "<xml><ToUserName><![CDATA[" + Corp + "]]></ToUserName><AgentID><![CDATA[]]></AgentID>" +
		"<Encrypt><![CDATA[" + sealed + "]]></Encrypt></xml>"
	r := httptest.NewRequest(http.MethodPost, "https://bot.example/kefu/help?"+q.Encode(), bytes.NewReader([]byte(body)))
	r.Header.Set("Content-Type", "text/xml")
	return r
}

// Verification is the console's check of the callback's address, to be answered with echo.
func (p *Platform) Verification(echo string) *http.Request {
	r := p.Callback(echo)
	q := r.URL.Query()
	sealed := between(r, "<Encrypt><![CDATA[", "]]>")
	q.Set("echostr", sealed)
	return httptest.NewRequest(http.MethodGet, "https://bot.example/kefu/help?"+q.Encode(), nil)
}

func between(r *http.Request, from, to string) string {
	var b bytes.Buffer
	_, _ = b.ReadFrom(r.Body) // in memory
	_, rest, _ := strings.Cut(b.String(), from)
	inside, _, _ := strings.Cut(rest, to)
	return inside
}

// Forged are callbacks that nobody but an attacker sends.
func (p *Platform) Forged(t testing.TB) map[string]*http.Request {
	other, err := weixin.NewKey(aesKey, "ww0000000000000000")
	if err != nil {
		t.Fatal(err)
	}
	wrongCorp, err := other.Seal(rand.Reader, []byte("<xml></xml>"))
	if err != nil {
		t.Fatal(err)
	}
	with := func(name, value string) *http.Request {
		r := p.Ring(Account)
		q := r.URL.Query()
		q.Set(name, value)
		if value == "" {
			q.Del(name)
		}
		r.URL.RawQuery = q.Encode()
		return r
	}
	bare := p.Ring(Account)
	bare.URL.RawQuery = ""
	return map[string]*http.Request{
		"no query": bare, "no signature": with("msg_signature", ""),
		"wrong signature": with("msg_signature", strings.Repeat("0", 40)),
		"an hour old":     Sealed("x", time.Now().Add(-time.Hour), token), "another token": Sealed("x", time.Now(), "guessed"),
		"another nonce": with("nonce", "1"), "for another corp": Sealed(wrongCorp, time.Now(), token),
		"no ciphertext": Sealed("", time.Now(), token),
	}
}

// Garbage are callbacks that are rightly signed and broken inside.
func (p *Platform) Garbage(testing.TB) map[string]*http.Request {
	all := map[string]*http.Request{}
	for name, inside := range map[string]string{
		"empty": "", "JSON": "{}", "cut": "<xml><MsgType>event", "no MsgType": "<xml><Event>kf_msg_or_event</Event></xml>",
		"not UTF-8": "<xml><Token>\xff</Token></xml>", "DTD": "<!DOCTYPE x><xml></xml>",
		"tags in Token":           "<xml><MsgType>event</MsgType><Event>kf_msg_or_event</Event><Token><a/></Token></xml>",
		"an account that is none": "<xml><MsgType>event</MsgType><Event>kf_msg_or_event</Event><OpenKfId>../../x y</OpenKfId></xml>",
	} {
		all[name] = p.Callback(inside)
	}
	return all
}
