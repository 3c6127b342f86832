package redis

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// state is what the letter of a delivery's record means.
func state(letter string) session.DoneState {
	switch letter {
	case "p":
		return session.Passive
	case "u":
		return session.Pushed
	case "k":
		return session.Kept
	case "n":
		return session.Nothing
	}
	return session.Open
}

// debt is a debt as the scripts keep it; lua/lib_debts.lua names the fields. Body and address are strings, because Lua's JSON would not
// write them again as they came. Times are float64: Lua writes large numbers with an exponent.
type debt struct {
	ID     string   `json:"i"`
	Kind   string   `json:"k"`
	Body   string   `json:"b"`
	To     string   `json:"to,omitempty"` // written address; "": the conversation's own
	Tries  float64  `json:"n,omitempty"`
	Due    float64  `json:"u,omitempty"`
	Parked bool     `json:"p,omitempty"`
	Turn   string   `json:"t,omitempty"`
	Epoch  string   `json:"e,omitempty"`
	Bot    bool     `json:"o,omitempty"`
	Place  float64  `json:"q"`
	Lent   float64  `json:"x,omitempty"`
	Fence  string   `json:"f,omitempty"`
	From   []string `json:"g,omitempty"`
	Right  *right   `json:"w,omitempty"`
}

// right is a right to reply as the scripts keep it: chat.ReplyRight as a string, and what they compare and count.
type right struct {
	Pool    string  `json:"p"`
	Expires float64 `json:"e"`
	Left    float64 `json:"l"`
	Whole   string  `json:"j"`
	Grant   string  `json:"n,omitempty"`
	Own     bool    `json:"o,omitempty"`
	Alone   bool    `json:"a,omitempty"` // replies to its message have it as their own
	Sent    []int64 `json:"t,omitempty"` // when messages were sent under it, ms, the last few
}

// timer is a timer as the scripts keep it, with the message that it becomes.
type timer struct {
	ID   string `json:"i"`
	Name string `json:"n"`
	Due  int64  `json:"u"`
	Body string `json:"b"`
}

// ms is a moment in milliseconds; 0 for the zero time.
func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// left is how many milliseconds remain until t by the clock that t was made with; "" for the zero time.
func left(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strconv.FormatInt(t.Sub(now).Milliseconds(), 10)
}

// moment is the reverse of ms.
func moment[N int64 | float64](n N) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(n)).UTC()
}

func encodeDebts(a chat.Address, c *session.Claim, debts []chat.Debt) (string, error) {
	if len(debts) == 0 {
		return "", nil
	}
	list := make([]debt, len(debts))
	for i, d := range debts {
		if d.Turn == "" {
			d.Turn = c.Turn
		}
		list[i] = debt{ID: d.ID, Kind: string(d.Kind), Body: string(d.Body), Tries: float64(d.Tries), Due: float64(ms(d.Due)),
			Parked: d.Park, Turn: d.Turn, Epoch: d.Epoch, Bot: d.Bot}
		if d.To != (chat.Address{}) && d.To != a {
			list[i].To = d.To.String()
		}
		if d.Park {
			list[i].Due = 0
		}
		if d.Right != nil {
			own, err := asRight(d.Right)
			if err != nil {
				return "", err
			}
			own.Own, list[i].Right = true, &own
		}
	}
	b, err := json.Marshal(list)
	return string(b), err
}

// encodePassive writes passive replies as the debts that they become when they are not shown; park: they wait for the person's next
// message then, because the channel cannot push.
func encodePassive(c *session.Claim, replies []chat.Reply, park bool) (string, error) {
	if len(replies) == 0 {
		return "", nil
	}
	list := make([]debt, len(replies))
	for i, r := range replies {
		body, err := json.Marshal(r)
		if err != nil {
			return "", err
		}
		list[i] = debt{ID: r.Key, Kind: string(chat.ReplyDebt), Body: string(body), Turn: c.Turn, Epoch: c.Epoch,
			Parked: park, Bot: r.From == ""}
	}
	b, err := json.Marshal(list)
	return string(b), err
}

func decodePassive(text string) ([]chat.Reply, error) {
	if text == "" {
		return nil, nil
	}
	var list []debt
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Errorf("redis: passive replies: %w", err)
	}
	replies := make([]chat.Reply, len(list))
	for i, d := range list {
		if err := json.Unmarshal([]byte(d.Body), &replies[i]); err != nil {
			return nil, fmt.Errorf("redis: passive replies: %w", err)
		}
	}
	return replies, nil
}

func decodeDebts(text string) ([]debt, error) {
	if text == "" {
		return nil, nil
	}
	var list []debt
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Errorf("redis: debts: %w", err)
	}
	return list, nil
}

