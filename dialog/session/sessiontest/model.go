package sessiontest

import (
	"slices"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// model is one conversation as the turn protocol describes it, without time, clock and concurrency: what random histories are compared
// with. Leases run out when the history says so; reply times and redelivery times never pass.
type model struct {
	ids   []string // in the order of acceptance
	state map[string]session.DoneState

	mail    []*modelMail // the one under way first
	held    bool         // somebody has the lease
	expired bool         // it ran out, and nobody took it yet
	epoch   int          // of the hold now; 0: none
	claimed int          // the epoch that the claim under way was made with

	turns int
	chain string

	debts   []*modelDebt
	counted bool // a right was granted once
	left    int  // in the one pool

	kase   string // "", waiting, held
	epochs int
}

type modelMail struct {
	id     string // "" until the store tells: a closed message
	tries  int
	pushed bool // it has no reply time
}

type modelDebt struct {
	id      string
	shows   string // the delivery whose passive reply this is; then it is no debt yet
	lent    bool
	delayed bool
	parked  bool
	took    bool // one message of the right that is live now
	late    bool // the same, but the right came while it was lent
	seat    bool
	epoch   int
}

// modelAnswer is what Accept, ClaimReply and Take are to return.
type modelAnswer struct {
	done    session.DoneState // "" is not done
	claim   *modelMail        // nil: none
	waiting bool
	fresh   bool
}

func newModel() *model { return &model{state: map[string]session.DoneState{}} }

// accept offers a new message; right: how many messages it grants, 0 is none.
func (m *model) accept(id string, right int, post bool) modelAnswer {
	m.ids = append(m.ids, id)
	m.state[id] = session.Open
	m.mail = append(m.mail, &modelMail{id: id})
	if right > 0 {
		m.counted, m.left = true, right
		for _, d := range m.debts {
			counts := d.lent && (d.took || d.late)
			d.took, d.late = false, counts && m.left > 0
			if d.late {
				m.left--
			}
		}
	}
	a := m.again(id, post)
	a.fresh = true
	return a
}

func (m *model) again(id string, post bool) modelAnswer {
	if s := m.state[id]; s != session.Open {
		return modelAnswer{done: s}
	}
	a := modelAnswer{waiting: true}
	if !post {
		a.claim = m.take()
		a.waiting = a.claim == nil || a.claim.id != id
	}
	return a
}

// take claims the head of the mailbox if nobody has it.
func (m *model) take() *modelMail {
	if len(m.mail) == 0 || m.held && !m.expired {
		return nil
	}
	if m.expired {
		m.mail[0].tries++
	}
	m.held, m.expired, m.claimed = true, false, m.epoch
	return m.mail[0]
}

func (m *model) late(id string, push bool) session.DoneState {
	if m.state[id] == session.Open {
		m.state[id] = session.Kept
		if push {
			m.state[id] = session.Pushed
		}
	}
	return m.state[id]
}

// commit judges the head with the reply key. carry: it carries what is unpaid, if the postman has none of it. It returns the next one,
// and false when the hold changed.
func (m *model) commit(way, key string) (next *modelMail, ok bool) {
	if m.claimed != m.epoch {
		return nil, false
	}
	id := m.mail[0].id
	open := m.state[id] == session.Open
	owed := &modelDebt{id: key, epoch: m.epoch}
	switch {
	case way == "quiet" && open:
		m.state[id] = session.Nothing
	case way == "quiet":
	case way == "passive" && open && !m.mail[0].pushed:
		m.state[id] = session.Passive
		m.hides(id)
		m.debts = append(m.debts, &modelDebt{id: key + "-behind", epoch: m.epoch})
	case way == "carry" && open && !m.mail[0].pushed:
		m.state[id] = session.Passive
		m.debts = slices.DeleteFunc(m.debts, func(d *modelDebt) bool { return d.shows == "" && !d.lent && !d.delayed })
		m.hides(id)
	default:
		if open {
			m.state[id] = session.Pushed
		}
		if way == "revive" {
			for _, d := range m.debts {
				d.parked = false
			}
		}
		owed.seat = way == "seat"
		m.debts = append(m.debts, owed)
	}
	if way == "raise" {
		m.kase = "waiting"
	}
	m.turns++
	m.chain = session.Next(m.chain, id)
	m.mail, m.held, m.expired = m.mail[1:], false, false
	return m.take(), true
}

// hides lets everything that is owed wait behind the passive reply of id.
func (m *model) hides(id string) {
	i := slices.IndexFunc(m.debts, func(d *modelDebt) bool { return d.shows == "" })
	if i < 0 {
		i = len(m.debts)
	}
	m.debts = slices.Insert(m.debts, i, &modelDebt{shows: id})
}

func (m *model) release() { m.held = false }

// lend returns the reply that is lent, nil if none, and how many are withheld.
func (m *model) lend() (d *modelDebt, withheld int) {
	m.debts = slices.DeleteFunc(m.debts, func(d *modelDebt) bool {
		stale := d.shows == "" && !d.lent && !d.seat && d.epoch != m.epoch
		if stale {
			withheld++
		}
		return stale
	})
	if len(m.debts) == 0 {
		return nil, withheld
	}
	d = m.debts[0]
	if d.shows == "" && !d.lent && !d.delayed && !d.parked && m.counted && m.left == 0 {
		d.parked = true
	}
	if d.shows != "" || d.lent || d.delayed || d.parked {
		return nil, withheld
	}
	d.lent = true
	if m.counted {
		m.left--
		d.took = true
	}
	return d, withheld
}

func (m *model) settle(d *modelDebt, v session.Verdict, giveBack bool) {
	if giveBack && (d.took || d.late) {
		m.left++
	}
	another := m.left > 0 && !d.took // granted since it was lent
	d.lent, d.took, d.late = false, false, false
	switch v {
	case session.Again:
		d.delayed = true // for longer than the history
	case session.Park:
		d.parked = !another
	default:
		m.debts = slices.DeleteFunc(m.debts, func(o *modelDebt) bool { return o == d })
	}
}

func (m *model) shown(id string) {
	m.debts = slices.DeleteFunc(m.debts, func(d *modelDebt) bool { return d.shows == id })
}

func (m *model) claimCase() {
	m.kase = "held"
	m.epochs++
	m.epoch = m.epochs
}

func (m *model) closeCase() {
	m.kase, m.epoch = "", 0
	m.mail = append(m.mail, &modelMail{pushed: true})
}

// learn takes the id that the store gave to a message of its own.
func (m *model) learn(l *modelMail, got chat.Message) {
	if l.id == "" && got.Kind == chat.Closed {
		l.id = got.ID
		m.ids = append(m.ids, got.ID)
		m.state[got.ID] = session.Open
	}
}
