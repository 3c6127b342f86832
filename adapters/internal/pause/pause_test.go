package pause_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xianda-bot/xianda/adapters/internal/pause"
)

func TestFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begun := time.Now()
		if !pause.For(ctx, time.Second) || time.Since(begun) != time.Second {
			t.Errorf("a pause of a second took %s", time.Since(begun))
		}
		if pause.For(ctx, time.Hour) || time.Since(begun) != time.Minute {
			t.Errorf("a pause whose caller is gone after a minute took %s", time.Since(begun))
		}
	})
}
