package chat

import (
	"encoding/json"
	"time"
)

// Choice is one item of an offer. A choice with a URL is a link and is never sent back.
type Choice struct {
	ID    string `json:"id"` // payload: what a tap sends back; short, the house's own
	Label string `json:"label"`
	URL   string `json:"url,omitempty"`
}

// Reply is one message to a person. What is committed has been fitted to its platform already (adapters.Fit), so it is what will
// be shown.
type Reply struct {
	Key     string   `json:"key"`            // idempotency key, unique in its conversation, stable over retries, at most 32 of [0-9A-Za-z_-]
	Text    string   `json:"text,omitempty"` // plain; adapters escape
	Choices []Choice `json:"choices,omitempty"`
	Media   []Media  `json:"media,omitempty"`
	From    string   `json:"from,omitempty"`    // empty: the bot; else the seat's name, which is none of the person's business
	Speaker string   `json:"speaker,omitempty"` // of a seat's reply: what stands before Text where people see nobody's name, "客服："
	Source  string   `json:"source,omitempty"`  // why: "kb:redpacket.refund_time@3f2a", "dialog:redpacket/start", "pattern:人工", "seat"
	Native  string   `json:"native,omitempty"`  // hand the conversation to this seat of the platform's own, or AnySeat; EndSeat takes it back

	// Until: shown before this instant or not at all, for a greeting that comes late is none; zero: whenever it can be.
	Until time.Time `json:"until,omitzero"`
}

// Words of Reply.Native beside the account of a seat.
const (
	AnySeat = "*" // whichever seat the platform chooses
	EndSeat = "-" // end the session with the platform's seat
)

// NativeState is where a conversation stands with the platform's own seats.
type NativeState string

const (
	NativeNone    NativeState = "none"    // the bot's
	NativeWaiting NativeState = "waiting" // in the platform's queue
	NativeActive  NativeState = "active"  // a seat has it
)

// Level says how well a platform supports a thing.
type Level int8

const (
	Drop Level = -1 // it is lost
	None Level = 0  // the core degrades (buttons to a numbered list)
	Part Level = 1  // the adapter degrades, or a tap comes back as ordinary text
	Full Level = 2  // native
)

// Unit is what a length limit counts.
type Unit uint8

const (
	Runes Unit = 0 // characters
	UTF16 Unit = 1 // UTF-16 code units: an emoji is two
	Bytes Unit = 2 // of UTF-8
)

// Caps is what a platform can show in one conversation. Zero limits mean "no limit known".
type Caps struct {
	MaxText    int  // of one message, in TextUnit
	MaxChoices int  // in one message
	MaxLabel   int  // of one choice, in TextUnit
	MaxData    int  // bytes of Choice.ID
	MaxBeside  int  // of the text in one message with buttons, in TextUnit; 0: MaxText
	TextUnit   Unit // what MaxText, MaxLabel and MaxBeside count

	Choices Level // in pushed messages: Full or Part: buttons; None: numbered list
	Tap     Level // Full: as a Chose message; Part: as text; None: never
	Speaker Level // Full: people see by themselves whether the bot or a seat speaks; None: Reply.Speaker stands before the text
	Links   Level // may text hold a link that the adapter makes clickable
	Image   Level
	File    Level
	Voice   Level
	Push    Level // may we write without a message to answer

	Native        Level // Full: the platform has seats of its own, and Send hands a conversation to one (Reply.Native)
	PassiveNative Level // Full: so does its own response, which then holds nothing else

	Passive        int   // replies that fit into the platform's own response; 0: none, every reply is pushed
	PassiveChoices Level // as Choices, in passive replies
	PassiveImage   Level // as Image, in passive replies
	PreferPush     bool  // push a reply with choices although it could be passive (menus: push)

	Window     time.Duration // after the person's last message in which we may push; 0: no window
	AckWithin  time.Duration // by when a webhook must be answered; 0: no limit
	Redelivery time.Duration // how long the platform may deliver a message again
	Resend     bool          // an unknown outcome is tried again, once (may show twice), instead of dropped
	Once       bool          // the platform shows a message of one key once: an unknown outcome is tried again like any failure that passes

	PerConversation float64 // messages a second; 0: unknown
	PerAccount      float64 // messages a second; 0: unknown
}

// DebtKind says who pays a debt.
type DebtKind string

const (
	ReplyDebt DebtKind = "reply" // Body is a Reply; paid through the adapter of To.Channel
	CaseDebt  DebtKind = "case"  // Body is a Signal; paid through the case webhook
	MediaDebt DebtKind = "media" // Body is a Message with the person's media; paid by keeping a copy of each
	ShareDebt DebtKind = "share" // what the person's other conversations shall know; paid by messages to them
)

