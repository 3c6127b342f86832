package kefu

import (
	"context"
	"errors"
	"net/url"

	"github.com/xianda-bot/xianda/chat"
)

// Service states (path 94698). The bot may write in the first two.
const (
	untreated = 0
	withBot   = 1
	inPool    = 2
	withSeat  = 3
	over      = 4 // or not begun: the person entered and has not written yet
)

type serviceState struct {
	State int    `json:"service_state"`
	Seat  string `json:"servicer_userid"`
}

func (a *Adapter) state(ctx context.Context, to chat.Address) (s serviceState, err error) {
	err = a.api.Call(ctx, statePath, conversation{Account: a.cfg.OpenKFID, Person: to.Peer}, &s)
	return s, err
}

// NativeState tells where the conversation stands with the account's seats.
func (a *Adapter) NativeState(ctx context.Context, to chat.Address) (chat.NativeState, string, error) {
	s, err := a.state(ctx, to)
	switch {
	case err != nil:
		return chat.NativeNone, "", a.failure(err)
	case s.State == inPool:
		return chat.NativeWaiting, "", nil
	case s.State == withSeat:
		return chat.NativeActive, s.Seat, nil
	}
	return chat.NativeNone, "", nil
}

// servicer is one line of the list of seats: a person, or a department, of which the platform tells no more.
type servicer struct {
	User   string `json:"userid"`
	Status int    `json:"status"` // 0 receives, 1 does not; the event of a change counts from 1
}

// receiving are the seats that take conversations now.
func (a *Adapter) receiving(ctx context.Context) (now []string, all int, err error) {
	var out struct {
		List []servicer `json:"servicer_list"`
	}
	if err := a.api.Call(ctx, servicersPath+"?open_kfid="+url.QueryEscape(a.cfg.OpenKFID), nil, &out); err != nil {
		return nil, 0, err
	}
	for _, s := range out.List {
		if s.User != "" && s.Status == 0 {
			now = append(now, s.User)
		}
	}
	return now, len(out.List), nil
}

// FreeSeat is the seat of the configuration, or the account's pool, when somebody there takes conversations now.
func (a *Adapter) FreeSeat(ctx context.Context, _ chat.Address) (string, error) {
	if a.cfg.Seats == none {
		return "", nil
	}
	now, _, err := a.receiving(ctx)
	if err != nil {
		return "", a.failure(err)
	}
	for _, seat := range now {
		switch a.cfg.Seats {
		case pool:
			return chat.AnySeat, nil
		case seat:
			return seat, nil
		}
	}
	return "", nil
}

// handOver gives the conversation to a seat, or takes it back. Where it stands is asked first: the platform knows no idempotency key here,
// an attempt that nobody answered may have been heard, and a transition that is none is refused.
func (a *Adapter) handOver(ctx context.Context, to chat.Address, seat string) error {
	now, err := a.state(ctx, to)
	if err != nil {
		return err
	}
	want, state := conversation{Account: a.cfg.OpenKFID, Person: to.Peer}, withSeat
	switch seat {
	case chat.AnySeat:
		state = inPool
	case chat.EndSeat:
		state = over
		a.sessions.drop(to.Peer) // the rules may route the next one elsewhere
	default:
		want.Servicer = seat
	}
	taken := now.State == inPool || now.State == withSeat
	switch {
	case state == over && !taken, state == inPool && taken, state == withSeat && now.State == withSeat:
		return nil
	case state == over && now.State == inPool && a.queueKeeps.Load():
		a.sessions.took(to.Peer, "")
		return &chat.Failure{Kind: chat.Refused, Err: errors.New("the platform's queue cannot be left by the API")}
	case now.State == over:
		return &chat.Failure{Kind: chat.Refused, Err: errors.New("the session is over: no seat can take it before the person writes again")}
	}
	want.State = &state
	var made struct {
		Code string `json:"msg_code"` // of an end: permits one message within seconds (path 94698)
	}
	err = a.api.Call(ctx, transPath, want, &made)
	switch {
	case state != over:
	case err == nil && made.Code != "":
		a.sessions.took(to.Peer, made.Code)
	case code(err) == 95016:
		a.sessions.took(to.Peer, "")
		a.queueKeeps.Store(a.queueKeeps.Load() || now.State == inPool) // public sources disagree whether it can be left
	}
	return refusedSeat(err)
}

// refusedSeat is a seat that does not take the conversation, now or ever: the house goes on without.
func refusedSeat(err error) error {
	switch code(err) {
	case 95013, 95014, 95015, 95016, 95019:
		return &chat.Failure{Kind: chat.Refused, Err: errors.New("the platform's seat does not take the conversation: " + err.Error())}
	}
	return err
}
