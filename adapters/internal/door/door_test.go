package door_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/internal/door"
	"github.com/xianda-bot/xianda/adapters/internal/sparing"
	"github.com/xianda-bot/xianda/chat"
)

func open() (*door.Door, *adapterstest.Record) {
	d, record := adapterstest.NewDeps()
	return door.New("shop", d, sparing.New(d.Clock), func(s string) string { return strings.ReplaceAll(s, "canary", "<secret>") }), record
}

func TestAsk(t *testing.T) {
	t.Parallel()
	d, record := open()
	want := []chat.Reply{{Key: "k"}}
	got, err := d.Ask(t.Context(), func(context.Context, chat.Message) ([]chat.Reply, error) { return want, nil }, chat.Message{})
	if err != nil || len(got) != 1 {
		t.Errorf("Ask = %v, %v", got, err)
	}
	got, err = d.Ask(t.Context(), func(context.Context, chat.Message) ([]chat.Reply, error) { panic("canary") }, chat.Message{})
	if err == nil || got != nil || !strings.Contains(record.Log(), "a turn panicked") || strings.Contains(record.Log(), "canary") {
		t.Errorf("Ask = %v, %v of a turn that panicked; logged %s", got, err, record.Log())
	}
}

// Floods are counted, and noted once.
func TestFloods(t *testing.T) {
	t.Parallel()
	d, record := open()
	for range 100 {
		d.Unaccepted(errors.New("away: canary"))
		w := httptest.NewRecorder()
		d.Refuse(w, http.StatusForbidden, "signature", "compare the tokens")
		if w.Code != http.StatusForbidden || w.Body.String() != "Forbidden" {
			t.Fatalf("answered with %d %q", w.Code, w.Body)
		}
	}
	if record.Counted("unaccepted shop") != 100 || record.Counted("rejected shop signature") != 100 {
		t.Error("not every one was counted")
	}
	if log := record.Log(); strings.Count(log, "\n") != 2 || !strings.Contains(log, "compare the tokens") || strings.Contains(log, "canary") {
		t.Errorf("logged %s", log)
	}
}

// Whoever waits goes when the last one is out, though others came meanwhile.
func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, _ := open()
		d.Wait() // nobody is in
		leave, end := d.Enter(), make(chan struct{})
		d.Go(func() { <-end })
		var gone atomic.Int32
		for range 2 {
			go func() { d.Wait(); gone.Add(1) }()
		}
		synctest.Wait()
		late := d.Enter()
		leave()
		close(end)
		if synctest.Wait(); gone.Load() > 0 {
			t.Error("somebody went while one was in")
		}
		late()
		if synctest.Wait(); gone.Load() != 2 {
			t.Error("nobody went when the last one was out")
		}
	})
}
