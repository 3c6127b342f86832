package release

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/kb"
)

func packed(t *testing.T, dir string) (*Release, []byte) {
	t.Helper()
	files := sources(t, dir)
	r, findings := Build(files, Options{Effort: kb.Compile})
	if r == nil {
		t.Fatal(told(findings))
	}
	var b bytes.Buffer
	if err := Pack(&b, files, r); err != nil {
		t.Fatal(err)
	}
	return r, b.Bytes()
}

func TestPack(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"testdata/redpacket", "testdata/bench", "testdata/acceptance"} {
		r, data := packed(t, dir)
		got, findings, err := Unpack(bytes.NewReader(data), Options{})
		if err != nil || got == nil {
			t.Fatalf("%s: Unpack = %v, %s", dir, err, told(findings))
		}
		if d := cmp.Diff(ManifestOf(r), ManifestOf(got)); d != "" {
			t.Errorf("%s: manifest (-packed +unpacked):\n%s", dir, d)
		}
		if d := cmp.Diff(r.Entries, got.Entries); d != "" {
			t.Errorf("%s: entries (-packed +unpacked):\n%s", dir, d)
		}
		for _, d := range r.Dialogs {
			if got.DialogVersion(d.ID, d.Version) == nil {
				t.Errorf("%s: dialog %s has another version", dir, d.ID)
			}
		}
		if len(got.Tests) != len(r.Tests) || got.Texts != r.Texts || got.Thresholds != r.Thresholds || got.Greeting.Source != r.Greeting.Source {
			t.Errorf("%s: settings or tests differ", dir)
		}
		for _, e := range r.Entries {
			text := strings.TrimSuffix(e.Question, "？") + "呀怎么办"
			if d := cmp.Diff(r.Index.Find(text, 3, nil), got.Index.Find(text, 3, nil)); d != "" {
				t.Errorf("%s: Find(%s) (-packed +unpacked):\n%s", dir, text, d)
			}
		}
		if m, err := Peek(bytes.NewReader(data)); err != nil || m != ManifestOf(r) {
			t.Errorf("%s: Peek = %+v, %v", dir, m, err)
		}
		if _, again := packed(t, dir); !bytes.Equal(data, again) {
			t.Errorf("%s: the same sources are packed differently", dir)
		}
	}
}

func TestUnpackRefuses(t *testing.T) {
	t.Parallel()
	_, data := packed(t, "testdata/redpacket")
	change := func(at int) []byte {
		b := bytes.Clone(data)
		b[at]++
		return b
	}
	for _, c := range []struct {
		name string
		data []byte
		want error
	}{
		{"empty", nil, ErrForeign},
		{"foreign", []byte("name: 小\nlocale: zh-CN\nsomething: else\n"), ErrForeign},
		{"newer", change(len(mark)), ErrLayout},
		{"a changed byte", change(len(data) / 2), ErrDamaged},
		{"a changed sum", change(len(data) - 1), ErrDamaged},
		{"cut", data[:len(data)-7], ErrDamaged},
		{"cut behind the mark", data[:len(mark)+10], ErrDamaged},
		{"more", append(bytes.Clone(data), 0), ErrDamaged},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if r, _, err := Unpack(bytes.NewReader(c.data), Options{}); r != nil || !errors.Is(err, c.want) {
				t.Errorf("Unpack = %v, %v, want %v", r, err, c.want)
			}
		})
	}
}

// TestUnpackChecks holds that a house refuses a release that names what its configuration lacks.
func TestUnpackChecks(t *testing.T) {
	t.Parallel()
	_, data := packed(t, "testdata/redpacket")
	r, findings, err := Unpack(bytes.NewReader(data), Options{Queues: []string{"别的"}})
	if r != nil || err != nil || !script.Broken(findings) {
		t.Errorf("Unpack = %v, %v\n%s\nwant findings about queues", r, err, told(findings))
	}
}

func FuzzUnpack(f *testing.F) {
	files := []script.Source{{Name: "release.yaml", Data: []byte("name: 小\n")}, {Name: "kb/a.yaml", Data: []byte("- {id: a, question: 怎么退货, answer: 点退货}\n")}}
	r, _ := Build(files, Options{})
	var b bytes.Buffer
	if err := Pack(&b, files, r); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte(mark))
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, _, err := Unpack(bytes.NewReader(data), Options{}); err == nil && r != nil {
			r.Index.Find("怎么退货", 1, nil)
		}
		if _, err := Peek(bytes.NewReader(data)); err != nil && !errors.Is(err, ErrForeign) && !errors.Is(err, ErrLayout) && !errors.Is(err, ErrDamaged) {
			t.Fatalf("Peek = %v", err)
		}
	})
}
