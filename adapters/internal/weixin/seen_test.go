package weixin

import (
	"strconv"
	"testing"
	"time"
)

func TestSeen(t *testing.T) {
	t.Parallel()
	var s Seen
	now := time.Unix(1_800_000_000, 0)
	again := func(now time.Time, at int64, nonce, body string) bool { return s.Again(now, at, nonce, []byte(body)) }
	at := now.Unix()
	for range 2 {
		if !again(now, at, "n", "a") {
			t.Error("a body is refused, want it and its retry to pass")
		}
	}
	if again(now, at, "n", "b") {
		t.Error("another body with the same timestamp and nonce passes")
	}
	if !again(now, at+1, "n", "b") || !again(now, at, "m", "b") {
		t.Error("another timestamp or nonce is refused")
	}
	if again(now.Add(Fresh), at, "n", "b") {
		t.Error("another body passes while the timestamp is still fresh")
	}
	if again(now.Add(Fresh).Add(time.Hour), at+int64(time.Hour/time.Second), "x", "x"); len(s.minutes) != 1 || s.count != 1 {
		t.Errorf("an hour later %d minutes with %d pushes are remembered, want 1 and 1", len(s.minutes), s.count)
	}
}

func TestSeenIsBounded(t *testing.T) {
	t.Parallel()
	var s Seen
	now := time.Unix(1_800_000_000, 0)
	for i := range MaxSeen + 1000 {
		s.Again(now, now.Unix()-int64(i%240), strconv.Itoa(i), nil)
	}
	total := 0
	for _, m := range s.minutes {
		total += len(m)
	}
	if s.count > MaxSeen || total != s.count {
		t.Errorf("%d pushes are remembered (%d counted), want at most %d", total, s.count, MaxSeen)
	}
}
