package kefu

import (
	"context"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/kefu/kefutest"
	"github.com/xianda-bot/xianda/chat"
)

// desk is an adapter with somebody who wrote.
type desk struct {
	*Adapter
	t        testing.TB
	platform *kefutest.Platform
	record   *adapterstest.Record
	ann      chat.Address
}

func newDesk(t testing.TB, more map[string]any) *desk {
	t.Helper()
	p := kefutest.New(t)
	d, record := adapterstest.NewDeps()
	d.HTTP, d.Outside = adapterstest.Client(p), adapterstest.Client(outside{})
	a := mustNew(t, p, d, more)
	p.Put(adapterstest.Delivery{Peer: "ann", ID: "1", Text: "在吗"})
	return &desk{a, t, p, record, chat.Address{Channel: "help", Peer: "wm-ann"}}
}

// outside is the rest of the world.
type outside struct{}

func (outside) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/a.png":
		_, _ = w.Write([]byte("\x89PNG\r\n\x1a\n0000"))
	case "/page.png":
		_, _ = w.Write([]byte("<html>not a picture"))
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (d *desk) send(r chat.Reply, right *chat.ReplyRight) *chat.Failure {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, err := d.Send(ctx, d.ann, r, right)
	if err == nil {
		return nil
	}
	return err.(*chat.Failure) //nolint:errorlint // the contract says that it is one
}

// welcome is the right of an entry.
func (d *desk) welcome(peer string) (chat.Address, *chat.ReplyRight) {
	d.t.Helper()
	d.platform.Put(adapterstest.Delivery{Kind: chat.Arrived, Peer: peer, ID: "enter", At: time.Now()})
	var got *chat.ReplyRight
	p := &puller{a: d.Adapter, in: func(_ context.Context, m chat.Message) ([]chat.Reply, error) {
		if m.Kind == chat.Arrived {
			got = m.Right
		}
		return nil, nil
	}}
	if err := p.all(context.Background()); err != nil {
		d.t.Fatal(err)
	}
	if got == nil {
		d.t.Fatal("the entry grants nothing")
	}
	return chat.Address{Channel: "help", Peer: "wm-" + peer}, got
}

func (d *desk) shows(want ...adapterstest.Shown) {
	d.t.Helper()
	got := d.platform.Sent()
	for i := range got {
		got[i].Key = ""
	}
	if len(got) != len(want) || len(got) > 0 && !reflect.DeepEqual(got, want) {
		d.t.Errorf("shown %+v, want %+v", got, want)
	}
	for _, b := range d.platform.Breaches() {
		d.t.Error(b)
	}
}

func TestSend(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("这是很长的一句话。", 70) // 1890 bytes
	for _, c := range []struct {
		name  string
		reply chat.Reply
		want  []adapterstest.Shown
		kind  chat.FailureKind
	}{
		{"text", chat.Reply{Key: "k", Text: "你好\u2028<b>\n"}, []adapterstest.Shown{{Peer: "ann", Text: "你好\n<b>"}}, ""},
		{"menu with a link", chat.Reply{Key: "k", Text: "哪一个？", Choices: []chat.Choice{{ID: "a", Label: "退款"}, {Label: "官网", URL: "https://a.example/?a=1&b=2"}}},
			[]adapterstest.Shown{{Peer: "ann", Text: "哪一个？", Choices: []string{"退款", "官网"}}}, ""},
		{"a link that no item opens", chat.Reply{Key: "k", Text: "看", Choices: []chat.Choice{{Label: "打开", URL: "weixin://x"}}},
			[]adapterstest.Shown{{Peer: "ann", Text: "看\n打开 weixin://x"}}, ""},
		{"a text that leaves a menu no room", chat.Reply{Key: "k", Text: long, Choices: []chat.Choice{{ID: "a", Label: "退款"}}},
			[]adapterstest.Shown{{Peer: "ann", Text: long}, {Peer: "ann", Choices: []string{"退款"}}}, ""},
		{"image", chat.Reply{Key: "k", Media: []chat.Media{{Kind: "image", URL: "https://cdn.example/a.png"}}}, []adapterstest.Shown{{Peer: "ann", Media: 1}}, ""},
		{"image and text", chat.Reply{Key: "k", Text: "看图", Media: []chat.Media{{Kind: "image", URL: "https://cdn.example/a.png"}}},
			[]adapterstest.Shown{{Peer: "ann", Media: 1}, {Peer: "ann", Text: "看图"}}, ""},
		{"file", chat.Reply{Key: "k", Media: []chat.Media{{Kind: "file", URL: "https://cdn.example/a.png", Name: "a.png"}}}, []adapterstest.Shown{{Peer: "ann", Media: 1}}, ""},
		{"G3 an image that is a page", chat.Reply{Key: "k", Media: []chat.Media{{Kind: "image", URL: "https://cdn.example/page.png"}}}, nil, chat.BadMedia},
		{"an image that is gone", chat.Reply{Key: "k", Media: []chat.Media{{Kind: "image", URL: "https://cdn.example/none.png"}}}, nil, chat.BadMedia},
		{"nothing", chat.Reply{Key: "k", Text: " \u0001\n"}, nil, chat.Refused},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, nil)
			f := d.send(c.reply, nil)
			if f == nil && c.kind != "" || f != nil && f.Kind != c.kind {
				t.Errorf("Send = %v, want %q", f, c.kind)
			}
			d.shows(c.want...)
		})
	}
}

