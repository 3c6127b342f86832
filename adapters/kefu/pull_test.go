package kefu

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/kefu/kefutest"
	"github.com/xianda-bot/xianda/chat"
)

// moment lets everything happen that is due at once.
const moment = 100 * time.Millisecond

func wantTexts(t testing.TB, p *hall, want ...string) {
	t.Helper()
	if got := p.texts(); !slices.Equal(got, want) {
		t.Errorf("the inbox got %q, want %q", got, want)
	}
}

// One callback is enough for everything that was said since, page after page, though a page is empty (has_more with an empty list).
func TestPullFollowsPages(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		p := h.running()
		h.platform.Page(2)
		h.platform.Blank(2)
		h.say("ann", "一", "二", "三", "四", "五")
		p.ring(t)
		time.Sleep(moment)
		wantTexts(t, p, "一", "二", "三", "四", "五")
	})
}

// A platform that says has_more for ever and brings nothing is left alone for a while, like one that fails.
func TestPullGivesUpOnEmptyPages(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		p := h.running()
		h.platform.Blank(1 << 20)
		before := h.platform.Called(syncPath)
		p.ring(t)
		time.Sleep(10 * time.Second)
		if n := h.platform.Called(syncPath) - before; n < 2 || n > 50 {
			t.Errorf("%d calls in ten seconds of empty pages", n)
		}
		h.platform.Blank(0)
		h.say("ann", "在吗")
		time.Sleep(time.Minute)
		wantTexts(t, p, "在吗")
	})
}

// Callbacks that come while a page is handed over are not lost, and many are one pull.
func TestBellsJoin(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		p := h.running()
		p.says(func(chat.Message) error { time.Sleep(time.Second); return nil })
		h.say("ann", "一")
		p.ring(t)
		time.Sleep(moment)
		before := h.platform.Called(syncPath)
		h.say("bob", "二")
		for range 50 {
			p.ring(t)
		}
		time.Sleep(5 * time.Second)
		wantTexts(t, p, "一", "二")
		if n := h.platform.Called(syncPath) - before; n > 5 {
			t.Errorf("%d calls for fifty callbacks", n)
		}
	})
}

// A callback that got lost on its way costs half a minute, within what the platform allows without its token.
func TestLostBell(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		p := h.running()
		h.say("ann", "有人吗")
		time.Sleep(pollEvery + moment)
		wantTexts(t, p, "有人吗")
		time.Sleep(10 * time.Minute) // the breaches tell when it asked too often
	})
}

// P20: what the platform wants to be left alone for, it is; a callback's token opens what was closed to calls without one.
func TestPullIsRateLimited(t *testing.T) {
	for _, c := range []struct {
		how      string
		times    int
		rings    bool
		from, by time.Duration // when the message comes
	}{
		{"45033", 1, true, time.Second - moment, 2 * time.Second},
		{"45009", 1, true, time.Minute - moment, time.Minute + time.Second},
		{"busy", 3, true, 2 * time.Second, 8 * time.Second},
		{"502", 1, true, 400 * time.Millisecond, time.Second},
		{"page", 1, true, 0, time.Second},
		{"timeout-after-send", 1, true, 8 * time.Second, 10 * time.Second},
	} {
		t.Run(c.how, func(t *testing.T) {
			bubble(t, func(t *testing.T, h *house) {
				p := h.running()
				begun := time.Now()
				var came atomic.Int64
				p.says(func(chat.Message) error { came.Store(int64(time.Since(begun))); return nil })
				h.platform.FailCall(syncPath, c.times, c.how)
				h.say("ann", "在吗")
				p.ring(t)
				for range 100 {
					time.Sleep(time.Second)
					p.ring(t) // more of them do not shorten the wait
				}
				if at := time.Duration(came.Load()); at < c.from || at > c.by {
					t.Errorf("it came after %s, want %s to %s", at, c.from, c.by)
				}
			})
		})
	}
	t.Run("45009 of a poll, then a callback", func(t *testing.T) {
		bubble(t, func(t *testing.T, h *house) {
			p := h.running()
			h.platform.FailCall(syncPath, 1, "45009")
			time.Sleep(pollEvery + moment) // the poll was one too many
			h.say("ann", "在吗")
			p.ring(t)
			time.Sleep(moment)
			wantTexts(t, p, "在吗")
		})
	})
}

// 95007: a callback's token that expired is no reason to wait.
func TestExpiredBellToken(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		p := h.running()
		h.say("ann", "在吗")
		r := h.platform.Ring(kefutest.Account)
		h.platform.ForgetRings()
		serve(p.door, r)
		time.Sleep(moment)
		wantTexts(t, p, "在吗")
	})
}

// P21: an access token that is refused is renewed once, for all calls.
func TestRefusedAccessToken(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		p := h.running()
		h.platform.Revoke()
		h.say("ann", "在吗")
		p.ring(t)
		time.Sleep(moment)
		wantTexts(t, p, "在吗")
		if n := h.platform.Called("/cgi-bin/gettoken"); n != 2 {
			t.Errorf("gettoken was called %d times, want 2", n)
		}
	})
}

// What was said before the account was connected is history, on the first start and ever after; a house that stood still answers what is
// younger than half a day. Both ages are judged by the platform's clock of each message.
func TestOldMessages(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		put := func(text string, age time.Duration) {
			h.platform.Put(adapterstest.Delivery{Peer: "ann", ID: text, Text: text, At: time.Now().Add(-age)})
		}
		put("三天前", 71*time.Hour)
		put("一小时前", time.Hour)
		put("刚才", 5*time.Minute)
		p := h.open()
		time.Sleep(moment)
		wantTexts(t, p, "刚才")
		p.stop()
		time.Sleep(time.Hour)
		put("停机时", 50*time.Minute)
		put("一天前", 24*time.Hour)
		p = h.open()
		defer p.stop()
		time.Sleep(moment)
		wantTexts(t, p, "停机时")
		if n := p.record.Counted("ignored help stale"); n != 1 {
			t.Errorf("%d counted as stale, want 1", n)
		}
	})
}

// A cursor that the platform knows no more leads to the beginning; history stays history.
func TestForgottenCursor(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		p := h.running()
		h.say("ann", "一", "二", "三")
		p.ring(t)
		time.Sleep(moment)
		h.platform.Lose()
		h.platform.Put(adapterstest.Delivery{Peer: "bob", ID: "old", Text: "很久以前", At: time.Now().Add(-time.Hour)})
		h.say("ann", "四")
		p.ring(t)
		time.Sleep(time.Second)
		wantTexts(t, p, "一", "二", "三", "四")
	})
}

// An answer that is too large to be read is asked for in smaller pieces.
func TestHugePage(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		p := h.running()
		for i := range 150 {
			h.platform.Put(adapterstest.Delivery{Peer: fmt.Sprint("p", i), ID: "1", Text: strings.Repeat("长", 4000)})
		}
		p.ring(t)
		time.Sleep(10 * time.Second)
		if n := len(p.heard()); n != 150 {
			t.Errorf("%d of 150 long messages came", n)
		}
	})
}
