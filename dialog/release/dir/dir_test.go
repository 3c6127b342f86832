package dir

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/script"
)

func write(t *testing.T, folder, name, content string) {
	t.Helper()
	file := filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func small(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	write(t, folder, "release.yaml", "name: 小\n")
	write(t, folder, "dialogs/hi.yaml", "dialog: hi\ntitle: 问好\ntriggers: {ask: [你好]}\nsteps:\n  - {id: say, say: 您好}\n  - {id: done, end: resolved}\n")
	return folder
}

func TestLoad(t *testing.T) {
	t.Parallel()
	folder := small(t)
	write(t, folder, ".hidden.yaml", "{{{")
	write(t, folder, "dialogs/.#hi.yaml", "{{{")
	write(t, folder, "README.md", "no part of it")
	write(t, folder, "kb/picture.png", "no part of it")
	r, findings, err := Load(t.Context(), folder, Options{})
	if err != nil || r == nil {
		t.Fatalf("Load() = %v, %v, %v, want a release", r, findings, err)
	}
	if r.Name != "小" || r.Dialog("hi") == nil {
		t.Errorf("Load() = %q with dialog %v, want 小 with hi", r.Name, r.Dialog("hi"))
	}
	again, _, err := Load(t.Context(), folder, Options{})
	if err != nil || again.Version != r.Version {
		t.Errorf("Load() again has version %v (%v), want %s", again, err, r.Version)
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "nowhere")
	if _, _, err := Load(t.Context(), missing, Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Load(missing) = %v, want not exist", err)
	}
	folder := small(t)
	if _, _, err := Load(t.Context(), filepath.Join(folder, "release.yaml"), Options{}); err == nil || !strings.Contains(err.Error(), "it is a file") {
		t.Errorf("Load(file) = %v, want a hint that it is a file", err)
	}
	write(t, folder, "kb/big.yaml", strings.Repeat("#", MaxFile+1))
	if _, _, err := Load(t.Context(), folder, Options{}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("Load(big) = %v, want ErrTooLarge", err)
	}
}

func TestWatchKeepsTheOldOnBadContent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		folder := small(t)
		first, _, err := Load(t.Context(), folder, Options{})
		if err != nil {
			t.Fatal(err)
		}
		type call struct {
			release  *release.Release
			findings []script.Finding
			err      error
		}
		var calls []call
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			Watch(ctx, folder, first.Version, Options{}, func(r *release.Release, f []script.Finding, err error) { calls = append(calls, call{r, f, err}) })
		}()
		settle := func() { time.Sleep(7 * time.Second); synctest.Wait() } // virtual time
		settle()
		if len(calls) != 0 {
			t.Fatalf("Watch called %d times without a change", len(calls))
		}
		write(t, folder, "release.yaml", "nmae: 小\n")
		settle()
		if len(calls) != 1 || calls[0].release != nil || len(calls[0].findings) == 0 {
			t.Fatalf("after bad content: %+v, want one call with findings and no release", calls)
		}
		write(t, folder, "release.yaml", "name: 大\n")
		settle()
		if len(calls) != 2 || calls[1].release == nil || calls[1].release.Name != "大" {
			t.Fatalf("after good content: %+v, want a second call with the release 大", calls)
		}
		if err := os.RemoveAll(folder); err != nil {
			t.Fatal(err)
		}
		settle()
		if len(calls) != 3 || !errors.Is(calls[2].err, os.ErrNotExist) {
			t.Fatalf("after removal: %+v, want one call with the error", calls)
		}
		cancel()
		<-done
	})
}
