package local

import (
	"testing"

	"github.com/xianda-bot/xianda/chat"
	bolt "go.etcd.io/bbolt"
)

// A database that was written before users were kept has none of their buckets, and opens.
func TestOpensOlderDatabase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := opened(t, dir, Options{})
	if err := s.update(t.Context(), func(tx *bolt.Tx) error {
		for _, name := range added {
			if err := tx.DeleteBucket(name); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	a := chat.Address{Channel: "shop", Peer: "openid"}
	if err := opened(t, dir, Options{}).People().Link(t.Context(), "u-1", a); err != nil {
		t.Errorf("Link in a database that had no users = %v, want nil", err)
	}
}
