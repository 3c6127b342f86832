package likely

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strings"
	"time"
)

// Limits of what is counted of one turn, so that what people send cannot fill a store.
const (
	maxFactors  = 6   // of a vector
	maxScene    = 3   // of them from the scene
	maxID       = 128 // bytes of a candidate's id; longer ones are not counted
	nameBits    = 12
	valueBits   = 18
	sceneBits   = 10 // anybody can write a scene: its values share so few buckets
	codeSize    = (nameBits + valueBits) / 6
	eventWindow = 72 * time.Hour // older ones say nothing of what is wanted now
)

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~"

// picked is a factor that is part of the vector.
type picked struct {
	Factor
	code string
}

// pick chooses the factors by which is counted and looked up, the most telling kinds first: where the person comes from, what they
// just did, who they are. At most maxFactors.
func pick(factors []Factor) []picked {
	type ranked struct {
		Factor
		rank int
		name string
	}
	all := make([]ranked, 0, len(factors))
	for _, f := range factors {
		if f.Value == "" {
			continue
		}
		r := ranked{Factor: f, rank: 4, name: f.Name}
		switch {
		case strings.HasPrefix(f.Name, "scene."):
			r.rank = 0
		case f.Name == "event" && f.Age < eventWindow:
			r.rank = 1
		case f.Name == "channel":
			r.rank = 2
		case f.Name == "tag" || strings.HasPrefix(f.Name, "profile."):
			r.rank = 3
		case f.Name == "event", f.Name == "topic", f.Name == "hour", f.Name == "weekday":
			continue // old; the others have ways of their own
		}
		all = append(all, r)
	}
	slices.SortStableFunc(all, func(a, b ranked) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.Age, b.Age)) })
	var out []picked
	scene, events := 0, 0
	for _, r := range all {
		switch {
		case len(out) == maxFactors:
			return out
		case r.rank == 0:
			if scene++; scene > maxScene {
				continue
			}
		case r.rank == 1:
			if events++; events > 2 {
				continue
			}
			r.name += string(digits[events])
		}
		out = append(out, picked{r.Factor, code(r.name, r.Value, r.rank == 0)})
	}
	return out
}

// code is the name and the value of a factor in codeSize letters.
func code(name, value string, scene bool) string {
	bits := uint64(valueBits)
	if scene {
		bits = sceneBits
	}
	n := hash(name)>>(64-nameBits)<<valueBits | hash(value)>>(64-bits)
	var b [codeSize]byte
	for i := range b {
		b[i] = digits[n&63]
		n >>= 6
	}
	return string(b[:])
}

func hash(parts ...string) uint64 {
	h := fnv.New64a()
	for _, p := range parts {
		_, _ = h.Write([]byte(p))
	}
	return mix(h.Sum64())
}

// mix spreads the differences of short texts over all bits.
func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
