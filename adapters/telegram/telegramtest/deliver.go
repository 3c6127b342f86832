package telegramtest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/chat"
)

// patience is how long a delivery waits for a poller.
const patience = 20 * time.Second

// Deliver is adapterstest.Harness.Deliver: the same delivery again is the same update again. Without a door it waits until the update is
// confirmed (200), or asked for again (503). With Arrived, Scene["start"] is the payload of the deep link.
func (p *Platform) Deliver(t testing.TB, door http.Handler, d adapterstest.Delivery) adapterstest.Answer {
	t.Helper()
	p.mu.Lock()
	key := d.Peer + "\x00" + d.ID
	u := p.known[key]
	if u == nil {
		u = p.add(p.update(d))
		p.known[key] = u
	} else if u.done && door == nil {
		u.done, u.again = false, true // as if the confirmation had been lost
		if at, found := slices.BinarySearchFunc(p.updates, u.id, byID); !found {
			p.updates = slices.Insert(p.updates, at, u)
		}
		p.ring()
	}
	p.mu.Unlock()
	lane := "chat " + d.Peer
	if d.Kind == chat.Chose {
		lane = "taps " + d.Peer
	}
	return p.bring(t, door, u, lane)
}

// Push delivers an update that a test wrote: fields of Update beside update_id. By webhook it is delivered once.
func (p *Platform) Push(t testing.TB, door http.Handler, fields map[string]any) adapterstest.Answer {
	t.Helper()
	p.mu.Lock()
	u := p.add(fields)
	p.mu.Unlock()
	return p.bring(t, door, u, "pushed")
}

// Queue puts an update where polls find it, and waits for nothing. It returns the update's id.
func (p *Platform) Queue(fields map[string]any) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.add(fields).id
}

// Renumber makes the next update bear the id that follows id, as the platform does after a week of silence.
func (p *Platform) Renumber(id int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.nextID = id
}

// Confirmed tells whether the platform has forgotten an update.
func (p *Platform) Confirmed(id int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, found := slices.BinarySearchFunc(p.updates, id, byID)
	return !found || p.updates[at].done
}

func byID(u *delivery, id int64) int { return cmp.Compare(u.id, id) }

func (p *Platform) bring(t testing.TB, door http.Handler, u *delivery, lane string) adapterstest.Answer {
	t.Helper()
	if door == nil {
		return p.await(t, u)
	}
	p.mu.Lock()
	if p.lanes[lane] == nil {
		p.lanes[lane] = &sync.Mutex{}
	}
	one := p.lanes[lane]
	p.mu.Unlock()
	one.Lock()
	defer one.Unlock()
	w := httptest.NewRecorder()
	door.ServeHTTP(w, Request(u.body))
	if w.Code/100 == 2 {
		p.mu.Lock()
		u.done = true
		p.mu.Unlock()
	}
	return adapterstest.Answer{Status: w.Code, Body: w.Body.String()}
}

// Redeliver delivers an update as the platform does until it is taken: again after a second, and then twice as long each time.
func (p *Platform) Redeliver(ctx context.Context, door http.Handler, fields map[string]any) (tries int) {
	p.mu.Lock()
	u := p.add(fields)
	p.mu.Unlock()
	for wait := time.Second; ; wait = min(2*wait, 2*time.Minute) {
		tries++
		w := httptest.NewRecorder()
		door.ServeHTTP(w, Request(u.body))
		if w.Code/100 == 2 {
			return tries
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return tries
		}
	}
}

// Request is a delivery of these bytes, with the secret.
func Request(body []byte) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "https://bot.example/telegram/tg", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Telegram-Bot-Api-Secret-Token", Secret)
	return r
}

// add numbers an update and puts it into the queue; the caller holds mu.
func (p *Platform) add(fields map[string]any) *delivery {
	p.nextID++
	whole := map[string]any{"update_id": p.nextID}
	for k, v := range fields {
		whole[k] = v
	}
	u := &delivery{id: p.nextID, body: raw(whole)}
	p.updates = append(p.updates, u)
	p.ring()
	return u
}

