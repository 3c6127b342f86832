package session

import (
	"context"
	"errors"
	"time"

	"github.com/xianda-bot/xianda/chat"
)

// The numbers of the turn protocol (DESIGN.md). Stores use these and no others.
const (
	Lease         = 4 * time.Second     // how long a claim lasts without Renew
	RenewEvery    = time.Second         // how often its holder renews it
	MaxTries      = 3                   // a message that killed this many turns becomes a dead letter
	MaxMailbox    = 64                  // messages waiting in one conversation
	MaxDebts      = 200                 // debts owed in one conversation
	KeptIDs       = 64                  // delivery ids kept however old
	MaxIDs        = 1024                // delivery ids kept at most; beyond it new messages are refused
	Lines         = 32                  // turns whose lines are kept
	Partitions    = 64                  // of the key space
	KeepSession   = 30 * 24 * time.Hour // a conversation untouched for this long is forgotten
	KeepClosed    = 7 * 24 * time.Hour  // a closed case is kept for this long
	SentWithin    = time.Minute         // a message that came this much later than it happened grants what it would now
	MinRedelivery = time.Minute         // delivery ids younger than this are kept, whatever the adapter says
)

var (
	// ErrLost: the lease was lost, or the claim is not current any more. Its holder goes on as if its message were a duplicate.
	ErrLost = errors.New("the lease was lost")
	// ErrHeld: the hold changed since the claim was made. Nothing was kept; judge again with Committed.Hold.
	ErrHeld = errors.New("a seat took or left the conversation")
	// ErrOwned: a seat spoke to a case that it does not hold. Nothing was accepted.
	ErrOwned = errors.New("another seat holds the case")
	// ErrUnknown: there is no such case, dead letter or conversation.
	ErrUnknown = errors.New("unknown")
)

// Terms are what Accept has to know beside the message.
type Terms struct {
	Redelivery time.Duration // Caps.Redelivery of the channel; less than MinRedelivery counts as MinRedelivery
	Post       bool          // only put the message into the mailbox; never return a claim
}

// Accepted is what became of an offered message. Exactly one of three holds: Done is set (it came before and is settled); Claim is
// set and is of this message; or Waiting is true. With Waiting, Claim may be set too: it is of an OLDER message of the mailbox
// whose holder is gone, and judging it is now the caller's job.
type Accepted struct {
	Claim   *Claim
	Done    *Done
	Waiting bool
	Fresh   bool // the message was not known before this call
}

// Claim is the right to judge one message: a lease of Lease with its fencing token. It is a value of its holder; stores never
// change one that they handed out.
type Claim struct {
	Turn    string       // id, the same for every attempt at this message, unique over the life of the conversation
	Token   string       // fencing token: greater (as a decimal number) than every earlier one of the conversation
	Message chat.Message // its ReplyBy is by the store's clock, as Now is, and the latest that the delivery was offered with
	Session Session
	State   DoneState         // of the delivery now: Open, Pushed or Kept
	Unpaid  []Unpaid          // reply debts of this conversation, oldest first
	Rights  []chat.ReplyRight // live rights after this message's own was granted
	Hold    *Hold             // nil: no seat holds the conversation
	Epoch   string            // of the hold; "" without one. Commit compares it
	Tries   int               // attempts at this message that ended without Commit or Release
	Now     time.Time         // the store's clock when the claim was made
	Resume  *Checkpoint       // left by an earlier attempt; nil: none
}

// Unpaid is a reply debt as a turn sees it.
type Unpaid struct {
	chat.Debt
	Lent bool // the postman has it, or it waits for a delay: it cannot be carried by this turn's passive reply
}

// Hold says that a seat has the conversation.
type Hold struct {
	Case  string `json:"case"`
	Seat  string `json:"seat"`
	Epoch string `json:"epoch"`
}

// Checkpoint lets a repeated turn replay what it did outside: the release and clock it judged with and the results of its calls.
type Checkpoint struct {
	Release string    `json:"release"`
	Clock   time.Time `json:"clock"`
	Seed    uint64    `json:"seed"`
	Results [][]byte  `json:"results"`
}

