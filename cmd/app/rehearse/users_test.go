package rehearse

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/cmd/app/person"
	"github.com/xianda-bot/xianda/dialog/session"
)

// TestProductUsers: the product's word decides. Who proved to be one person gets the product's user when one of them does, all together,
// and the house's own user is never told to dialogs; two users of the product are not made one.
func TestProductUsers(t *testing.T) {
	t.Parallel()
	w, ctx := newTown(t), t.Context()
	a, b, c := chat.Address{Channel: "wechat", Peer: peer}, chat.Address{Channel: "console", Peer: peer}, chat.Address{Channel: "web", Peer: peer}
	w.link("wechat", "console")
	for _, at := range []chat.Address{a, b} {
		v, err := w.store.Look(ctx, at)
		w.must(err)
		if v.Session.User != "" || len(v.Session.Mates) != 1 {
			t.Errorf("%s is user %q with %v, want no user of the product's, and one other conversation", at, v.Session.User, v.Session.Mates)
		}
	}
	w.must(w.persons.Link(ctx, "u-1", b))
	w.must(w.pump(ctx))
	for _, at := range []chat.Address{a, b} {
		v, err := w.store.Look(ctx, at)
		w.must(err)
		if v.Session.User != "u-1" || len(v.Session.Mates) != 1 {
			t.Errorf("%s is user %q with %v, want u-1 with the other", at, v.Session.User, v.Session.Mates)
		}
	}
	w.says("web", "你好")
	w.must(w.persons.Link(ctx, "u-2", c))
	if err := w.persons.Join(ctx, a, c, ""); !errors.Is(err, session.ErrTwoUsers) {
		t.Errorf("Join of two users = %v, want ErrTwoUsers", err)
	}
	w.says("wechat", "关联")
	if got := w.says("web", "{link.code}"); !strings.Contains(got, "两个不同的用户") {
		t.Errorf("a code of another user is answered with %q, want it refused and why", got)
	}
	if all, err := w.persons.Conversations(ctx, "u-1"); err != nil || len(all) != 2 {
		t.Errorf("u-1 has %v, %v, want two conversations", all, err)
	}
}

// TestUnions: two accounts of one owner know a person by the platform's id. It is asked once, apart from turns; who undid the link is not
// brought back by it; a forgotten conversation leaves no trace of it.
func TestUnions(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	asked := map[chat.Address]int{}
	answer := map[string]string{"wechat": "weixin:o6_" + canary, "mini": "weixin:o6_" + canary, "web": ""}
	fails := 1
	u := person.NewUnions(w.persons, func(_ context.Context, a chat.Address) (string, error) {
		asked[a]++
		if fails > 0 {
			fails--
			return "", errors.New("the platform is busy")
		}
		return answer[a.Channel], nil
	}, nil)
	ctx := t.Context()
	learn := func(channel string) error {
		return u.Learn(ctx, chat.Address{Channel: channel, Peer: peer}, "")
	}
	w.says("wechat", "转账没到账")
	w.says("mini", "你好")
	if err := learn("wechat"); err == nil {
		t.Error("the platform was busy, want the error, to ask again later")
	}
	for range 2 {
		for _, channel := range []string{"wechat", "mini", "web"} {
			w.must(learn(channel))
		}
	}
	w.must(w.pump(ctx))
	if n := fmt.Sprint(asked[chat.Address{Channel: "wechat", Peer: peer}], asked[chat.Address{Channel: "mini", Peer: peer}], asked[chat.Address{Channel: "web", Peer: peer}]); n != "2 1 1" {
		t.Errorf("the platform was asked %s times, want 2 (once it failed), 1, 1", n)
	}
	a, b := chat.Address{Channel: "wechat", Peer: peer}, chat.Address{Channel: "mini", Peer: peer}
	if _, others, err := w.persons.Of(ctx, a); err != nil || len(others) != 1 || others[0] != b {
		t.Fatalf("wechat's others are %v, %v, want mini", others, err)
	}
	if got := w.says("mini", "继续"); !strings.Contains(got, "零钱还是银行卡") {
		t.Errorf("mini goes on with %q, want the dialog of wechat", got)
	}
	w.says("mini", "解除关联")
	w.must(w.store.Vault().Drop(ctx, "person/union/"+b.String(), unionOf(w, b))) // as after its time
	w.must(learn("mini"))
	if _, others, err := w.persons.Of(ctx, b); err != nil || len(others) != 0 {
		t.Errorf("undone by the person, the platform's id brings %v back, want nobody (%v)", others, err)
	}
	w.must(w.persons.Forget(ctx, a))
	if got := unionOf(w, a); got != "" {
		t.Errorf("forgotten, the vault still has %q", got)
	}
}

func unionOf(w *town, a chat.Address) string {
	got, err := w.store.Vault().Get(w.t.Context(), "person/union/"+a.String())
	w.must(err)
	return got
}