// ring wakes all who wait for a change; the caller holds mu.
func (p *Platform) ring() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// update is what the platform says of d; the caller holds mu.
func (p *Platform) update(d adapterstest.Delivery) map[string]any {
	id := ID(d.Peer)
	p.people[id] = d.Peer
	switch d.Kind {
	case chat.Left:
		p.blocked[id] = true
		return map[string]any{"my_chat_member": map[string]any{
			"chat": Private(d.Peer), "from": Person(d.Peer), "date": d.At.Unix(),
			"old_chat_member": status("member"), "new_chat_member": status("kicked"),
		}}
	case chat.Chose:
		query := "q" + strconv.FormatInt(p.nextID+1, 10)
		p.taps[query] = false
		m := map[string]any{
			"message_id": p.numbers[id], "date": d.At.Unix(), "chat": Private(d.Peer),
			"from":         map[string]any{"id": BotID, "is_bot": true, "first_name": "客服"},
			"reply_markup": map[string]any{"inline_keyboard": [][]map[string]any{{{"text": d.Label, "callback_data": d.Choice}}}},
		}
		return map[string]any{"callback_query": map[string]any{
			"id": query, "from": Person(d.Peer), "message": m, "data": d.Choice, "chat_instance": "1",
		}}
	}
	text := d.Text
	if d.Kind == chat.Arrived {
		text = "/start"
		if s := d.Scene["start"]; s != "" {
			text += " " + s
		}
	}
	p.numbers[id]++
	return map[string]any{"message": map[string]any{
		"message_id": p.numbers[id], "date": d.At.Unix(), "chat": Private(d.Peer), "from": Person(d.Peer), "text": text,
	}}
}

// Private is a person's own chat, and Person who they are, as updates tell.
func Private(peer string) map[string]any {
	return map[string]any{"id": ID(peer), "type": "private", "first_name": peer}
}

// Person is who a person is, as updates tell.
func Person(peer string) map[string]any {
	return map[string]any{"id": ID(peer), "is_bot": false, "first_name": peer}
}

func status(s string) map[string]any {
	return map[string]any{"status": s, "user": map[string]any{"id": BotID, "is_bot": true, "first_name": "客服"}}
}

// Garbage are deliveries that are rightly signed and damaged, by name.
func (p *Platform) Garbage(*testing.T) map[string]*http.Request {
	out := map[string]*http.Request{}
	for name, body := range map[string]string{
		"empty": "", "cut": `{"update_id":810000001,"message":{"message_id":1,"te`, "not UTF-8": "{\"update_id\":1,\"x\":\"\xff\xfe\"}",
		"trailing bytes": `{"update_id":1}x`, "a byte order mark": "\uFEFF{\"update_id\":1}", "a form": "update_id=1&text=hello",
	} {
		out[name] = Request([]byte(body))
	}
	return out
}

// Forged are deliveries that only an attacker sends, by name.
func (p *Platform) Forged(*testing.T) map[string]*http.Request {
	out := map[string]*http.Request{}
	body := raw(map[string]any{"update_id": 1, "message": map[string]any{
		"message_id": 1, "date": 1, "chat": Private("victim"), "from": Person("victim"), "text": "转账",
	}})
	for name, secrets := range map[string][]string{
		"no secret": nil, "an empty one": {""}, "a wrong one": {"canary-webhook-secreT"}, "a longer one": {Secret + "x"},
		"a beginning": {Secret[:5]}, "two": {Secret, Secret}, "10 KB": {fmt.Sprintf("%010240d", 1)},
	} {
		r := Request(body)
		r.Header["X-Telegram-Bot-Api-Secret-Token"] = secrets
		out[name] = r
	}
	return out
}
