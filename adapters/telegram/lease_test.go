package telegram

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
)

// P13: of two holders there is never more than one for longer than it takes to look; who finds another name in the lease lets go.
func TestLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		vault := adapterstest.NewVault(time.Now)
		named := func(seed int64) *lease {
			d, _ := adapterstest.NewDeps()
			another(seed)(&d)
			d.Vault = vault
			l, err := newLease(d, 7)
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
		one, two := named(1), named(2)
		take := func(l *lease, want bool) {
			t.Helper()
			if ok, err := l.take(t.Context()); err != nil || ok != want {
				t.Errorf("after %s take = %t, %v; want %t", time.Now().Format(time.TimeOnly), ok, err, want)
			}
		}
		take(one, true)
		take(two, false)
		time.Sleep(leaseFor - time.Second)
		take(one, true) // renewed
		time.Sleep(2 * time.Second)
		take(two, false)
		time.Sleep(leaseFor)
		take(two, true) // the first one slept too long
		take(one, false)
		if !one.lost(t.Context()) || two.lost(t.Context()) {
			t.Error("who lost the lease does not know it")
		}
		begun := time.Now()
		one.hold(t.Context()) // finds out when it renews
		if took := time.Since(begun); took > renewEvery {
			t.Errorf("it let go after %s", took)
		}
		if err := one.drop(t.Context()); err != nil { // drops nothing of another's
			t.Error(err)
		}
		take(one, false)
		if err := two.drop(t.Context()); err != nil {
			t.Error(err)
		}
		take(one, true)
	})
}
