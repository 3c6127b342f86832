package session

import (
	"encoding/json"
	"time"

	"github.com/xianda-bot/xianda/chat"
)

// Limits of what conversations of one person know of each other.
const (
	MaxGiven      = 12      // values that a conversation remembers for other dialogs
	MaxKnownBytes = 8 << 10 // of what one conversation tells of itself, as JSON; beyond it saved values stay at home, then the dialog
)

// Mate is another conversation of the same person: proven, and known as far as it told. Nothing of it is mixed into the session's own
// fields, so that it can be forgotten without a trace; what was taken over is marked (Place.Carried, Waiting.Carried).
type Mate struct {
	At    chat.Address `json:"at"`
	Where string       `json:"where,omitempty"` // how its channel is called, for people: "网页"
	Known *Known       `json:"known,omitempty"` // what it told last; nil: nothing yet
	Spent string       `json:"spent,omitempty"` // Matter of the dialog there that was settled here
	Noted string       `json:"noted,omitempty"` // the case there of which the person was told here that a seat has it
}

// Known is what a conversation tells the person's others of itself. It is told again whole when something of it changed.
type Known struct {
	Place  *Place           `json:"place,omitempty"` // a dialog that waits for an answer; nil: none
	Stack  []Place          `json:"stack,omitempty"` // below it
	Given  map[string]Given `json:"given,omitempty"` // values given in it, by slot
	Recent []Topic          `json:"recent,omitempty"`
	Last   *Topic           `json:"last,omitempty"`
	Asked  string           `json:"asked,omitempty"`
	Tried  []string         `json:"tried,omitempty"`
	Case   *OpenCase        `json:"case,omitempty"` // raised in it and not closed; nil: none
	At     time.Time        `json:"at,omitzero"`    // when it was heard, by who heard it
}

// Given is a value that the person gave to a slot.
type Given struct {
	Type  string    `json:"type"` // of the slot: "phone"
	Value string    `json:"value"`
	At    time.Time `json:"at"`
}

// OpenCase is a case as the person's other conversations know it.
type OpenCase struct {
	ID     string    `json:"id"`
	Queue  string    `json:"queue"`
	Raised time.Time `json:"raised"`
	Wanted string    `json:"wanted,omitempty"`
	Held   bool      `json:"held,omitempty"` // a seat of the house has it
}

// Matter names the dialog that p is in: the same wherever it goes on.
func (p *Place) Matter() string { return p.Dialog + "@" + p.Begun.UTC().Format(time.RFC3339Nano) }

// Events of a chat.Linked message. Without one, it is a Linked: whose the conversation is.
const (
	EventShare = "share" // Data is a Share, of another conversation of the person
	EventLook  = "look"  // a seat took or left the case: the person's other conversations may have to know
)

// Share is the body of a chat.ShareDebt, and the data of the message by which it is paid. It is judged in the mailbox of To, and only while
// that conversation holds From for one of its own person's.
type Share struct {
	To     chat.Address `json:"to"`
	From   chat.Address `json:"from"`
	Where  string       `json:"where,omitempty"`  // how the channel of From is called; the payer says it
	Known  *Known       `json:"known,omitempty"`  // replaces what was told before; nil: nothing changed
	Want   bool         `json:"want,omitempty"`   // From knows nothing of To yet
	Took   string       `json:"took,omitempty"`   // the Matter of To that was settled in From: To lets it go
	Case   string       `json:"case,omitempty"`   // the case of To that From raised anew, or that the words are for
	Said   string       `json:"said,omitempty"`   // words of the person in From, for the seat that has Case
	Seat   string       `json:"seat,omitempty"`   // who says Words
	Words  string       `json:"words,omitempty"`  // of a seat of From, for the person, who wrote in To last
	Media  []chat.Media `json:"media,omitempty"`  // with them
	Closed bool         `json:"closed,omitempty"` // the seat of From is done
	Back   bool         `json:"back,omitempty"`   // Words, or Said, are To's own: From could do nothing with them
}

// Other is a conversation of the same person, as the house tells another of them.
type Other struct {
	At    chat.Address `json:"at"`
	Where string       `json:"where,omitempty"`
}

// Bounded is k as it may be told: within MaxKnownBytes, without what does not fit. It tells whether something was left out.
func (k Known) Bounded() (Known, bool) {
	if k.size() <= MaxKnownBytes {
		return k, false
	}
	k.Place, k.Stack = nil, nil
	if k.size() > MaxKnownBytes {
		k.Given, k.Asked = nil, chat.Cut(k.Asked, 600)
	}
	return k, true
}

func (k Known) size() int {
	b, err := json.Marshal(k)
	if err != nil {
		return MaxKnownBytes + 1
	}
	return len(b)
}
