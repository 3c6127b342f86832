package depot

import (
	"bytes"
	"context"
	"crypto/sha256"
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

func built(t *testing.T, name string) ([]script.Source, *release.Release) {
	t.Helper()
	files := []script.Source{
		{Name: "release.yaml", Data: []byte("name: " + name + "\n")},
		{Name: "dialogs/hi.yaml", Data: []byte("dialog: hi\ntitle: 问好\ntriggers: {ask: [你好]}\nsteps:\n  - {id: say, say: 您好，这里是" + name + "}\n  - {id: done, end: resolved}\n")},
		{Name: "kb/a.yaml", Data: []byte("- {id: a, question: 怎么退货, answer: 点退货。}\n- {id: b, question: 怎么开发票, answer: 点发票。}\n")},
	}
	r, findings := release.Build(files, release.Options{})
	if r == nil {
		t.Fatal(findings)
	}
	return files, r
}

func publish(t *testing.T, d *Depot, name string) string {
	t.Helper()
	files, r := built(t, name)
	if _, err := d.Publish(t.Context(), files, r); err != nil {
		t.Fatal(err)
	}
	return r.Version
}

func TestPublishAndRollback(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "not", "yet")
	d := New(dir)
	if Is(dir) {
		t.Error("a folder that is not there is a store")
	}
	if _, err := d.Current(); !errors.Is(err, ErrNone) {
		t.Errorf("Current of nothing = %v, want ErrNone", err)
	}
	one := publish(t, d, "一")
	two := publish(t, d, "二")
	three := publish(t, d, "三")
	publish(t, d, "三")
	if got, err := d.Current(); err != nil || got != three || !Is(dir) {
		t.Fatalf("Current = %s, %v, want %s", got, err, three)
	}
	r, _, err := d.Load(t.Context(), release.Options{})
	if err != nil || r.Name != "三" || r.Version != three {
		t.Fatalf("Load = %v, %v, want 三", r, err)
	}
	for _, c := range []struct{ name, to, want string }{
		{"the one before", "", two}, {"the one before that", "", one}, {"a named one", three, three}, {"the one before a named one", "", one},
	} {
		if _, to, err := d.Rollback(c.to); err != nil || to != c.want {
			t.Errorf("%s: Rollback(%q) = %s, %v, want %s", c.name, c.to, to, err, c.want)
		}
	}
	if _, _, err := d.Rollback(""); err == nil || !strings.Contains(err.Error(), "no release to go back to") {
		t.Errorf("Rollback past the first = %v", err)
	}
	for _, bad := range []string{"000000000000", "../current", "x"} {
		if _, _, err := d.Rollback(bad); err == nil {
			t.Errorf("Rollback(%q) succeeds", bad)
		}
	}
	if got, err := d.Current(); err != nil || got != one {
		t.Errorf("Current = %s, %v, want %s after what was refused", got, err, one)
	}
	list, err := d.List(t.Context())
	if err != nil || len(list) != 3 {
		t.Fatalf("List = %+v, %v, want three", list, err)
	}
	for _, k := range list {
		if k.Current != (k.Version == one) || k.Entries != 2 || k.Problem != "" || k.Published.IsZero() {
			t.Errorf("List has %+v", k)
		}
	}
	if _, _, err := d.Rollback(three); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Rollback(two); err != nil {
		t.Fatal(err)
	}
	damage(t, d, three)
	var said []string
	for _, dialog := range d.Earlier(10) {
		said = append(said, dialog.Steps[0].Say.Source)
	}
	if got := strings.Join(said, " "); got != "您好，这里是一 您好，这里是三" {
		t.Errorf("Earlier says %s, want what the first release and the third say", got)
	}
	names, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil || len(names) > 0 {
		t.Errorf("%v is left in the folder (%v)", names, err)
	}
}

// said are the texts of the dialogs of earlier releases, the oldest first.
func said(d *Depot, n int) string {
	var texts []string
	for _, dialog := range d.Earlier(n) {
		texts = append(texts, strings.TrimPrefix(dialog.Steps[0].Say.Source, "您好，这里是"))
	}
	return strings.Join(texts, " ")
}

