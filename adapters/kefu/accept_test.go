package kefu

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/chat"
)

// P9: what one person said is handed over in its order, while others do not wait for it.
func TestPersonsSideBySide(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		p := h.running()
		var mu sync.Mutex
		at := map[string]int{}
		p.says(func(m chat.Message) error {
			time.Sleep(50 * time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			if want := fmt.Sprint(at[m.From.Peer]); m.Text != want {
				t.Errorf("%s said %q, want %q first", m.From.Peer, m.Text, want)
			}
			at[m.From.Peer]++
			return nil
		})
		for i := range 3 {
			for person := range 100 {
				h.platform.Put(adapterstest.Delivery{Peer: fmt.Sprint("p", person), ID: fmt.Sprint(i), Text: fmt.Sprint(i)})
			}
		}
		begun := time.Now()
		p.ring(t)
		for len(p.heard()) < 300 && time.Since(begun) < time.Minute {
			time.Sleep(moment)
		}
		if took := time.Since(begun); took > 3*time.Second { // one after the other would be 15 s
			t.Errorf("300 messages of 100 persons took %s", took)
		}
	})
}

// P5: a message that the house does not take comes again, with the same id, and what the person said afterwards does not come first.
func TestUnaccepted(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		p := h.running()
		var broken atomic.Bool
		broken.Store(true)
		p.says(func(m chat.Message) error {
			if broken.Load() && m.Text == "二" {
				return errors.New("the store takes no writes")
			}
			return nil
		})
		h.say("ann", "一", "二", "三")
		h.say("bob", "四")
		p.ring(t)
		time.Sleep(5 * time.Second)
		got := p.texts()
		if slices.Sort(got); !slices.Equal(got, []string{"一", "四"}) {
			t.Errorf("while the house takes no 二, it got %q", got)
		}
		broken.Store(false)
		time.Sleep(time.Minute)
		if got := p.texts()[2:]; !slices.Equal(got, []string{"二", "三"}) {
			t.Errorf("then it got %q: what was taken before comes no second time from this process", got)
		}
	})
}

// P19: one person's flood, for which the house has no room, does not keep everybody else waiting for ever.
func TestSurplus(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		p := h.running()
		p.says(func(m chat.Message) error {
			if m.From.Peer == "wm-flood" {
				return chat.ErrBusy
			}
			return nil
		})
		h.say("flood", "一")
		p.ring(t)
		time.Sleep(moment)
		h.say("ann", "在吗")
		p.ring(t)
		time.Sleep(2 * time.Minute)
		wantTexts(t, p, "在吗")
		if p.record.Counted("ignored help overflow") != 1 {
			t.Error("the surplus is not counted")
		}
		if n := strings.Count(p.record.Log(), "a person writes more than the house keeps"); n != 1 {
			t.Errorf("the operator is told %d times that a message was left out", n)
		}
	})
}

// A panic behind the door is not the end of pulling.
func TestPanicBehindTheDoor(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		p := h.running()
		var once sync.Once
		p.says(func(chat.Message) error { once.Do(func() { panic("a bug") }); return nil })
		h.say("ann", "在吗")
		p.ring(t)
		time.Sleep(5 * time.Second)
		wantTexts(t, p, "在吗")
	})
}