// An uploaded picture is used again, and uploaded once more when the platform has forgotten it.
func TestImageIsKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	image := func(key string) chat.Reply {
		return chat.Reply{Key: key, Media: []chat.Media{{Kind: "image", URL: "https://cdn.example/a.png"}}}
	}
	for _, key := range []string{"a", "b"} {
		if f := d.send(image(key), nil); f != nil {
			t.Fatal(f)
		}
	}
	if n := d.platform.Called("/cgi-bin/media/upload"); n != 1 {
		t.Errorf("%d uploads, want 1", n)
	}
	d.platform.FailCall(sendPath, 1, "40007")
	if f := d.send(image("c"), nil); f != nil {
		t.Fatal(f)
	}
	if n := d.platform.Called("/cgi-bin/media/upload"); n != 2 {
		t.Errorf("%d uploads, want 2", n)
	}
	d.shows(adapterstest.Shown{Peer: "ann", Media: 1}, adapterstest.Shown{Peer: "ann", Media: 1}, adapterstest.Shown{Peer: "ann", Media: 1})
}

// P2: a reply is shown once though the answer to the first attempt is lost, whether the platform says why it refuses the second or not;
// another reply, and the same key of another person, are messages of their own.
func TestSendIsIdempotent(t *testing.T) {
	for _, how := range []string{"timeout-after-send", "502-after-send"} {
		t.Run(how, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t, nil)
				d.platform.FailCall(sendPath, 1, how)
				if f := d.send(chat.Reply{Key: "k", Text: "一"}, nil); f == nil || f.Kind != chat.Temporary || !f.Unknown {
					t.Fatalf("Send = %v, want an unknown outcome", f)
				}
				if f := d.send(chat.Reply{Key: "k", Text: "一"}, nil); f != nil {
					t.Errorf("sent again: %v", f)
				}
				d.shows(adapterstest.Shown{Peer: "ann", Text: "一"})
			})
		})
	}
	t.Run("by another process, which does not know", func(t *testing.T) {
		d := newDesk(t, nil)
		d.platform.FailCall(sendPath, 1, "502-after-send")
		_ = d.send(chat.Reply{Key: "k", Text: "一"}, nil)
		d.doubt = newDoubts(time.Now)
		if f := d.send(chat.Reply{Key: "k", Text: "一"}, nil); f != nil {
			t.Errorf("sent again: %v", f)
		}
		d.shows(adapterstest.Shown{Peer: "ann", Text: "一"})
	})
	t.Run("refused without a reason", func(t *testing.T) {
		d := newDesk(t, nil)
		d.platform.FailCall(sendPath, 1, "502-after-send")
		_ = d.send(chat.Reply{Key: "k", Text: "一"}, nil)
		d.platform.FailCall(sendPath, 1, "40058")
		if f := d.send(chat.Reply{Key: "k", Text: "一"}, nil); f != nil {
			t.Errorf("sent again: %v", f)
		}
		d.platform.FailCall(sendPath, 1, "40058")
		if f := d.send(chat.Reply{Key: "other", Text: "二"}, nil); f == nil || f.Kind != chat.Refused {
			t.Errorf("a message that is refused for its own sake: %v", f)
		}
	})
	t.Run("both halves of a long menu", func(t *testing.T) {
		d := newDesk(t, nil)
		long := chat.Reply{Key: "k", Text: strings.Repeat("长", 500), Choices: []chat.Choice{{ID: "a", Label: "退款"}}}
		d.platform.FailCall(sendPath, 1, "502-after-send")
		for range 2 {
			_ = d.send(long, nil) // the first attempt fails
		}
		d.shows(adapterstest.Shown{Peer: "ann", Text: long.Text}, adapterstest.Shown{Peer: "ann", Choices: []string{"退款"}})
	})
	t.Run("two persons", func(t *testing.T) {
		d := newDesk(t, nil)
		d.platform.Put(adapterstest.Delivery{Peer: "bob", ID: "1", Text: "在吗"})
		for _, who := range []string{"wm-ann", "wm-bob"} {
			d.ann.Peer = who
			if f := d.send(chat.Reply{Key: "k", Text: "一"}, nil); f != nil {
				t.Error(f)
			}
		}
		d.shows(adapterstest.Shown{Peer: "ann", Text: "一"}, adapterstest.Shown{Peer: "bob", Text: "一"})
	})
}

