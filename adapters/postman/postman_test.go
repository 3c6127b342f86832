package postman

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/chat"
)

func TestRetryAfterHoldsOnlyItsConversation(t *testing.T) { // P20
	bubble(t, func(t *testing.T) {
		debts, payer := newLedger(), newShop(chat.Caps{})
		payer.script["a1"] = []error{&chat.Failure{Kind: chat.Rate, Retry: 3 * time.Second}}
		debts.owe(who("ann"), chat.ReplyDebt, "a1", "a2")
		debts.owe(who("bob"), chat.ReplyDebt, "b1", "b2")
		p, _, stop := start(t, debts, map[chat.DebtKind]Payer{chat.ReplyDebt: payer}, Options{Workers: 1})
		p.Wake(who("ann"))
		p.Wake(who("bob"))
		time.Sleep(time.Second)
		p.Wake(who("ann")) // a new message of hers must not hurry it
		time.Sleep(time.Minute)
		stop()
		want := []string{"ann a1 0s", "bob b1 0s", "bob b2 0s", "ann a1 3s", "ann a2 3s"}
		if d := cmp.Diff(want, payer.visits()); d != "" {
			t.Errorf("sent (-want +got)\n%s", d)
		}
	})
}

func TestOrderAndFairness(t *testing.T) {
	bubble(t, func(t *testing.T) {
		debts, payer := newLedger(), newShop(chat.Caps{})
		for i := range 20 {
			debts.owe(who("ann"), chat.ReplyDebt, fmt.Sprintf("a%02d", i))
		}
		debts.owe(who("bob"), chat.ReplyDebt, "b")
		payer.during = func(context.Context, Loan) error { time.Sleep(100 * time.Millisecond); return nil }
		p, _, stop := start(t, debts, map[chat.DebtKind]Payer{chat.ReplyDebt: payer}, Options{Workers: 1})
		p.Wake(who("ann"))
		p.Wake(who("bob"))
		for range 10 {
			p.Wake(who("ann"))
		}
		time.Sleep(time.Minute)
		stop()
		got := payer.visits()
		if len(got) != 21 || !strings.HasPrefix(got[1], "bob b ") {
			t.Errorf("one long conversation keeps the other waiting: %v", got)
		}
		got = slices.DeleteFunc(got, func(s string) bool { return s[0] == 'b' })
		if !slices.IsSorted(got) {
			t.Errorf("out of order: %v", got)
		}
	})
}

func TestManyConversationsAtOnceButNeverOneTwice(t *testing.T) {
	bubble(t, func(t *testing.T) {
		debts, payer := newLedger(), newShop(chat.Caps{})
		payer.during = func(context.Context, Loan) error { time.Sleep(time.Second); return nil }
		p, _, stop := start(t, debts, map[chat.DebtKind]Payer{chat.ReplyDebt: payer}, Options{Workers: 8})
		for i := range 16 {
			debts.owe(who(fmt.Sprint(i)), chat.ReplyDebt, "x", "y")
			for range 5 {
				p.Wake(who(fmt.Sprint(i)))
			}
		}
		time.Sleep(time.Hour)
		stop()
		if n := len(debts.verdicts()); n != 32 {
			t.Errorf("%d debts settled, want 32", n)
		}
		last := payer.visits()[31]
		if !strings.HasSuffix(last, " 3s") {
			t.Errorf("32 seconds of work for 8 workers ended at %q, want 3s", last)
		}
	})
}

func TestPacing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		debts, payer := newLedger(), newShop(chat.Caps{PerConversation: 1})
		debts.owe(who("ann"), chat.ReplyDebt, "a1", "a2", "a3")
		debts.owe(who("bob"), chat.ReplyDebt, "b1")
		p, _, stop := start(t, debts, map[chat.DebtKind]Payer{chat.ReplyDebt: payer}, Options{Workers: 1})
		p.Wake(who("ann"))
		p.Wake(who("bob"))
		time.Sleep(time.Minute)
		stop()
		if d := cmp.Diff([]string{"ann a1 0s", "bob b1 0s", "ann a2 1s", "ann a3 2s"}, payer.visits()); d != "" {
			t.Errorf("sent (-want +got)\n%s", d)
		}
	})
}

func TestAccountPacing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		debts, payer := newLedger(), newShop(chat.Caps{PerAccount: 2})
		p, _, stop := start(t, debts, map[chat.DebtKind]Payer{chat.ReplyDebt: payer}, Options{})
		for i := range 60 {
			debts.owe(who(fmt.Sprint(i)), chat.ReplyDebt, "x")
			p.Wake(who(fmt.Sprint(i)))
		}
		time.Sleep(time.Hour)
		stop()
		got := payer.visits()
		if len(got) != 60 {
			t.Fatalf("%d sent, want 60", len(got))
		}
		perSecond := map[int]int{}
		for _, v := range got {
			at, err := time.ParseDuration(v[strings.LastIndex(v, " ")+1:])
			if err != nil {
				t.Fatal(err)
			}
			perSecond[int(at.Seconds())]++
		}
		for s, n := range perSecond {
			if n > 4 { // 2 a second and a burst of 2
				t.Errorf("%d messages in second %d", n, s)
			}
		}
	})
}

