package rehearse

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/xianda-bot/xianda/adapters/postman"
	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/release/dir"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/handoff"
)

// town is one person with conversations on several kinds of channel.
type town struct {
	*stage
	t *testing.T
}

func newTown(t *testing.T) *town {
	t.Helper()
	rel, findings, err := dir.Load(t.Context(), "testdata/whole", dir.Options{})
	if err != nil || rel == nil {
		t.Fatal(err, findings)
	}
	s, err := newStage(rel, Test{Given: Given{Channel: "wechat", Clock: defaultClock()}}, Options{Caps: func(kind string) (chat.Caps, bool) {
		return chat.Caps{Push: chat.Full}, true
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.close() })
	return &town{s, t}
}

func (w *town) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// says lets the person write on a channel and returns what is shown there.
func (w *town) says(channel, text string) string {
	w.t.Helper()
	w.shown = nil
	w.must(w.turnTo(channel, true))
	w.must(w.person(w.t.Context(), chat.Message{Kind: chat.Said, Text: w.typed(text)}))
	return w.text()
}

// all is everything that the store tells operators of a conversation, and every case, as text.
func (w *town) all(channel string) string {
	w.t.Helper()
	v, err := w.store.Look(w.t.Context(), chat.Address{Channel: channel, Peer: peer})
	if errors.Is(err, session.ErrUnknown) {
		return ""
	}
	w.must(err)
	encoded, err := session.Encode(v.Session)
	w.must(err)
	rest, err := json.Marshal([]any{v.Lines, v.Owed})
	w.must(err)
	return string(encoded) + string(rest)
}

// cases are all cases of a conversation, whole.
func (w *town) cases(channel string) string {
	w.t.Helper()
	found, err := w.store.Queue().Cases(w.t.Context(), handoff.Filter{})
	w.must(err)
	text := ""
	for _, k := range found {
		if k.Conversation.Channel != channel {
			continue
		}
		whole, err := w.store.Queue().Case(w.t.Context(), k.ID)
		w.must(err)
		b, err := json.Marshal(whole)
		w.must(err)
		text += string(b)
	}
	return text
}

func (w *town) link(from, to string) {
	w.t.Helper()
	w.says(from, "关联")
	w.says(to, "{link.code}")
	if got := w.says(to, "是我本人，关联"); !strings.Contains(got, "已经和") {
		w.t.Fatalf("linking %s with %s = %q", to, from, got)
	}
	w.must(w.pump(w.t.Context()))
}

const canary = "86420975" // an order number of eight digits, which is found again however it is cut

// lacks fails when a conversation, or a case of its, holds what was said elsewhere.
func (w *town) lacks(when, channel string, words ...string) {
	w.t.Helper()
	for _, word := range words {
		if s := w.all(channel) + w.cases(channel); strings.Contains(s, word) {
			at := strings.Index(s, word)
			w.t.Errorf("%s: %s holds %q: …%s…", when, channel, word, s[max(0, at-200):min(len(s), at+100)])
		}
	}
}

// TestNothingLeaks: before a link, after it is undone and after a conversation was forgotten, nothing that was said in one conversation
// stands anywhere in the other: not in its session, its lines, its debts, its cases, nor in what it answers (F4, F67).
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"unlinked here", "unlinked there", "unlinked by the product", "forgotten"} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			w, ctx := newTown(t), t.Context()
			a, b := chat.Address{Channel: "wechat", Peer: peer}, chat.Address{Channel: "console", Peer: peer}
			w.says("console", "转账要手续费吗")
			w.says("wechat", "转账没到账")
			w.says("wechat", "零钱")
			w.says("wechat", "975")
			w.says("wechat", canary) // the call fails, and free text is asked for
			w.lacks("before a link", "console", canary, "975.00", `"mates"`)

			w.link("wechat", "console")
			if s := w.all("console"); !strings.Contains(s, canary) || !strings.Contains(s, `"place"`) {
				t.Fatalf("linked, console knows %s, want the value given and the dialog that waits", s)
			}
			w.says("console", "你好")
			w.says("console", "接着办")
			if end != "unlinked here" { // else it is unlinked in the middle of the dialog
				w.says("console", "说好三天到账，半个月了还没有动静")
				if s := w.cases("console"); s == "" || strings.Contains(s, canary) {
					t.Errorf("the case is %s, want one, and nothing in it that came from elsewhere", s)
				}
				if s := w.all("console"); !strings.Contains(s, `"carried":{`) {
					t.Errorf("console's session is %s, want what seats see beside the case", s)
				}
			}
			switch end {
			case "unlinked here":
				w.says("console", "解除关联")
			case "unlinked there":
				w.says("wechat", "解除关联")
			case "unlinked by the product":
				w.must(w.persons.Unlink(ctx, "", b))
			case "forgotten":
				w.must(w.turnTo("wechat", true))
				w.must(w.forget(ctx))
			}
			w.must(w.pump(ctx))
			v, err := w.store.Look(ctx, b)
			w.must(err)
			kept, err := session.Encode(v.Session)
			w.must(err)
			if strings.Contains(string(kept), canary) || strings.Contains(string(kept), "975.00") || len(v.Session.Mates) > 0 || v.Session.Place != nil {
				t.Errorf("%s: console's session holds %s", end, kept)
			}
			if s := w.cases("console"); strings.Contains(s, canary) {
				t.Errorf("%s: a case of console holds %s", end, s)
			}
			for _, text := range []string{"你好", "继续", "没解决", "转账没到账"} {
				if got := w.says("console", text); strings.Contains(got, "之前填过") || strings.Contains(got, "没办完") || strings.Contains(got, canary) {
					t.Errorf("%s: console answers %q with %q", end, text, got)
				}
			}
			if end == "forgotten" {
				if s := w.all("wechat"); s != "" {
					t.Errorf("forgotten, wechat still is %s", s)
				}
			} else if s := w.all("wechat"); strings.Contains(s, "kb:fee") {
				t.Errorf("%s: wechat holds what was asked on console: %s", end, s)
			}
			if user, others, err := w.persons.Of(ctx, a); err != nil || user != "" || len(others) > 0 {
				t.Errorf("%s: wechat is %q's with %v, %v, want nobody's", end, user, others, err)
			}
		})
	}
}

