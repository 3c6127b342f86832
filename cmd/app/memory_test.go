package app

import "testing"

func TestPace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		live uint64
		want int
	}{{0, 1000}, {4 << 20, 800}, {16 << 20, 200}, {32 << 20, 100}, {64 << 20, 50}, {1 << 30, 40}} {
		if got := pace(c.live); got != c.want {
			t.Errorf("pace(%d) = %d, want %d", c.live, got, c.want)
		}
	}
}
