package dialog_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/dialog/session/sessiontest"
)

// TestMediaKept holds that what a person sent is owed to be kept, and that transcript, case and seat know it by the same id (F11); that a
// recognised voice is a question like any other (F9); and that seats hear of what was lost (G5).
func TestMediaKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := sessiontest.NewMemory(time.Now)
		h := newHost(t, store, passive, dialog.Options{MediaID: func(m chat.Message, n int, _ time.Time) string {
			if m.Media[n].Ref == "" {
				return ""
			}
			return fmt.Sprintf("kept-%s-%d", m.ID, n)
		}})
		turn := func(m chat.Message, media ...chat.Media) string {
			t.Helper()
			m.Media = media
			replies, err := h.Turn(t.Context(), m)
			if err != nil {
				t.Fatalf("%s: %v", m.ID, err)
			}
			time.Sleep(time.Second)
			return words(replies)
		}
		// owed lends and settles everything; it returns the media debts, and the lines that seats are told.
		owed := func() (media []chat.Message, lines []chat.Line) {
			t.Helper()
			for range 20 {
				lent, err := store.Lend(t.Context(), ann, time.Second)
				if err != nil {
					t.Fatal(err)
				}
				for _, l := range lent.Loans {
					var m chat.Message
					var s chat.Signal
					switch {
					case l.Kind == chat.MediaDebt && json.Unmarshal(l.Body, &m) == nil:
						media = append(media, m)
					case l.Kind == chat.CaseDebt && json.Unmarshal(l.Body, &s) == nil && s.Event == "case.message":
						lines = append(lines, *s.Message)
					}
				}
				if settle(t, store, lent); len(lent.Loans) == 0 {
					break
				}
			}
			return media, lines
		}

		got := turn(said("a", "", 4*time.Second), chat.Media{Kind: "image", Ref: "r1", ID: "forged"}, chat.Media{Kind: "location"})
		if !strings.Contains(got, "图片收到了") {
			t.Errorf("an image was answered with %q", got)
		}
		debts, _ := owed()
		if len(debts) != 1 || debts[0].ID != "a" || debts[0].From != ann || len(debts[0].Media) != 2 || debts[0].Media[0].ID != "kept-a-0" || debts[0].Media[1].ID != "" {
			t.Errorf("owed to be kept: %+v", debts)
		}
		if got := turn(said("b", "几点开门", 4*time.Second), chat.Media{Kind: "voice", Ref: "r2"}); got != "早上九点到晚上九点。" {
			t.Errorf("a recognised voice was answered with %q", got)
		}
		if got := turn(said("c", "几点开门", 4*time.Second)); got != "早上九点到晚上九点。" {
			t.Errorf("the same in writing was answered with %q", got)
		}
		if debts, _ = owed(); len(debts) != 1 || debts[0].Media[0].ID != "kept-b-0" {
			t.Errorf("owed to be kept: %+v", debts)
		}

		turn(said("d", "人工", 4*time.Second))
		owed()
		turn(said("e", "", 4*time.Second), chat.Media{Kind: "file", Ref: "r3", Name: strings.Repeat("长", 200)})
		_, lines := owed()
		if len(lines) != 1 || lines[0].Text != "[文件]" || len(lines[0].Media) != 1 || lines[0].Media[0].ID != "kept-e-0" || len(lines[0].Media[0].Name) > 255 {
			t.Errorf("the seat is told %+v", lines)
		}
		lost := chat.Message{ID: "lost:kept-e-0", Kind: chat.Lost, From: ann, Of: "e", Event: chat.LostExpired, Media: []chat.Media{{Kind: "file", ID: "kept-e-0"}}, At: time.Now()}
		for range 2 { // told twice, heard once
			if _, err := h.Post(t.Context(), lost); err != nil {
				t.Fatal(err)
			}
			if err := h.Resume(t.Context(), ann); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		if _, lines = owed(); len(lines) != 1 || lines[0].Text != "[文件未能保存：平台上已经没有了]" || lines[0].From != "bot" {
			t.Errorf("the seat is told of what was lost: %+v", lines)
		}
		v, err := store.Look(t.Context(), ann)
		if err != nil {
			t.Fatal(err)
		}
		var seen []string
		for _, l := range v.Lines {
			for _, f := range l.Media {
				seen = append(seen, l.Text+" "+f.ID)
			}
			if l.Source == "lost_medium" {
				seen = append(seen, l.Text)
			}
		}
		want := "[图片][位置] kept-a-0, [图片][位置] , 几点开门[语音] kept-b-0, [文件] kept-e-0, [文件未能保存：平台上已经没有了]"
		if got := strings.Join(seen, ", "); got != want {
			t.Errorf("the transcript holds %q, want %q", got, want)
		}
		cases, err := store.Queue().Case(t.Context(), v.Session.Waiting.Case)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(cases.Transcript); n == 0 || cases.Transcript[n-1].Source != "lost_medium" {
			t.Errorf("the case's transcript ends with %+v", cases.Transcript[max(0, n-1):])
		}
	})
}

func settle(t *testing.T, store session.Store, lent session.Lent) {
	t.Helper()
	for _, l := range lent.Loans {
		if err := store.Settle(t.Context(), []session.Settlement{{To: l.To, ID: l.ID, Fence: l.Fence, Verdict: session.Paid}}); err != nil {
			t.Fatal(err)
		}
	}
}
