package dialog

import (
	"slices"

	"github.com/xianda-bot/xianda/dialog/session"
)

// recentTopics are what the person was given lately, here and in their other conversations, oldest first, each once.
func (t *turn) recentTopics() []session.Topic {
	if len(t.s.Mates) == 0 {
		return t.s.Recent
	}
	all := slices.Clone(t.s.Recent)
	for _, m := range t.s.Mates {
		if m.Known != nil {
			all = append(all, m.Known.Recent...)
		}
	}
	slices.SortStableFunc(all, func(a, b session.Topic) int { return a.At.Compare(b.At) })
	var once []session.Topic
	for i, topic := range all {
		if !slices.ContainsFunc(all[i+1:], func(later session.Topic) bool { return later.ID == topic.ID }) {
			once = append(once, topic)
		}
	}
	return once
}

// history is where the person was last given something: here, or in another conversation of theirs, if that is of this episode.
type history struct {
	last  *session.Topic
	asked string
	tried []string
}

func (t *turn) history() history {
	h := history{last: t.s.Last, asked: t.s.Asked, tried: t.s.Tried}
	for _, m := range t.s.Mates {
		k := m.Known
		if k == nil || k.Last == nil || t.now.Sub(k.Last.At) > newEpisode || h.last != nil && !k.Last.At.After(h.last.At) {
			continue
		}
		h.last, h.asked = k.Last, k.Asked
	}
	h.tried = t.triedAnywhere()
	return h
}

// triedAnywhere are the entries that were answered in this episode, here and elsewhere.
func (t *turn) triedAnywhere() []string {
	all := t.s.Tried
	for _, m := range t.s.Mates {
		if k := m.Known; k != nil && k.Last != nil && t.now.Sub(k.Last.At) <= newEpisode {
			all = append(all[:len(all):len(all)], k.Tried...)
		}
	}
	return all
}
