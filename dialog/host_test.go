package dialog_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog"
	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/dialog/session/sessiontest"
)

// files are a small release: a dialog that counts turns, one that calls a backend, one answer.
var files = []script.Source{
	{Name: "release.yaml", Data: []byte("name: 测试\nlocale: zh-CN\ngreeting: 您好，我是机器人。\n")},
	{Name: "dialogs/rounds.yaml", Data: []byte(`dialog: rounds
title: 轮次
owner: 测试
triggers: {ask: [轮次, 几轮, 第几轮, 多少轮, 轮数]}
steps:
  - id: tell
    say: 第{turn.number}轮
  - id: done
    end: resolved
`)},
	{Name: "dialogs/slow.yaml", Data: []byte(`dialog: slow
title: 慢查询
owner: 测试
triggers: {ask: [慢查询, 慢查, 查慢, 查得慢, 很慢的查询]}
steps:
  - id: query
    call: pay.status
    with: {text: '{user.text}'}
    timeout: 30s
    save: result
    on_error: failed
  - id: told
    say: 结果是{result.state}
  - id: done
    end: resolved
  - id: failed
    say: 没有查到
  - id: failed_done
    end: unresolved
`)},
	{Name: "kb/a.yaml", Data: []byte("- {id: hours, question: 营业时间是几点, phrasings: [几点开门, 几点关门, 周末营业吗, 今天开到几点, 什么时候开门], answer: 早上九点到晚上九点。, owner: 测试}\n")},
}

func build(t testing.TB) *release.Release {
	t.Helper()
	rel, findings := release.Build(files, release.Options{})
	if rel == nil {
		t.Fatalf("the test's release has errors: %v", findings)
	}
	return rel
}

// channels has one kind of channel: an official account's capabilities.
type channels struct{ caps chat.Caps }

func (c channels) Kind(string) string                         { return "wechat" }
func (c channels) Caps(chat.Address) chat.Caps                { return c.caps }
func (c channels) Fit(r chat.Reply, k chat.Caps) []chat.Reply { return adapters.Fit(r, k) }
func (c channels) FitPassive(r []chat.Reply, k chat.Caps) (_, _ []chat.Reply) {
	return adapters.FitPassive(r, k)
}

var passive = chat.Caps{MaxText: 2048, TextUnit: chat.Bytes, Passive: 1, Push: chat.Full, Window: 48 * time.Hour, Redelivery: 30 * time.Second}

func without(c chat.Caps, push chat.Level) chat.Caps { c.Push = push; return c }

// callerFunc is a backend.
type callerFunc func(ctx context.Context, c dialog.Call) (json.RawMessage, error)

func (f callerFunc) Call(ctx context.Context, c dialog.Call) (json.RawMessage, error) {
	return f(ctx, c)
}

func newHost(t *testing.T, store session.Store, caps chat.Caps, o dialog.Options) *dialog.Host {
	t.Helper()
	h := dialog.NewHost(store, channels{caps}, dialog.NewShelf(build(t)), o)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		h.Drain(ctx)
	})
	return h
}

var ann = chat.Address{Channel: "shop", Peer: "ann"}

func said(id, text string, within time.Duration) chat.Message {
	return chat.Message{
		ID: id, Kind: chat.Said, From: ann, Text: text, At: time.Now(), ReplyBy: time.Now().Add(within),
		Right: &chat.ReplyRight{Pool: "message", Left: 5, Expires: time.Now().Add(48 * time.Hour)},
	}
}

func words(replies []chat.Reply) string {
	var all []string
	for _, r := range replies {
		all = append(all, r.Text)
	}
	return strings.Join(all, "\n")
}

func TestTurnAnswersInTime(t *testing.T) {
	t.Parallel()
	h := newHost(t, sessiontest.NewMemory(time.Now), passive, dialog.Options{})
	for i, want := range []string{"第1轮", "第2轮", "第3轮"} {
		replies, err := h.Turn(t.Context(), said(fmt.Sprint("m", i), "轮次", 4*time.Second))
		if err != nil || words(replies) != want {
			t.Errorf("Turn(轮次) = %q, %v, want %q", words(replies), err, want)
		}
	}
}

func TestRepeatedDeliveryGetsTheSameReply(t *testing.T) {
	t.Parallel()
	h := newHost(t, sessiontest.NewMemory(time.Now), passive, dialog.Options{})
	var wg sync.WaitGroup
	got := make([]string, 6)
	for i := range got {
		wg.Go(func() {
			replies, err := h.Turn(t.Context(), said("same", "轮次", 4*time.Second))
			if err != nil {
				t.Errorf("Turn = %v", err)
			}
			got[i] = words(replies)
		})
	}
	wg.Wait()
	for i := range got {
		if got[i] != "第1轮" {
			t.Errorf("delivery %d got %q, want 第1轮: one delivery is one turn", i, got[i])
		}
	}
}

