package script

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/kb"
)

// Checkable is a release, or as much of it as there is, to be checked as a whole.
type Checkable struct {
	Dialogs  []*Dialog
	Patterns []*Pattern // those of the release with the built-in ones, as Merge returns them
	Entries  []kb.Entry
	Openers  []*Opener
	Keywords []*Keyword
	Menus    []*Menu
	Synonyms [][]string
	Banned   []string  // words that the operators want in no text
	Queues   []string  // queues of the configuration; nil: unknown, so that a queue but "default" is only warned of
	Backends []string  // backends of the configuration; nil: unknown
	Channels []Channel // channels of the configuration; nil: unknown
	Now      time.Time // zero: validity of entries is not checked
}

// Channel is a configured channel, as far as texts care.
type Channel struct {
	Name, Kind string
	MaxText    int       // of one message, in Unit; 0: no limit known
	Unit       chat.Unit // what MaxText counts
}

// Check finds what is wrong with a release beyond the grammar of its files: jumps, ends, loops, names, entries, queues, sizes.
// Findings come in the order of files and lines. It asks nothing but its argument.
func Check(c Checkable) []Finding {
	k := &checker{Checkable: c, entries: map[string]*kb.Entry{}, dialogs: map[string]*Dialog{}, expired: map[string]bool{}, limits: limits(c.Channels)}
	for i := range c.Entries {
		k.entries[c.Entries[i].ID] = &c.Entries[i]
	}
	for _, d := range c.Dialogs {
		if other := k.dialogs[d.ID]; other != nil {
			k.add(d.Pos, "duplicate-dialog", "对话“"+d.ID+"”有两份，另一份在 "+other.Pos.File, "删掉或改名其中一份")
			continue
		}
		k.dialogs[d.ID] = d
	}
	k.begins()
	for _, d := range c.Dialogs {
		k.dialog(d)
	}
	k.subLoops()
	k.rules()
	k.triggers()
	k.confusable()
	k.patterns()
	k.answers()
	k.menus()
	Sort(k.findings)
	return k.findings
}

// Sort puts findings in the order of files, lines and columns.
func Sort(findings []Finding) {
	slices.SortStableFunc(findings, func(a, b Finding) int {
		if a.File != b.File {
			return strings.Compare(a.File, b.File)
		}
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Col - b.Col
	})
}

type checker struct {
	Checkable
	entries  map[string]*kb.Entry
	dialogs  map[string]*Dialog
	starts   map[string][]start // dialog → where rules begin it, beside its first step
	limits   []limit
	expired  map[string]bool // entries that are told of where they are used
	findings []Finding
}

func (k *checker) add(at Pos, rule, text, edit string) {
	k.findings = append(k.findings, Finding{Pos: at, Rule: rule, Text: text, Edit: edit})
}

func (k *checker) warn(at Pos, rule, text, edit string) {
	k.findings = append(k.findings, Finding{Pos: at, Rule: rule, Text: text, Edit: edit, Warning: true})
}

// about says that the last finding, of an entry, is about the value of this key.
func (k *checker) about(key string) { k.findings[len(k.findings)-1].key = key }

// Placed moves a finding of an entry to the value that it is about, as far as its file shows where that stands.
func (f Finding) Placed(src Source) Finding {
	if f.key == "" || src.Name != f.File {
		return f
	}
	lines := strings.Split(string(src.Data), "\n")
	for i := f.Line - 1; i >= 0 && i < len(lines); i++ {
		line := lines[i]
		if i >= f.Line && strings.HasPrefix(strings.TrimLeft(line, " "), "- ") && strings.Contains(line, "id:") {
			return f // the next entry
		}
		for _, before := range []string{" ", "{", ""} {
			at := strings.Index(line, before+f.key+": ")
			if at < 0 || before == "" && at > 0 {
				continue
			}
			f.Line, f.Col = i+1, utf8.RuneCountInString(line[:at+len(before)+len(f.key)+2])+1
			return f
		}
	}
	return f
}

