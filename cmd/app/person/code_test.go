package person

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/store/local"
	"github.com/xianda-bot/xianda/store/redis"
	"github.com/xianda-bot/xianda/store/redis/redistest"
)

// stores are People over every store, with mailboxes that only count.
func stores(t *testing.T) map[string]*People {
	t.Helper()
	l, err := local.Temporary(local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	r, err := redis.Open(t.Context(), redistest.Start(t), redis.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	over := func(s session.Store, kept session.People, vault adapters.Vault) *People {
		return New(Deps{
			Kept: kept, Vault: vault, Look: s.Look, Channel: func(name string) bool { return name == "shop" }, Kick: func(chat.Address) {},
			Count: func(string, ...string) {},
			Post: func(ctx context.Context, m chat.Message) (bool, error) {
				got, err := s.Accept(ctx, m, session.Terms{Post: true})
				return got.Fresh, err
			},
		})
	}
	return map[string]*People{"local": over(l, l.People(), l.Vault()), "redis": over(r, r.People(), r.Vault())}
}

// asks puts one question of a turn of a.
func asks(t *testing.T, p *People, name string, a chat.Address, key, call string) answer {
	t.Helper()
	got, err := p.Answers()[name](t.Context(), dialog.Call{Name: name, Conversation: a, With: map[string]string{"key": key}, Key: call})
	if err != nil {
		return answer{State: "error: " + err.Error()}
	}
	return got.(answer)
}

// TestCodeIsForOneUse: of many conversations that take a code at once one gets it, on every store; the turn that is judged again after its
// process died hears the same answer, and everybody else that there is no such code.
func TestCodeIsForOneUse(t *testing.T) {
	t.Parallel()
	for name, p := range stores(t) {
		made := asks(t, p, dialog.AskLinkMake, peer("a"), "", "1")
		key := dialog.CodeKey(made.Code)
		var wait sync.WaitGroup
		said := make([]answer, 6)
		for i := range said {
			wait.Go(func() {
				said[i] = asks(t, p, dialog.AskLinkTake, peer(fmt.Sprint("b", i)), key, fmt.Sprint("turn", i))
			})
		}
		wait.Wait()
		winner := slices.IndexFunc(said, func(a answer) bool { return a.State == dialog.LinkDone })
		done := 0
		for _, a := range said {
			if a.State == dialog.LinkDone {
				done++
			} else if a.State != dialog.LinkUnknown && !strings.HasPrefix(a.State, "error: the code is being used") {
				t.Errorf("%s: who came too late hears %+v", name, a)
			}
		}
		if done != 1 {
			t.Fatalf("%s: the code was taken %d times, %+v, want once", name, done, said)
		}
		if again := asks(t, p, dialog.AskLinkTake, peer(fmt.Sprint("b", winner)), key, fmt.Sprint("turn", winner)); again != said[winner] {
			t.Errorf("%s: the same turn judged again hears %+v, want %+v", name, again, said[winner])
		}
		if got := asks(t, p, dialog.AskLinkLook, peer("c"), key, "x"); got.State != dialog.LinkUnknown {
			t.Errorf("%s: a spent code is %+v, want unknown", name, got)
		}
		if _, others, err := p.Of(t.Context(), peer("a")); err != nil || len(others) != 1 || others[0] != peer(fmt.Sprint("b", winner)) {
			t.Errorf("%s: a's others are %v, %v, want the one that took the code", name, others, err)
		}
	}
}

// TestCodesAreVoid: a new code makes the earlier one void, and so do undoing a link and forgetting the conversation.
func TestCodesAreVoid(t *testing.T) {
	t.Parallel()
	for name, p := range stores(t) {
		unknown := func(why, code string) {
			t.Helper()
			if got := asks(t, p, dialog.AskLinkLook, peer("c"), dialog.CodeKey(code), "x"); got.State != dialog.LinkUnknown {
				t.Errorf("%s: %s, the code is %+v, want unknown", name, why, got)
			}
		}
		first := asks(t, p, dialog.AskLinkMake, peer("a"), "", "1").Code
		second := asks(t, p, dialog.AskLinkMake, peer("a"), "", "2").Code
		unknown("after another one", first)
		if got := asks(t, p, dialog.AskLinkLook, peer("c"), dialog.CodeKey(second), "x"); got.State != dialog.LinkFound || got.Where != "shop" {
			t.Errorf("%s: the second code is %+v, want it found, of shop", name, got)
		}
		if err := p.Forget(t.Context(), peer("a")); err != nil {
			t.Fatal(err)
		}
		unknown("after its conversation was forgotten", second)
		third := asks(t, p, dialog.AskLinkMake, peer("a"), "", "3").Code
		if err := p.Join(t.Context(), peer("a"), peer("b"), ""); err != nil {
			t.Fatal(err)
		}
		if got := asks(t, p, dialog.AskLinkUndo, peer("a"), "", "4"); got.State != dialog.LinkDone {
			t.Errorf("%s: undoing = %+v", name, got)
		}
		unknown("after undoing", third)
	}
}

// TestJoinAtOnce: whoever joins what, at once and in any order, ends with one person (the whole chain), on every store.
func TestJoinAtOnce(t *testing.T) {
	t.Parallel()
	for name, p := range stores(t) {
		var wait sync.WaitGroup
		const n = 5
		for i := range n - 1 {
			wait.Go(func() {
				if err := p.Join(t.Context(), peer(fmt.Sprint(i)), peer(fmt.Sprint(i+1)), ""); err != nil {
					t.Errorf("%s: Join = %v", name, err)
				}
			})
		}
		wait.Wait()
		if _, others, err := p.Of(t.Context(), peer("0")); err != nil || len(others) != n-1 {
			t.Errorf("%s: the first one's others are %v, %v, want %d", name, others, err, n-1)
		}
	}
}

// TestJoinIsBounded: a person has as many conversations as may be, and what does not fit is not half moved.
func TestJoinIsBounded(t *testing.T) {
	t.Parallel()
	for name, p := range stores(t) {
		ctx := t.Context()
		for i := 1; i < session.MaxLinks; i++ {
			if err := p.Join(ctx, peer("0"), peer(fmt.Sprint(i)), ""); err != nil {
				t.Fatalf("%s: Join of conversation %d = %v", name, i, err)
			}
		}
		if err := p.Join(ctx, peer("x"), peer("y"), ""); err != nil {
			t.Fatal(err)
		}
		if err := p.Join(ctx, peer("0"), peer("x"), ""); !errors.Is(err, session.ErrFull) {
			t.Errorf("%s: Join beyond the limit = %v, want ErrFull", name, err)
		}
		if _, others, err := p.Of(ctx, peer("x")); err != nil || len(others) != 1 || others[0] != peer("y") {
			t.Errorf("%s: x's others are %v, %v, want y as before", name, others, err)
		}
	}
}