// DebtKinds are all kinds, in the order in which one look at a conversation hands them out. Each kind is paid in an order of its own.
func DebtKinds() []DebtKind { return []DebtKind{ReplyDebt, CaseDebt, MediaDebt, ShareDebt} }

// Debt is an effect that was committed and is still owed. Debts of one conversation and one kind are paid in the order of Seq.
type Debt struct {
	ID    string          `json:"id"` // unique in its conversation; of a reply: its Key
	Kind  DebtKind        `json:"kind"`
	To    Address         `json:"to"`
	Body  json.RawMessage `json:"body"`
	Tries int             `json:"tries"`           // earlier attempts
	Due   time.Time       `json:"due"`             // not before; zero with Parked
	Park  bool            `json:"park"`            // waits for the person's next message
	Turn  string          `json:"turn"`            // the turn that owes it
	Epoch string          `json:"epoch"`           // of a bot's reply: the hold it was judged under; "" is no hold
	Right *ReplyRight     `json:"right,omitempty"` // of the message that it answers, if that is Own
	Bot   bool            `json:"bot,omitempty"`   // said by the bot: not to be sent once a seat holds the conversation
}

// Signal is the body of a CaseDebt: one POST of the case webhook.
type Signal struct {
	Event   string `json:"event"` // case.opened case.message case.claimed case.closed case.escalated
	Case    *Case  `json:"case"`
	Message *Line  `json:"message,omitempty"` // with case.message
}

// CaseState is where a case stands.
type CaseState string

const (
	Waiting CaseState = "waiting" // for a seat
	Held    CaseState = "held"    // by one seat; the bot is silent
	Over    CaseState = "closed"  // or recalled
)

// Case is a handoff, from raised to closed.
type Case struct {
	ID           string            `json:"id"`
	Conversation Address           `json:"conversation"`
	Queue        string            `json:"queue"`
	State        CaseState         `json:"state"`
	Priority     string            `json:"priority"` // normal urgent
	Seat         string            `json:"seat,omitempty"`
	Native       string            `json:"native,omitempty"` // the platform's seat that has it, or AnySeat: no seat of the house can claim it
	Epoch        string            `json:"epoch,omitempty"`  // changes with every claim, transfer and close
	Wanted       string            `json:"wanted"`           // what is wanted, in a line: dialog title, entry question or the last words
	Reason       string            `json:"reason"`           // pattern:人工, dialog:redpacket/human, misses, poison …
	Slots        map[string]string `json:"slots,omitempty"`
	Tried        []string          `json:"tried,omitempty"` // entry ids that were answered in this episode
	Suggestions  []Suggestion      `json:"suggestions,omitempty"`
	Transcript   []Line            `json:"transcript,omitempty"` // the last lines before it was raised, and all since; at most 50
	Notes        []Line            `json:"notes,omitempty"`
	Elsewhere    []Elsewhere       `json:"elsewhere,omitempty"` // the person's other conversations; only in a case that is read whole and open
	QuotaLeft    int               `json:"quota_left"`          // messages that may still be sent; -1: no limit
	QuotaUntil   time.Time         `json:"quota_until,omitzero"`
	Raised       time.Time         `json:"raised"`
	Claimed      time.Time         `json:"claimed,omitzero"`
	Closed       time.Time         `json:"closed,omitzero"`
	CloseReason  string            `json:"close_reason,omitempty"`
}

// Elsewhere is what a seat sees of another conversation of the person.
type Elsewhere struct {
	Conversation Address           `json:"conversation"`
	Dialog       string            `json:"dialog,omitempty"` // that waits there
	Wanted       string            `json:"wanted,omitempty"` // of the case that is open there
	Asked        string            `json:"asked,omitempty"`  // the question typed last
	Slots        map[string]string `json:"slots,omitempty"`  // values given there
	Tried        []string          `json:"tried,omitempty"`  // entry ids that were answered there
}

// Suggestion is an entry that may help the seat.
type Suggestion struct {
	Entry    string `json:"entry"`
	Question string `json:"question"`
	Answer   string `json:"answer"`
}

// Line is one line of a transcript.
type Line struct {
	At     time.Time `json:"at"`
	From   string    `json:"from"` // person, bot, or the seat's name
	Text   string    `json:"text"`
	Media  []Media   `json:"media,omitempty"` // what the person sent; those with an ID can be opened
	Source string    `json:"source,omitempty"`
	Turn   string    `json:"turn,omitempty"`
}

// Dead is a message that killed its turn three times.
type Dead struct {
	ID      string    `json:"id"`
	Message Message   `json:"message"`
	Turn    string    `json:"turn"`
	Tries   int       `json:"tries"`
	Why     string    `json:"why"`
	At      time.Time `json:"at"`
}
