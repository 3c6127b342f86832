// Package rehearse runs the conversation tests of a release (tests/*.yaml) through the real host over a temporary store, with a clock,
// seats and backends of its own. It needs no network and gives the same result every time.
package rehearse

import (
	"time"

	"github.com/xianda-bot/xianda/dialog/script"
)

// Test is one conversation, as tests/*.yaml writes it.
type Test struct {
	Name     string
	Channels []string // kinds that it is played on: wechat, console …; default wechat
	Given    Given
	Turns    []Turn
	After    After
	Fault    []Fault // what goes wrong all the time; the conversation must come out the same
	Pos      script.Pos
}

// Given is how things stand when the conversation begins.
type Given struct {
	Channel string    // a kind: wechat, console …
	Clock   time.Time // default 2026-01-28 10:00 in Shanghai
	Enter   *Enter
	Seats   map[string]int            // queue → seats present
	Stub    map[string]map[string]any // call → answer; {error: true} makes it fail
	Trace   []Operation
	Profile *Profile
	Lang    string // of the person's app or page: "en"
	Native  string // a seat of the platform's own console that is there: "service1@shop"
}

// Enter is how the person arrives: event "page.redpacket_error" is scene page=redpacket_error.
type Enter struct {
	Event string
	Scene map[string]string
}

// Operation is an event of the product's backend before the conversation.
type Operation struct {
	Kind string
	Ago  time.Duration
	Data map[string]any
}

// Profile is what the product told us of the person.
type Profile struct {
	Tags       []string
	Attributes map[string]any
}

// Fault is something that goes wrong around every message of the person.
type Fault string

const (
	WechatRetry     Fault = "wechat_retry"      // the platform gives up on the first two answers and delivers three times
	KillAfterCommit Fault = "kill_after_commit" // the process dies right after each turn was kept, before anybody heard of it
)

// Turn is one thing that happens, and what must come of it. Exactly one of User, Choose, Media, Seat, Close, Native, Wait, Event, Enter,
// Restart, Publish and Forget is set; a first turn with none looks at what the arrival brought, and a turn with nothing but Channel at what
// was shown there meanwhile.
type Turn struct {
	User    *string
	Choose  string // taps the choice with this label
	Media   string // sends an image, voice, video …
	Seat    string // a seat takes the case, if nobody has it, and says this
	Close   string // the seat closes the case for this reason
	Native  string // a seat of the platform's own: began, ended, or lost (it is done, and the notice of that does not arrive)
	Wait    time.Duration
	Event   *Operation // of the product's backend
	Enter   *Enter     // the person arrives again
	Restart bool       // the process is killed, and another goes on
	Forget  bool       // an operator erases the conversation
	Channel string     // a kind: in the person's conversation there; empty: in that of given.channel
	Publish bool       // the release is published again with every dialog in a new version
	Expect  Expect
	Pos     script.Pos
}

// Expect is what must come of a turn. What is not named is not looked at.
type Expect struct {
	Says     []string // each stands in what the bot said
	Lacks    []string // none stands in it
	Image    []string // addresses of pictures that were shown, or their beginnings
	Link     []string // addresses of pages, likewise
	Likely   []string // choices offered, in this order, others may stand between
	Offered  *int     // entries and dialogs among the choices
	Factor   string   // what decided the first of them: "scene.error", or with its value "scene.error=RP_HOLD"
	KB       string   // entry that was answered
	Verbatim bool     // with kb: its text stands in the reply, word for word
	Source   string   // the reply comes from here: "offer", "predict" (likely questions before a question), "pattern:取消", "dialog:x/step"
	Dialog   *string  // that is under way; "": none
	Step     string   // where it stands now
	Slot     map[string]string
	Retry    *int
	Handoff  *Handoff // a case was raised in this very turn
	Silent   bool     // nothing was shown
	ToUser   string   // a seat's words that were shown
	Lang     string   // the language in which the bot speaks now
}

// Handoff is the case that was raised.
type Handoff struct {
	Queue    string
	Priority string
	Carry    []string
}

// After is what must hold at the end.
type After struct {
	Outcome    script.Outcome
	SentMax    *int // messages shown in answer to one message of the person
	Duplicates *int // messages shown twice
}