// TestSharesNeedProof: a share is refused by a conversation that does not hold its sender for one of its own person's, whoever sent it, and
// is not even posted when the two are not one person's any more. A seat's words are not lost on that way: they come back.
func TestSharesNeedProof(t *testing.T) {
	t.Parallel()
	w, ctx := newTown(t), t.Context()
	w.says("wechat", "你好")
	w.says("console", "你好")
	a, b := chat.Address{Channel: "wechat", Peer: peer}, chat.Address{Channel: "console", Peer: peer}
	known := &session.Known{Asked: canary, Case: &session.OpenCase{ID: "00x", Held: true}}
	data, err := json.Marshal(session.Share{To: b, From: a, Known: known, Took: "x", Want: true})
	w.must(err)
	_, err = w.host.Post(ctx, chat.Message{ID: "forged", Kind: chat.Linked, Event: session.EventShare, From: b, Data: data})
	w.must(err)
	w.must(w.pump(ctx))
	w.lacks("after a forged share", "console", canary, "00x")
	if got := w.says("console", "转账没到账"); !strings.Contains(got, "零钱还是银行卡") {
		t.Errorf("after a forged share the bot says %q, want the dialog", got)
	}

	body, err := json.Marshal(session.Share{To: b, From: a, Known: known})
	w.must(err)
	w.must(w.persons.Shares().Pay(ctx, postman.Loan{Debt: chat.Debt{ID: "share-1", Kind: chat.ShareDebt, To: a, Body: body}}))
	w.must(w.pump(ctx))
	w.lacks("a share to somebody else", "console", canary)

	w.shown = nil
	w.must(w.turnTo("wechat", true))
	body, err = json.Marshal(session.Share{To: b, From: a, Seat: "alice", Words: "请看这里"})
	w.must(err)
	w.must(w.persons.Shares().Pay(ctx, postman.Loan{Debt: chat.Debt{ID: "share-2", Kind: chat.ShareDebt, To: a, Body: body}}))
	w.must(w.pump(ctx))
	if !strings.Contains(w.text(), "请看这里") || strings.Contains(w.all("console"), "请看这里") {
		t.Errorf("a seat's words to a conversation that is not the person's any more: shown here %q, want them here and not there", w.text())
	}
}

