package release

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/kb"
)

// Options of Build. The zero value checks a release alone, as it stands in its folder.
//
// Now is for who checks or publishes. Who serves leaves it zero: an entry that expired must not keep a house from starting; it is
// simply not served.
type Options struct {
	Queues   []string         // queues of the configuration; nil: unknown, so that a queue but "default" is only warned of
	Backends []string         // backends of the configuration; nil: unknown
	Channels []script.Channel // channels of the configuration; nil: unknown
	Now      time.Time        // for entries' validity; zero: not checked
	Effort   kb.Effort        // that goes into learning from phrasings; who publishes affords kb.Compile
}

// Build makes a release of its files. It is nil when there is an error among the findings; warnings alone do not hinder it.
// Files that are no part of a release (README.md, pictures) are passed over. Findings stand in the order of files and lines.
func Build(files []script.Source, o Options) (*Release, []script.Finding) {
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b script.Source) int { return strings.Compare(a.Name, b.Name) })
	r := empty(VersionOf(files))
	findings := r.read(files, o)
	if script.Broken(findings) {
		return nil, findings
	}
	r.Index = kb.NewIndex(r.finish(), kb.Options{Synonyms: r.Synonyms, Effort: o.Effort})
	return r, findings
}

// empty is a release that nobody has written anything into.
func empty(version string) *Release {
	r := &Release{
		Version:    version,
		Locale:     DefaultLocale,
		Thresholds: Thresholds{DefaultAnswer, DefaultOffer, DefaultFloor},
		Texts:      DefaultTexts(),
		Hours:      Hours{Always: true},
		Idle:       script.Idle{Leave: script.LeaveAfter},
		words:      map[string]*Words{},
		spoken:     map[string]script.Pos{},
		dialogs:    map[string]*script.Dialog{},
		entries:    map[string]*kb.Entry{},
		patterns:   map[string]*script.Pattern{},
	}
	r.Hours.Zone, _ = loadZone(DefaultZone)
	return r
}

// read reads sorted files into r and checks it as a whole.
func (r *Release) read(files []script.Source, o Options) []script.Finding {
	var findings []script.Finding
	settings := slices.IndexFunc(files, func(f script.Source) bool { return f.Name == "release.yaml" })
	if settings < 0 {
		findings = append(findings, script.Finding{Pos: script.Pos{File: "release.yaml", Line: 1, Col: 1}, Rule: "missing-file", Text: "没有 release.yaml", Edit: "建一个，写上 name: 这套帮助的名字"})
	} else {
		findings = append(findings, r.settings(files[settings])...) // first: entries' days are of its zone
	}
	whole := true // every dialog could be read, so that they can be checked against each other
	for _, f := range files {
		found, ok := r.file(f)
		findings = append(findings, found...)
		whole = whole && ok
	}
	r.Patterns = script.Merge(r.Patterns)
	if whole {
		findings = append(findings, script.Check(script.Checkable{
			Dialogs: r.Dialogs, Patterns: r.Patterns, Entries: r.Entries, Openers: r.Openers, Keywords: r.Keywords,
			Menus: r.Menus, Synonyms: r.Synonyms, Banned: r.banned,
			Queues: o.Queues, Backends: o.Backends, Channels: o.Channels, Now: o.Now,
		})...)
		if !script.Broken(findings) {
			findings = append(findings, r.check()...)
		}
	}
	for i, f := range findings {
		if at := slices.IndexFunc(files, func(s script.Source) bool { return s.Name == f.File }); at >= 0 {
			findings[i] = f.Placed(files[at])
		}
	}
	script.Sort(findings)
	return findings
}

// finish makes a release that was read without errors ready, but for its index, and returns what that is built over.
func (r *Release) finish() []kb.Doc {
	if r.Greeting == nil {
		r.Greeting, _ = script.ParseTemplate(r.greeting(), script.Pos{})
	}
	r.speak()
	return r.docs()
}

