package adapterstest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
)

func checkCaps(r *room) {
	if r.Adapter.Name() == "" {
		r.Error("Name is empty")
	}
	_, called := r.Adapter.(adapters.Webhook)
	if called && r.Adapter.(adapters.Webhook).Path() == "" {
		r.Error("Path is empty")
	}
	if r.caps.Passive > 0 && !called {
		r.Error("Caps.Passive is set, but there is no response to put replies into")
	}
	if r.caps.Passive == 0 && r.caps.Push <= chat.None {
		r.Error("Caps allows no reply at all: Passive and Push are zero")
	}
	if r.caps.Redelivery < 0 || r.caps.MaxText < 0 || r.caps.MaxChoices < 0 || r.caps.MaxLabel < 0 || r.caps.MaxData < 0 {
		r.Errorf("a limit is negative: %+v", r.caps)
	}
	if r.caps.MaxText > 0 && r.caps.MaxText < 4 {
		r.Errorf("MaxText is %d: not every character fits", r.caps.MaxText)
	}
}

var said = []string{
	"hello", "你好，我要退款", "👍🏽 👨\u200d👩\u200d👧 ❤\uFE0F", "a < b && c > d </xml> ]]> \"quoted\" 'q'", "２", "{{.Secret}} %s %n $1 \\n", "=cmd()|' /C calc'!A0", "e\u0301",
}

func checkSaid(r *room) {
	ids := map[string]bool{}
	for i, text := range said {
		m := r.hear(Delivery{ID: fmt.Sprint("said-", i), Text: text})
		if m.Kind != chat.Said || m.Text != text {
			r.Errorf("decoded %q as %s %q", text, m.Kind, m.Text)
		}
		if m.From.Channel != r.Adapter.Name() || m.From.Peer == "" {
			r.Errorf("From = %+v, want the channel %q and a peer", m.From, r.Adapter.Name())
		}
		if m.ID == "" || len(m.ID) > 200 || ids[m.ID] {
			r.Errorf("ID %q of %q is empty, longer than 200 bytes or was used before", m.ID, text)
		}
		ids[m.ID] = true
		if m.At.IsZero() {
			r.Errorf("At of %q is zero", text)
		}
		switch {
		case r.caps.Passive == 0 && !m.ReplyBy.IsZero():
			r.Errorf("ReplyBy is set, but Caps.Passive is 0")
		case r.caps.Passive > 0 && (m.ReplyBy.IsZero() || r.caps.AckWithin > 0 && time.Until(m.ReplyBy) > r.caps.AckWithin):
			r.Errorf("ReplyBy = %s, want an instant within %s", m.ReplyBy, r.caps.AckWithin)
		}
	}
}

func checkChose(r *room) {
	if r.caps.Tap <= chat.None {
		r.Skip("Caps.Tap: choices can not be tapped")
	}
	m := r.hear(Delivery{ID: "tap", Kind: chat.Chose, Choice: "m3:2", Label: "红包退回"})
	switch {
	case r.caps.Tap == chat.Full && (m.Kind != chat.Chose || m.Choice != "m3:2"):
		r.Errorf("a tap came as %s with choice %q, want chose with %q", m.Kind, m.Choice, "m3:2")
	case m.Choice != "m3:2" && m.Text != "红包退回":
		r.Errorf("a tap came as %s with choice %q and text %q, want the payload or the label", m.Kind, m.Choice, m.Text)
	}
}

func checkArrived(r *room) {
	m := r.hear(Delivery{ID: "arrival", Kind: chat.Arrived, Scene: map[string]string{"menu": "refund"}})
	if m.Kind != chat.Arrived || m.From.Peer == "" || m.ID == "" {
		r.Errorf("an arrival came as %+v", m)
	}
}

func checkRedelivery(r *room) {
	if r.caps.Redelivery == 0 {
		r.Skip("Caps.Redelivery: nothing is delivered again")
	}
	for _, kind := range []chat.Kind{chat.Said, chat.Arrived} {
		d := Delivery{ID: "again-" + string(kind), Kind: kind, Text: "在吗", Scene: map[string]string{"menu": "refund"}, At: time.Now()}
		first, second := r.hear(d), r.hear(d)
		if first.ID != second.ID || first.From != second.From {
			r.Errorf("%s delivered twice: ids %q and %q, want one", kind, first.ID, second.ID)
		}
		d.ID, d.At = d.ID+"-other", d.At.Add(2*time.Second)
		if other := r.hear(d); other.ID == first.ID {
			r.Errorf("another delivery has the same id %q", first.ID)
		}
	}
}

func checkForged(r *room) {
	r.refused(r.Forged, "Forged", http.StatusUnauthorized, http.StatusForbidden)
}

func checkGarbage(r *room) { r.refused(r.Garbage, "Garbage", http.StatusBadRequest) }