// Outcome is everything that a turn leaves. It is kept in one step, or not at all.
//
// How the delivery is answered is decided by the store, at Commit and on its own clock:
//
//	delivery Open, Passive not empty, ReplyBy not passed → passive: Passive is kept with the delivery, the debts named in Carried are
//	    paid by it, Behind becomes owed. Reply debts from before that are not carried wait behind it too: nothing of theirs is lent
//	    before it is shown, and when it never is, it is owed before them.
//	delivery Open, Passive and Instead empty            → none: nothing is shown.
//	otherwise                                           → pushed, or kept when Park: Instead becomes owed.
//
// ReplyBy is the one that the store keeps with the delivery (Accept), not that of the claim. A debt whose id is owed already, of the same
// kind, is not owed twice.
type Outcome struct {
	Session Session
	Passive []chat.Reply // fitted for the platform's own response; empty: it cannot or should not be passive
	Carried []string     // ids of Unpaid debts that Passive shows too
	Behind  []chat.Debt  // owed behind Passive
	Instead []chat.Debt  // owed when the answer is not passive
	Park    bool         // the channel cannot push: reply debts of this turn wait for the person's next message, Passive too if it is never shown
	Always  []chat.Debt  // owed in any case: case signals
	Revive  bool         // parked reply debts that were not carried become due now (the right was renewed)
	Drop    bool         // every unpaid reply debt of the bot is dropped (the person left), and its passive replies not yet shown never become debts
	// Cases are raised by this turn: waiting, or held by Native, which is then its Seat without a hold. One that takes the place of an
	// older one keeps that one's Raised, and with it the place in the queue. 20 are remembered of a conversation; beyond it the one closed
	// first goes.
	Cases  []chat.Case
	Recall []string    // cases to close: those still waiting (the person changed their mind; they keep no lines), and those of Native
	Timers []Timer     // set by this turn
	Unset  []string    // names of timers to remove
	Lines  []chat.Line // what was said in this turn, kept for Lines turns
	Ledger [][]byte    // events for reports
	Counts map[string]int64
	Dead   *chat.Dead // the message is given up
}

// Timer becomes a chat.Timer message with ID as its delivery id when it is due. Setting a name again replaces it.
type Timer struct {
	ID   string    `json:"id"`
	Name string    `json:"name"`
	Due  time.Time `json:"due"`
}

// DoneState is what became of a delivery.
type DoneState string

const (
	Open    DoneState = "open"    // not yet
	Passive DoneState = "passive" // its replies go into the platform's own response
	Pushed  DoneState = "pushed"  // its replies are debts
	Kept    DoneState = "kept"    // its replies wait for the next message
	Nothing DoneState = "nothing" // it needed no reply
)

// Done is what became of a delivery. Replies is set with Passive only.
type Done struct {
	State   DoneState
	Replies []chat.Reply
}

// Committed is the answer of Commit.
type Committed struct {
	Done  Done
	Next  *Claim // the next message of the mailbox, to be judged by the caller; nil: none, and the lease is free
	Hold  *Hold  // with ErrHeld: the hold as it is now
	Epoch string // with ErrHeld: its epoch
}

// Loan is a debt handed to the postman, fenced: only the holder of Fence can settle it.
type Loan struct {
	chat.Debt
	Fence string
	// Right is the debt's own (Debt.Right) while that lives; else the newest live right, one message already reserved; nil: sending is not counted here. Another attempt after an unknown
	// outcome has the right of the first one while that lives, so that a platform which knows a message by what it answers shows it once.
	Right *chat.ReplyRight
	Hold  *Hold // at the moment of lending
}

// Verdict is how a loan ended.
type Verdict string

const (
	Paid    Verdict = "paid"    // shown, or taken by the platform
	Again   Verdict = "again"   // owed again, not before After from now
	Park    Verdict = "park"    // owed again, waits for the person's next message; owed at once if a live right has something left that was granted since
	Dropped Verdict = "dropped" // given up
	Shown   Verdict = "shown"   // a passive reply was written into its response
)

// Settlement ends a loan, or tells that a passive reply was written. Settling something that is not owed is no error.
type Settlement struct {
	To       chat.Address
	Delivery string // with Shown: the delivery whose passive reply was written
	ID       string // of the debt
	Fence    string
	Verdict  Verdict
	After    time.Duration // with Again
	GiveBack bool          // the platform refused definitely: the reserved message returns to the right
	Spent    bool          // the platform says that the count is exhausted: every right from which the loan reserved has 0 left
}

// Lent is the answer of Lend.
type Lent struct {
	Loans    []Loan
	Parked   int       // reply debts that wait for the next message because no right is left
	Withheld int       // the bot's reply debts dropped because a seat holds the conversation
	Next     time.Time // when something may be lent again; zero: nothing is owed, or all of it is parked
}

// View is a conversation as operators see it.
type View struct {
	Session Session
	Lines   []chat.Line // oldest first
	Owed    []Unpaid
	Rights  []chat.ReplyRight
	Hold    *Hold
	Mailbox int // messages that wait, the one under way included
}

