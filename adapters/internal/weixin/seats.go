package weixin

import (
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"hash/fnv"
	"net/url"
	"slices"
	"time"

	"github.com/silenceper/wechat/v2/officialaccount/message"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/internal/sparing"
	"github.com/xianda-bot/xianda/chat"
)

// Paths of the seats' API. silenceper/wechat has none of kfsession, and reads kf_id, which the platform sends as a text, as a number.
const (
	onlineSeatsPath   = "/cgi-bin/customservice/getonlinekflist"
	sessionCreatePath = "/customservice/kfsession/create"
	sessionClosePath  = "/customservice/kfsession/close"
	sessionPath       = "/customservice/kfsession/getsession"
	waitingPath       = "/customservice/kfsession/getwaitcase"
)

// Seats are the platform's own seats (客服) of one verified account. All calls go to the platform; they may be made concurrently.
type Seats struct {
	name  string
	api   *API
	deps  adapters.Deps
	notes *sparing.Notes
}

// NewSeats returns the seats that the channel name reaches through api.
func NewSeats(name string, api *API, d adapters.Deps) *Seats {
	return &Seats{name: name, api: api, deps: d, notes: sparing.New(d.Clock)}
}

// onlineSeat is one seat that is logged in.
type onlineSeat struct {
	Account string `json:"kf_account"`
	Status  int    `json:"status"` // 0 is offline
	Cases   int    `json:"accepted_case"`
}

// Free returns the online seat with the fewest accepted cases, "" when none is online or the account has no seats. Several with equally
// few share the persons among them. Its error is for a platform that cannot say, a *chat.Failure as that of State.
func (s *Seats) Free(ctx context.Context, openID string) (string, error) {
	seat, err := s.free(ctx, openID, "")
	if err != nil {
		return "", Classify(err, s.deps.Clock())
	}
	return seat, nil
}

// free is Free without one seat.
func (s *Seats) free(ctx context.Context, openID, but string) (string, error) {
	online, err := s.online(ctx)
	if err != nil {
		return "", err
	}
	online = slices.DeleteFunc(online, func(o onlineSeat) bool { return o.Account == but })
	if len(online) == 0 {
		return "", nil
	}
	slices.SortFunc(online, func(a, b onlineSeat) int { return cmp.Or(a.Cases-b.Cases, cmp.Compare(a.Account, b.Account)) })
	least := 0
	for least < len(online) && online[least].Cases == online[0].Cases {
		least++
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(openID)) // a hash never fails
	return online[int(h.Sum32()%uint32(least))].Account, nil
}

// online lists the seats that are logged in.
func (s *Seats) online(ctx context.Context) ([]onlineSeat, error) {
	var out struct {
		List []onlineSeat `json:"kf_online_list"`
	}
	if err := s.api.Call(ctx, onlineSeatsPath, nil, &out); err != nil {
		if s.without(err) {
			return nil, nil
		}
		return nil, err
	}
	return slices.DeleteFunc(out.List, func(o onlineSeat) bool { return o.Account == "" || o.Status == 0 }), nil
}

// without tells whether err says that the account has no seats at all, and notes it once a minute.
func (s *Seats) without(err error) bool {
	switch errcode(err) {
	case 65400, 48001, 40200:
	default:
		return false
	}
	if s.notes.First("without") {
		s.deps.Log.Warn("the account has no seats of the platform (said once a minute)", "channel", s.name, "error", err.Error(),
			"remedy", "enable 客服 in the console, or set native_seats: off")
	}
	return true
}

// State tells where a person stands with the account's seats. The platform lists only the hundred who wait longest; who stands behind
// them counts as not waiting, so that the bot answers them.
func (s *Seats) State(ctx context.Context, openID string) (chat.NativeState, string, error) {
	seat, err := s.serving(ctx, openID)
	if err != nil {
		return chat.NativeNone, "", Classify(err, s.deps.Clock())
	}
	if seat != "" {
		return chat.NativeActive, seat, nil
	}
	var out struct {
		List []struct {
			OpenID string `json:"openid"`
		} `json:"waitcaselist"`
	}
	if err := s.api.Call(ctx, waitingPath, nil, &out); err != nil {
		if s.without(err) {
			return chat.NativeNone, "", nil
		}
		return chat.NativeNone, "", Classify(err, s.deps.Clock())
	}
	for _, w := range out.List {
		if w.OpenID == openID {
			return chat.NativeWaiting, "", nil
		}
	}
	return chat.NativeNone, "", nil
}

// serving is the seat that has the person, "" when none has.
func (s *Seats) serving(ctx context.Context, openID string) (string, error) {
	var out struct {
		Account string `json:"kf_account"`
	}
	err := s.api.Call(ctx, sessionPath+"?openid="+url.QueryEscape(openID), nil, &out)
	if err != nil && (errcode(err) == 65413 || s.without(err)) {
		return "", nil
	}
	return out.Account, err
}

// session is the body of kfsession/create and /close.
type session struct {
	Account string `json:"kf_account"`
	OpenID  string `json:"openid"`
}

