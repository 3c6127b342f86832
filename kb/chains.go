package kb

// chains finds the phrases that have one hash, in their order. What it finds must be compared: two texts may share a hash.
type chains struct {
	first *table  // hash → number
	head  []int32 // number → its first phrase
	tail  []int32 // number → its last phrase; only while it is built
	next  []int32 // phrase → the next one with its hash, -1: none
}

func newChains(n int) *chains { return &chains{first: newTable(n), next: make([]int32, 0, n)} }

// add puts phrase p, which is one more than the one before, under a hash.
func (c *chains) add(hash uint64, p int32) {
	c.next = append(c.next, -1)
	i, fresh := c.first.put(hash)
	if fresh {
		c.head, c.tail = append(c.head, p), append(c.tail, p)
		return
	}
	c.next[c.tail[i]] = p
	c.tail[i] = p
}

// of returns the first phrase under a hash, -1: none.
func (c *chains) of(hash uint64) int32 {
	if i, ok := c.first.of(hash); ok {
		return c.head[i]
	}
	return -1
}

// hashText is never 0.
func hashText(s string) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 0x100000001b3
	}
	return mix(h) | 1
}