// slowCaller answers when it is told to.
func slowCaller(asked *atomic.Int32, answer <-chan struct{}) dialog.Caller {
	return callerFunc(func(ctx context.Context, c dialog.Call) (json.RawMessage, error) {
		asked.Add(1)
		select {
		case <-answer:
			return json.RawMessage(`{"state":"好了"}`), nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	})
}

func TestLateAnswerIsPushedOnce(t *testing.T) {
	t.Parallel()
	store := sessiontest.NewMemory(time.Now)
	var asked atomic.Int32
	answer := make(chan struct{})
	woken := make(chan chat.Address, 4)
	h := newHost(t, store, passive, dialog.Options{
		Call: slowCaller(&asked, answer), Wake: func(a chat.Address, _ bool) { woken <- a },
	})
	m := said("m1", "慢查询", 50*time.Millisecond)
	if replies, err := h.Turn(t.Context(), m); !errors.Is(err, chat.ErrLater) || len(replies) > 0 {
		t.Fatalf("Turn = %v, %v, want ErrLater", replies, err)
	}
	if replies, err := h.Turn(t.Context(), m); !errors.Is(err, chat.ErrLater) || len(replies) > 0 {
		t.Errorf("the redelivery got %v, %v, want ErrLater", replies, err)
	}
	close(answer)
	<-woken
	lent, err := store.Lend(t.Context(), ann, time.Minute)
	if err != nil || len(lent.Loans) != 1 || !strings.Contains(string(lent.Loans[0].Body), "结果是好了") {
		t.Errorf("Lend = %+v, %v, want the late answer", lent, err)
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("the backend was asked %d times, want 1", n)
	}
}

func TestLateAnswerIsKeptForTheNextMessage(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	answer := make(chan struct{})
	h := newHost(t, sessiontest.NewMemory(time.Now), without(passive, chat.None), dialog.Options{Call: slowCaller(&asked, answer)})
	first := said("m1", "慢查询", 50*time.Millisecond)
	first.Right = nil
	if _, err := h.Turn(t.Context(), first); !errors.Is(err, chat.ErrLater) {
		t.Fatalf("Turn = %v, want ErrLater", err)
	}
	close(answer)
	h.Wait()
	second := said("m2", "几点开门", 4*time.Second)
	second.Right = nil
	replies, err := h.Turn(t.Context(), second)
	if err != nil || len(replies) != 1 || !strings.Contains(words(replies), "结果是好了") || !strings.Contains(words(replies), "早上九点") {
		t.Errorf("the next message got %q, %v, want the kept answer and its own in one message", words(replies), err)
	}
	third := said("m3", "轮次", 4*time.Second)
	third.Right = nil
	if replies, err = h.Turn(t.Context(), third); err != nil || words(replies) != "第3轮" {
		t.Errorf("the one after got %q, %v, want only its own answer", words(replies), err)
	}
}

func TestHumanInterruptsACall(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	h := newHost(t, sessiontest.NewMemory(time.Now), passive, dialog.Options{Call: slowCaller(&asked, nil)})
	first := make(chan error, 1)
	go func() {
		_, err := h.Turn(context.WithoutCancel(t.Context()), said("m1", "慢查询", 10*time.Second))
		first <- err
	}()
	for asked.Load() == 0 {
		time.Sleep(time.Millisecond) // the call is under way
	}
	replies, err := h.Turn(t.Context(), said("m2", "人工", 4*time.Second))
	if err != nil || !strings.Contains(words(replies), "登记") {
		t.Errorf("人工 during a call got %q, %v, want the handoff within the renewal", words(replies), err)
	}
	if err := <-first; err != nil {
		t.Errorf("the interrupted turn = %v, want an end without words", err)
	}
}

// fragile panics when it is asked for the thing that it cannot do.
type fragile struct {
	channels
	broken *atomic.Bool
}

func (f fragile) Fit(r chat.Reply, c chat.Caps) []chat.Reply {
	if f.broken.Load() && strings.Contains(r.Text, "轮") {
		panic("poison")
	}
	return f.channels.Fit(r, c)
}

// P12: a message that kills its turn three times is put aside; the person gets the fallback and the way to a human.
func TestP12PoisonBecomesADeadLetter(t *testing.T) {
	t.Parallel()
	store := sessiontest.NewMemory(time.Now)
	broken := &atomic.Bool{}
	broken.Store(true)
	h := dialog.NewHost(store, fragile{channels{passive}, broken}, dialog.NewShelf(build(t)), dialog.Options{})
	defer h.Drain(t.Context())
	replies, err := h.Turn(t.Context(), said("bad", "轮次", 4*time.Second))
	if err != nil || !strings.Contains(words(replies), "人工") {
		t.Errorf("the poisoned message got %q, %v, want the fallback and 人工", words(replies), err)
	}
	dead, err := store.Deads(t.Context(), 10)
	if err != nil || len(dead) != 1 || dead[0].Message.ID != "bad" || dead[0].Tries != session.MaxTries {
		t.Fatalf("Deads = %+v, %v, want the message after 3 tries", dead, err)
	}
	if replies, err = h.Turn(t.Context(), said("good", "几点开门", 4*time.Second)); err != nil || !strings.Contains(words(replies), "九点") {
		t.Errorf("the next message got %q, %v, want its answer", words(replies), err)
	}
	broken.Store(false)
	a, err := store.Replay(t.Context(), dead[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Resume(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	h.Wait()
	v, err := store.Look(t.Context(), ann)
	if err != nil || v.Session.Turn != 3 {
		t.Errorf("after the replay the conversation has %d turns, %v, want 3", v.Session.Turn, err)
	}
}

// limited fails every call after the first n, as a process that dies there would: nothing it meant to do afterwards happens.
type limited struct {
	session.Store
	left atomic.Int32
}

var errDied = errors.New("the process died here")

func (l *limited) step() error {
	if l.left.Add(-1) < 0 {
		return errDied
	}
	return nil
}

func (l *limited) Accept(ctx context.Context, m chat.Message, t session.Terms) (session.Accepted, error) {
	if err := l.step(); err != nil {
		return session.Accepted{}, err
	}
	return l.Store.Accept(ctx, m, t)
}

func (l *limited) Checkpoint(ctx context.Context, c *session.Claim, cp session.Checkpoint) error {
	if err := l.step(); err != nil {
		return err
	}
	return l.Store.Checkpoint(ctx, c, cp)
}

func (l *limited) Commit(ctx context.Context, c *session.Claim, o session.Outcome) (session.Committed, error) {
	if err := l.step(); err != nil {
		return session.Committed{}, err
	}
	return l.Store.Commit(ctx, c, o)
}

// P11: the dedupe mark and the work are kept together. The process dies after each of the store's calls in turn; the redelivery is
// answered all the same, once, and the backend is not asked twice for what is known.
func TestP11DiedAfterEachStoreCall(t *testing.T) {
	t.Parallel()
	for k := range int32(6) {
		t.Run(fmt.Sprint("after ", k, " calls"), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				clock := &shift{}
				store := sessiontest.NewMemory(clock.now)
				var asked atomic.Int32
				answer := make(chan struct{})
				close(answer)
				dying := &limited{Store: store}
				dying.left.Store(k)
				o := dialog.Options{Call: slowCaller(&asked, answer)}
				first := dialog.NewHost(dying, channels{passive}, dialog.NewShelf(build(t)), o)
				m := said("m1", "慢查询", 4*time.Second)
				_, _ = first.Turn(t.Context(), m) // whatever it says, its process is dead now
				first.Drain(cancelled(t))

				clock.add(2 * session.Lease) // the lease of the dead runs out
				second := newHost(t, store, passive, o)
				m.ReplyBy = time.Now().Add(4 * time.Second)
				replies, err := second.Turn(t.Context(), m)
				if errors.Is(err, chat.ErrLater) { // marked late before it died: the sweep finds it, and it is pushed
					if err := second.Resume(t.Context(), ann); err != nil {
						t.Fatal(err)
					}
					second.Wait()
					lent, e := store.Lend(t.Context(), ann, time.Minute)
					if e != nil || len(lent.Loans) != 1 {
						t.Fatalf("Lend = %+v, %v, want the answer", lent, e)
					}
					replies, err = []chat.Reply{{Text: string(lent.Loans[0].Body)}}, nil
				}
				if err != nil || !strings.Contains(words(replies), "结果是好了") {
					t.Errorf("after %d calls the redelivery got %q, %v, want the answer", k, words(replies), err)
				}
				v, err := store.Look(t.Context(), ann)
				if err != nil || v.Session.Turn != 1 {
					t.Errorf("after %d calls the conversation has %d turns, %v, want 1", k, v.Session.Turn, err)
				}
				if n := asked.Load(); n > 2 || k >= 3 && n != 1 {
					t.Errorf("after %d calls the backend was asked %d times", k, n)
				}
			})
		})
	}
}

// shift is a clock that can be moved on.
type shift struct{ by atomic.Int64 }

func (s *shift) now() time.Time      { return time.Now().Add(time.Duration(s.by.Load())) }
func (s *shift) add(d time.Duration) { s.by.Add(int64(d)) }

func cancelled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
