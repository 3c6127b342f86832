package likely

import "strings"

// Names of counts. A vector is the codes of the picked factors, one after the other; an id is a candidate's. One turn adds at most
// 2 + maxShown + 1 names.
//
//	l:w:<vector>:<id>   it was wanted
//	l:s:<vector>:<id>   it was shown
//	l:t:<vector>:<id>   it was shown and taken
//	l:r:0, l:r:1        what was wanted was none, one of the person's recent topics
const (
	// Prefix is what the names of this package's counts begin with.
	Prefix = "l:"

	wanted    = Prefix + "w:"
	shown     = Prefix + "s:"
	taken     = Prefix + "t:"
	notAgain  = Prefix + "r:0"
	onceAgain = Prefix + "r:1"

	maxShown = 5
)

// CountWanted adds to counts that a person with these factors turned out to want id: taken from an offer, or asked and answered.
func CountWanted(counts map[string]int64, f []Factor, id string) {
	if !count(counts, wanted, vector(f), id) {
		return
	}
	name := ""
	for _, x := range f {
		if x.Name == nameTopic && x.Age < topicWindow && name != onceAgain {
			name = notAgain
			if same(x.Value, id) {
				name = onceAgain
			}
		}
	}
	if name != "" {
		counts[name]++
	}
}

// same tells whether a topic is the thing that id stands for: id may be a step of a dialog.
func same(topic, id string) bool {
	return topic != "" && (id == topic || len(id) > len(topic) && id[len(topic)] == '/' && strings.HasPrefix(id, topic))
}

// CountOffer adds to counts that offered was shown to a person with these factors, who took one of them, or ("") none.
func CountOffer(counts map[string]int64, f []Factor, offered []string, took string) {
	v := vector(f)
	for _, id := range offered[:min(len(offered), maxShown)] {
		count(counts, shown, v, id)
	}
	if took != "" {
		count(counts, taken, v, took)
	}
}

func count(counts map[string]int64, kind, vector, id string) bool {
	if id == "" || len(id) > maxID {
		return false
	}
	counts[kind+vector+":"+id]++
	return true
}

func vector(f []Factor) string {
	var b strings.Builder
	for _, p := range pick(f) {
		b.WriteString(p.code)
	}
	return b.String()
}

// counted is a name of a count taken apart.
type counted struct {
	kind   string
	vector string
	codes  []string
	id     string
	n      float64
}

// read takes a name apart; false when it is none of ours with a vector.
func read(name string, n int64) (c counted, ok bool) {
	if len(name) < len(wanted) || n <= 0 {
		return c, false
	}
	c.kind, c.n = name[:len(wanted)], float64(n)
	v, id, ok := strings.Cut(name[len(wanted):], ":")
	if !ok || id == "" || len(v)%codeLetters != 0 || len(v) > maxFactors*codeLetters || c.kind != wanted && c.kind != shown && c.kind != taken {
		return c, false
	}
	c.vector = v
	for ; v != ""; v = v[codeLetters:] {
		c.codes = append(c.codes, v[:codeLetters])
	}
	c.id = id
	return c, true
}
