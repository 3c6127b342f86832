package layout

// node is a value with everything of how it is written that is to be kept.
type node struct {
	kind    kind
	text    []string // of a scalar: its lines, without indentation; of a literal: its header and then its lines, from their own edge
	entries []entry  // of a mapping or sequence
	foot    []string // comments behind the last entry
	flow    bool     // { } or [ ]
}

type kind uint8

const (
	nothing kind = iota
	scalar
	literal // | or >
	mapping
	sequence
)

// entry is one pair of a mapping, or one item of a sequence.
type entry struct {
	head  []string // comments in front, "" for a blank line
	key   string   // as written; of an item ""
	value *node
	tail  string // comment on the same line, from its #
}

// name is the key without its quotes.
func (e entry) name() string {
	if n := len(e.key); n >= 2 && (e.key[0] == '"' || e.key[0] == '\'') && e.key[n-1] == e.key[0] {
		return e.key[1 : n-1]
	}
	return e.key
}
