package dialog_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog"
	"github.com/xianda-bot/xianda/dialog/session/sessiontest"
)

// BenchmarkTurn is a whole turn over a store in memory: what accepting, judging, fitting and answering cost without a network.
func BenchmarkTurn(b *testing.B) {
	h := dialog.NewHost(sessiontest.NewMemory(time.Now), channels{passive}, dialog.NewShelf(build(b)), dialog.Options{})
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		m := said(fmt.Sprint(n), "轮次", 4*time.Second)
		m.From = chat.Address{Channel: "shop", Peer: fmt.Sprint("p", n%1000)}
		if _, err := h.Turn(b.Context(), m); err != nil {
			b.Fatal(err)
		}
	}
}