// HandOver does what Reply.Native says: it gives the person to a seat, or takes them back from the one that has them. A seat that is gone
// since it was chosen is replaced by another that is there. A person who is with some seat already, or with none when they are taken
// back, is where they should be. Its errors are for Classify.
func (s *Seats) HandOver(ctx context.Context, openID, native string) error {
	if native == chat.EndSeat {
		return s.takeBack(ctx, openID)
	}
	seat := native
	if seat != chat.AnySeat {
		err := s.create(ctx, openID, seat)
		if !seatGone(err) {
			return err
		}
		s.deps.Count.Count("seat_gone", s.name)
	}
	other, err := s.free(ctx, openID, seat)
	switch {
	case err != nil:
		return err
	case other == "":
		// Not to be tried again: the house finds somebody of its own at once, rather than let the person wait for who may not come.
		return &chat.Failure{Kind: chat.Refused, Err: errors.New("no seat of the platform is online any more")}
	}
	return s.create(ctx, openID, other)
}

// create begins the session of a person with a seat.
func (s *Seats) create(ctx context.Context, openID, seat string) error {
	err := s.api.Call(ctx, sessionCreatePath, session{seat, openID}, nil)
	if errcode(err) == 65414 { // another seat has them already
		return nil
	}
	return err
}

// seatGone tells whether a named seat cannot take anybody: unknown, not bound to a person, offline. That 65415 is the last is unconfirmed.
func seatGone(err error) bool {
	switch errcode(err) {
	case 65401, 65402, 65415:
		return true
	}
	return false
}

// takeBack ends the person's session, whichever seat has it.
func (s *Seats) takeBack(ctx context.Context, openID string) error {
	seat, err := s.serving(ctx, openID)
	if err != nil || seat == "" {
		return err
	}
	err = s.api.Call(ctx, sessionClosePath, session{seat, openID}, nil)
	switch errcode(err) {
	case 65413: // over in the meantime
		return nil
	case 65414: // handed on in the meantime
		return &chat.Failure{Kind: chat.Temporary, Err: fmt.Errorf("the person changes seats: %w", err)}
	}
	return err
}

// Passive gives a person to a seat where the platform's own response is being written. ok says that the response is to be a transfer to
// seat, "" for any. Else the response stays empty, because only a message can be answered with a transfer (forwarding.html), and a person
// is never taken back by one; the handover was then tried by the API, and done tells whether it is made. What is not done is owed still.
func (s *Seats) Passive(ctx context.Context, push *Element, native string) (seat string, ok, done bool) {
	openID := push.Leaf("FromUserName")
	if push.Leaf("MsgType") == "event" || native == chat.EndSeat {
		if err := s.HandOver(ctx, openID, native); err != nil {
			s.deps.Log.Warn("a handover to the platform's seats is tried again later", "channel", s.name, "error", err.Error())
			return "", false, false
		}
		return "", false, true
	}
	if native == chat.AnySeat || !s.there(ctx, native) {
		return "", true, false // a named seat that is not there would leave the person waiting for it
	}
	return native, true, false
}

// there tells whether a named seat is logged in now; false also when the platform does not say so.
func (s *Seats) there(ctx context.Context, seat string) bool {
	online, err := s.online(ctx)
	return err == nil && slices.ContainsFunc(online, func(o onlineSeat) bool { return o.Account == seat })
}

// TransferXML is the passive reply that gives the sender of push to seat, "" for any.
func TransferXML(push *Element, seat string, at time.Time) ([]byte, error) {
	t := message.NewTransferCustomer(seat)
	t.ToUserName, t.FromUserName = message.CDATA(push.Leaf("FromUserName")), message.CDATA(push.Leaf("ToUserName"))
	t.CreateTime, t.MsgType = at.Unix(), message.MsgTypeTransfer
	return xml.Marshal(t)
}

// HandOverOf is what replies ask of the platform's seats (Reply.Native), "" when nothing.
func HandOverOf(replies []chat.Reply) string {
	for _, r := range replies {
		if r.Native != "" {
			return r.Native
		}
	}
	return ""
}

// SeatLeaves are the elements that SeatEvent reads.
const SeatLeaves = "KfAccount FromKfAccount ToKfAccount"

// SeatEvent fills m from an event about a seat's session (MsgType event, Event kf_…) and tells whether x is one. Nothing can be said in
// its response, so that it has no ReplyBy.
func SeatEvent(x *Element, m *chat.Message) bool {
	switch x.Leaf("Event") {
	case "kf_create_session":
		m.Event, m.Name = chat.NativeBegan, Clip(x.Leaf("KfAccount"))
	case "kf_switch_session":
		m.Event, m.Name = chat.NativeBegan, Clip(x.Leaf("ToKfAccount"))
	case "kf_close_session":
		m.Event, m.Name = chat.NativeEnded, Clip(x.Leaf("KfAccount"))
	default:
		return false
	}
	m.Kind, m.ReplyBy = chat.Native, time.Time{}
	return true
}
