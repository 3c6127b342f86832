// Package dir loads a release from a folder and follows its changes. It judges nothing: package release builds and checks.
package dir

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/script"
)

// Limits of a folder.
const (
	MaxFile  = 8 << 20  // bytes of one file
	MaxTotal = 64 << 20 // bytes of all files
	MaxFiles = 5000
)

// ErrTooLarge says that a folder exceeds a limit.
var ErrTooLarge = errors.New("the release is too large")

// Options of Load and Watch. The zero value works.
type Options struct {
	release.Options
	Every time.Duration // between two looks at the folder; default 2 s
}

// Load reads the folder and builds its release. The release is nil when there is an error among the findings; err is only about
// reading: the folder is missing, a file cannot be read, or a limit is exceeded.
func Load(ctx context.Context, folder string, o Options) (*release.Release, []script.Finding, error) {
	files, err := Read(ctx, folder)
	if err != nil {
		return nil, nil, err
	}
	r, findings := release.Build(files, o.Options)
	return r, findings, nil
}

// Read brings the files of a release as they stand, with names relative to the folder and slashes, in lexical order. It passes over
// names that begin with a dot and everything that is no part of a release.
func Read(ctx context.Context, folder string) ([]script.Source, error) {
	if info, err := os.Stat(folder); err != nil {
		return nil, fmt.Errorf("release %s: %w", folder, err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("release %s: it is a file; name the folder that holds release.yaml", folder)
	}
	var files []script.Source
	total := 0
	for _, part := range []string{".", "dialogs", "kb", "tests"} {
		entries, err := os.ReadDir(filepath.Join(folder, part))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("release %s: %w", folder, err)
		}
		for _, e := range entries {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if !belongs(part, e.Name()) {
				continue
			}
			data, err := read(filepath.Join(folder, part, e.Name()))
			if errors.Is(err, errNoFile) {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("release %s: %w", folder, err)
			}
			total += len(data)
			if total > MaxTotal || len(files) >= MaxFiles {
				return nil, fmt.Errorf("release %s: at most %d files and %d MB: %w", folder, MaxFiles, MaxTotal>>20, ErrTooLarge)
			}
			files = append(files, script.Source{Name: path.Join(part, e.Name()), Data: data})
		}
	}
	return files, nil
}

// belongs tells whether a file is part of a release by its place and name.
func belongs(part, name string) bool {
	if strings.HasPrefix(name, ".") {
		return false
	}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".yaml", ".yml":
		return true
	case ".csv", ".xlsx", ".md":
		return part == "kb"
	}
	return false
}

var errNoFile = errors.New("not a file")

// read reads one file up to the limit. It follows symbolic links: a Kubernetes ConfigMap is made of them.
func read(name string) ([]byte, error) {
	info, err := os.Stat(name) // before opening: a named pipe would wait for ever
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errNoFile
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if len(data) > MaxFile {
		return nil, fmt.Errorf("%s: at most %d MB: %w", name, MaxFile>>20, ErrTooLarge)
	}
	return data, nil
}

// Watch looks at the folder every Options.Every and calls changed, one call at a time, when its content is another than that of
// version current and of the call before. When the new content cannot be used, the release is nil and findings or err tell why: the
// caller keeps the one that it has. Watch returns when ctx ends.
func Watch(ctx context.Context, folder, current string, o Options, changed func(*release.Release, []script.Finding, error)) {
	every := o.Every
	if every <= 0 {
		every = 2 * time.Second
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	trouble, pending := "", ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		files, err := Read(ctx, folder)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			if trouble != err.Error() { // once, not every two seconds
				trouble = err.Error()
				changed(nil, nil, err)
			}
			continue
		}
		trouble = ""
		version := release.VersionOf(files)
		if version == current {
			pending = ""
			continue
		}
		if version != pending { // an editor or a git checkout may be in the middle of writing: take it when it stands still
			pending = version
			continue
		}
		pending, current = "", version
		r, findings := release.Build(files, o.Options)
		changed(r, findings, nil)
	}
}
