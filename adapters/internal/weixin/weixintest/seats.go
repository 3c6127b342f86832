package weixintest

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"
)

// seat is one seat of the platform's console.
type seat struct {
	account string
	online  bool
}

// session is a person's with a seat; seat is "" while they wait for any, wanted the one they wait for.
type session struct {
	seat, wanted string
	created      time.Time
}

// Seat adds a seat, or lets it come and go.
func (p *Platform) Seat(account string, online bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.seat(account); s != nil {
		s.online = online
		return
	}
	p.seats = append(p.seats, &seat{account, online})
}

func (p *Platform) seat(account string) *seat {
	for _, s := range p.seats {
		if s.account == account {
			return s
		}
	}
	return nil
}

// With tells which seat has a person: "" for none, "*" while they wait.
func (p *Platform) With(name string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch s := p.sessions[OpenID(name)]; {
	case s == nil:
		return ""
	case s.seat == "":
		return "*"
	default:
		return s.seat
	}
}

// Close lets the seat that has a person end the session.
func (p *Platform) Close(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end(OpenID(name))
}

// Pass lets the seat that has a person hand them to another.
func (p *Platform) Pass(name, to string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := OpenID(name)
	if s := p.sessions[id]; s != nil && s.seat != "" {
		p.event(id, "kf_switch_session", Field{"FromKfAccount", s.seat}, Field{"ToKfAccount", to})
		s.seat = to
	}
}

func (p *Platform) end(id string) {
	s := p.sessions[id]
	delete(p.sessions, id)
	if s != nil && s.seat != "" {
		p.event(id, "kf_close_session", Field{"KfAccount", s.seat})
	}
}

func (p *Platform) event(id, name string, more ...Field) {
	p.events = append(p.events, p.Account.From(p.people[id], "event", time.Now(), append([]Field{{"Event", name}}, more...)...))
}

// Events carries what the seats did since the last call to door, in order, and returns how much that was.
func (p *Platform) Events(t testing.TB, door http.Handler) int {
	t.Helper()
	p.mu.Lock()
	events := p.events
	p.events = nil
	p.mu.Unlock()
	for _, e := range events {
		if a := p.Carry(t, door, p.Seal(t, e, time.Now()), true); a.Status != http.StatusOK {
			t.Errorf("an event of the seats was answered with %d", a.Status)
		}
	}
	return len(events)
}

// begin gives a person to a seat.
func (p *Platform) begin(id, account string) {
	p.sessions[id] = &session{seat: account, created: time.Now()}
	p.event(id, "kf_create_session", Field{"KfAccount", account})
}

// transfer is the passive one: to a seat that is there, else the person waits, for exactly the seat that was named.
func (p *Platform) transfer(id, account string) {
	if p.sessions[id] != nil {
		return
	}
	for _, s := range p.seats {
		if s.online && (account == "" || s.account == account) {
			p.begin(id, s.account)
			return
		}
	}
	if account != "" {
		p.breach("transfer: %s waits for %s, which is not there", p.people[id], account)
	}
	p.sessions[id] = &session{wanted: account, created: time.Now()}
}

// seatCall is the API of the seats. The caller holds the lock.
func (p *Platform) seatCall(r *http.Request, body []byte) (out any, code int) {
	if p.NoSeats {
		return nil, 65400
	}
	switch r.URL.Path {
	case "/cgi-bin/customservice/getkflist":
		list := []any{}
		for _, s := range p.seats {
			list = append(list, map[string]any{"kf_account": s.account, "kf_nick": s.account, "kf_id": "1001"})
		}
		return map[string]any{"kf_list": list}, 0
	case "/cgi-bin/customservice/getonlinekflist":
		list := []any{}
		for _, s := range p.seats {
			if s.online {
				list = append(list, map[string]any{"kf_account": s.account, "status": 1, "kf_id": "1001", "accepted_case": p.cases(s.account)})
			}
		}
		return map[string]any{"kf_online_list": list}, 0
	case "/customservice/kfsession/getsession":
		at := map[string]any{"createtime": 0, "kf_account": ""}
		if s := p.sessions[r.URL.Query().Get("openid")]; s != nil && s.seat != "" {
			at["createtime"], at["kf_account"] = s.created.Unix(), s.seat
		}
		return at, 0
	case "/customservice/kfsession/getwaitcase":
		list := []any{}
		for id, s := range p.sessions {
			if s.seat == "" && len(list) < 100 {
				list = append(list, map[string]any{"openid": id, "latest_time": s.created.Unix()})
			}
		}
		return map[string]any{"count": len(list), "waitcaselist": list}, 0
	case "/customservice/kfsession/create", "/customservice/kfsession/close":
		return nil, p.change(r.URL.Path == "/customservice/kfsession/create", body)
	}
	return nil, 40066
}

func (p *Platform) cases(account string) (n int) {
	for _, s := range p.sessions {
		if s.seat == account {
			n++
		}
	}
	return n
}

func (p *Platform) change(create bool, body []byte) (code int) {
	var in struct {
		Account string `json:"kf_account"`
		OpenID  string `json:"openid"`
	}
	if json.Unmarshal(body, &in) != nil {
		return 47001
	}
	at, now := p.seat(in.Account), p.sessions[in.OpenID]
	switch {
	case p.people[in.OpenID] == "":
		return 40003
	case at == nil:
		return 65401
	case create && !at.online:
		return 65415
	case create && now != nil && now.seat == in.Account:
		return 0
	case now != nil && now.seat != "" && now.seat != in.Account:
		return 65414
	case create:
		p.begin(in.OpenID, in.Account)
	case now == nil || now.seat == "":
		return 65413
	default:
		p.end(in.OpenID)
	}
	return 0
}