// Store keeps promises 1-8 of the turn protocol (DESIGN.md). Every method may be called concurrently and from any process; each is
// one atomic step on the store's own clock, and repeating a call with the same ids gives the same result. Errors other than those
// named mean that the outcome is unknown or that nothing happened; the caller asks again.
type Store interface {
	// Accept records m once and durably: when it returned, the message gets its turn though every process dies.
	//
	//  1. known delivery id, settled: Done.
	//  2. known delivery id, Open: Waiting (and a claim of the head of the mailbox when its lease ran out).
	//  3. new: it joins the mailbox, and its right is granted, less what was sent since m.At or is being sent: the platform counts that in
	//     the new right (not with ReplyRight.Own). If nobody holds the lease, the head of the mailbox is claimed.
	//
	// A store keeps m.ReplyBy with the delivery as the time that remains by the caller's clock, counted from now on its own. When a known
	// delivery that is Open comes with a later one, because the platform asks again, the later one counts.
	//
	// Ids older than t.Redelivery are forgotten, but neither the last KeptIDs, nor those whose message waits or whose passive reply is not
	// shown yet. Of posted messages with a Redelivery of more than an hour (events) 256 are kept; beyond it such a message is refused.
	//
	// A chat.Seat or chat.Closed message is accepted only from the seat that holds m.Case (ErrOwned otherwise, ErrUnknown without such
	// a hold). chat.ErrBusy: a limit is reached, nothing was recorded.
	Accept(ctx context.Context, m chat.Message, t Terms) (Accepted, error)

	// ClaimReply asks what became of m, accepted before. Like Accept of a known id, a later ReplyBy included; an unknown id is ErrUnknown.
	ClaimReply(ctx context.Context, m chat.Message) (Accepted, error)

	// Late settles that m will not be answered passively: Open becomes Pushed (push) or Kept. A delivery that is settled already keeps
	// its state. Durable when it returns.
	Late(ctx context.Context, m chat.Message, push bool) (Done, error)

	// Renew extends the lease and returns the messages that wait behind the claimed one, oldest first. ErrLost.
	Renew(ctx context.Context, c *Claim) ([]chat.Message, error)

	// Checkpoint keeps cp beside the claimed message until Commit. ErrLost.
	Checkpoint(ctx context.Context, c *Claim, cp Checkpoint) error

	// Commit keeps o, takes the message out of the mailbox and hands over the next one under a new token, or frees the lease, all in
	// one step. The same claim committed again returns the first result. ErrLost; ErrHeld when the hold's epoch is not c.Epoch.
	Commit(ctx context.Context, c *Claim, o Outcome) (Committed, error)

	// Release gives the claim back unjudged, without counting an attempt (a drain). ErrLost.
	Release(ctx context.Context, c *Claim) error

	// Take does what is due in one conversation: timers that ran out join the mailbox, passive replies whose redelivery time passed
	// unshown become debts, and the head of the mailbox is claimed if nobody holds it. nil: nothing to judge.
	Take(ctx context.Context, a chat.Address) (*Claim, error)

	// Due lists at most n conversations in which something is due: a mailbox whose holder is gone, a debt, a timer. It takes nothing,
	// so that several processes may see the same ones.
	Due(ctx context.Context, n int) ([]chat.Address, error)

	// Lend hands out, of each kind, the oldest debt of a if it is due and not lent, fenced for d. Reply debts: one message of every live
	// right is reserved, or of the debt's own alone (chat.ReplyRight.Own); without a live right that has something left (and with any
	// right ever granted) the debt is parked; behind a passive reply that is not yet shown nothing is lent; a debt with Bot set whose
	// Epoch is not the hold's is withheld for good.
	Lend(ctx context.Context, a chat.Address, d time.Duration) (Lent, error)

	// Settle ends loans. Those whose fence is not current are ignored.
	Settle(ctx context.Context, s []Settlement) error

	// Look shows a conversation. ErrUnknown.
	Look(ctx context.Context, a chat.Address) (*View, error)

	// Forget removes everything of a conversation, its cases and dead letters included; a turn under way loses its lease.
	// The log of delivery ids is kept empty too: a redelivery afterwards is a new message.
	Forget(ctx context.Context, a chat.Address) error

	// Deads lists dead letters, oldest first, at most n. Replay puts one back into its mailbox under a new delivery id; Bury drops it.
	// ErrUnknown.
	Deads(ctx context.Context, n int) ([]chat.Dead, error)
	Replay(ctx context.Context, id string) (chat.Address, error)
	Bury(ctx context.Context, id string) error

	// Ping tells whether the store takes writes.
	Ping(ctx context.Context) error
	Close() error
}
