// Package session is what is remembered of one conversation, and the contract Store that keeps it: the turn protocol.
// It holds types and promises only; store/redis and store/local keep them, sessiontest checks them.
package session

import (
	"encoding/json"
	"time"

	"github.com/xianda-bot/xianda/chat"
)

// Layout is the version of Session's layout that this program writes. 2 added guides, idle dialogs and what an offer was made of; 3 the
// platform's own seats, messages that are gathered, and what came from the person's other conversations.
const Layout = 3

// Session is what is remembered of one conversation. It is stored as JSON; fields that a newer program wrote survive (Extra).
type Session struct {
	Layout  int    `json:"v"`
	Turn    int    `json:"turn"`              // turns judged so far
	Chain   string `json:"chain"`             // hash over the ids of all judged messages, see Next
	Release string `json:"release,omitempty"` // version of the release that judged the last turn

	Place    *Place            `json:"place,omitempty"`   // the dialog under way; nil: none
	Stack    []Place           `json:"stack,omitempty"`   // dialogs to return to, innermost last
	Guide    *Guide            `json:"guide,omitempty"`   // the step-by-step answer under way; nil: none
	Offer    *Offer            `json:"offer,omitempty"`   // the choices shown last; nil: none
	Misses   int               `json:"misses,omitempty"`  // messages in a row that nothing understood
	Waiting  *Waiting          `json:"waiting,omitempty"` // a case raised and not yet closed; nil: none
	Last     *Topic            `json:"last,omitempty"`    // what was answered last
	Asked    string            `json:"asked,omitempty"`   // the question typed last, cut to 200 runes: for 没解决
	Tried    []string          `json:"tried,omitempty"`   // entries answered in this episode
	Failed   int               `json:"failed,omitempty"`  // 没解决 said in this episode
	Outcome  string            `json:"outcome,omitempty"` // how the last episode ended: resolved unresolved handed; empty: under way
	Recent   []Topic           `json:"recent,omitempty"`  // newest last, at most MaxRecent
	Trace    []Operation       `json:"trace,omitempty"`   // events of the product's backend, newest last, at most MaxTrace
	Scene    map[string]string `json:"scene,omitempty"`   // of the last arrival
	Profile  *Profile          `json:"profile,omitempty"`
	User     string            `json:"user,omitempty"` // the product's own id of the person, once linked
	Lang     string            `json:"lang,omitempty"`
	Timers   map[string]string `json:"timers,omitempty"`   // name → id of the timer that is current; others are ignored when they run out
	Gone     bool              `json:"gone,omitempty"`     // the person left: nothing may be sent
	At       time.Time         `json:"at,omitzero"`        // of the last turn
	Heard    time.Time         `json:"heard,omitzero"`     // when the person did something last; zero: never
	Gathered []string          `json:"gathered,omitempty"` // messages that wait for the one behind them, to be one question with it
	Said     string            `json:"said,omitempty"`     // delivery id of what the person said last
	Missed   string            `json:"missed,omitempty"`   // an answer that the platform did not show: said again with the next one

	Given   map[string]Given `json:"given,omitempty"`   // values given to slots, at most MaxGiven, for dialogs in the person's other conversations
	Mates   []Mate           `json:"mates,omitempty"`   // the person's other conversations; none: they are not known
	Told    string           `json:"told,omitempty"`    // hash of what the mates were told last
	Reach   *chat.Address    `json:"reach,omitempty"`   // the mate in which the person wrote last, while a seat has the case of this one; nil: here
	Guesses *Guesses         `json:"guesses,omitempty"` // wrong link codes tried here

	Extra map[string]json.RawMessage `json:"-"` // fields of a newer layout, kept as they came
}

// Limits of what a session holds; what is older falls out.
const (
	MaxRecent  = 8
	MaxTrace   = 50
	MaxStack   = 8
	MaxFactors = 24
)