// TestShareIsToldOnce: a share that is paid twice, because a process died before it said so, is judged once; who has no other conversation
// owes none (F4: the ordinary turn pays nothing).
func TestShareIsToldOnce(t *testing.T) {
	t.Parallel()
	w, ctx := newTown(t), t.Context()
	a, b := chat.Address{Channel: "wechat", Peer: peer}, chat.Address{Channel: "console", Peer: peer}
	owes := func() (n int) {
		w.must(w.turnTo("wechat", true))
		_, err := w.host.Turn(ctx, chat.Message{ID: fmt.Sprint("owes", w.sent), Kind: chat.Said, From: a, Text: "转账没到账", At: w.clock()})
		if !errors.Is(err, chat.ErrLater) {
			t.Fatal(err)
		}
		w.sent++
		w.host.Wait()
		lent, err := w.store.Lend(ctx, a, 1)
		w.must(err)
		for _, l := range lent.Loans {
			if l.Kind == chat.ShareDebt {
				n++
			}
		}
		w.advance(1e9)
		w.must(w.pump(ctx))
		return n
	}
	if n := owes(); n != 0 {
		t.Errorf("a turn of somebody with one conversation owes %d shares, want none", n)
	}
	w.link("wechat", "console")
	body, err := json.Marshal(session.Share{To: b, From: a, Seat: "alice", Words: "请看这里"})
	w.must(err)
	w.shown = nil
	w.must(w.turnTo("console", true))
	for range 2 {
		w.must(w.persons.Shares().Pay(ctx, postman.Loan{Debt: chat.Debt{ID: "share-1", Kind: chat.ShareDebt, To: a, Body: body}}))
		w.must(w.pump(ctx))
	}
	if n := strings.Count(w.text(), "请看这里"); n != 1 {
		t.Errorf("a seat's words that were paid twice are shown %d times, want once", n)
	}
}

// TestOneCase: whatever a seat does meanwhile, a person with two conversations has one open case (F4, F51).
func TestOneCase(t *testing.T) {
	t.Parallel()
	open := func(w *town) (all []chat.Case) {
		found, err := w.store.Queue().Cases(w.t.Context(), handoff.Filter{})
		w.must(err)
		for _, k := range found {
			if k.State != chat.Over {
				all = append(all, k)
			}
		}
		return all
	}
	t.Run("a waiting one keeps its place", func(t *testing.T) {
		t.Parallel()
		w := newTown(t)
		w.link("wechat", "console")
		w.says("wechat", "人工")
		first := open(w)
		w.advance(10 * 60e9)
		w.says("console", "人工")
		now := open(w)
		if len(first) != 1 || len(now) != 1 || now[0].Conversation.Channel != "console" || !now[0].Raised.Equal(first[0].Raised) {
			t.Fatalf("cases before %+v and after %+v, want one, on console, raised when the first was", first, now)
		}
		w.says("wechat", "人工")
		if again := open(w); len(again) != 1 || again[0].Conversation.Channel != "wechat" || !again[0].Raised.Equal(first[0].Raised) {
			t.Errorf("after going back: %+v, want one, on wechat, raised when the first was", again)
		}
	})
	t.Run("a seat comes first, and nobody heard of it", func(t *testing.T) {
		t.Parallel()
		w, ctx := newTown(t), t.Context()
		w.link("wechat", "console")
		w.says("wechat", "人工")
		held := open(w)[0]
		_, err := w.store.Queue().Claim(ctx, held.ID, "alice") // the other conversations are not told
		w.must(err)
		w.says("console", "人工")
		now := open(w)
		if len(now) != 1 || now[0].ID != held.ID {
			t.Fatalf("cases %+v, want the one that alice has", now)
		}
		v, err := w.store.Look(ctx, chat.Address{Channel: "wechat", Peer: peer})
		w.must(err)
		if last := v.Lines[len(v.Lines)-1]; last.From != "person" || last.Text != "人工" {
			t.Errorf("alice's transcript ends with %+v, want the person's words from console", last)
		}
		_, err = w.store.Queue().Reply(ctx, held.ID, "alice", "我在", "r1")
		w.must(err)
		w.shown = nil
		w.must(w.pump(ctx))
		if !strings.Contains(w.text(), "我在") {
			t.Errorf("shown on console: %q, want alice's words", w.text())
		}
	})
	t.Run("the seat closed it, and nobody heard of it", func(t *testing.T) {
		t.Parallel()
		w, ctx := newTown(t), t.Context()
		w.link("wechat", "console")
		w.says("wechat", "人工")
		held := open(w)[0]
		_, err := w.store.Queue().Claim(ctx, held.ID, "alice")
		w.must(err)
		w.must(w.persons.Look(ctx, held.Conversation))
		w.must(w.pump(ctx))
		v, err := w.store.Look(ctx, chat.Address{Channel: "console", Peer: peer})
		w.must(err)
		if v.Session.Mates[0].Known.Case == nil || !v.Session.Mates[0].Known.Case.Held {
			t.Fatalf("console knows %+v, want that a seat has the case", v.Session.Mates[0].Known.Case)
		}
		w.must(w.store.Forget(ctx, held.Conversation)) // as the store does by itself after a long silence
		got := w.says("console", "转账没到账")
		w.must(w.pump(ctx))
		if all := got + w.text(); !strings.Contains(all, "零钱还是银行卡") {
			t.Errorf("console says %q, want the words answered after all", all)
		}
	})
}
