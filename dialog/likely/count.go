package likely

import "strings"

// Names of counts. A vector is the codes of the picked factors, one after the other; an id is a candidate's.
//
//	l:w:<vector>:<id>   it was wanted
//	l:s:<vector>:<id>   it was shown
//	l:t:<vector>:<id>   it was shown and taken
const (
	// Prefix is what the names of this package's counts begin with.
	Prefix = "l:"

	wanted = Prefix + "w:"
	shown  = Prefix + "s:"
	taken  = Prefix + "t:"
)

// CountWanted adds to counts that a person with these factors turned out to want id: taken from an offer, or asked and answered.
func CountWanted(counts map[string]int64, f []Factor, id string) {
	count(counts, wanted, vector(f), id)
}

// CountOffer adds to counts that shown was offered to a person with these factors, who took one of them, or ("") none.
func CountOffer(counts map[string]int64, f []Factor, offered []string, took string) {
	v := vector(f)
	for _, id := range offered[:min(len(offered), maxShown)] {
		count(counts, shown, v, id)
	}
	if took != "" {
		count(counts, taken, v, took)
	}
}

const maxShown = 5

func count(counts map[string]int64, kind, vector, id string) {
	if id != "" && len(id) <= maxID {
		counts[kind+vector+":"+id]++
	}
}

func vector(f []Factor) string {
	var b strings.Builder
	for _, p := range pick(f) {
		b.WriteString(p.code)
	}
	return b.String()
}

// readName takes a name of a count apart.
func readName(name string) (kind string, codes []string, id string, ok bool) {
	if len(name) < len(wanted) {
		return "", nil, "", false
	}
	kind, rest := name[:len(wanted)], name[len(wanted):]
	v, id, ok := strings.Cut(rest, ":")
	if !ok || id == "" || len(v)%codeSize != 0 || len(v) > maxFactors*codeSize || kind != wanted && kind != shown && kind != taken {
		return "", nil, "", false
	}
	for ; v != ""; v = v[codeSize:] {
		codes = append(codes, v[:codeSize])
	}
	return kind, codes, id, true
}
