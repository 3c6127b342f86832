package script

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/xianda-bot/xianda/chat/typo"
	"github.com/xianda-bot/xianda/kb"
)

// expiring is how long before its end an entry is warned of.
const expiring = 14 * 24 * time.Hour

// answer checks the entry that a step serves.
func (k *checker) answer(s *Step) {
	at := s.place("answer")
	e := k.entries[s.Answer]
	if e == nil {
		edit := "写一个知识库里有的编号"
		if n := typo.Nearest(s.Answer, slices.Sorted(maps.Keys(k.entries))); n != "" {
			edit = "是不是 kb." + n + "？"
		}
		k.add(at, "kb-unknown", "知识库里没有“"+s.Answer+"”", edit)
		return
	}
	switch {
	case e.Disabled:
		k.add(at, "kb-disabled", "知识“"+e.ID+"”已停用，不会再说出来", "启用它，或换一条")
	case !k.Now.IsZero() && !e.ValidTo.IsZero() && !k.Now.Before(e.ValidTo):
		k.add(at, "kb-expired", "知识“"+e.ID+"”已过期，不会再说出来", "更新 valid_to，或换一条")
	case !k.Now.IsZero() && !e.ValidFrom.IsZero() && k.Now.Before(e.ValidFrom):
		k.add(at, "kb-early", "知识“"+e.ID+"”还没有生效", "更新 valid_from，或换一条")
	}
	for _, c := range k.Channels {
		if e.For(c.Name, c.Kind) == "" {
			k.add(at, "kb-channel", "知识“"+e.ID+"”在渠道“"+c.Name+"”没有答案", "写上 answer，或 channels: {"+c.Kind+": …}")
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
		for _, text := range said(e) {
			if len(text) > maxReply {
				k.add(at, "reply-size", fmt.Sprintf("知识“%s”的答案有 %d 字节，一条回复最多 %d 字节", e.ID, len(text), maxReply), "缩短它，或拆成几条用 related 连接")
				break
			}
		}
		for _, id := range e.Related {
			if k.entries[id] == nil {
				edit := meant(id, slices.Sorted(maps.Keys(k.entries)), "写一个知识库里有的编号")
				k.add(at, "kb-unknown", "知识“"+e.ID+"”的 related 里，“"+id+"”不存在", edit)
			}
		}
		if left := e.ValidTo.Sub(k.Now); !k.Now.IsZero() && !e.ValidTo.IsZero() && !e.Disabled && left > 0 && left <= expiring {
			k.warn(at, "kb-expiring", fmt.Sprintf("知识“%s”还有 %d 天过期", e.ID, int(left/(24*time.Hour))), "请负责人"+e.Owner+"更新 valid_to")
		}
		for _, text := range append([]string{e.Answer}, e.Steps...) {
			k.readable(at, text)
		}
	}
}

// said are all texts that an entry may send, the longest possible message of each: the answer goes out with the first step.
func said(e *kb.Entry) []string {
	with := func(answer string, steps []string) []string {
		if len(steps) == 0 {
			return []string{answer}
		}
		return append([]string{answer + "\n\n" + steps[0]}, steps[1:]...)
	}
	all := with(e.Answer, e.Steps)
	for _, c := range slices.Sorted(maps.Keys(e.Channels)) {
		all = append(all, with(e.Channels[c], e.Steps)...)
	}
	for _, tag := range slices.Sorted(maps.Keys(e.Languages)) {
		all = append(all, with(e.Languages[tag].Answer, e.Languages[tag].Steps)...)
	}
	return all
}
