package kefu

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/internal/lease"
	"github.com/xianda-bot/xianda/adapters/kefu/kefutest"
	"github.com/xianda-bot/xianda/chat"
)

// mortal is the vault and the network of a process that may die without a word.
type mortal struct {
	adapters.Vault
	dead   *atomic.Bool
	refuse string // keys that hold it cannot be written
}

var errDead = errors.New("this process is dead")

func (m mortal) Get(ctx context.Context, key string) (string, error) {
	if m.dead.Load() {
		return "", errDead
	}
	return m.Vault.Get(ctx, key)
}

func (m mortal) Put(ctx context.Context, key, value string, ttl time.Duration) error {
	if m.dead.Load() || m.refuse != "" && strings.Contains(key, m.refuse) && strings.Contains(value, "cur-") {
		return errDead
	}
	return m.Vault.Put(ctx, key, value, ttl)
}

func (m mortal) Drop(ctx context.Context, key, value string) error {
	if m.dead.Load() {
		return errDead
	}
	return m.Vault.Drop(ctx, key, value)
}

func (m mortal) Lock(ctx context.Context, key string, ttl time.Duration) (func(), bool, error) {
	if m.dead.Load() {
		return func() {}, false, errDead
	}
	unlock, ok, err := m.Vault.Lock(ctx, key, ttl)
	return func() {
		if !m.dead.Load() {
			unlock()
		}
	}, ok, err
}

// openMortal starts a process that dies when dead becomes true.
func (h *house) openMortal(refuse string) (p *hall, dead *atomic.Bool) {
	dead = new(atomic.Bool)
	vault := h.vault
	h.vault = mortal{vault, dead, refuse}
	p = h.open()
	h.vault = vault
	return p, dead
}

// Of two processes one pulls; a callback that the other one takes reaches it within a second; when it dies, the other takes over.
func TestLeaseIsTakenOver(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		first, dead := h.openMortal("")
		time.Sleep(moment)
		second := h.open()
		defer second.stop()
		time.Sleep(moment)
		h.say("ann", "一")
		second.ring(t)
		time.Sleep(time.Second)
		wantTexts(t, first, "一")
		wantTexts(t, second)

		dead.Store(true)
		defer first.stop()
		h.say("ann", "二")
		second.ring(t)
		time.Sleep(lease.For + 2*time.Second)
		wantTexts(t, second, "二")
		h.say("ann", "三")
		second.ring(t)
		time.Sleep(moment)
		wantTexts(t, second, "二", "三")
	})
}

// A process that stops in order gives the lease back at once.
func TestLeaseIsGivenBack(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		first := h.open()
		time.Sleep(moment)
		second := h.open()
		defer second.stop()
		first.stop()
		h.say("ann", "一")
		second.ring(t)
		time.Sleep(1500 * time.Millisecond)
		wantTexts(t, second, "一")
	})
}

// P13: a process that was paused beyond its lease does not take the cursor back to where it was.
func TestPausedProcessKeepsTheCursor(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		first, dead := h.openMortal("")
		time.Sleep(moment)
		var pause atomic.Bool
		pause.Store(true)
		first.says(func(chat.Message) error {
			if pause.Load() {
				dead.Store(true) // nothing of it reaches the vault for a while
				time.Sleep(3 * lease.For)
				dead.Store(false)
			}
			return nil
		})
		h.say("ann", "一")
		first.ring(t)
		time.Sleep(moment)
		second := h.open()
		defer second.stop()
		h.say("ann", "二")
		second.ring(t)
		time.Sleep(2 * lease.For)
		wantTexts(t, second, "一", "二")
		time.Sleep(3 * lease.For)
		first.stop()
		h.say("ann", "三")
		second.ring(t)
		time.Sleep(moment)
		wantTexts(t, second, "一", "二", "三")
	})
}

// P1, P2: a process dies between the acceptance of a page and the keeping of its cursor: everything comes once more under the same ids,
// which the house knows, and nothing is left out.
func TestDeathBeforeTheCursorIsKept(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		first, dead := h.openMortal("cursor")
		time.Sleep(moment)
		h.say("ann", "一", "二")
		first.ring(t)
		time.Sleep(2 * time.Second)
		wantTexts(t, first, "一", "二")
		dead.Store(true)
		defer first.stop()
		second := h.open()
		defer second.stop()
		time.Sleep(lease.For + 2*time.Second)
		wantTexts(t, second, "一", "二")
		for i, m := range second.heard() {
			if was := first.heard()[i]; m.ID != was.ID || m.From != was.From {
				t.Errorf("%q came as %s and again as %s", m.Text, was.ID, m.ID)
			}
		}
	})
}

// A callback that can be noted nowhere is not acknowledged: the platform rings again.
func TestBellWithoutAVault(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		p, dead := h.openMortal("")
		defer p.stop()
		dead.Store(true)
		time.Sleep(2 * lease.For)
		if w := serve(p.door, h.platform.Ring(kefutest.Account)); w.Code != 503 {
			t.Errorf("answered with %d, want 503", w.Code)
		}
		dead.Store(false)
		time.Sleep(2 * time.Second)
		p.ring(t)
	})
}

// WeCom sends the callbacks of all accounts of an app to one address: one for another channel's account is passed on.
func TestBellOfAnotherAccount(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.more = map[string]any{"open_kfid": kefutest.Other}
		d := h.open()
		defer d.stop()
		h.more = nil
		p := h.open()
		defer p.stop()
		time.Sleep(2 * time.Second)
		h.say("ann", "在吗")
		d.ring(t)
		time.Sleep(time.Second)
		wantTexts(t, p, "在吗")
	})
}