// chat is a debt as others see it.
func (d debt) chat(a chat.Address) (chat.Debt, error) {
	to := a
	if d.To != "" {
		var err error
		if to, err = chat.ParseAddress(d.To); err != nil {
			return chat.Debt{}, fmt.Errorf("redis: debt %s: %w", d.ID, err)
		}
	}
	owed := chat.Debt{ID: d.ID, Kind: chat.DebtKind(d.Kind), To: to, Body: json.RawMessage(d.Body), Tries: int(d.Tries),
		Due: moment(d.Due), Park: d.Parked, Turn: d.Turn, Epoch: d.Epoch, Bot: d.Bot}
	if d.Right != nil && d.Right.Own {
		own, err := d.Right.chat()
		if err != nil {
			return chat.Debt{}, err
		}
		owed.Right = &own
	}
	return owed, nil
}

// unpaid are the debts of the kinds asked for; no kind is all.
func unpaid(a chat.Address, text string, now int64, kind chat.DebtKind) ([]session.Unpaid, error) {
	list, err := decodeDebts(text)
	if err != nil {
		return nil, err
	}
	var all []session.Unpaid
	for _, d := range list {
		if kind != "" && d.Kind != string(kind) {
			continue
		}
		c, err := d.chat(a)
		if err != nil {
			return nil, err
		}
		all = append(all, session.Unpaid{Debt: c, Lent: d.Lent > float64(now) || d.Due > float64(now)})
	}
	return all, nil
}

func encodeRight(r *chat.ReplyRight) (string, error) {
	if r == nil {
		return "", nil
	}
	as, err := asRight(r)
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(as)
	return string(b), err
}

func asRight(r *chat.ReplyRight) (right, error) {
	whole, err := json.Marshal(r)
	return right{Pool: r.Pool, Expires: float64(ms(r.Expires)), Left: float64(r.Left), Whole: string(whole), Alone: r.Own}, err
}

func (r right) chat() (chat.ReplyRight, error) {
	var c chat.ReplyRight
	if err := json.Unmarshal([]byte(r.Whole), &c); err != nil {
		return c, fmt.Errorf("redis: right to reply: %w", err)
	}
	c.Left = int(r.Left)
	return c, nil
}

// liveRights are the rights that have not expired, newest last.
func liveRights(text string, now int64) ([]chat.ReplyRight, error) {
	if text == "" {
		return nil, nil
	}
	var list []right
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Errorf("redis: rights to reply: %w", err)
	}
	var live []chat.ReplyRight
	for _, r := range list {
		if r.Expires != 0 && r.Expires <= float64(now) {
			continue
		}
		c, err := r.chat()
		if err != nil {
			return nil, err
		}
		live = append(live, c)
	}
	return live, nil
}

// decodeHold reads "epoch|case|seat".
func decodeHold(text string) *session.Hold {
	if text == "" {
		return nil
	}
	parts := strings.SplitN(text, "|", 3)
	if len(parts) < 3 {
		return nil
	}
	return &session.Hold{Epoch: parts[0], Case: parts[1], Seat: parts[2]}
}

// decodeClaim reads a claim as lua/lib_conv.lua describes it; nil when there is none.
func decodeClaim(a chat.Address, v []any, offered *chat.Message) (*session.Claim, error) {
	if len(v) == 0 {
		return nil, nil
	}
	tries, _ := v[8].(int64)
	now, _ := v[9].(int64)
	c := &session.Claim{Turn: text(v, 0), Token: text(v, 1), State: state(text(v, 4)), Hold: decodeHold(text(v, 7)),
		Tries: int(tries), Now: moment(now)}
	if c.Hold != nil {
		c.Epoch = c.Hold.Epoch
	}
	var err error
	if body := text(v, 2); body == "" && offered != nil {
		c.Message = *offered
	} else if err = json.Unmarshal([]byte(body), &c.Message); err != nil {
		return nil, fmt.Errorf("redis: message of the mailbox of %s: %w", a.Channel, err)
	}
	by, _ := v[11].(int64)
	c.Message.ReplyBy = moment(by) // by the server's clock as Now is, and of the request that came last
	if c.Session, err = session.Decode([]byte(text(v, 3))); err != nil {
		return nil, fmt.Errorf("redis: conversation of %s: %w", a.Channel, err)
	}
	if c.Unpaid, err = unpaid(a, text(v, 5), now, chat.ReplyDebt); err != nil {
		return nil, err
	}
	if c.Rights, err = liveRights(text(v, 6), now); err != nil {
		return nil, err
	}
	if cp := text(v, 10); cp != "" {
		c.Resume = &session.Checkpoint{}
		if err = json.Unmarshal([]byte(cp), c.Resume); err != nil {
			return nil, fmt.Errorf("redis: checkpoint of %s: %w", c.Turn, err)
		}
	}
	return c, nil
}
