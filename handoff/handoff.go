// Package handoff is the contract of cases and their queue: how a seat sees, takes, answers and closes what a turn raised.
// Raising a case is part of the turn's own commit (dialog/session); makers below this folder bring seats.
package handoff

import (
	"context"
	"errors"
	"time"

	"github.com/xianda-bot/xianda/chat"
)

var (
	// ErrOwned: another seat holds the case. Wrapped as *OwnedError, which names it.
	ErrOwned = errors.New("another seat holds the case")
	// ErrUnknown: there is no such case, or it was closed and forgotten.
	ErrUnknown = errors.New("no such case")
	// ErrClosed: the case is closed.
	ErrClosed = errors.New("the case is closed")
)

// OwnedError names the seat that holds a case.
type OwnedError struct{ Seat string }

// Error is the text of the API: "held by bob".
func (e *OwnedError) Error() string {
	if e.Seat == "" {
		return "held by nobody"
	}
	return "held by " + e.Seat
}

// Unwrap returns ErrOwned.
func (e *OwnedError) Unwrap() error { return ErrOwned }

// Filter chooses cases. Zero fields choose all; Limit 0 is 100.
type Filter struct {
	State chat.CaseState
	Queue string
	Limit int
}

// Standing is a queue as one look at it shows: refreshed about once a second, so it may lag.
type Standing struct {
	Waiting int           // cases that wait
	Held    int           // cases that seats hold
	Seats   int           // seats seen within SeatSeen
	Pace    time.Duration // mean time from claim to close of recent cases; 0: unknown
}

// SeatSeen is how long after its last act a seat counts as present.
const SeatSeen = 30 * time.Minute

// Queue keeps cases. Every method may be called concurrently and from any process, and each is one atomic step.
//
// Claim, Reply, Transfer and Close post to the mailbox of the case's conversation or change its hold; the caller then lets the house
// judge that conversation (dialog.Host.Resume). Each leaves the case signal (case.claimed, case.closed) as a debt of kind chat.CaseDebt
// in the same step: a chat.Signal whose Case holds the id alone; the payer reads the case when it pays.
type Queue interface {
	// Cases lists cases, urgent first, then oldest first, without transcripts.
	Cases(ctx context.Context, f Filter) ([]chat.Case, error)
	// Case returns one whole, with the transcript and the quota that is left. ErrUnknown.
	Case(ctx context.Context, id string) (*chat.Case, error)
	// Claim gives a waiting case to seat. Claiming what one holds already is no error and changes nothing. ErrOwned, ErrClosed, ErrUnknown.
	Claim(ctx context.Context, id, seat string) (*chat.Case, error)
	// Reply posts the seat's words. The same key twice is once. ErrOwned unless seat holds the case; ErrClosed, ErrUnknown.
	Reply(ctx context.Context, id, seat, text, key string) (chat.Address, error)
	// Transfer gives the case to another queue (it waits again, the hold ends) or straight to another seat. Exactly one of them is set.
	Transfer(ctx context.Context, id, queue, seat string) (*chat.Case, error)
	// Note keeps a line that only seats see.
	Note(ctx context.Context, id, seat, text string) error
	// Close ends the case and its hold and posts a chat.Closed message. Closing a closed case is no error.
	Close(ctx context.Context, id, reason string) (*chat.Case, error)
	// Seen marks seat as present at queues (none: default).
	Seen(ctx context.Context, seat string, queues ...string) error
	// Standing looks at all queues.
	Standing(ctx context.Context) (map[string]Standing, error)
}
