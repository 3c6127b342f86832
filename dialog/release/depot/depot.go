// Package depot keeps published releases in a folder: one immutable file for each, and a pointer to the one in force that moves in one
// step. It judges nothing: package release compiles, checks and unpacks.
package depot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/script"
)

// pointer is the file whose first line is the version in force; below it stand those that were in force before, the latest first. One
// that was rolled back from has the mark left before it: nobody goes back to it by steps, but conversations may be in its dialogs.
const (
	pointer = "current"
	left    = "-"
)

const (
	suffix  = ".xianda"
	history = 100 // versions that the pointer remembers
	maxLine = 64 << 10
)

// ErrNone says that a folder is no store of releases.
var ErrNone = errors.New("it holds no published release")

// Depot is a store of releases in a folder. It holds nothing in memory; several processes may use one folder.
type Depot struct{ dir string }

// New names the folder; it need not exist yet.
func New(dir string) *Depot { return &Depot{dir: dir} }

// Is tells whether a folder is a store of releases. One with release.yaml is the folder of a release, whatever else lies in it.
func Is(dir string) bool {
	if _, err := os.Stat(filepath.Join(dir, "release.yaml")); err == nil {
		return false
	}
	info, err := os.Stat(filepath.Join(dir, pointer))
	return err == nil && info.Mode().IsRegular()
}

var (
	goodVersion = regexp.MustCompile(`^[0-9a-f]{12}$`)
	goodLine    = regexp.MustCompile(`^` + left + `?[0-9a-f]{12}$`) // of the pointer
)

func (d *Depot) file(version string) string { return filepath.Join(d.dir, version+suffix) }

// Current is the version in force.
func (d *Depot) Current() (string, error) {
	versions, err := d.versions()
	if err != nil {
		return "", err
	}
	return versions[0], nil
}

// versions are those of the pointer, with their marks; the first has none.
func (d *Depot) versions() ([]string, error) {
	f, err := os.Open(filepath.Join(d.dir, pointer))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", d.dir, ErrNone)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxLine))
	if err != nil {
		return nil, err
	}
	versions := strings.Fields(string(data))
	for i, v := range versions {
		if !goodLine.MatchString(v) || i == 0 && !goodVersion.MatchString(v) {
			return nil, fmt.Errorf("%s: %q is no version: roll back to one that \"xianda dialog releases\" lists", f.Name(), v)
		}
	}
	if len(versions) == 0 {
		return nil, fmt.Errorf("%s: it is empty: roll back to a version that \"xianda dialog releases\" lists", f.Name())
	}
	return versions, nil
}

// Publish keeps r, which was built of files, and puts it in force. A release that is kept already is not written again, unless its file
// is damaged or of another layout. It returns the version that was in force before, "" when there was none.
func (d *Depot) Publish(ctx context.Context, files []script.Source, r *release.Release) (before string, err error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if err := os.MkdirAll(d.dir, 0o755); err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(d.dir, "release.yaml")); err == nil {
		return "", fmt.Errorf("%s: it is the folder of a release, with release.yaml: publish to another folder", d.dir)
	}
	if d.check(r.Version) != nil {
		err := d.write(r.Version+suffix, func(w io.Writer) error { return release.Pack(w, files, r) })
		if err != nil {
			return "", err
		}
	}
	versions, err := d.versions()
	if err != nil && !errors.Is(err, ErrNone) {
		versions = nil // a broken pointer is replaced
	}
	if len(versions) > 0 {
		before = versions[0]
	}
	if before == r.Version {
		return before, nil
	}
	return before, d.point(append([]string{r.Version}, versions...))
}

// Rollback puts an earlier release in force again: the named one, or "", the one that was in force before this one; releases that were
// rolled back from do not count. A release that cannot be read is refused.
func (d *Depot) Rollback(version string) (from, to string, err error) {
	versions, err := d.versions()
	if err != nil && version == "" {
		return "", "", err
	}
	if len(versions) > 0 {
		from = versions[0]
	}
	next := append([]string{version}, versions...)
	if version == "" {
		i := slices.IndexFunc(versions[1:], goodVersion.MatchString)
		if i < 0 {
			return "", "", fmt.Errorf("%s: there is no release to go back to from %s: name a version that \"xianda dialog releases\" lists", d.dir, from)
		}
		next = slices.Concat(versions[i+1:i+2], []string{left + from}, versions[1:i+1], versions[i+2:])
	}
	to = next[0]
	if !goodVersion.MatchString(to) {
		return "", "", fmt.Errorf("%q is no version: \"xianda dialog releases\" lists them", to)
	}
	if err := d.check(to); err != nil {
		return "", "", err
	}
	if from == to {
		return from, to, nil
	}
	return from, to, d.point(next)
}

// check holds that a release is kept, whole, and of the layout that Load reads.
func (d *Depot) check(version string) error {
	f, err := d.open(version)
	if err != nil {
		return err
	}
	defer f.Close()
	m, err := release.Intact(f)
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name(), err)
	}
	return named(f.Name(), m.Version, version)
}

// named holds that a file holds the release whose name it has.
func named(file, holds, version string) error {
	if holds != version {
		return fmt.Errorf("%s: it holds release %s: give it its own name back", file, holds)
	}
	return nil
}

