// Package likely is the one ranker: what does this person want, before a word is typed and after. It ranks candidates by operators'
// rules, by what people with the same factors turned out to want, and by what the text says. It is pure: no I/O, no clock, no
// randomness of its own; what was learned comes in as an immutable snapshot.
//
// Before a word, the probability of a candidate comes about in this order:
//
//	contexts   for every set of at most six factors: how often it was wanted by people who share them, in a slow and a fast memory,
//	           falling back on the sets with one factor less as far as there are few such people
//	mixing     the logarithms of all these are weighed, and those of hour, weekday and the trend of the last hours; the weights are
//	           learned by guessing each hour before it is counted
//	offers     what is shown and seldom taken is wanted less than it seemed
//	topics     what the person asked lately is asked again
//	rules      go first, the strongest before the others, each as so many observations as its score is certain
//
// With text, what it says stands before all of this, and the factors move it only as far as it leaves something open.
package likely

import "time"

// Factor is one thing known of a person before they say what they want. Names: "channel", "scene.error" (any key of the scene),
// "event", "tag", "profile.level" (any attribute), "hour", "weekday", "topic".
type Factor struct {
	Name  string
	Value string
	Age   time.Duration // of events and topics
}

// Vote is an operator's rule that holds.
type Vote struct {
	ID     string // the candidate that it is for
	Label  string // what to say for it; "": the candidate's own words
	Score  float64
	Factor string // what its condition reads first, "scene.error"; "": it always holds
	Value  string // of that factor, "RP_HOLD"
	Rule   string // where it stands, "dialogs/redpacket.yaml:18"
}

// Hit is a candidate that the text may ask for.
type Hit struct {
	ID    string
	Score float64 // calibrated, 0 to 1
}

// Query is what is known at one moment of one conversation.
type Query struct {
	Candidates []string             // ids that may be offered now; the order settles ties
	Set        *Set                 // instead of Candidates: many, the same for many queries
	Keep       func(id string) bool // with Set: those that may be offered now; nil: all
	Factors    []Factor
	Votes      []Vote
	Hits       []Hit
	Text       bool // something was typed
	Now        time.Time
	Seed       uint64
	N          int // at most so many guesses
}

// Set is ids that may be offered, made ready for many queries. It may be shared.
type Set struct {
	ids []string
	at  map[string]int
}

// NewSet returns a set of ids in their order, each once.
func NewSet(ids []string) *Set {
	s := &Set{at: make(map[string]int, len(ids))}
	for _, id := range ids {
		if _, twice := s.at[id]; !twice {
			s.at[id] = len(s.ids)
			s.ids = append(s.ids, id)
		}
	}
	return s
}

// Reason is one thing that speaks for a guess.
type Reason struct {
	// Factor is that of the query, "scene.error"; "trend": everybody asks it now; "offers": what became of offers; "text": the words; "":
	// nothing in particular (everybody, or a rule that always holds).
	Factor string
	Value  string  // "RP_HOLD"; of the trend how much more than usual, "x5.2"; of offers taken and shown, "3/200"; of the text its score
	Rule   string  // of an operator; "": learned
	Gain   float64 // log-odds gained over what was expected without it
}

// Guess is one candidate with the probability that it is what the person wants.
type Guess struct {
	ID    string
	Label string // of the rule that speaks for it; "": the candidate's own words
	P     float64
	Why   []Reason // the one that decided first
}

// Hour is what turns counted in one hour.
type Hour struct {
	At     time.Time // its beginning
	Counts map[string]int64
}

// Sum adds up what the hours counted, by name. It is never nil.
func Sum(hours []Hour) map[string]int64 {
	all := map[string]int64{}
	for _, h := range hours {
		for name, n := range h.Counts {
			all[name] += n
		}
	}
	return all
}
