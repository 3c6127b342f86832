package kefutest

import (
	"maps"
	"net/http"
	"slices"
	"time"
)

type stateCall struct {
	KF    string `json:"open_kfid"`
	To    string `json:"external_userid"`
	State *int   `json:"service_state"`
	Seat  string `json:"servicer_userid"`
}

func (p *Platform) stateOf(_ *http.Request, body []byte) answer {
	var in stateCall
	who := (*person)(nil)
	if read(body, &in) && in.KF == Account {
		who = p.people[in.To]
	}
	if who == nil {
		return fail(40003, "invalid external_userid")
	}
	res := ok()
	res["service_state"], res["servicer_userid"] = who.state, who.seat
	return res
}

// legal are the changes that the API may make (path 94698). Ending what no seat has is documented nowhere.
var legal = map[int][]int{
	stateNew: {stateBot, statePool, stateSeat}, stateBot: {statePool, stateSeat}, statePool: {stateSeat}, stateSeat: {stateSeat, stateEnded},
}

func (p *Platform) trans(_ *http.Request, body []byte) answer {
	var in stateCall
	who := (*person)(nil)
	if read(body, &in) && in.KF == Account {
		who = p.people[in.To]
	}
	switch {
	case who == nil || in.State == nil:
		p.breach("service_state/trans: a body that is not the API's")
		return fail(40058, "invalid Request Parameter")
	case who.state == stateEnded:
		return fail(95013, "conversation ended")
	case !slices.Contains(legal[who.state], *in.State):
		if who.state != statePool || *in.State != stateEnded { // of this one alone the sources disagree
			p.breach("service_state/trans: %d to %d", who.state, *in.State)
		}
		return fail(95016, "state transition")
	}
	if *in.State == stateSeat {
		receives, known := p.seats[in.Seat]
		switch {
		case !known:
			return fail(95014, "not a servicer")
		case !receives:
			return fail(95019, "the servicer stopped")
		}
	}
	who.state, who.seat = *in.State, in.Seat
	res := ok()
	if who.state == stateEnded {
		res["msg_code"] = p.code(who, false, time.Now())
	}
	return res
}

func (p *Platform) servicers(r *http.Request, _ []byte) answer {
	if r.URL.Query().Get("open_kfid") != Account {
		return fail(95004, "open_kfid not found")
	}
	list := []any{answer{"department_id": 2}}
	for _, user := range slices.Sorted(maps.Keys(p.seats)) {
		status := 1
		if p.seats[user] {
			status = 0
		}
		list = append(list, answer{"userid": user, "status": status})
	}
	res := ok()
	res["servicer_list"] = list
	return res
}
