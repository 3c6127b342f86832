package session

import (
	"testing"

	"github.com/xianda-bot/xianda/chat"
)

func TestPartitionIsStable(t *testing.T) {
	t.Parallel()
	// These numbers are written into the keys of running systems.
	for _, tt := range []struct {
		a    chat.Address
		want int
	}{
		{chat.Address{Channel: "shop", Peer: "o6_bmjrPTlm6_2sgVt7hMZOPfL2M"}, 32},
		{chat.Address{Channel: "tg", Peer: "42", Thread: "7"}, 63},
	} {
		if got := Partition(tt.a); got != tt.want {
			t.Errorf("Partition(%v) = %d, want %d", tt.a, got, tt.want)
		}
	}
}

func TestIDsTellTheirPartition(t *testing.T) {
	t.Parallel()
	a := chat.Address{Channel: "shop", Peer: "p"}
	for _, id := range []string{CaseID(a, "1-1"), DeadID(a, "1-1")} {
		if p, ok := PartitionOf(id); !ok || p != Partition(a) || len(id) != 12 {
			t.Errorf("PartitionOf(%q) = %d, %v, want %d, true and 12 characters", id, p, ok, Partition(a))
		}
	}
	if CaseID(a, "1-1") == DeadID(a, "1-1") {
		t.Error("CaseID and DeadID of the same words are equal")
	}
	for _, id := range []string{"", "1", "12", "64abcdef", "xxabcdef", "-1abc", "+1abc"} {
		if p, ok := PartitionOf(id); ok {
			t.Errorf("PartitionOf(%q) = %d, true, want false", id, p)
		}
	}
}
