package kb

// table numbers keys in the order in which they come. It is two flat slices, so that a compiled index is taken over as it stands
// instead of being built again.
type table struct {
	keys []uint64 // by slot; 0: free
	num  []int32  // beside keys
	n    int
}

// newTable makes room for n keys.
func newTable(n int) *table {
	size := 16
	for size < 2*n {
		size *= 2
	}
	return &table{keys: make([]uint64, size), num: make([]int32, size)}
}

// of returns the number of a key; no key is 0.
func (t *table) of(key uint64) (int32, bool) {
	mask := uint64(len(t.keys) - 1)
	for i := mix(key) & mask; t.keys[i] != 0; i = (i + 1) & mask {
		if t.keys[i] == key {
			return t.num[i], true
		}
	}
	return 0, false
}

// put returns the number of a key, the next one when it is new.
func (t *table) put(key uint64) (n int32, fresh bool) {
	if 3*t.n >= 2*len(t.keys) {
		t.grow()
	}
	mask := uint64(len(t.keys) - 1)
	i := mix(key) & mask
	for ; t.keys[i] != 0; i = (i + 1) & mask {
		if t.keys[i] == key {
			return t.num[i], false
		}
	}
	t.keys[i], t.num[i] = key, int32(t.n)
	t.n++
	return int32(t.n - 1), true
}

func (t *table) grow() {
	old := *t
	*t = *newTable(len(old.keys))
	t.n = old.n
	mask := uint64(len(t.keys) - 1)
	for j, key := range old.keys {
		if key == 0 {
			continue
		}
		i := mix(key) & mask
		for t.keys[i] != 0 {
			i = (i + 1) & mask
		}
		t.keys[i], t.num[i] = key, old.num[j]
	}
}

// list returns the keys by number.
func (t *table) list() []uint64 {
	out := make([]uint64, t.n)
	for i, key := range t.keys {
		if key != 0 {
			out[t.num[i]] = key
		}
	}
	return out
}

// mix spreads the bits of a key.
func mix(x uint64) uint64 {
	x ^= x >> 32
	x *= 0xd6e8feb86659fd93
	x ^= x >> 32
	x *= 0xd6e8feb86659fd93
	return x ^ x>>32
}