func (r *room) refused(requests func(*testing.T) map[string]*http.Request, field string, want ...int) {
	r.Helper()
	if r.door == nil {
		r.Skip("no adapters.Webhook: nobody calls it")
	}
	if requests == nil {
		r.Fatalf("the harness needs %s: the adapter is a webhook", field)
	}
	all := requests(r.T)
	if len(all) == 0 {
		r.Errorf("%s is empty", field)
	}
	for name, req := range all {
		w := httptest.NewRecorder()
		r.door.ServeHTTP(w, req)
		ok := false
		for _, status := range want {
			ok = ok || w.Code == status
		}
		if !ok {
			r.Errorf("%s %q was answered with %d, want one of %v", field, name, w.Code, want)
		}
		r.leaks("the response to "+name, w.Body.String())
	}
	if n := len(r.inbox.all()); n > 0 {
		r.Errorf("the inbox was called %d times", n)
	}
}

func checkUnaccepted(r *room) {
	for i, fault := range []error{errStore, chat.ErrBusy, fmt.Errorf("turn: %w", context.DeadlineExceeded)} {
		d := Delivery{ID: fmt.Sprint("unaccepted-", i), Text: "在吗", At: time.Now()}
		r.inbox.says(nil, fault)
		before := len(r.inbox.all())
		if a := r.deliver(d); a.Acknowledged() || len(a.Shown) > 0 {
			r.Errorf("the inbox returned %q and the delivery was answered with %d and %v, want it not acknowledged", fault, a.Status, a.Shown)
		}
		if r.caps.Redelivery == 0 {
			continue
		}
		r.inbox.says(nil, nil)
		if a := r.deliver(d); !a.Acknowledged() {
			r.Errorf("the second delivery was answered with %d", a.Status)
		}
		got := r.inbox.all()[before:]
		if len(got) < 2 || got[0].ID != got[len(got)-1].ID {
			r.Errorf("the second delivery did not reach the inbox under the id of the first: %+v", got)
		}
	}
	if n := len(r.record.Shown()); n > 0 {
		r.Errorf("Deps.Shown was called %d times though nothing was shown", n)
	}
}

func checkEmpty(r *room) {
	for i, fault := range []error{nil, chat.ErrLater, fmt.Errorf("turn: %w", chat.ErrLater)} {
		r.inbox.says(nil, fault)
		if a := r.deliver(Delivery{ID: fmt.Sprint("empty-", i), Text: "在吗"}); !a.Acknowledged() || len(a.Shown) > 0 {
			r.Errorf("the inbox returned nothing and %v: answered with %d and %v, want an empty acknowledgement", fault, a.Status, a.Shown)
		}
	}
	if n := len(r.record.Shown()); n > 0 {
		r.Errorf("Deps.Shown was called %d times though nothing was shown", n)
	}
}

// checkSlow is about an inbox that uses all the time it has and then says that the answer comes later.
func checkSlow(r *room) {
	if r.caps.AckWithin == 0 {
		r.Skip("Caps.AckWithin: nobody waits for the response")
	}
	r.inbox.mu.Lock()
	r.inbox.answer = func(ctx context.Context, m chat.Message) ([]chat.Reply, error) {
		by := m.ReplyBy
		if by.IsZero() {
			return nil, chat.ErrLater // push only: it is accepted, and that is all
		}
		t := time.NewTimer(time.Until(by))
		defer t.Stop()
		select {
		case <-t.C:
			return nil, chat.ErrLater
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	r.inbox.mu.Unlock()
	begun := time.Now()
	a := r.deliver(Delivery{ID: "slow", Text: "在吗"})
	if took := time.Since(begun); took > r.caps.AckWithin {
		r.Errorf("answered after %s, the platform hangs up after %s", took, r.caps.AckWithin)
	}
	if !a.Acknowledged() || len(a.Shown) > 0 {
		r.Errorf("answered with %d and %v, want an empty acknowledgement", a.Status, a.Shown)
	}
	if n := len(r.inbox.all()); n != 1 {
		r.Errorf("the inbox was called %d times, want once", n)
	}
}

func checkCallers(r *room) {
	const callers = 20
	var wait sync.WaitGroup
	for i := range callers {
		wait.Go(func() {
			peer := fmt.Sprint("caller", i)
			if a := r.deliver(Delivery{ID: "call-" + peer, Peer: peer, Text: "我是" + peer}); !a.Acknowledged() {
				r.Errorf("%s was answered with %d", peer, a.Status)
			}
			r.Adapter.Caps(chat.Address{Channel: r.Adapter.Name(), Peer: peer})
		})
	}
	wait.Wait()
	got := r.inbox.all()
	texts := map[string]bool{}
	for _, m := range got {
		texts[m.Text] = true
	}
	if len(got) != callers || len(texts) != callers {
		r.Fatalf("%d callers made %d messages with %d texts", callers, len(got), len(texts))
	}
	if r.caps.Push <= chat.None && r.caps.Passive > 0 {
		return
	}
	for _, m := range got {
		wait.Go(func() {
			if _, err := r.Adapter.Send(r.Context(), m.From, chat.Reply{Key: "k", Text: "答" + m.Text}, m.Right); err != nil {
				r.Errorf("Send to %s: %v", m.From.Peer, err)
			}
		})
	}
	wait.Wait()
	if n := len(r.Sent()); n != callers {
		r.Errorf("%d messages arrived, want %d", n, callers)
	}
}
