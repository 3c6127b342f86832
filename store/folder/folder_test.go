package folder_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/cmd/app/media"
	"github.com/xianda-bot/xianda/store/folder"
	"github.com/xianda-bot/xianda/store/mediatest"
)

func TestFolder(t *testing.T) {
	t.Parallel()
	mediatest.Run(t, func(t *testing.T) (media.Store, func(time.Duration)) {
		var back time.Duration
		f, err := folder.Open(filepath.Join(t.TempDir(), "media"), folder.Options{Clock: func() time.Time { return time.Now().Add(-back) }})
		if err != nil {
			t.Fatal(err)
		}
		return f, func(d time.Duration) { back = d }
	})
}

// TestPrivate holds that nobody else on the machine reads what people sent, and that nothing is left behind by a put that failed.
func TestPrivate(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "media")
	f, err := folder.Open(dir, folder.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Put(t.Context(), chat.Media{ID: "aa00-1", Kind: "file"}, strings.NewReader("<script>")); err != nil {
		t.Fatal(err)
	}
	files := 0
	err = filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %s", path, info.Mode())
		}
		if err == nil && !info.IsDir() {
			files++
		}
		return err
	})
	if err != nil || files != 1 {
		t.Errorf("%d files, %v, want 1", files, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := folder.Open(name, folder.Options{}); err == nil {
		t.Error("a file is taken as a folder")
	}
}
