package session

import (
	"context"
	"errors"
	"time"

	"github.com/xianda-bot/xianda/chat"
)

// Limits of what is kept of the product's users.
const (
	MaxUser    = 128                  // bytes of a user's id
	MaxLinks   = 20                   // conversations of one user
	MaxKnown   = 256                  // ids of a user's operations that are known again; beyond it new ones are refused
	KeepUser   = 400 * 24 * time.Hour // a user of whom nothing was heard for this long is forgotten, links included
	KeepTrace  = 30 * 24 * time.Hour  // an operation is told to conversations for this long
	KnownAgain = 24 * time.Hour       // for which the id of an operation is known again
)

// OwnUser is how the ids of users begin that the house made itself, for people of whom the product has told nothing. The product cannot name
// one.
const OwnUser = "~"

// ErrFull: a user has MaxLinks conversations already. Nothing was kept; trying again does not help.
var ErrFull = errors.New("this user has as many linked conversations as may be")

// ErrTwoUsers: the product says that two conversations are two users'. They are never made one without its word.
var ErrTwoUsers = errors.New("the product has linked these conversations to two different users")

// Linked is the data of a chat.Linked message: what the house knows of the person of a conversation. A message replaces what an earlier
// one said.
type Linked struct {
	User    string      `json:"user"` // the product's own id; empty: the conversation is nobody's (any more)
	Profile *Profile    `json:"profile,omitempty"`
	Trace   []Operation `json:"trace,omitempty"` // oldest first, at most MaxTrace; only told when the conversation is linked

	Others []Other `json:"others,omitempty"` // the person's other conversations; who tells fills it in, stores do not
	Joined string  `json:"joined,omitempty"` // a code linked it just now, from a channel that is called so: the person is told
}

// People keeps what the product tells of its users, apart from turns: their profiles, which conversations are theirs, and their last
// operations, for conversations that are linked later. It tells no conversation: that is done by messages, so that a turn reads nothing
// beyond its own partition.
//
// Every method may be called concurrently and from any process, and may be repeated when its outcome is unknown: the second call
// completes the first. What was kept is durable when a method returns. A user's id has 1 to MaxUser bytes.
type People interface {
	// SetProfile replaces what is known of user.
	SetProfile(ctx context.Context, user string, p Profile) error

	// Link makes a the user's, and nobody else's. ErrFull.
	Link(ctx context.Context, user string, a chat.Address) error

	// Unlink takes a from user; from whoever has it when user is "". It is no error when a is not theirs.
	Unlink(ctx context.Context, user string, a chat.Address) error

	// Happened keeps an operation of user; the last MaxTrace are kept. When id was there within KnownAgain, fresh is false and nothing
	// new is kept; kept is then what came under it first, as long as that is among the last, so that whoever hears of it once more knows
	// it again. chat.ErrBusy: MaxKnown ids came within that time.
	Happened(ctx context.Context, user, id string, o Operation) (kept Operation, fresh bool, err error)

	// Links lists the conversations of user, in the order of their written form.
	Links(ctx context.Context, user string) ([]chat.Address, error)

	// Linked tells whose conversation a is, and what is known of them: a zero value when it is nobody's. Operations older than
	// KeepTrace are left out.
	Linked(ctx context.Context, a chat.Address) (Linked, error)
}
