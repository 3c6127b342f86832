//go:build !race

// The race detector also checks pointers, and ends the process where bbolt follows one that a damaged page holds; without it that is a
// fault that Open survives.

package local

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// TestBitFlips: a damaged store is refused with its path and the remedy, or gives back exactly what was kept.
func TestBitFlips(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := opened(t, dir, Options{})
	want := map[chat.Address]string{}
	for i := range 60 {
		a := chat.Address{Channel: "shop", Peer: fmt.Sprint("p", i)}
		want[a] = fmt.Sprint("question ", i)
		if err := judged(s, a, "m", want[a], chat.Case{ID: session.CaseID(a, "x"), Queue: "default"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(dir, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 1))
	refused := 0
	bad := t.TempDir()
	for round := range 200 {
		b := append([]byte(nil), whole...)
		var what string
		if round%10 == 9 {
			b = b[:random.IntN(len(b))]
			what = fmt.Sprintf("cut at %d of %d", len(b), len(whole))
		} else {
			bit := random.IntN(8 * len(b))
			b[bit/8] ^= 1 << (bit % 8)
			what = fmt.Sprintf("bit %d of byte %d flipped", bit%8, bit/8)
		}
		if err := os.WriteFile(filepath.Join(bad, databaseName), b, 0o600); err != nil {
			t.Fatal(err)
		}
		_ = os.Remove(filepath.Join(bad, journalName))
		s, err := open(bad, Options{}, true)
		if err != nil {
			refused++
			var d *DamagedError
			if !errors.As(err, &d) || !strings.Contains(err.Error(), bad) || !strings.Contains(err.Error(), "backup") {
				t.Fatalf("seed %d, %s: Open = %v, want a *DamagedError with path and remedy", seed, what, err)
			}
			continue
		}
		if len(b) < 4096 {
			_ = s.end(false)
			continue // nothing was left of it: a new store
		}
		for a, asked := range want {
			if v, err := s.Look(t.Context(), a); err != nil || v.Session.Asked != asked {
				t.Errorf("seed %d, %s: Open = nil, then Look(%v) = %+v, %v, want %q", seed, what, a, v, err, asked)
			}
		}
		_ = s.end(false)
	}
	if refused == 0 {
		t.Errorf("seed %d: none of 200 damages was noticed", seed)
	}
}
