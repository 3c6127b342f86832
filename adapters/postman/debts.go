// Package postman pays debts: it takes committed replies and other effects from where they are kept and gives them to who can show
// them, in order, paced, and again when that makes sense. It is the only place that retries, and it decides nothing about a dialog.
package postman

import (
	"context"
	"time"

	"github.com/xianda-bot/xianda/chat"
)

// Loan is a debt handed out, fenced: only who has Fence can settle it.
type Loan struct {
	chat.Debt
	Fence string
	Right *chat.ReplyRight // one message of it is reserved already; nil: sending is not counted here
	Held  bool             // a seat held the conversation at the moment of lending
}

// Verdict is how a loan ended. The words are those of session.Verdict.
type Verdict string

const (
	Paid    Verdict = "paid"    // shown, or taken by the platform
	Again   Verdict = "again"   // owed again, not before After from now
	Park    Verdict = "park"    // owed again, waits for the person's next message
	Dropped Verdict = "dropped" // given up
)

// Settlement ends a loan.
type Settlement struct {
	To       chat.Address
	ID       string // of the debt
	Fence    string
	Verdict  Verdict
	After    time.Duration // with Again
	GiveBack bool          // the platform refused definitely: the reserved message returns to the right
	Spent    bool          // the platform says that the count is exhausted
}

// Lent is what a conversation has to pay now.
type Lent struct {
	Loans    []Loan
	Parked   int       // reply debts that wait for the next message because no right is left
	Withheld int       // the bot's reply debts that were dropped because a seat holds the conversation
	Next     time.Time // when something may be lent again; zero: nothing is owed, or all of it is parked
}

// Debts is where debts are kept. session.Store keeps these promises (Lend, Settle); the house converts.
type Debts interface {
	// Lend hands out, of each kind, the oldest debt of a if it is due and not lent, fenced for d.
	Lend(ctx context.Context, a chat.Address, d time.Duration) (Lent, error)
	// Settle ends loans. Those whose fence is not current are ignored, so that it may be repeated.
	Settle(ctx context.Context, s []Settlement) error
}

// Payer shows one kind of debt. All methods may be called concurrently.
type Payer interface {
	// Pay makes one attempt. nil: it is paid. An error that is no *chat.Failure counts as Temporary with unknown outcome.
	Pay(ctx context.Context, l Loan) error
	// Schedule is how long to wait after the first, second … failed attempt. When it is used up the debt is dropped.
	Schedule() []time.Duration
	// Timeout bounds one attempt.
	Timeout() time.Duration
}

// Capable is a payer that knows what a conversation's channel can do: its pacing and Caps.Resend are obeyed. A payer without it is not
// paced, and repeats unknown outcomes by its schedule: its receiver knows repeated debts by their id.
type Capable interface {
	Caps(chat.Address) chat.Caps
}
