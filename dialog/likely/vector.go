package likely

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Limits of what is counted of one turn, so that what people send cannot fill a store.
const (
	maxFactors  = 6   // of a vector
	maxScene    = 3   // of them from the scene
	maxEvents   = 2   // of them operations
	maxID       = 128 // bytes of a candidate's id; longer ones are not counted
	nameLetters = 2   // of a code, 6 bits each
	codeLetters = 5
	nameBits    = 6 * nameLetters
	valueBits   = 6 * (codeLetters - nameLetters)
	sceneBits   = 10                  // anybody can write a scene: its values share so few buckets
	eventWindow = 3 * 24 * time.Hour  // older operations say nothing of what is wanted now
	eventFades  = 24 * time.Hour      // half-life of what an operation says
	topicWindow = 30 * 24 * time.Hour // older topics are no habit
)

const (
	letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~"

	nameEvent = "event"
	nameTopic = "topic"
	nameTag   = "tag"
)

// picked is a factor that is part of the vector.
type picked struct {
	Factor
	code string
}

// pick chooses the factors by which is counted and looked up, the most telling kinds first: where the person comes from, what they
// just did, who they are. At most maxFactors. Hour and weekday are not among them: the hour in which something was counted tells them.
func pick(factors []Factor) []picked {
	type ranked struct {
		Factor
		rank int
	}
	all := make([]ranked, 0, len(factors))
	for _, f := range factors {
		rank := 5
		switch {
		case f.Value == "", f.Name == nameTopic, f.Name == "hour", f.Name == "weekday":
			continue
		case f.Name == "scene.error":
			rank = 0
		case isScene(f.Name):
			rank = 1
		case f.Name == nameEvent:
			if f.Age >= eventWindow {
				continue
			}
			rank = 2
		case f.Name == "channel":
			rank = 3
		case f.Name == nameTag || strings.HasPrefix(f.Name, "profile."):
			rank = 4
		}
		all = append(all, ranked{f, rank})
	}
	slices.SortStableFunc(all, func(a, b ranked) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.Age, b.Age)) })
	out := make([]picked, 0, maxFactors)
	scene, events, last := 0, 0, time.Duration(0)
	for _, r := range all {
		name := r.Name
		switch {
		case len(out) == maxFactors:
			return out
		case r.rank <= 1:
			if scene++; scene > maxScene {
				continue
			}
		case r.rank == 2:
			if events++; events > maxEvents {
				continue
			}
			last = r.Age
			name += letters[events : events+1] // the last one and the one before are two things
		}
		out = append(out, picked{r.Factor, code(name, r.Value)})
	}
	if events == 1 && len(out) < maxFactors { // the first thing that they did is another matter than the latest of many
		out = append(out, picked{Factor{Name: nameEvent, Age: last}, code(nameEvent+letters[maxEvents:maxEvents+1], "")})
	}
	return out
}

func isScene(name string) bool { return strings.HasPrefix(name, "scene.") }

// code is the name and the value of a factor in a few letters.
func code(name, value string) string {
	bits := uint64(valueBits)
	if isScene(name) {
		bits = sceneBits
	}
	n := hash(value)>>(64-bits)<<nameBits | hash(name)>>(64-nameBits)
	var b [codeLetters]byte
	for i := range b {
		b[i] = letters[n&63]
		n >>= 6
	}
	return string(b[:])
}

// shape tells which factors a vector has, whatever their values.
func shape(codes []string) uint64 {
	names := make([]string, len(codes))
	for i, c := range codes {
		names[i] = c[:nameLetters]
	}
	return hash(names...)
}

func codesOf(factors []picked) []string {
	codes := make([]string, len(factors))
	for i, f := range factors {
		codes[i] = f.code
	}
	return codes
}

// hash is FNV-1a over the parts, spread. It is written into names of counts, so that it never changes.
func hash(parts ...string) uint64 {
	h := uint64(14695981039346656037)
	for _, p := range parts {
		for i := range len(p) {
			h = (h ^ uint64(p[i])) * 1099511628211
		}
	}
	return mix(h)
}

// mix spreads the differences of short texts over all bits.
func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
