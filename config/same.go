package config

import (
	"slices"
	"strings"
)

// Same tells whether both sections say the same, wherever they stand in their files, so that a reload leaves the channel running as it
// is. A section with a secret in a file of its own is never the same: that file may have changed.
func (c Channel) Same(o Channel) bool {
	return c.Name == o.Name && c.Kind == o.Kind && c.section.same(o.section)
}

// Same tells whether both keep the same things in the same place.
func (m Media) Same(o Media) bool {
	return m.Store == o.Store && m.Keep == o.Keep && m.MaxMB == o.MaxMB && slices.Equal(m.Allow, o.Allow)
}

func (n *node) same(o *node) bool {
	if n == nil || o == nil {
		return n == o
	}
	if n.shape != o.shape || n.value != o.value || !slices.EqualFunc(n.items, o.items, (*node).same) {
		return false
	}
	return slices.EqualFunc(n.keys, o.keys, func(a, b pair) bool {
		return a.key == b.key && !strings.HasSuffix(a.key, "_file") && a.value.same(b.value)
	})
}