// place is where a key's value stands; the step itself when it was not read from a file.
func (s *Step) place(key string) Pos {
	if p, ok := s.places[key]; ok {
		return p
	}
	return s.Pos
}

func (k *checker) dialog(d *Dialog) {
	seen := map[string]Pos{}
	for _, s := range d.Steps {
		if at, ok := seen[s.ID]; ok {
			k.add(s.place("id"), "duplicate-step", fmt.Sprintf("步骤“%s”写了两次，上一次在第 %d 行", s.ID, at.Line), "给其中一个换个编号")
			continue
		}
		seen[s.ID] = s.Pos
	}
	names := map[string]bool{}
	for _, s := range d.Slots {
		if names[s.Name] {
			k.add(s.Pos, "duplicate-slot", "槽位“"+s.Name+"”写了两次", "删掉其中一个")
		}
		names[s.Name] = true
	}
	for _, s := range d.Steps {
		k.step(d, s)
	}
	k.flow(d)
	k.exits(d)
	k.silences(d)
	k.names(d)
	k.unused(d)
	k.starters(d)
	k.words(d)
	k.burst(d)
}

// step checks what one step needs, without regard to the way there.
func (k *checker) step(d *Dialog, s *Step) {
	for _, j := range s.jumps() {
		k.jump(d, j.at, j.to)
	}
	switch s.Verb {
	case Say, Answer:
		if s.Verb == Answer {
			k.answer(s)
		}
		k.then(d, s)
	case Collect:
		if d.Slot(s.Collect) == nil {
			edit := meant(s.Collect, slotNames(d), "在 slots 里加上它")
			k.add(s.place("collect"), "slot-unknown", "没有槽位“"+s.Collect+"”", edit)
		}
		switch s.OnFail {
		case "":
			k.add(s.place("collect"), "collect-exit", "一直答不对时没有出路", "写上 on_fail: "+exit(d))
		case s.ID:
			k.add(s.place("on_fail"), "collect-exit", "一直答不对时又回到同一个问题，没有出路", "写成 on_fail: "+exit(d))
		}
	case Switch:
		k.cases(d, s)
	case Call:
		if s.Timeout == 0 {
			k.add(s.place("call"), "call-timeout", "调用后端没有写等多久", "写上 timeout: 2s")
		}
		if s.OnError == "" {
			k.add(s.place("call"), "call-on-error", "调用失败时没有出路", "写上 on_error: "+exit(d))
		}
		k.backend(s)
	case Set:
		k.values(d, s)
	case Sub:
		switch {
		case s.Sub == d.ID:
			k.add(s.place("sub"), "sub-loop", "对话不能把自己当作子对话", "用 goto 跳到某一步")
		case k.dialogs[s.Sub] == nil:
			edit := meant(s.Sub, dialogIDs(k.Dialogs), "写一个已有的对话编号")
			k.add(s.place("sub"), "sub-unknown", "没有对话“"+s.Sub+"”", edit)
		}
	case Handoff:
		k.queue(s.place("handoff"), s.Handoff)
		if s.NoSeat == nil {
			k.add(s.place("handoff"), "handoff-no-seat", "没有客服在线时没有话说", "写上 no_seat: 现在没有客服在线，已为您登记。")
		}
		if s.UrgentIf != nil && s.UrgentIf.never {
			k.add(s.UrgentIf.Pos, "urgent-never", "urgent_if 永远不会成立", "改写条件，或删掉 urgent_if")
		}
	}
}

// exit is the step that a remedy proposes where nothing else helps: the one that brings a person, else a word for it.
func exit(d *Dialog) string {
	for _, s := range d.Steps {
		if s.Verb == Handoff {
			return s.ID
		}
	}
	return "转人工的那一步"
}

// freeID is an id like want that no step has.
func freeID(d *Dialog, want string) string {
	id := want
	for n := 2; ; n++ {
		if s, _ := d.Step(id); s == nil {
			return id
		}
		id = fmt.Sprintf("%s%d", want, n)
	}
}

// jump is one place to which a step may go on.
type jump struct {
	to string
	at Pos
}

