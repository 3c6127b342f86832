package local

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// conversation is everything that is kept of one conversation. Its methods are the semantics of the store: they change only their
// receiver, read no clock and do no I/O, so that applying the same operation to the same conversation twice gives the same result.
// A method that returns an error has changed nothing. All numbers of time are milliseconds since 1970.
type conversation struct {
	Address    chat.Address      `json:"a"`
	Rev        uint64            `json:"r"` // grows with every change; the journal is replayed by it
	Touched    int64             `json:"u"`
	Mailbox    []letter          `json:"m,omitempty"` // oldest first; the head is under way when there is a lease
	Lease      *lease            `json:"l,omitempty"`
	Handed     *handed           `json:"z,omitempty"` // by the last commit
	Hold       *session.Hold     `json:"h,omitempty"`
	Rights     []right           `json:"g,omitempty"` // oldest first
	Counted    bool              `json:"c,omitempty"` // a right was granted once: sending is counted here
	Debts      []debt            `json:"d,omitempty"` // oldest first
	Timers     []session.Timer   `json:"t,omitempty"`
	Cases      []caseRef         `json:"k,omitempty"` // oldest first
	Deads      []string          `json:"x,omitempty"`
	Stored     index             `json:"s"` // where the database has it
	Deliveries []delivery        `json:"-"` // oldest first; encoded apart, as the rest below
	Session    []byte            `json:"-"` // as session.Encode wrote it
	Lines      []json.RawMessage `json:"-"` // of the last turns, oldest first

	cases   map[string]*chat.Case // the open ones, whole but for the transcript
	changed bool                  // since it was last kept
	left    effects               // what the operation leaves beside the conversation
}

// letter is a message of the mailbox.
type letter struct {
	ID     string              `json:"i"`
	Body   json.RawMessage     `json:"b"` // a chat.Message
	Turn   string              `json:"t"`
	Tries  int                 `json:"n,omitempty"`
	Resume *session.Checkpoint `json:"c,omitempty"`
}

type lease struct {
	Token string `json:"t"`
	Until int64  `json:"u"`
}

// handed tells which lease a commit handed over, so that the commit can be repeated.
type handed struct {
	Token string `json:"t"`
	Next  string `json:"n"`
	ID    string `json:"i"` // of its message
}

type right struct {
	chat.ReplyRight
	Grant string  `json:"n"`           // tells it from a later one of the same pool
	Sent  []int64 `json:"t,omitempty"` // when messages were sent under it, ms, the last few
}

type debt struct {
	chat.Debt
	Fence    string   `json:"f,omitempty"`
	Until    int64    `json:"x,omitempty"` // end of the loan
	Reserved []string `json:"g,omitempty"` // grants that paid for the loan
	Late     []string `json:"h,omitempty"` // and those that came while it was lent: they count it too
	First    *right   `json:"w,omitempty"` // right of the first attempt of which it is not known whether it was shown
	Place    int64    `json:"q,omitempty"` // number of its turn, or of the turn whose passive reply it waits behind
}

func (d *debt) lent(now int64) bool { return d.Until > now }

// free tells whether a passive reply may carry the debt: the postman does not have it, and it does not wait to be tried again.
func (d *debt) free(now int64) bool { return !d.lent(now) && (d.Park || ms(d.Due) <= now) }

// delivery is what became of one delivery id.
type delivery struct {
	ID      string            `json:"i"`
	State   session.DoneState `json:"s"`
	Keep    int64             `json:"k"`           // it is kept until then
	ReplyBy int64             `json:"b,omitempty"` // 0: push only
	Wait    int64             `json:"w"`           // redelivery time of its channel
	Token   string            `json:"t,omitempty"` // of the commit that settled its turn
	Turn    string            `json:"n,omitempty"`
	Epoch   string            `json:"e,omitempty"` // its turn was judged under
	Place   int64             `json:"q,omitempty"`
	Park    bool              `json:"p,omitempty"`
	Unshown bool              `json:"u,omitempty"` // passive, and nobody told yet that it was written
	Left    bool              `json:"o,omitempty"` // unshown when the person left: only what a seat said becomes debts
	Long    bool              `json:"l,omitempty"` // an event that is kept for longer than longKept
	Replies []chat.Reply      `json:"r,omitempty"`
}

// owed is when an unshown passive reply becomes a debt.
func (d *delivery) owed() int64 { return d.ReplyBy + d.Wait }

type caseRef struct {
	ID    string `json:"i"`
	Until int64  `json:"u,omitempty"` // 0: open; else when the closed case is forgotten
}

// effects are kept in the same step as the conversation, but not in it.
type effects struct {
	cases  []chat.Case // changed
	gone   []string    // cases to remove
	deads  []chat.Dead
	buried []string
	ledger [][]byte
	erase  bool // the ledger's events of this conversation
	counts map[string]int64
	paces  []pace
	seen   []seen
}

