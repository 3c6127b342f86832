package dialog

import (
	"strings"

	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/kb"
)

// matcher finds the pattern that a folded message fires: the whole message is one of its words, or contains one of its phrases.
// Folding every word for every message would cost more than the rest of a turn.
type matcher struct {
	words   map[string]*script.Pattern
	phrases []phrase
}

type phrase struct {
	folded  string
	pattern *script.Pattern
}

// newMatcher prepares patterns. Where two have the same words, asking for a person wins, then the one that stands first.
func newMatcher(patterns []*script.Pattern) *matcher {
	m := &matcher{words: map[string]*script.Pattern{}}
	for _, human := range []bool{true, false} {
		for _, p := range patterns {
			if (p.Do == script.DoHandoff) != human {
				continue
			}
			for _, w := range p.Words {
				if f := kb.Fold(w); f != "" && m.words[f] == nil {
					m.words[f] = p
				}
			}
			for _, c := range p.Contains {
				if f := kb.Fold(c); f != "" {
					m.phrases = append(m.phrases, phrase{f, p})
				}
			}
		}
	}
	return m
}

// match returns nil when no pattern fires; a nil matcher has none.
func (m *matcher) match(folded string) *script.Pattern {
	if m == nil || folded == "" {
		return nil
	}
	if p := m.words[folded]; p != nil { // 你是真人吗 asks for nobody, although it contains 真人
		return p
	}
	for _, p := range m.phrases {
		if strings.Contains(folded, p.folded) {
			return p.pattern
		}
	}
	return nil
}
