package starter

import (
	"fmt"
	"strings"
	"testing"

	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/kb"
)

// nonsense is what no helpdesk for payments answers.
func nonsense() []string {
	return []string{"周杰伦最新的歌叫什么", "帮我订一张去上海的机票", "世界杯谁赢了", "怎么做红烧肉", "一加一等于几", "给孩子起个名字", "推荐几部电影", "地铁末班车几点",
		"怎么学好英语", "月亮离地球多远", "狗狗不吃饭怎么办", "哪里可以滑雪", "写一首关于秋天的诗", "电脑开不了机", "洗衣机漏水", "怎么养多肉",
		"头发怎么护理", "北京有几个机场", "唐朝有多少年", "怎么减肥最快", "车子年检要带什么", "what is the capital of france", "how tall is mount everest",
		"play some music", "translate good morning into spanish", "how do i cook rice", "who won the game last night", "asdf qwer zxcv", "啊啊啊啊", "怎么办"}
}

// TestScoresMeanWhatTheySay holds on small bases of parts of the helpdesk, asked phrasings that were left out: of what reaches the answer
// threshold, a quarter at least, nine of ten are right, of what is between the thresholds half, and hardly any nonsense reaches the lower one. The whole
// helpdesk is no such base: an entry and a dialog about one thing are both right there.
func TestScoresMeanWhatTheySay(t *testing.T) {
	t.Parallel()
	docs := ways(t)
	for _, size := range []int{4, 12, 60} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			asked, answered, right, unsure, first, loud, silly := 0, 0, 0, 0, 0, 0, 0
			for part := 0; part+size <= len(docs) && part < 5*size; part += size {
				for fold := range 2 {
					var base []kb.Doc
					var left [][2]string
					for _, d := range docs[part : part+size] {
						kept := kb.Doc{ID: d.ID, Weak: d.Weak}
						for i, p := range d.Phrases {
							if i > 0 && i%6 == 3*fold+1 {
								left = append(left, [2]string{d.ID, p})
							} else {
								kept.Phrases = append(kept.Phrases, p)
							}
						}
						base = append(base, kept)
					}
					x := kb.NewIndex(base, kb.Options{})
					for _, q := range left {
						hits := x.Find(q[1], 1, nil)
						if len(hits) == 0 || hits[0].Exact {
							continue
						}
						asked++
						ok := hits[0].ID == q[0]
						switch {
						case hits[0].Score >= release.DefaultAnswer:
							answered++
							if ok {
								right++
							}
						case hits[0].Score >= release.DefaultOffer:
							unsure++
							if ok {
								first++
							}
						}
					}
					for _, text := range nonsense() {
						silly++
						if hits := x.Find(text, 1, nil); len(hits) > 0 && hits[0].Score >= release.DefaultOffer {
							loud++
						}
					}
				}
			}
			if 10*right < 9*answered || 2*first < unsure || 15*loud > silly || 4*answered < asked {
				t.Errorf("of %d asked %d answered, %d of them right; %d unsure, %d of them right; nonsense %d of %d", asked, answered, right, unsure, first, loud, silly)
			}
		})
	}
}

// ways are the ways to ask for each entry and dialog of the helpdesk, small talk left out: it answers nonsense.
func ways(t *testing.T) []kb.Doc {
	t.Helper()
	rel := helpdeskRelease(t)
	var docs []kb.Doc
	for _, e := range rel.Entries {
		if !strings.HasPrefix(e.ID, "chat.") {
			docs = append(docs, kb.Doc{ID: e.ID, Phrases: e.Phrases(), Weak: e.Answer})
		}
	}
	for _, d := range rel.Dialogs {
		docs = append(docs, kb.Doc{ID: d.ID, Phrases: append([]string{d.Title}, d.Triggers.Ask...)})
	}
	return docs
}