// file reads one file; ok is false when something that others refer to could not be read.
func (r *Release) file(f script.Source) (findings []script.Finding, ok bool) {
	dir, ext := path.Dir(f.Name), strings.ToLower(path.Ext(f.Name))
	yaml := ext == ".yaml" || ext == ".yml"
	switch {
	case f.Name == "patterns.yaml":
		var own []*script.Pattern
		own, findings = script.ParsePatterns(f)
		r.Patterns = own
	case f.Name == "likely.yaml":
		r.Openers, findings = script.ParseOpeners(f)
	case f.Name == "keywords.yaml":
		r.Keywords, findings = script.ParseKeywords(f)
	case f.Name == "menu.yaml":
		r.Menus, findings = script.ParseMenus(f)
	case f.Name == "synonyms.yaml":
		page := script.ReadPage(f)
		if page.Root != nil {
			r.Synonyms = page.Root.Lists("synonyms.yaml")
		}
		findings = page.Findings
	case dir == "dialogs" && yaml:
		var d *script.Dialog
		if d, findings = script.ParseDialog(f); d != nil {
			r.Dialogs = append(r.Dialogs, d)
		}
	case dir == "kb" && (yaml || ext == ".csv"):
		var entries []kb.Entry
		entries, findings = readEntries(f, r.Hours.Zone)
		r.Entries = append(r.Entries, entries...)
	case dir == "kb" && (ext == ".xlsx" || ext == ".md"):
		findings = []script.Finding{{Pos: script.Pos{File: f.Name, Line: 1, Col: 1}, Rule: "unknown-file", Text: "“" + f.Name + "”不能直接使用，里面的知识没有生效", Edit: "另存为 CSV（UTF-8）或写成 yaml，放进 kb/", Warning: true}}
	case dir == "tests" && yaml:
		r.Tests = append(r.Tests, f)
	case yaml && f.Name != "release.yaml" && dir == ".":
		findings = []script.Finding{{Pos: script.Pos{File: f.Name, Line: 1, Col: 1}, Rule: "unknown-file", Text: "不认识的文件“" + f.Name + "”", Edit: "对话放进 dialogs/，知识放进 kb/，测试放进 tests/", Warning: true}}
	}
	return findings, !script.Broken(findings)
}

// docs fills what the release is searched by.
func (r *Release) docs() []kb.Doc {
	docs := make([]kb.Doc, 0, len(r.Entries)+len(r.Dialogs))
	for i := range r.Entries {
		e := &r.Entries[i]
		r.entries[e.ID] = e
		docs = append(docs, kb.Doc{ID: "kb:" + e.ID, Phrases: e.Phrases(), Weak: e.Answer})
	}
	for _, d := range r.Dialogs {
		r.dialogs[d.ID] = d
		if len(d.Triggers.Ask) > 0 {
			docs = append(docs, kb.Doc{ID: "dialog:" + d.ID, Phrases: append([]string{d.Title}, d.Triggers.Ask...)})
		}
	}
	for _, p := range r.Patterns {
		r.patterns[p.Name] = p
	}
	return docs
}

// VersionOf hashes names and contents, each with its length, so that no two sets of files share one. Their order does not matter.
func VersionOf(files []script.Source) string {
	h := sha256.New()
	var n [8]byte
	for _, f := range slices.SortedFunc(slices.Values(files), func(a, b script.Source) int { return strings.Compare(a.Name, b.Name) }) {
		for _, part := range [][]byte{[]byte(f.Name), f.Data} {
			binary.BigEndian.PutUint64(n[:], uint64(len(part)))
			h.Write(n[:])
			h.Write(part)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}

// Dialog returns the dialog with this id; nil when there is none.
func (r *Release) Dialog(id string) *script.Dialog { return r.dialogs[id] }

// DialogVersion returns the dialog when this release holds it in exactly this version; nil otherwise.
func (r *Release) DialogVersion(id, version string) *script.Dialog {
	if d := r.dialogs[id]; d != nil && d.Version == version {
		return d
	}
	return nil
}

// Entry returns the entry with this id; nil when there is none. Whether it may be served, kb.Entry.Valid tells.
func (r *Release) Entry(id string) *kb.Entry { return r.entries[id] }

// Menu returns the menu of a channel, its own or that of channels without one; nil when the release has neither.
func (r *Release) Menu(channel string) *script.Menu {
	var shared *script.Menu
	for _, m := range r.Menus {
		switch m.Channel {
		case channel:
			return m
		case script.AnyChannel:
			shared = m
		}
	}
	return shared
}

// Pattern returns the pattern with this name, that of the release or the built-in one; nil when there is none.
func (r *Release) Pattern(name string) *script.Pattern { return r.patterns[name] }
