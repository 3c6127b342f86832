package qqtest

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/chat"
)

// Event is one event: its type, and the data inside.
type Event struct {
	ID   string         `json:"id,omitempty"`
	Op   int            `json:"op"`
	Seq  int            `json:"s"`
	Type string         `json:"t"`
	Data map[string]any `json:"d"`
}

// Deliver is adapterstest.Harness.Deliver: it signs d, posts it to door, and remembers what may be answered because of it.
func (p *Platform) Deliver(t testing.TB, door http.Handler, d adapterstest.Delivery) adapterstest.Answer {
	t.Helper()
	p.mu.Lock()
	key := d.Peer + "|" + d.ID
	sent, again := p.pushes[key]
	if !again {
		e := p.event(d)
		body, err := json.Marshal(e)
		if err != nil {
			t.Errorf("an event cannot be written: %v", err)
		}
		sent = body // the same bytes each time
		p.pushes[key] = sent
		p.anchor(d.Peer, e, time.Now())
	}
	p.mu.Unlock()
	a := p.Post(door, p.Signed(sent, time.Now()))
	switch {
	case a.Status == http.StatusOK && a.Body != `{"op":12,"d":0}`:
		t.Errorf("an event was answered with %q", a.Body)
	case a.Status == http.StatusServiceUnavailable && a.Body != `{"op":12,"d":1}`:
		t.Errorf("an event that is not taken was answered with %q", a.Body)
	}
	return a
}

// Post gives r to door.
func (p *Platform) Post(door http.Handler, r *http.Request) adapterstest.Answer {
	w := httptest.NewRecorder()
	door.ServeHTTP(w, r)
	return adapterstest.Answer{Status: w.Code, Body: w.Body.String()}
}

// Signed is the request that delivers body, signed as of at.
func (p *Platform) Signed(body []byte, at time.Time) *http.Request {
	stamp := strconv.FormatInt(at.Unix(), 10)
	r := Unsigned(body)
	r.Header.Set("X-Signature-Timestamp", stamp)
	r.Header.Set("X-Signature-Ed25519", hex.EncodeToString(ed25519.Sign(p.key, slices.Concat([]byte(stamp), body))))
	return r
}

// Unsigned is the request that delivers body, without a signature.
func Unsigned(body []byte) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "https://bot.example/qq/qq", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "QQBot-Callback")
	r.Header.Set("X-Bot-Appid", AppID)
	return r
}

// Private and InGroup are what people say, alone with the bot and in a group: for tests that change something about it.
func Private(peer, id, text string, at time.Time) Event {
	return Event{ID: "C2C_MESSAGE_CREATE:" + uuid(id), Type: "C2C_MESSAGE_CREATE", Data: map[string]any{
		"id": messageID(peer + id), "author": map[string]any{"user_openid": openID(peer)}, "content": text, "timestamp": stamp(at),
	}}
}

// InGroup is said in the group by mentioning the bot; the platform takes the mention away and leaves the blank.
func InGroup(peer, id, text string, at time.Time) Event {
	return Event{ID: "GROUP_AT_MESSAGE_CREATE:" + uuid(id), Type: "GROUP_AT_MESSAGE_CREATE", Data: map[string]any{
		"id": messageID(peer + id), "author": map[string]any{"member_openid": openID(peer)}, "group_openid": theGroup,
		"content": " " + text, "timestamp": stamp(at),
	}}
}

// event is d as the platform tells it.
func (p *Platform) event(d adapterstest.Delivery) Event {
	var e Event
	switch d.Kind {
	case chat.Chose:
		e = Event{Type: "INTERACTION_CREATE", Data: map[string]any{
			"id": uuid("i" + d.Peer + d.ID), "type": 11, "version": 1, "timestamp": stamp(d.At), "application_id": AppID,
			"data": map[string]any{"type": 11, "resolved": map[string]any{"button_id": "1", "button_data": d.Choice}},
		}}
		if p.Group {
			maps.Copy(e.Data, map[string]any{
				"scene": "group", "chat_type": 1, "group_openid": theGroup, "group_member_openid": openID(d.Peer),
			})
		} else {
			maps.Copy(e.Data, map[string]any{"scene": "c2c", "chat_type": 2, "user_openid": openID(d.Peer)})
		}
	case chat.Arrived, chat.Left:
		names := map[bool]map[chat.Kind]string{
			true:  {chat.Arrived: "GROUP_ADD_ROBOT", chat.Left: "GROUP_DEL_ROBOT"},
			false: {chat.Arrived: "FRIEND_ADD", chat.Left: "FRIEND_DEL"},
		}
		e = Event{Type: names[p.Group][d.Kind], Data: map[string]any{"timestamp": d.At.Unix()}}
		if p.Group {
			maps.Copy(e.Data, map[string]any{"group_openid": theGroup, "op_member_openid": openID(d.Peer)})
		} else {
			maps.Copy(e.Data, map[string]any{"openid": openID(d.Peer), "scene": 1001, "scene_param": scene(d.Scene)})
		}
	default:
		if p.Group {
			return InGroup(d.Peer, d.ID, d.Text, d.At)
		}
		return Private(d.Peer, d.ID, d.Text, d.At)
	}
	e.ID = e.Type + ":" + uuid(d.Peer+d.ID)
	return e
}

// anchor remembers what may be answered because of e.
func (p *Platform) anchor(peer string, e Event, now time.Time) {
	p.people[openID(peer)] = peer
	a := &anchor{place: "users/" + openID(peer), peer: peer, expires: now.Add(privateWindow), left: privateReplies}
	a.used, a.excused = map[uint32]bool{}, map[uint32]bool{}
	if p.Group {
		a.place, a.expires, a.left = "groups/"+theGroup, now.Add(groupWindow), groupReplies
	}
	switch e.Type {
	case "C2C_MESSAGE_CREATE", "GROUP_AT_MESSAGE_CREATE":
		p.anchors[e.Data["id"].(string)] = a
	case "INTERACTION_CREATE":
		p.spinning[e.Data["id"].(string)] = true
		a.event, p.anchors[e.ID] = true, a
	case "FRIEND_ADD", "GROUP_ADD_ROBOT":
		a.event, p.anchors[e.ID] = true, a
	}
}

// Say delivers an event that a test made, as something new.
func (p *Platform) Say(t testing.TB, door http.Handler, peer string, e Event) adapterstest.Answer {
	t.Helper()
	body, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	p.anchor(peer, e, time.Now())
	p.mu.Unlock()
	return p.Post(door, p.Signed(body, time.Now()))
}

func stamp(at time.Time) string { return at.In(time.FixedZone("", 8*3600)).Format(time.RFC3339) }

// messageID looks like the platform's.
func messageID(s string) string { return "ROBOT1.0_." + hash(s)[:22] + ".m92gc19j02qKqdm8ek!" }

func uuid(s string) string {
	h := hash(s)
	return fmt.Sprintf("%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:32])
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func scene(s map[string]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(s)) {
		parts = append(parts, k+"="+s[k])
	}
	return strings.Join(parts, ",")
}
