package script

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/xianda-bot/xianda/kb"
)

// expiring is how long before its end an entry is warned of.
const expiring = 14 * 24 * time.Hour

// answer checks the entry that a step serves.
func (k *checker) answer(s *Step) {
	at := s.place("answer")
	k.serves(s.Answer, at)
}

// where names the place of an entry.
func where(e *kb.Entry) string { return fmt.Sprintf("%s 第 %d 行", e.File, max(e.Line, 1)) }

// validity checks that an entry may be said, everywhere.
func (k *checker) validity(e *kb.Entry, at Pos) {
	switch {
	case e.Disabled:
		k.add(at, "kb-disabled", "知识“"+e.ID+"”已停用，不会再说出来", "启用它（"+where(e)+"），或换一条")
	case !k.Now.IsZero() && !e.ValidTo.IsZero() && !k.Now.Before(e.ValidTo):
		k.add(at, "kb-expired", "知识“"+e.ID+"”已过期，不会再说出来", "更新 valid_to（"+where(e)+"），或换一条")
		k.expired[e.ID] = true
	case !k.Now.IsZero() && !e.ValidFrom.IsZero() && k.Now.Before(e.ValidFrom):
		k.add(at, "kb-early", "知识“"+e.ID+"”还没有生效", "更新 valid_from（"+where(e)+"），或换一条")
	}
	for _, c := range k.Channels {
		if e.For(c.Name, c.Kind) == "" {
			k.add(at, "kb-channel", "知识“"+e.ID+"”在渠道“"+c.Name+"”没有答案", "写上 answer（"+where(e)+"），或 channels: {"+c.Kind+": …}")
		}
	}
}

// answers checks the entries themselves.
func (k *checker) answers() {
	seen := map[string]*kb.Entry{}
	for i := range k.Entries {
		e := &k.Entries[i]
		at := Pos{e.File, max(e.Line, 1), max(e.Col, 1)}
		if other := seen[e.ID]; other != nil {
			k.add(at, "duplicate-entry", fmt.Sprintf("知识“%s”写了两次，另一次在 %s 第 %d 行", e.ID, other.File, other.Line), "删掉或改名其中一条")
			continue
		}
		seen[e.ID] = e
		k.entrySize(at, e)
		k.guide(at, e)
		for _, id := range e.Related {
			if k.entries[id] == nil {
				edit := meant(id, slices.Sorted(maps.Keys(k.entries)), "写一个知识库里有的编号")
				k.add(at, "kb-unknown", "知识“"+e.ID+"”的 related 里，“"+id+"”不存在", edit)
				k.about("related")
			}
		}
		k.ending(at, e)
		for _, text := range append([]string{e.Answer}, e.Steps...) {
			k.readable(at, text)
		}
	}
}

// ending warns of an entry that ends soon, or ended without anybody's noticing.
func (k *checker) ending(at Pos, e *kb.Entry) {
	if k.Now.IsZero() || e.ValidTo.IsZero() || e.Disabled {
		return
	}
	edit := "请负责人" + e.Owner + "更新 valid_to"
	switch left := e.ValidTo.Sub(k.Now); {
	case left > 0 && left <= expiring:
		k.warn(at, "kb-expiring", fmt.Sprintf("知识“%s”还有 %d 天过期", e.ID, int(left/(24*time.Hour))), edit)
	case left <= 0 && !k.expired[e.ID]:
		k.warn(at, "kb-expired", "知识“"+e.ID+"”已过期，问到也不会再说出来", edit+"，或删掉这一条")
	default:
		return
	}
	k.about("valid_to")
}
