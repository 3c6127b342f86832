package dialog_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog"
	"github.com/xianda-bot/xianda/dialog/likely"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/dialog/session/sessiontest"
)

// TestExplainIsWhatHappens: what Explain says of a person is what the host offers them, question by question, with the same
// probabilities and the same factor that decided.
func TestExplainIsWhatHappens(t *testing.T) {
	t.Parallel()
	rel := whole(t)
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 1, 28, 2, 0, 0, 0, time.UTC)
		scene := map[string]string{"page": rapid.SampledFrom([]string{"", "transfer", "wallet"}).Draw(t, "page")}
		counts := map[string]int64{}
		for range rapid.IntRange(0, 80).Draw(t, "people") {
			f := []likely.Factor{{Name: "channel", Value: "wechat"}}
			if p := rapid.SampledFrom([]string{"", "transfer", "wallet"}).Draw(t, "from"); p != "" {
				f = append(f, likely.Factor{Name: "scene.page", Value: p})
			}
			likely.CountWanted(counts, f, rapid.SampledFrom([]string{"kb:fee", "kb:vip", "dialog:transfer"}).Draw(t, "want"))
		}
		learned := likely.Learn(nil, []likely.Hour{{At: now.Add(-30 * time.Hour), Counts: counts}}, now)
		m := chat.Message{ID: "1", Kind: chat.Arrived, From: ann, Scene: scene, At: now}
		text := rapid.SampledFrom([]string{"", "手续费", "转账", "转账要手续费吗", "嘟嘟"}).Draw(t, "text")
		if text != "" {
			m.Kind, m.Text, scene = chat.Said, text, nil
		}

		store := sessiontest.NewMemory(func() time.Time { return now })
		h := dialog.NewHost(store, channels{passive}, dialog.NewShelf(rel), dialog.Options{
			Clock: func() time.Time { return now }, Call: states{}, Learned: func() *likely.Learned { return learned },
		})
		if _, err := h.Turn(t.Context(), m); err != nil && !errors.Is(err, chat.ErrLater) {
			t.Fatal(err)
		}
		h.Wait()
		v, err := store.Look(t.Context(), ann)
		if err != nil {
			t.Fatal(err)
		}
		happened := ""
		if o := v.Session.Offer; o != nil && (o.Kind == session.Likely || o.Kind == session.Clarify) {
			for _, i := range o.Items {
				if i.P > 0 {
					happened += fmt.Sprintf("%s %.4f %s %s\n", i.Target, i.P, i.Why, i.Rule)
				}
			}
		}

		e := dialog.Explain(rel, dialog.Situation{
			Channel: "shop", Kind: "wechat", Session: session.Session{Scene: scene}, Text: text, Now: now, Learned: learned,
		})
		said := ""
		for _, g := range e.Guesses {
			if g.Shown && e.Then == dialog.WouldOffer {
				why := ""
				if g.Why[0].Factor != "" {
					why = g.Why[0].Factor + "=" + g.Why[0].Value
				}
				said += fmt.Sprintf("%s %.4f %s %s\n", g.ID, g.P, why, g.Why[0].Rule)
			}
		}
		if said != happened && sorted(said) != sorted(happened) { // neighbours that are all but equal may stand either way
			t.Fatalf("Explain says\n%sand the host offered\n%s", said, happened)
		}
	})
}

func sorted(lines string) string {
	all := strings.Split(lines, "\n")
	slices.Sort(all)
	return strings.Join(all, "\n")
}
