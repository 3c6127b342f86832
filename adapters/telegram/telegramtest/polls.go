package telegramtest

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
)

// await waits until u is confirmed, or was given once more than now and asked for again.
func (p *Platform) await(t testing.TB, u *delivery) adapterstest.Answer {
	late := time.NewTimer(patience)
	defer late.Stop()
	p.mu.Lock()
	given := u.given
	for {
		switch {
		case u.done:
			p.mu.Unlock()
			return adapterstest.Answer{Status: http.StatusOK}
		case u.given > given+1: // given, not accepted, and given again
			p.mu.Unlock()
			return adapterstest.Answer{Status: http.StatusServiceUnavailable}
		}
		changed := p.changed
		p.mu.Unlock()
		select {
		case <-changed:
		case <-late.C:
			t.Errorf("the update %d was neither confirmed nor asked for again", u.id)
			return adapterstest.Answer{Status: http.StatusGatewayTimeout}
		}
		p.mu.Lock()
	}
}

// getUpdates holds a poll until there is something.
func (p *Platform) getUpdates(w http.ResponseWriter, r *http.Request, in form) {
	offset, limit, timeout := in.number("offset"), in.number("limit"), time.Duration(min(in.number("timeout"), 50))*time.Second
	if limit < 1 || limit > 100 {
		limit = 100
	}
	p.mu.Lock()
	if p.hooked {
		p.mu.Unlock()
		refuse(w, http.StatusConflict, "Conflict: can't use getUpdates method while webhook is active", nil)
		return
	}
	if p.poll != nil {
		close(p.poll)
	}
	mine := make(chan struct{})
	p.poll = mine
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.poll == mine {
			p.poll = nil
		}
	}()
	end := time.NewTimer(timeout)
	defer end.Stop()
	for {
		out, news := p.after(offset, limit)
		if news {
			p.ring()
		}
		changed := p.changed
		p.mu.Unlock()
		if len(out) > 0 || timeout == 0 {
			grant(w, out)
			return
		}
		select {
		case <-changed:
		case <-end.C:
			timeout = 0
		case <-mine:
			if hungUp(r.Context()) {
				return
			}
			p.mu.Lock()
			p.breach("two polls at the same time")
			p.mu.Unlock()
			refuse(w, http.StatusConflict, "Conflict: terminated by other getUpdates request", nil)
			return
		case <-r.Context().Done():
			return
		}
		p.mu.Lock()
	}
}

// hungUp tells whether who asked is gone; over a socket that shows a moment later.
func hungUp(ctx context.Context) bool {
	moment := time.NewTimer(time.Second)
	defer moment.Stop()
	select {
	case <-ctx.Done():
		return true
	case <-moment.C:
		return false
	}
}

// after forgets what is below the offset, whenever it came, and gives what is not forgotten; the caller holds mu.
func (p *Platform) after(offset, limit int64) (out []any, news bool) {
	out = []any{}
	for _, u := range p.updates {
		switch {
		case u.done:
		case u.id < offset && !u.again:
			u.done, news = true, true
		case int64(len(out)) < limit:
			u.given, u.again, news = u.given+1, false, true
			out = append(out, u.body)
		}
	}
	p.updates = slices.DeleteFunc(p.updates, func(u *delivery) bool { return u.done })
	return out, news
}
