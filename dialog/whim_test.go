package dialog_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog"
	"github.com/xianda-bot/xianda/dialog/likely"
	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/dialog/session/sessiontest"
)

// TestWhatIsTriedOutStaysForADay: what a person is shown instead of the third likeliest question differs between people, not between the
// times at which one of them opens the page.
func TestWhatIsTriedOutStaysForADay(t *testing.T) {
	t.Parallel()
	base := strings.Builder{}
	counts := map[string]int64{}
	for i := range 8 {
		fmt.Fprintf(&base, "- {id: q%d, question: 问题%d号, phrasings: [问%d甲, 问%d乙, 问%d丙, 问%d丁, 问%d戊], answer: 答案%d。, owner: 测试}\n", i, i, i, i, i, i, i, i)
		for range 200 - 20*i {
			likely.CountWanted(counts, []likely.Factor{{Name: "channel", Value: "wechat"}}, fmt.Sprintf("kb:q%d", i))
		}
	}
	rel, findings := release.Build([]script.Source{files[0], {Name: "kb/q.yaml", Data: []byte(base.String())}}, release.Options{})
	if rel == nil {
		t.Fatal(findings)
	}
	now := time.Date(2026, 1, 28, 2, 0, 0, 0, time.UTC)
	learned := likely.Learn(nil, []likely.Hour{{At: now.Add(-30 * time.Hour), Counts: counts}}, now)
	store := sessiontest.NewMemory(func() time.Time { return now })
	h := dialog.NewHost(store, channels{passive}, dialog.NewShelf(rel), dialog.Options{
		Clock: func() time.Time { return now }, Learned: func() *likely.Learned { return learned },
	})
	offer := func(person chat.Address, id string) string {
		if _, err := h.Post(t.Context(), chat.Message{ID: id, Kind: chat.Arrived, From: person, At: now}); err != nil {
			t.Fatal(err)
		}
		if err := h.Resume(t.Context(), person); err != nil {
			t.Fatal(err)
		}
		h.Wait()
		v, err := store.Look(t.Context(), person)
		if err != nil || v.Session.Offer == nil {
			t.Fatalf("%s has no offer: %v", person, err)
		}
		ids := ""
		for _, i := range v.Session.Offer.Items[:3] {
			ids += i.Target + " "
		}
		return ids
	}
	seen := map[string]bool{}
	for i := range 100 {
		person := chat.Address{Channel: "shop", Peer: fmt.Sprint("p", i)}
		morning := offer(person, "1")
		now = now.Add(time.Hour) // they were away: they are greeted again
		if noon := offer(person, "2"); noon != morning {
			t.Fatalf("%s is offered %sand an hour later %s", person, morning, noon)
		}
		now = now.Add(-time.Hour)
		seen[morning] = true
	}
	if len(seen) < 2 || len(seen) > 8 {
		t.Errorf("a hundred people see %d different offers, want a few", len(seen))
	}
}