type pace struct {
	queue string
	took  time.Duration
}

type seen struct {
	seat   string
	queues []string // nil: where it was before, else that of the case
	queue  string
}

// moment is what an operation knows of the world: the store's clock, and numbers that never come again.
type moment struct {
	now int64
	n   uint64
}

// numbers is how many numbers an operation may draw: moving a full mailbox of timers draws most.
const numbers = 128

func (t *moment) next() string {
	t.n++
	return strconv.FormatUint(t.n, 10)
}

func (t *moment) time() time.Time { return time.UnixMilli(t.now).UTC() }

func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func (c *conversation) exists() bool { return c.Rev > 0 }

func (c *conversation) delivery(id string) *delivery {
	for i := len(c.Deliveries) - 1; i >= 0; i-- { // most are recent
		if c.Deliveries[i].ID == id {
			return &c.Deliveries[i]
		}
	}
	return nil
}

func (c *conversation) held(now int64) bool { return c.Lease != nil && c.Lease.Until > now }

func (c *conversation) epoch() string {
	if c.Hold == nil {
		return ""
	}
	return c.Hold.Epoch
}

func (c *conversation) hold() *session.Hold {
	if c.Hold == nil {
		return nil
	}
	h := *c.Hold
	return &h
}

func (r *right) live(now int64) bool { return r.Expires.IsZero() || r.Expires.UnixMilli() > now }

// maxPools bounds the rights of one conversation.
const maxPools = 16

// grant gives the right of a message that happened at that moment by the platform's clock. What was sent since, or is being sent, the
// platform counts in this right and not in the one before.
func (c *conversation) grant(r chat.ReplyRight, happened int64, t *moment) {
	n := t.next()
	happened = min(max(happened, t.now-session.SentWithin.Milliseconds()), t.now)
	var since []int64 // known to the new right too: the next one of a burst counts it as well
	for i := range c.Rights {
		later := slices.DeleteFunc(slices.Clone(c.Rights[i].Sent), func(at int64) bool { return at <= happened })
		if len(later) > len(since) {
			since = later
		}
	}
	if !r.Own && r.Left > 0 {
		r.Left = max(0, r.Left-len(since))
		for i := range c.Debts {
			if d := &c.Debts[i]; d.Kind == chat.ReplyDebt && len(d.Reserved) > 0 && d.lent(t.now) && r.Left > 0 {
				d.Late = append(d.Late, n)
				r.Left--
			}
		}
	}
	c.Rights = slices.DeleteFunc(c.Rights, func(o right) bool { return o.Pool == r.Pool || !o.live(t.now) })
	if len(c.Rights) >= maxPools {
		c.Rights = c.Rights[1:]
	}
	r.Data = slices.Clone(r.Data)
	c.Rights = append(c.Rights, right{ReplyRight: r, Grant: n, Sent: since})
	c.Counted = true
}

func (c *conversation) liveRights(now int64) []chat.ReplyRight {
	var all []chat.ReplyRight
	for i := range c.Rights {
		if c.Rights[i].live(now) {
			r := c.Rights[i].ReplyRight
			r.Data = slices.Clone(r.Data)
			all = append(all, r)
		}
	}
	return all
}

// unpaid shows debts as a turn or an operator sees them. replies: only those.
func (c *conversation) unpaid(now int64, replies bool) []session.Unpaid {
	var all []session.Unpaid
	for i := range c.Debts {
		d := &c.Debts[i]
		if replies && d.Kind != chat.ReplyDebt {
			continue
		}
		u := session.Unpaid{Debt: d.Debt, Lent: !d.free(now)}
		u.Body = slices.Clone(d.Body)
		all = append(all, u)
	}
	return all
}

// owe adds debts behind the others. Beyond the limit the oldest reply that nobody has gives way.
func (c *conversation) owe(now, place int64, park bool, all ...chat.Debt) {
	for _, d := range all {
		if slices.ContainsFunc(c.Debts, func(o debt) bool { return o.ID == d.ID && o.Kind == d.Kind }) {
			continue
		}
		if park && d.Kind == chat.ReplyDebt {
			d.Park = true
		}
		if d.Park {
			d.Due = time.Time{}
		}
		d.Body = slices.Clone(d.Body)
		c.Debts = append(c.Debts, debt{Debt: d, Place: place})
	}
	for i := 0; len(c.Debts) > session.MaxDebts && i < len(c.Debts); {
		if c.Debts[i].Kind == chat.ReplyDebt && !c.Debts[i].lent(now) {
			c.Debts = slices.Delete(c.Debts, i, i+1)
		} else {
			i++
		}
	}
}

// allLines are the lines of the last turns, oldest first.
func (c *conversation) allLines() []chat.Line {
	var all []chat.Line
	for _, raw := range c.Lines {
		var turn []chat.Line
		if json.Unmarshal(raw, &turn) == nil {
			all = append(all, turn...)
		}
	}
	return all
}