func TestHangingCaseWebhookDoesNotDelayReplies(t *testing.T) {
	bubble(t, func(t *testing.T) {
		debts, replies, cases := newLedger(), newShop(chat.Caps{}), newShop(chat.Caps{})
		cases.during = func(ctx context.Context, _ Loan) error {
			<-ctx.Done()
			return &chat.Failure{Kind: chat.Temporary, Err: ctx.Err()}
		}
		debts.owe(who("ann"), chat.CaseDebt, "c")
		debts.owe(who("ann"), chat.ReplyDebt, "r1", "r2")
		p, _, stop := start(t, debts, map[chat.DebtKind]Payer{chat.ReplyDebt: replies, chat.CaseDebt: cases}, Options{Workers: 1})
		p.Wake(who("ann"))
		time.Sleep(time.Second)
		if d := cmp.Diff([]string{"ann r1 0s", "ann r2 0s"}, replies.visits()); d != "" {
			t.Errorf("sent (-want +got)\n%s", d)
		}
		time.Sleep(time.Minute)
		stop()
		if d := cmp.Diff([]string{"ann c 0s", "ann c 6s", "ann c 21s"}, cases.visits()); d != "" {
			t.Errorf("posted (-want +got)\n%s", d)
		}
	})
}

func TestDrainFinishesWhatIsBeingSent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		debts, payer := newLedger(), newShop(chat.Caps{})
		payer.during = func(ctx context.Context, _ Loan) error {
			select {
			case <-time.After(2 * time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		debts.owe(who("ann"), chat.ReplyDebt, "a1", "a2")
		p, _, stop := start(t, debts, map[chat.DebtKind]Payer{chat.ReplyDebt: payer}, Options{})
		p.Wake(who("ann"))
		time.Sleep(time.Second)
		stop()
		if d := cmp.Diff([]string{"a1 paid"}, debts.verdicts()); d != "" {
			t.Errorf("settled (-want +got)\n%s", d)
		}
		p.Wake(who("ann")) // after the end it is nothing
		if n := len(payer.visits()); n != 1 {
			t.Errorf("%d sent, want 1", n)
		}
	})
}

func TestStoreThatFails(t *testing.T) {
	bubble(t, func(t *testing.T) {
		debts, payer := newLedger(), newShop(chat.Caps{})
		debts.lendErr, debts.failing = errors.New("away"), 3
		debts.owe(who("ann"), chat.ReplyDebt, "a1")
		p, count, stop := start(t, debts, map[chat.DebtKind]Payer{chat.ReplyDebt: payer}, Options{})
		p.Wake(who("ann"))
		time.Sleep(time.Minute)
		stop()
		if d := cmp.Diff([]string{"ann a1 1s"}, payer.visits()); d != "" {
			t.Errorf("sent (-want +got)\n%s", d)
		}
		if d := cmp.Diff([]string{"a1 paid"}, debts.verdicts()); d != "" {
			t.Errorf("settled (-want +got)\n%s", d)
		}
		if n := count.all()["postman_store_errors shop"]; n != 4 {
			t.Errorf("%d store errors counted, want 4", n)
		}
	})
}

func TestPanickingPayer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		debts, payer := newLedger(), newShop(chat.Caps{})
		payer.during = func(_ context.Context, l Loan) error {
			if l.ID == "a1" {
				panic("broken")
			}
			return nil
		}
		debts.owe(who("ann"), chat.ReplyDebt, "a1", "a2")
		p, _, stop := start(t, debts, map[chat.DebtKind]Payer{chat.ReplyDebt: payer}, Options{Workers: 1})
		p.Wake(who("ann"))
		time.Sleep(time.Minute)
		stop()
		if d := cmp.Diff([]string{"a1 dropped", "a2 paid"}, debts.verdicts()); d != "" {
			t.Errorf("settled (-want +got)\n%s", d)
		}
	})
}

func TestPaceForgetsThoseThatRest(t *testing.T) {
	t.Parallel()
	p, now := newPace(), time.Unix(0, 0)
	for i := range 10 * minSweep {
		now = now.Add(time.Second)
		p.take(who(fmt.Sprint(i)), chat.Caps{PerConversation: 1}, now, longPause)
	}
	if n := len(p.conversations); n > 2*minSweep {
		t.Errorf("%d limiters are kept, want at most %d", n, 2*minSweep)
	}
}