func (s *Step) jumps() []jump {
	var out []jump
	put := func(key, to string) {
		if to != "" {
			out = append(out, jump{to, s.place(key)})
		}
	}
	if s.Then != nil {
		put("solved", s.Then.Solved)
		put("unsolved", s.Then.Unsolved)
	}
	put("on_fail", s.OnFail)
	put("on_skip", s.OnSkip)
	put("on_error", s.OnError)
	put("else", s.Else)
	put("goto", s.Goto)
	for _, c := range s.Cases {
		out = append(out, jump{c.Goto, c.Pos})
	}
	return out
}

func (k *checker) jump(d *Dialog, at Pos, to string) {
	if s, _ := d.Step(to); s != nil {
		return
	}
	ids := make([]string, 0, len(d.Steps))
	for _, s := range d.Steps {
		ids = append(ids, s.ID)
	}
	edit := meant(to, ids, "可以去的步骤有 "+strings.Join(ids, "、"))
	k.add(at, "jump-nowhere", "没有步骤“"+to+"”", edit)
}

// cases checks a switch against what its value can be.
func (k *checker) cases(d *Dialog, s *Step) {
	if s.Switch == nil {
		return
	}
	if len(s.Cases) == 0 {
		k.add(s.place("switch"), "switch-cases", "switch 没有 cases", "写上 cases: {值: 步骤编号}")
	}
	domain := domainOf(d, s.Switch)
	if domain == nil {
		if s.Else == "" {
			k.add(s.place("switch"), "switch-else", "switch 的值不止这几种，其余的没有去处", "写上 else: "+exit(d))
		}
		return
	}
	missing := slices.Clone(domain)
	for _, c := range s.Cases {
		if !slices.Contains(domain, c.Value) {
			edit := meant(c.Value, domain, "可能的值有 "+strings.Join(domain, "、"))
			k.add(c.Pos, "case-unknown", "“"+s.Switch.Source+"”不会是“"+c.Value+"”", edit)
		}
		missing = slices.DeleteFunc(missing, func(v string) bool { return v == c.Value })
	}
	if s.Else == "" && len(missing) > 0 {
		k.add(s.place("switch"), "switch-else", "值是 "+strings.Join(missing, "、")+" 时没有去处", "在 cases 里补上，或写上 else: 步骤编号")
	}
}

// domainOf is what an expression can be, when that is a closed list; nil otherwise.
func domainOf(d *Dialog, e *Expr) []string {
	if e.kind == boolean {
		return []string{"true", "false"}
	}
	name, ok := strings.CutPrefix(strings.TrimSpace(e.Source), "slot.")
	if !ok || len(e.names) != 1 {
		return nil
	}
	slot := d.Slot(name)
	if slot == nil {
		return nil
	}
	return slot.domain()
}

// domain is what a slot can be, when that is a closed list; nil otherwise.
func (s *Slot) domain() []string {
	switch s.Type {
	case YesNo:
		return []string{"yes", "no"}
	case Choice:
		keys := make([]string, 0, len(s.Choices))
		for _, o := range s.Choices {
			keys = append(keys, o.Key)
		}
		return keys
	}
	return nil
}

func (k *checker) queue(at Pos, name string) {
	if name == "" || name == "default" || slices.Contains(k.Queues, name) {
		return
	}
	if k.Queues == nil {
		k.warn(at, "queue-unknown", "队列“"+name+"”要在配置的 handoff.queues 里有", "确认配置里有它，或写 default")
		return
	}
	edit := meant(name, k.Queues, "配置里的队列有 "+strings.Join(append([]string{"default"}, k.Queues...), "、"))
	k.add(at, "queue-unknown", "没有队列“"+name+"”", edit)
}

func slotNames(d *Dialog) []string {
	out := make([]string, 0, len(d.Slots))
	for _, s := range d.Slots {
		out = append(out, s.Name)
	}
	return out
}

func dialogIDs(dialogs []*Dialog) []string {
	out := make([]string, 0, len(dialogs))
	for _, d := range dialogs {
		out = append(out, d.ID)
	}
	return out
}
