package redis

import (
	"encoding/json"
	"strings"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// rare is what most turns leave none of; the commit script decodes it only when it is there.
type rare struct {
	Unset  []string    `json:"unset,omitempty"`
	Timers []timer     `json:"timers,omitempty"`
	Cases  []rareCase  `json:"cases,omitempty"`
	Recall []string    `json:"recall,omitempty"`
	Dead   *rareLetter `json:"dead,omitempty"`
}

type rareCase struct {
	ID       string `json:"id"`
	Queue    string `json:"queue"`
	Priority string `json:"priority"`
	Seat     string `json:"seat,omitempty"` // of the platform's own, which has it from the beginning
	Whole    string `json:"j"`
}

type rareLetter struct {
	ID    string `json:"id"`
	Whole string `json:"j"`
}

// outcome builds the keys and arguments of lua/commit.lua.
func (s *Store) outcome(pl place, c *session.Claim, o session.Outcome) (keys []string, args []any, err error) {
	sess, err := session.Encode(o.Session)
	if err != nil {
		return nil, nil, err
	}
	passive, err := encodePassive(c, o.Passive, o.Park)
	if err != nil {
		return nil, nil, err
	}
	var lists [3]string
	for i, debts := range [][]chat.Debt{o.Behind, o.Instead, o.Always} {
		if lists[i], err = encodeDebts(c.Message.From, c, debts); err != nil {
			return nil, nil, err
		}
	}
	var flags strings.Builder
	for _, f := range []struct {
		on     bool
		letter byte
	}{{o.Park, 'k'}, {o.Revive, 'r'}, {o.Drop, 'd'}} {
		if f.on {
			flags.WriteByte(f.letter)
		}
	}
	carried, lines := "", ""
	if len(o.Carried) > 0 {
		if carried, err = encode(o.Carried); err != nil {
			return nil, nil, err
		}
	}
	if len(o.Lines) > 0 {
		if lines, err = encode(o.Lines); err != nil {
			return nil, nil, err
		}
	}
	keys = append(make([]string, 0, 6), s.k.ledger(pl.p), s.k.counts(pl.p, c.Now), s.k.openCases(pl.p), s.k.closedCases(pl.p), s.k.deads(pl.p))
	unusual, more, err := s.rare(pl, c, o)
	if err != nil {
		return nil, nil, err
	}
	keys = append(keys, more...)
	args = append(make([]any, 0, 15+len(o.Ledger)+2*len(o.Counts)), c.Message.ID, c.Token, c.Epoch, sess, passive,
		flags.String(), carried, lists[0], lists[1], lists[2], unusual, lines, len(o.Ledger))
	for _, l := range o.Ledger {
		args = append(args, l)
	}
	for name, n := range o.Counts {
		args = append(args, name, n)
	}
	return keys, args, nil
}

// rare builds the rare things and the keys that they touch, in the script's order; "" when there are none.
func (s *Store) rare(pl place, c *session.Claim, o session.Outcome) (string, []string, error) {
	if len(o.Unset)+len(o.Timers)+len(o.Cases)+len(o.Recall) == 0 && o.Dead == nil {
		return "", nil, nil
	}
	r, keys := rare{Unset: o.Unset, Recall: o.Recall}, []string(nil)
	for _, t := range latest(o.Timers) {
		body, err := encode(chat.Message{ID: t.ID, Kind: chat.Timer, From: c.Message.From, Event: t.Name, At: t.Due})
		if err != nil {
			return "", nil, err
		}
		r.Timers = append(r.Timers, timer{ID: t.ID, Name: t.Name, Due: ms(t.Due), Body: body})
	}
	for _, k := range o.Cases {
		whole, err := encode(k)
		if err != nil {
			return "", nil, err
		}
		r.Cases = append(r.Cases, rareCase{ID: k.ID, Queue: k.Queue, Priority: k.Priority, Seat: k.Native, Whole: whole})
		keys = append(keys, s.k.caseHash(pl.p, k.ID))
	}
	for _, id := range o.Recall {
		keys = append(keys, s.k.caseHash(pl.p, id))
	}
	if o.Dead != nil {
		whole, err := encode(o.Dead)
		if err != nil {
			return "", nil, err
		}
		r.Dead = &rareLetter{ID: o.Dead.ID, Whole: whole}
		keys = append(keys, s.k.dead(pl.p, o.Dead.ID))
	}
	text, err := encode(r)
	return text, keys, err
}

// latest keeps the last timer of each name.
func latest(timers []session.Timer) []session.Timer {
	var kept []session.Timer
	for i, t := range timers {
		again := false
		for _, later := range timers[i+1:] {
			again = again || later.Name == t.Name
		}
		if !again {
			kept = append(kept, t)
		}
	}
	return kept
}

func encode(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}