// TestEarlierAfterRollback: what was rolled back from is still known to conversations that are in the middle of its dialogs, but no step
// back leads to it.
func TestEarlierAfterRollback(t *testing.T) {
	t.Parallel()
	d := New(t.TempDir())
	versions := map[string]string{}
	for _, name := range []string{"一", "二", "三"} {
		versions[name] = publish(t, d, name)
	}
	for i, c := range []struct {
		do, to, earlier string // do: a release that is published, or "" for one step back
	}{
		{"", "二", "一 三"}, {"", "一", "三 二"}, {"三", "三", "二 一"}, {"", "一", "二 三"}, {"二", "二", "三 一"}, {"", "一", "三 二"},
	} {
		if c.do != "" {
			publish(t, d, c.do)
		} else if _, to, err := d.Rollback(""); err != nil || to != versions[c.to] {
			t.Fatalf("%d: Rollback = %s, %v, want %s", i, to, err, versions[c.to])
		}
		if got, err := d.Current(); err != nil || got != versions[c.to] {
			t.Errorf("%d: Current = %s, %v, want %s", i, got, err, versions[c.to])
		}
		if got := said(d, 10); got != c.earlier {
			t.Errorf("%d: Earlier is of %s, want %s", i, got, c.earlier)
		}
	}
	if got := said(d, 1); got != "二" {
		t.Errorf("Earlier(1) is of %s, want the one that was in force last", got)
	}
	if _, _, err := d.Rollback(""); err == nil {
		t.Error("a step back leads to a release that was rolled back from")
	}
	if err := os.WriteFile(filepath.Join(d.dir, pointer), []byte(left+versions["一"]+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Current(); err == nil || !strings.Contains(err.Error(), "is no version") {
		t.Errorf("Current of a pointer that begins with a mark = %v", err)
	}
}

// TestAnotherFormat: a release whose index another version of xianda wrote is whole, but of no use: it is written again by Publish and
// refused by Rollback.
func TestAnotherFormat(t *testing.T) {
	t.Parallel()
	d := New(t.TempDir())
	one := publish(t, d, "一")
	age := func() {
		_, r := built(t, "一")
		var index bytes.Buffer
		if err := r.Index.Encode(&index); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(d.file(one))
		if err != nil {
			t.Fatal(err)
		}
		data = data[:len(data)-sha256.Size]
		if !bytes.HasSuffix(data, index.Bytes()) {
			t.Fatal("the file does not end with the index")
		}
		data[len(data)-index.Len()]++ // the number of the format
		sum := sha256.Sum256(data)
		if err := os.WriteFile(d.file(one), append(data, sum[:]...), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	age()
	if _, _, err := d.Load(t.Context(), release.Options{}); !errors.Is(err, release.ErrLayout) {
		t.Errorf("Load = %v, want ErrLayout", err)
	}
	publish(t, d, "一")
	if r, _, err := d.Load(t.Context(), release.Options{}); err != nil || r.Version != one {
		t.Errorf("Load after publishing again = %v, %v, want the release", r, err)
	}
	two := publish(t, d, "二")
	age()
	if _, _, err := d.Rollback(""); !errors.Is(err, release.ErrLayout) {
		t.Errorf("Rollback = %v, want ErrLayout", err)
	}
	if got, err := d.Current(); err != nil || got != two {
		t.Errorf("Current = %s, %v, want %s still", got, err, two)
	}
}

func TestPublishRefuses(t *testing.T) {
	t.Parallel()
	files, r := built(t, "一")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "release.yaml"), []byte("name: 一\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(dir).Publish(t.Context(), files, r); err == nil || !strings.Contains(err.Error(), "publish to another folder") {
		t.Errorf("Publish into a release's folder = %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, pointer), []byte(r.Version+"\n"), 0o600); err != nil || Is(dir) {
		t.Errorf("a release's folder with a file %s in it is a store (%v)", pointer, err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(file).Publish(t.Context(), files, r); err == nil {
		t.Error("Publish into a file succeeds")
	}
}

func damage(t *testing.T, d *Depot, version string) {
	t.Helper()
	data, err := os.ReadFile(d.file(version))
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(d.file(version), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDamage(t *testing.T) {
	t.Parallel()
	d := New(t.TempDir())
	one := publish(t, d, "一")
	two := publish(t, d, "二")
	damage(t, d, one)
	if _, _, err := d.Rollback(""); !errors.Is(err, release.ErrDamaged) {
		t.Errorf("Rollback to a damaged release = %v, want ErrDamaged", err)
	}
	if got, err := d.Current(); err != nil || got != two {
		t.Errorf("Current = %s, %v, want %s still", got, err, two)
	}
	publish(t, d, "一") // mends it
	if r, _, err := d.Load(t.Context(), release.Options{}); err != nil || r.Version != one {
		t.Errorf("Load = %v, %v, want the mended release", r, err)
	}
	if err := os.Rename(d.file(two), d.file(one)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Load(t.Context(), release.Options{}); err == nil || !strings.Contains(err.Error(), "it holds release "+two) {
		t.Errorf("Load of another release's file = %v", err)
	}
	if err := os.WriteFile(filepath.Join(d.dir, pointer), []byte("../../etc\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Current(); err == nil || !strings.Contains(err.Error(), "is no version") {
		t.Errorf("Current of a broken pointer = %v", err)
	}
	if _, to, err := d.Rollback(one); err == nil || to != "" {
		t.Errorf("Rollback to a file that holds another release = %s, %v", to, err)
	}
	publish(t, d, "三")
	if r, _, err := d.Load(t.Context(), release.Options{}); err != nil || r.Name != "三" {
		t.Errorf("Load = %v, %v, want that publishing mends the pointer", r, err)
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := New(t.TempDir())
		one := publish(t, d, "一")
		type call struct {
			release *release.Release
			err     error
		}
		var calls []call
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			d.Watch(ctx, one, 0, release.Options{}, func(r *release.Release, _ []script.Finding, err error) { calls = append(calls, call{r, err}) })
		}()
		settle := func() { time.Sleep(4 * time.Second); synctest.Wait() } // virtual time
		settle()
		if len(calls) != 0 {
			t.Fatalf("Watch called %d times without a change", len(calls))
		}
		two := publish(t, d, "二")
		settle()
		if len(calls) != 1 || calls[0].release == nil || calls[0].release.Version != two {
			t.Fatalf("after publishing: %+v, want one call with the new release", calls)
		}
		three := publish(t, d, "三")
		damage(t, d, three)
		settle()
		if len(calls) != 2 || calls[1].release != nil || !errors.Is(calls[1].err, release.ErrDamaged) {
			t.Fatalf("after a damaged one: %+v, want one call with the error", calls)
		}
		publish(t, d, "三")
		settle()
		if len(calls) != 3 || calls[2].release == nil || calls[2].release.Version != three {
			t.Fatalf("after mending: %+v, want the release at last", calls)
		}
		if _, _, err := d.Rollback(one); err != nil {
			t.Fatal(err)
		}
		settle()
		if len(calls) != 4 || calls[3].release == nil || calls[3].release.Version != one {
			t.Fatalf("after rolling back: %+v, want the first release", calls)
		}
		cancel()
		<-done
	})
}
