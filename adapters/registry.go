package adapters

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/xianda-bot/xianda/chat/typo"
)

// Build makes the adapter of one channel. decode reads the channel's raw section of the configuration strictly; Build and the factory
// do no I/O. An error of the section begins with the key that it is about, so that the caller can say where that stands.
func (r Registry) Build(kind, name string, decode func(into any) error, d Deps) (Adapter, error) {
	k, ok := r[kind]
	if !ok {
		return nil, r.unknown(kind)
	}
	return k.New(name, decode, d)
}

// Kinds lists the kinds of messenger in alphabetical order.
func (r Registry) Kinds() []string { return slices.Sorted(maps.Keys(r)) }

// UnknownKind says that a channel names a kind of messenger that is not built in.
type UnknownKind struct {
	Kind    string
	Nearest string   // the kind that was probably meant; "" when none is near
	Kinds   []string // all there are, sorted
}

// Error names the kinds there are, and the nearest one.
func (e *UnknownKind) Error() string {
	s := fmt.Sprintf("kind %q is not built in", e.Kind)
	if e.Kind == "" {
		s = "kind is missing"
	}
	if e.Nearest != "" {
		s += fmt.Sprintf(": did you mean %q?", e.Nearest)
	}
	return s + " (kinds: " + strings.Join(e.Kinds, ", ") + ")"
}

func (r Registry) unknown(kind string) error {
	kinds := r.Kinds()
	return &UnknownKind{Kind: kind, Nearest: typo.Nearest(strings.ToLower(kind), kinds), Kinds: kinds}
}