func (d *Depot) open(version string) (*os.File, error) {
	f, err := os.Open(d.file(version))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: no release %s: \"xianda dialog releases\" lists those that are there", d.dir, version)
	}
	return f, err
}

// point moves the pointer.
func (d *Depot) point(versions []string) error {
	seen := map[string]bool{} // marked ones: each stands once, or going to and fro would push out the others
	versions = slices.DeleteFunc(slices.Compact(versions), func(v string) bool {
		again := seen[v]
		seen[v] = strings.HasPrefix(v, left)
		return again
	})
	versions = versions[:min(len(versions), history)]
	return d.write(pointer, func(w io.Writer) error {
		_, err := io.WriteString(w, strings.Join(versions, "\n")+"\n")
		return err
	})
}

// write makes a file that is whole or not there, also when the machine stops.
func (d *Depot) write(name string, fill func(io.Writer) error) error {
	f, err := os.CreateTemp(d.dir, ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // after the rename there is nothing to remove
	err = fill(f)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), filepath.Join(d.dir, name)); err != nil {
		return err
	}
	folder, err := os.Open(d.dir)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// Load reads the release in force. It is nil when there is an error among the findings, as with release.Build.
func (d *Depot) Load(ctx context.Context, o release.Options) (*release.Release, []script.Finding, error) {
	version, err := d.Current()
	if err != nil {
		return nil, nil, err
	}
	return d.load(ctx, version, o)
}

func (d *Depot) load(ctx context.Context, version string, o release.Options) (*release.Release, []script.Finding, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	f, err := d.open(version)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	r, findings, err := release.Unpack(f, o)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	if r != nil {
		err = named(f.Name(), r.Version, version)
	}
	if err != nil {
		return nil, nil, err
	}
	return r, findings, nil
}

// Earlier returns the dialogs of up to n releases that were in force before the present one, or were rolled back from, the oldest first,
// so that conversations in the middle of one can finish it. Releases that cannot be read are passed over: they are only missed.
func (d *Depot) Earlier(n int) []*script.Dialog {
	versions, err := d.versions()
	if err != nil {
		return nil
	}
	var earlier []string
	for _, line := range versions[1:] {
		version := strings.TrimPrefix(line, left)
		if version != versions[0] && !slices.Contains(earlier, version) && len(earlier) < n {
			earlier = append(earlier, version)
		}
	}
	var dialogs []*script.Dialog
	for _, version := range slices.Backward(earlier) {
		f, err := os.Open(d.file(version))
		if err != nil {
			continue
		}
		of, err := release.Dialogs(f)
		f.Close()
		if err == nil {
			dialogs = append(dialogs, of...)
		}
	}
	return dialogs
}

// Kept is one release of a store.
type Kept struct {
	release.Manifest
	Published time.Time `json:"published"` // when its file was written
	Bytes     int64     `json:"bytes"`
	Current   bool      `json:"current"`
	Problem   string    `json:"problem,omitempty"` // why it cannot be used
}

// List returns the releases that are kept, the last published first. Their contents are not proved whole: Load and Rollback do that.
func (d *Depot) List(ctx context.Context) ([]Kept, error) {
	current, err := d.Current()
	if errors.Is(err, ErrNone) {
		return nil, err
	}
	entries, err := os.ReadDir(d.dir)
	if err != nil {
		return nil, err
	}
	var list []Kept
	for _, e := range entries {
		version, ok := strings.CutSuffix(e.Name(), suffix)
		if !ok || !goodVersion.MatchString(version) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		k := Kept{Current: version == current}
		if err := d.peek(version, &k); err != nil {
			k.Problem = err.Error()
		}
		k.Version = version
		list = append(list, k)
	}
	slices.SortStableFunc(list, func(a, b Kept) int { return b.Published.Compare(a.Published) })
	return list, nil
}

func (d *Depot) peek(version string, k *Kept) error {
	f, err := os.Open(d.file(version))
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	k.Published, k.Bytes = info.ModTime(), info.Size()
	k.Manifest, err = release.Peek(f)
	return err
}

// Watch looks at the pointer every second (or every, when it is not 0) and calls changed, one call at a time, when another release than
// version current is in force. When it cannot be used the release is nil, and findings or err tell why: the caller keeps the one that
// it has. Watch tries again until it can be used, but tells the same trouble once. It returns when ctx ends.
func (d *Depot) Watch(ctx context.Context, current string, every time.Duration, o release.Options, changed func(*release.Release, []script.Finding, error)) {
	if every <= 0 {
		every = time.Second
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	trouble, broken := "", ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		version, err := d.Current()
		switch {
		case err == nil && version == current:
			trouble, broken = "", ""
			continue
		case err == nil && version == broken:
			continue
		}
		var r *release.Release
		var findings []script.Finding
		if err == nil {
			r, findings, err = d.load(ctx, version, o)
		}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil: // a file may arrive behind its pointer, on a folder of the network
			if trouble != err.Error() {
				trouble = err.Error()
				changed(nil, nil, err)
			}
			continue
		case r == nil:
			broken = version // it is whole: looking again changes nothing
		default:
			current, broken = version, ""
		}
		trouble = ""
		changed(r, findings, nil)
	}
}
