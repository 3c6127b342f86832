package adapters

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Build makes the adapter of one channel. decode reads the channel's raw section of the configuration strictly; Build and the factory
// do no I/O.
func (r Registry) Build(kind, name string, decode func(into any) error, d Deps) (Adapter, error) {
	factory, ok := r[kind]
	if !ok {
		return nil, fmt.Errorf("channel %s: %w", name, r.unknown(kind))
	}
	a, err := factory(name, decode, d)
	if err != nil {
		return nil, fmt.Errorf("channel %s: %w", name, err)
	}
	return a, nil
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
	e := &UnknownKind{Kind: kind, Kinds: r.Kinds()}
	best := len(kind)/2 + 1
	for _, k := range e.Kinds {
		d := distance(strings.ToLower(kind), k)
		if d < best && kind != "" {
			e.Nearest, best = k, d
		}
	}
	return e
}

// distance is how many letters must be changed, added or removed to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		left := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := left
			if a[i] != b[j] {
				change++
			}
			left = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
