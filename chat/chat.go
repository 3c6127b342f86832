// Package chat holds the words of the house as plain data: what a messenger, a turn, a store and a seat say to each other.
// It decides nothing, does no I/O and imports only the standard library.
package chat

import (
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// Address is one conversation: a person on a channel. Only the adapter that made Peer and Thread looks inside them.
// Example: {"shop", "o6_bmjrPTlm6_2sgVt7hMZOPfL2M", ""}.
type Address struct {
	Channel string `json:"channel"`          // the configured name, unique in a house
	Peer    string `json:"peer"`             // the messenger's id of the person, as received
	Thread  string `json:"thread,omitempty"` // a topic or group inside the channel; empty for most messengers
}

var escapeAddress = strings.NewReplacer("%", "%25", "|", "%7C")
var unescapeAddress = strings.NewReplacer("%7C", "|", "%25", "%")

// String is the one written form, "channel|peer" or "channel|peer|thread"; a "|" or "%" inside a part is escaped, so that two
// addresses never share a form.
func (a Address) String() string {
	s := escapeAddress.Replace(a.Channel) + "|" + escapeAddress.Replace(a.Peer)
	if a.Thread != "" {
		s += "|" + escapeAddress.Replace(a.Thread)
	}
	return s
}

// ParseAddress reads the form that String writes.
func ParseAddress(s string) (Address, error) {
	parts := strings.Split(s, "|")
	if len(parts) < 2 || len(parts) > 3 || parts[0] == "" || parts[1] == "" {
		return Address{}, errors.New("an address is written channel|peer or channel|peer|thread")
	}
	a := Address{Channel: unescapeAddress.Replace(parts[0]), Peer: unescapeAddress.Replace(parts[1])}
	if len(parts) == 3 {
		a.Thread = unescapeAddress.Replace(parts[2])
	}
	return a, nil
}

// Kind says what happened to a conversation.
type Kind string

const (
	Said    Kind = "said"    // the person typed, spoke or sent media
	Chose   Kind = "chose"   // the person tapped; Message.Choice is the payload
	Arrived Kind = "arrived" // the person followed, entered, scanned or tapped a menu; Message.Scene tells from where
	Left    Kind = "left"    // the person unfollowed or blocked us: nothing may be sent
	Edited  Kind = "edited"  // the person changed an earlier message
	Event   Kind = "event"   // the product's backend reports an operation; Message.Event is its kind
	Seat    Kind = "seat"    // a seat said something; Message.Name is the seat, Message.Case its case
	Closed  Kind = "closed"  // a seat closed Message.Case; Message.Text is the reason
	Timer   Kind = "timer"   // a timer ran out; Message.Event is its name
	Linked  Kind = "linked"  // what the house knows of the person changed: whose the conversation is, their profile, what they did elsewhere

	Recalled    Kind = "recalled"    // the person took an earlier message back; Message.Of is its delivery id
	Undelivered Kind = "undelivered" // the platform took a reply and did not show it; Message.Of is its Key, Message.Event a FailureKind
	Lost        Kind = "lost"        // Message.Media[0] of the person's message Message.Of could not be kept; Message.Event is LostExpired …
	Native      Kind = "native"      // a seat of the platform did something; Message.Event is NativeBegan …, Message.Name the seat
)

// What a message of kind Native says (Message.Event).
const (
	NativeBegan = "began" // a seat has the conversation, or another one than before: Message.Name
	NativeEnded = "ended" // the conversation is the bot's again; Message.Right may permit a last word
)

// Why a medium could not be kept (Message.Event of kind Lost).
const (
	LostExpired     = "expired"     // the platform does not have it any more
	LostTooLarge    = "too_large"   // it is larger than the house keeps
	LostRefused     = "refused"     // it lies where the house does not go, or the platform refuses to give it
	LostUnavailable = "unavailable" // nobody gave it, or could keep it, for too long
)

// Message is anything that happens to a conversation. A repeated delivery bears the same ID.
type Message struct {
	ID      string            `json:"id"` // delivery id, unique in its conversation, at most 200 bytes
	Kind    Kind              `json:"kind"`
	From    Address           `json:"from"`
	Name    string            `json:"name,omitempty"`   // the person's name, or the seat's, if known
	Text    string            `json:"text,omitempty"`   // as received; at most MaxText bytes are kept
	Choice  string            `json:"choice,omitempty"` // payload of a tapped choice; untrusted
	Media   []Media           `json:"media,omitempty"`
	Scene   map[string]string `json:"scene,omitempty"` // entry signals: menu, qr, error, page …; untrusted
	Event   string            `json:"event,omitempty"` // of Event: its kind, "redpacket.held"; of Timer: the timer's name
	Data    json.RawMessage   `json:"data,omitempty"`  // of Event: its data
	Case    string            `json:"case,omitempty"`  // of Seat and Closed
	Of      string            `json:"of,omitempty"`    // of Edited, Recalled: the earlier delivery's id; of Undelivered: the reply's Key
	Union   string            `json:"union,omitempty"` // the person over all accounts of one owner: "weixin:o6_b…"; "": unknown
	Right   *ReplyRight       `json:"right,omitempty"` // what the platform permits because of this message; nil when it is not counted
	At      time.Time         `json:"at"`              // when it happened, by the platform's clock
	ReplyBy time.Time         `json:"reply_by"`        // instant by which replies must be returned; zero: push only
}

// SignedScene is the key of Message.Scene by which a scene says that the house itself made its link (adapters/entry): "yes". No plain
// scene can hold it.
const SignedScene = "signed"

// MaxText is how many bytes of a message's text are kept; what is longer is cut at a rune and marked with "…".
const MaxText = 8 << 10

// Cut shortens s to at most n bytes, at a rune, and marks that with "…"; n is at least 3.
func Cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	n -= len("…")
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// Media is one image, voice, video, file or place. Ref is the platform's own handle; only its adapter can open it. What we send has a URL
// (https) or a Ref.
type Media struct {
	Kind string `json:"kind"` // image voice video file location link other
	Ref  string `json:"ref,omitempty"`
	URL  string `json:"url,omitempty"`
	Name string `json:"name,omitempty"`
	MIME string `json:"mime,omitempty"`
	Size int64  `json:"size,omitempty"` // bytes, if the platform says so
	ID   string `json:"id,omitempty"`   // of the house's own copy, under which seats open it; "" when none is kept
}

// ReplyRight is the platform's permission to answer: it expires and is counted. Sending one message takes one from every live right of a
// conversation (but see Own); a new right replaces an older one of the same Pool. So the number of messages that may be sent is the maximum
// over the live rights, never their sum (WeChat: developers.weixin.qq.com, api_sendcustommessage).
type ReplyRight struct {
	Pool    string          `json:"pool,omitempty"` // "message", "menu", "scan" …; the adapter's own word
	Data    json.RawMessage `json:"data,omitempty"` // the adapter's own: msg_id, reply token …
	Expires time.Time       `json:"expires"`        // zero: no window
	Left    int             `json:"left"`           // replies left; -1: no limit; 0: the message takes back what its pool granted before

	// Own: replies to the message that brought it take from this right alone, while it lives, though newer messages came (QQ, LINE: a reply
	// names the message that it answers). What answers none, such as a seat's words, takes from the newest.
	Own bool `json:"own,omitempty"`
}

// Failure is why a platform did not take a message. The adapter classifies, the postman alone acts on it.
type Failure struct {
	Kind    FailureKind
	Retry   time.Duration // with Rate and Temporary: not before; 0: the postman's own schedule
	To      *Address      // with Moved
	Unknown bool          // the platform may have accepted the message: trying again may show it twice
	Err     error         // never holds a secret, a token or a signed URL
}

// FailureKind is what the postman branches on.
type FailureKind string

const (
	Rate      FailureKind = "rate"      // too fast: try again after Retry
	Window    FailureKind = "window"    // the right to reply expired: keep for the next message
	Exhausted FailureKind = "exhausted" // the right's count is used up: keep for the next message, and count it as 0
	Blocked   FailureKind = "blocked"   // the person left or refuses: drop
	TooLong   FailureKind = "toolong"   // a fault of Fit: drop, and count
	BadMedia  FailureKind = "media"     // a media handle expired or is refused: send the text alone, once
	Auth      FailureKind = "auth"      // credentials: keep, and alarm
	Moved     FailureKind = "moved"     // the conversation has another address now
	Refused   FailureKind = "refused"   // this message will never be taken (malformed, forbidden type): drop, and count
	NoPush    FailureKind = "nopush"    // the account may not push at all: keep for the next message
	Temporary FailureKind = "temporary" // try again
)

// Error joins kind and cause; it holds no secret because Err holds none.
func (f *Failure) Error() string {
	if f.Err == nil {
		return string(f.Kind)
	}
	return string(f.Kind) + ": " + f.Err.Error()
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

// ErrLater says that a message is accepted durably and will not be answered passively: acknowledge it empty.
var ErrLater = errors.New("the answer comes later")

// ErrBusy says that a message was not accepted because a limit was reached (mailbox full, too many deliveries): do not acknowledge.
var ErrBusy = errors.New("a limit of this conversation is reached")
