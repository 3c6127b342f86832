// Package script is the dialogs that operators write: it reads them (bytes in, no files), checks them and explains what is wrong.
// It judges no message; package dialog does that with what stands here.
package script

import (
	"regexp"
	"time"
)

// Pos is a place in an operator's file, counted from 1.
type Pos struct {
	File      string
	Line, Col int
}

// Dialog is one multi-turn script: a flat list of steps with slots.
type Dialog struct {
	ID       string
	Title    string
	Owner    string
	Version  string // content hash of its file
	Triggers Triggers
	Likely   []Likely
	Slots    []*Slot
	Steps    []*Step
	Patterns []*Pattern // overrides of the release's patterns, by name
	Idle     *Idle      // nil: as the release says
	Pos      Pos
}

// Step returns the step with this id, and the index at which it stands; nil, -1 when there is none.
func (d *Dialog) Step(id string) (*Step, int) {
	for i, s := range d.Steps {
		if s.ID == id {
			return s, i
		}
	}
	return nil, -1
}

// Slot returns the slot with this name; nil when there is none.
func (d *Dialog) Slot(name string) *Slot {
	for _, s := range d.Slots {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// Triggers start a dialog.
type Triggers struct {
	Ask    []string // ways to ask for it, matched like an entry's phrasings
	Events []string // arrivals and events that start it: "menu.PAY_HELP", "page.redpacket_error", "event.redpacket.held"
	Pos    Pos

	asks, events []Pos // of each
}

// Likely is a rule of 未问先答: while When holds, Say is likely what the person wants.
type Likely struct {
	When  *Expr // nil: always
	Say   string
	Goto  string // step at which the dialog then begins; empty: the first. Of an Opener: as it is written
	Score float64
	Pos   Pos

	target Pos // of Goto
}

// Holds tells whether the rule applies now: a rule without a condition always does.
func (l *Likely) Holds(s *Scope) bool { return l.When == nil || l.When.Bool(s) }

// Opener is a likely question that belongs to no single dialog, of likely.yaml. Say may be empty: then the entry's question or the
// dialog's title serves.
type Opener struct {
	Likely
	Target string // "kb:redpacket.refund_time", "dialog:transfer" or "dialog:transfer/limit"
}

// LeaveAfter is how long a dialog may be left alone where nobody says otherwise.
const LeaveAfter = 24 * time.Hour

// Idle is what happens to a dialog that waits for an answer which does not come.
type Idle struct {
	Remind time.Duration // after this the question is asked once more; 0: never
	Leave  time.Duration // after this the dialog is put aside
}

// SlotType is what a slot holds.
type SlotType string

// The types that are built in. A value is kept normalised: a choice's key, digits without spaces, money as "12.50", a date as
// 2006-01-02, yesno as yes or no, an image as its media reference.
const (
	Text    SlotType = "text"
	Choice  SlotType = "choice"
	Number  SlotType = "number"
	Money   SlotType = "money"
	Digits  SlotType = "digits"
	Date    SlotType = "date"
	Phone   SlotType = "phone"
	OrderNo SlotType = "order_no"
	YesNo   SlotType = "yesno"
	Image   SlotType = "image"
)

// Slot is one thing that a dialog asks for.
type Slot struct {
	Name      string
	Type      SlotType
	Ask       *Template
	Invalid   *Template // nil: the built-in words of its type
	Choices   []Option  // of a Choice, in the order written
	Length    int       // of Digits; 0: any
	Min, Max  *float64  // of Number and Money
	Pattern   string    // of OrderNo: a regular expression (RE2) that the whole value matches
	MaxRetry  int       // invalid answers before on_fail; 0 in the file means 2
	SkipWords []string
	Title     string // how people call it, as in 单号错了; empty: they cannot
	Pos       Pos

	re *regexp.Regexp // of Pattern
}

// Option is one item of a choice.
type Option struct{ Key, Label string }

// Verb is what a step does; a step has exactly one.
type Verb string

const (
	Say     Verb = "say"
	Answer  Verb = "answer"
	Collect Verb = "collect"
	Switch  Verb = "switch"
	Call    Verb = "call"
	Set     Verb = "set"
	Goto    Verb = "goto"
	Sub     Verb = "sub"
	Handoff Verb = "handoff"
	End     Verb = "end"
)

// Step is one line of a dialog. Only the fields of its verb are set. A step falls through to the next one unless it jumps.
type Step struct {
	ID   string
	Verb Verb
	Pos  Pos

	Say    *Template // say
	Answer string    // answer: entry id, without "kb."
	Then   *Then     // say, answer: asks 解决了吗; nil: does not
	Images []string  // say, answer: https addresses of pictures shown with it, beside the entry's own
	Link   string    // say, answer: https address of a page that says more; empty: none

	Collect string // collect: slot
	OnFail  string // collect: step after MaxRetry invalid answers
	OnSkip  string // collect: step after a skip word; empty: the next step, the slot stays unset

	Switch *Expr // switch
	Cases  []Case
	Else   string

	Call    string // call: "pay.refund_status" = backend.path
	With    []Field
	Timeout time.Duration // of each attempt
	Retry   int           // further attempts, after a failure that may pass
	Save    string        // name under which the answer is kept
	OnError string

	Set []Field // set: slot or saved name ← template

	Goto string // goto: step

	Sub string // sub: dialog, which returns to the next step

	Handoff  string // handoff: queue
	UrgentIf *Expr
	Carry    []string
	Notice   *Template // said when a seat is there
	NoSeat   *Template // said when none is

	End Outcome // end

	places map[string]Pos // where each key's value stands
}

// Then are the steps behind 已解决 and 没解决.
type Then struct{ Solved, Unsolved string }

// Case is one branch of a switch: the value as text, and the step.
type Case struct {
	Value string
	Goto  string
	Pos   Pos
}

// Field is a name with a template, in the order written.
type Field struct {
	Name  string
	Value *Template
	Pos   Pos
}

// Outcome is how a dialog ends.
type Outcome string

const (
	Resolved   Outcome = "resolved"
	Unresolved Outcome = "unresolved"
	Handed     Outcome = "handed"
	Abandoned  Outcome = "abandoned"
)

// Deed is what a pattern does.
type Deed string

const (
	DoHandoff  Deed = "handoff"
	DoCancel   Deed = "cancel"
	DoBack     Deed = "back"
	DoRestart  Deed = "restart"
	DoOffer    Deed = "offer"
	DoUnsolved Deed = "unsolved"
	DoSay      Deed = "say"
	DoSkip     Deed = "skip"   // leaves the question out, where it may be left out
	DoLink     Deed = "link"   // makes a code by which another conversation is known to be the same person's
	DoUnlink   Deed = "unlink" // takes the conversation away from the person's others
)

// Pattern is a word that works in every step. It fires when the whole folded message equals one of Words, or, for Contains, when the
// message contains one of them.
type Pattern struct {
	Name     string
	Words    []string
	Contains []string
	Do       Deed
	Say      *Template
	Queue    string
	Notice   *Template
	NoSeat   *Template
	Pos      Pos
}

// Scope is what texts and expressions may see. A nil map or zero value is an unset name.
type Scope struct {
	Now     time.Time
	Zone    *time.Location
	Slots   map[string]string
	Labels  map[string]string // of choice slots: the label of the value, for texts
	Saved   map[string]any    // decoded JSON: map[string]any, []any, string, float64, bool, nil
	Text    string            // user.text
	Scene   map[string]string
	Profile map[string]any // attributes, and "tags" as []any of strings
	Trace   []Happened
	Turn    int
	Channel string
	Queue   struct {
		Ahead int
		Line  string        // says so, when somebody is ahead
		ETA   time.Duration // 0: unknown
	}
	Hours struct {
		Open     bool
		NextOpen time.Time
	}
	Len int // characters received; only in invalid

	folded, foldedFrom string // of Text, made when first asked for: a Scope belongs to one turn and is not shared
}

// Happened is one event of the product's backend.
type Happened struct {
	Kind string
	At   time.Time
}

// Finding is one thing that is wrong with a release.
type Finding struct {
	Pos
	Rule    string // "jump-nowhere"
	Text    string // one sentence in Chinese
	Edit    string // the edit that mends it; may be empty
	Warning bool

	key string // of an entry, whose value it is about; see Placed
}

// Source is one file of a release, read by somebody else.
type Source struct {
	Name string // relative to the release: "dialogs/redpacket.yaml"
	Data []byte
}
