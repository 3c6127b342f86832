package lease_test

import (
	"math/rand"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/internal/lease"
)

// P13: a lease has one holder; who finds another name in it lets go.
func TestLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		vault := adapterstest.NewVault(time.Now)
		named := func(seed int64) *lease.Lease {
			d, _ := adapterstest.NewDeps()
			d.Vault, d.Random = vault, rand.New(rand.NewSource(seed))
			return lease.New("account", d)
		}
		one, two := named(1), named(2)
		take := func(l *lease.Lease, want bool) {
			t.Helper()
			if ok, err := l.Take(t.Context(), nil); err != nil || ok != want || l.Held() != want {
				t.Errorf("at %s Take = %t, %v, held %t; want %t", time.Now().Format(time.TimeOnly), ok, err, l.Held(), want)
			}
		}
		if !one.Free(t.Context()) {
			t.Error("what nobody took is not free")
		}
		take(one, true)
		take(two, false)
		time.Sleep(lease.For - time.Second)
		take(one, true) // renewed
		time.Sleep(2 * time.Second)
		take(two, false)
		time.Sleep(lease.For)
		if one.Held() {
			t.Error("who slept too long thinks that it has the lease")
		}
		take(two, true)
		take(one, false)
		begun := time.Now()
		one.Keep(t.Context()) // finds out when it renews
		if took := time.Since(begun); took > lease.Every {
			t.Errorf("it let go after %s", took)
		}
		one.Drop(t.Context()) // drops nothing of another's
		take(one, false)
		two.Drop(t.Context())
		take(one, true)
	})
}
