package config

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestWatch(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, secret := filepath.Join(dir, "xianda.yaml"), filepath.Join(dir, "token")
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const base = "release: .\nchannels: [{name: a, kind: console, token_file: token}]\n"
	write(secret, "one")
	write(file, base)
	c, err := Load(file, someVariables)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex // guards seen
		var seen []string
		told := func() string {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			all := strings.Join(seen, ",")
			seen = nil
			return all
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go c.Watch(ctx, time.Second, func(next *Config, err error) {
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				seen = append(seen, "error")
				return
			}
			seen = append(seen, next.Listen)
		})
		steps := []struct {
			name   string
			change func()
			want   string
		}{
			{"nothing changed", func() {}, ""},
			{"another listener", func() { write(file, base+"listen: ':2'\n") }, ":2"},
			{"a mistake is told once", func() { write(file, base+"lissen: ':3'\n") }, "error"},
			{"mended", func() { write(file, base+"listen: ':3'\n") }, ":3"},
			{"a secret's file changed, of a channel that nobody decoded", func() { write(secret, "two") }, ":3"},
			{"the file is gone", func() {
				if err := os.Remove(file); err != nil {
					t.Fatal(err)
				}
			}, "error"},
			{"the file is back as it was before", func() { write(file, base+"listen: ':3'\n") }, ":3"},
		}
		for _, s := range steps {
			s.change()
			time.Sleep(5 * time.Second)
			if got := told(); got != s.want {
				t.Errorf("%s: changed was told %q, want %q", s.name, got, s.want)
			}
		}
		time.Sleep(500 * time.Millisecond) // between two looks
		write(file, base+"listen: ':4'\n")
		time.Sleep(time.Second)
		write(file, base+"listen: ':5'\n")
		time.Sleep(5 * time.Second)
		if got := told(); got != ":5" {
			t.Errorf("a file that was still being written: changed was told %q, want only \":5\"", got)
		}
	})
}