// Place is where a dialog stands.
type Place struct {
	Dialog  string                     `json:"dialog"`
	Version string                     `json:"version"` // of the dialog's script, when it was begun
	Step    string                     `json:"step"`
	Slots   map[string]string          `json:"slots,omitempty"` // filled slots, normalised
	Order   []string                   `json:"order,omitempty"` // slots in the order in which they were filled
	Saved   map[string]json.RawMessage `json:"saved,omitempty"` // what calls saved
	Asking  string                     `json:"asking,omitempty"`
	Retries int                        `json:"retries,omitempty"` // invalid answers to Asking so far
	Begun   time.Time                  `json:"begun,omitzero"`
	Paused  bool                       `json:"paused,omitempty"`  // on the stack: a digression lies above it, its question is asked again after that
	Strayed int                        `json:"strayed,omitempty"` // other matters taken up since the question was asked
	Idle    bool                       `json:"idle,omitempty"`    // left alone beyond its time: the person is asked before it goes on
	Carried map[string]string          `json:"carried,omitempty"` // slots whose value came from another conversation → its written address
	From    string                     `json:"from,omitempty"`    // written address of the conversation in which the dialog was begun; empty: here
	Anew    []string                   `json:"anew,omitempty"`    // slots for which the value given elsewhere was refused
}

// Carried is a value that came from another conversation of the person.
type Carried struct {
	From  string `json:"from"` // its written address
	Value string `json:"value"`
}

// Guesses are wrong link codes within an hour.
type Guesses struct {
	N     int       `json:"n"`
	Since time.Time `json:"since"`
}

// Guide is a step-by-step answer under way: one step a message.
type Guide struct {
	Entry    string `json:"entry"`
	Shown    int    `json:"shown"`              // steps shown so far
	Solved   string `json:"solved,omitempty"`   // step of the dialog under way to go to when it helped; empty: none asked for it
	Unsolved string `json:"unsolved,omitempty"` // and when it did not
}

// Offer is a list of choices that was shown, so that "2", "２", "②", "二", the label and the payload mean the second one.
type Offer struct {
	Items   []Item    `json:"items"`
	At      time.Time `json:"at"`
	Kind    OfferKind `json:"kind,omitempty"`
	Factors []string  `json:"factors,omitempty"` // what was known when it was made, "scene.error=RP_HOLD", at most MaxFactors; of Likely and Clarify
}

// OfferKind says why choices were shown.
type OfferKind string

const (
	Likely  OfferKind = "likely"  // before a word, or on a vague opening
	Clarify OfferKind = "clarify" // a typed question between the thresholds
	Related OfferKind = "related" // behind an answer
	Asked   OfferKind = "solved"  // 解决了吗
	Choices OfferKind = "choice"  // of a slot, a guide or a way out
	Resume  OfferKind = "resume"  // a dialog that was left alone: go on?
)

// Item is one shown choice. Target says what choosing it means; only package dialog reads it.
type Item struct {
	ID     string  `json:"id"` // payload
	Label  string  `json:"label"`
	Target string  `json:"target"`
	P      float64 `json:"p,omitempty"`    // how likely it was held to be, 0 to 1; of Likely and Clarify
	Why    string  `json:"why,omitempty"`  // the factor that decided, "scene.error=RP_HOLD"
	Rule   string  `json:"rule,omitempty"` // the operators' rule that decided, "dialogs/redpacket.yaml:18"
}

// Topic is an entry or a dialog that this person was given.
type Topic struct {
	ID string    `json:"id"` // "kb:redpacket.refund_time" or "dialog:redpacket_refund"
	At time.Time `json:"at"`
}

// Waiting is a case that this conversation raised and that is not closed.
type Waiting struct {
	Case  string    `json:"case"`
	Queue string    `json:"queue"`
	Since time.Time `json:"since"`
	Quiet bool      `json:"quiet,omitempty"` // a seat was there when it was raised: the bot does not talk into the wait

	Native string `json:"native,omitempty"` // a seat of the platform's own has the conversation, or is to have it: its account, or chat.AnySeat
	Key    string `json:"key,omitempty"`    // with Native: of the reply that hands the conversation over; empty when the seat took it
	Begun  bool   `json:"begun,omitempty"`  // with Native: the platform said so

	Wanted    string             `json:"wanted,omitempty"`    // as the case says
	Raised    time.Time          `json:"raised,omitzero"`     // of the case; earlier than Since when it was moved here
	Continues string             `json:"continues,omitempty"` // the case in another conversation of the person whose place this one takes
	Carried   map[string]Carried `json:"carried,omitempty"`   // slots of the case whose values came from another conversation; the case itself has none of them
}

// Operation is one event of the product's backend.
type Operation struct {
	Kind string          `json:"kind"`
	At   time.Time       `json:"at"`
	Data json.RawMessage `json:"data,omitempty"`
}

// Profile is what the product told us of a person.
type Profile struct {
	Tags       []string                   `json:"tags,omitempty"`
	Attributes map[string]json.RawMessage `json:"attributes,omitempty"`
}
