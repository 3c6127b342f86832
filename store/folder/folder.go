// Package folder keeps what people send as files of one folder, each with its description in front of its content, so that no web server
// that serves the folder by mistake shows one. It does not look into them, and forgets by age or by the beginning of an id only.
package folder

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/chat"
)

// Folder keeps media below one folder. Its methods may be called concurrently, by several processes too if they share the folder.
type Folder struct {
	dir   string
	clock func() time.Time
}

// Options of a Folder. Every field may be left out.
type Options struct {
	Clock func() time.Time // dates what is put; default: time.Now
}

// Open makes dir, for this user alone, if it is missing.
func Open(dir string, o Options) (*Folder, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("folder of media: %w: may this user write there?", err)
	}
	return &Folder{dir: dir, clock: o.Clock}, nil
}

// ids are what may become a file's name. Two of their characters name the folder that holds it.
var ids = regexp.MustCompile(`^[0-9a-z][0-9a-z-]{3,127}$`)

// maxAbout bounds the description of one file, in bytes.
const maxAbout = 4 << 10

func (f *Folder) path(id string) (string, error) {
	if !ids.MatchString(id) {
		return "", fmt.Errorf("id %.20q is none of a medium: %w", id, fs.ErrNotExist)
	}
	return filepath.Join(f.dir, id[:2], id), nil
}

// Put keeps m and its content, body, under m.ID; the same id again replaces it. When it returns, a loss of power loses nothing.
func (f *Folder) Put(_ context.Context, m chat.Media, body io.Reader) error {
	path, err := f.path(m.ID)
	if err != nil {
		return err
	}
	about, err := json.Marshal(m)
	if err != nil || len(about) >= maxAbout {
		return errors.Join(errors.New("the description of a medium is too long to be kept"), err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	t, err := os.CreateTemp(f.dir, "put-*")
	if err != nil {
		return err
	}
	defer os.Remove(t.Name()) // gone already when all went well
	defer t.Close()
	if _, err := t.Write(append(about, '\n')); err != nil {
		return err
	}
	if _, err := io.Copy(t, body); err != nil {
		return err
	}
	if err := t.Sync(); err != nil {
		return err
	}
	now := f.clock()
	if err := os.Chtimes(t.Name(), now, now); err != nil {
		return err
	}
	if err := t.Close(); err != nil {
		return err
	}
	if err := os.Rename(t.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a rename last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

type content struct {
	*bufio.Reader
	io.Closer
}

// Open returns what was put under id, and when. The caller closes it. fs.ErrNotExist: there is nothing.
func (f *Folder) Open(_ context.Context, id string) (m chat.Media, put time.Time, body io.ReadCloser, err error) {
	path, err := f.path(id)
	if err != nil {
		return m, put, nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return m, put, nil, err
	}
	defer func() {
		if err != nil {
			file.Close()
		}
	}()
	info, err := file.Stat()
	if err != nil {
		return m, put, nil, err
	}
	r := bufio.NewReaderSize(file, maxAbout)
	about, err := r.ReadSlice('\n')
	if err == nil {
		err = json.Unmarshal(about, &m)
	}
	if err != nil {
		return m, put, nil, fmt.Errorf("medium %s: its file does not begin with a description: %w", id, err)
	}
	return m, info.ModTime(), content{r, file}, nil
}

// Forget removes everything whose id begins with prefix, of at least two characters. Nothing of that kind is no error.
func (f *Folder) Forget(ctx context.Context, prefix string) error {
	if !ids.MatchString(prefix+"aaa") || len(prefix) < 2 {
		return fmt.Errorf("prefix %.20q is none of a medium's id", prefix)
	}
	dir := filepath.Join(f.dir, prefix[:2])
	files, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, file := range files {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil && strings.HasPrefix(file.Name(), prefix) {
			err = gone(os.Remove(filepath.Join(dir, file.Name())))
		}
	}
	return err
}

// Sweep removes what was put before t, and what a process that died while putting left behind. n is how many were removed.
func (f *Folder) Sweep(ctx context.Context, t time.Time) (n int, err error) {
	err = filepath.WalkDir(f.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return gone(err)
		}
		info, err := d.Info()
		if err != nil || !info.ModTime().Before(t) {
			return gone(err)
		}
		if err := os.Remove(path); err != nil {
			return gone(err)
		}
		n++
		return ctx.Err()
	})
	return n, err
}

// gone passes over what somebody else removed meanwhile.
func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