// A message id leads back to the key of its reply, of every length that a key may have, and to none for another person or another id.
func TestMessageIDs(t *testing.T) {
	t.Parallel()
	a, _ := alone(t)
	seen := map[string]bool{}
	for n := range 33 {
		key := strings.Repeat("k", n)
		for part := range 3 {
			id := a.msgID(t.Context(), "wm-ann", key, part)
			if len(id) > 32 || !keyForm.MatchString(id) || seen[id] {
				t.Errorf("key of %d: id %q", n, id)
			}
			seen[id] = true
			if got := a.keyOf(t.Context(), id, "wm-ann"); got != key {
				t.Errorf("key of %d: %q leads to %q", n, id, got)
			}
			if got := a.keyOf(t.Context(), id, "wm-bob"); n <= 21 && got != "" {
				t.Errorf("for another person %q leads to %q", id, got)
			}
		}
	}
	for _, id := range []string{"", "a", strings.Repeat("x", 100), "a\x00b0123456789", "Zno-such-thing"} {
		if got := a.keyOf(t.Context(), id, "wm-ann"); got != "" {
			t.Errorf("%q leads to %q", id, got)
		}
	}
	if id := a.msgID(t.Context(), "wm-ann", "有中文", 0); !keyForm.MatchString(id) || a.keyOf(t.Context(), id, "wm-ann") != "有中文" {
		t.Errorf("a key that no id may hold gives %q", id)
	}
}

// The welcome and the end are sent by their code: once, in time, as one message, whatever it holds.
func TestCodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, nil)
		if mine, err := d.lease.Take(t.Context(), nil); !mine || err != nil {
			t.Fatalf("the lease: %t, %v", mine, err)
		}
		bob, right := d.welcome("bob")
		d.ann = bob
		long := strings.Repeat("这是很长的一句话。", 60) // 1620 bytes: above and below the menu
		if f := d.send(chat.Reply{Key: "k", Text: long, Choices: []chat.Choice{{ID: "a", Label: "退款"}}}, right); f != nil {
			t.Fatal(f)
		}
		got := d.platform.Sent()
		if len(got) != 1 || strings.ReplaceAll(got[0].Text, "\n", "") != long || len(got[0].Choices) != 1 {
			t.Errorf("shown %+v", got)
		}
		if f := d.send(chat.Reply{Key: "l", Text: "又一句"}, right); f == nil || f.Kind != chat.Refused {
			t.Errorf("the code again: %v, want it dropped", f)
		}
		if f := d.send(chat.Reply{Key: "m", Media: []chat.Media{{Kind: "image", Ref: "x"}}}, right); f == nil || f.Kind != chat.Refused {
			t.Errorf("a picture by a code: %v, want it left out", f)
		}
		if f := d.send(chat.Reply{Key: "n", Text: "你好"}, nil); f == nil || f.Kind != chat.Window {
			t.Errorf("without a code before the first message: %v, want it kept", f)
		}
	})
	t.Run("a lost answer", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(t, nil)
			var right *chat.ReplyRight
			d.ann, right = d.welcome("bob")
			d.platform.FailCall(codePath, 1, "timeout-after-send")
			hello := chat.Reply{Key: "k", Text: "您好"}
			if f := d.send(hello, right); f == nil || !f.Unknown {
				t.Fatalf("Send = %v, want an unknown outcome", f)
			}
			if f := d.send(hello, right); f != nil {
				t.Errorf("sent again: %v", f)
			}
			d.shows(adapterstest.Shown{Peer: "bob", Text: "您好"})
		})
	})
}

func TestCutHead(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"短", strings.Repeat("长", 600), strings.Repeat("一句话。", 150), strings.Repeat("a line\n", 200), strings.Repeat("😀", 500)} {
		head, tail := cutHead(text)
		if len(head) > maxHead || len(tail) > maxHead || strings.TrimSpace(head) == "" || strings.ToValidUTF8(head+tail, "") != head+tail ||
			strings.Join(strings.Fields(head+tail), "") != strings.Join(strings.Fields(text), "") {
			t.Errorf("%d bytes are cut into %d and %d", len(text), len(head), len(tail))
		}
	}
}

// What the platform said of a message that it took and did not show.
func TestWhyFailed(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]chat.FailureKind{
		0: chat.Refused, 1: chat.Auth, 2: chat.Auth, 4: chat.Window, 5: chat.Window, 6: chat.Exhausted, 8: chat.Auth, 10: chat.Blocked, 11: chat.Auth,
		12: chat.Refused, 13: chat.Refused, 99: chat.Refused, -1: chat.Refused,
	} {
		if got := whyFailed(n); got != want {
			t.Errorf("fail_type %d is %s, want %s", n, got, want)
		}
	}
}
