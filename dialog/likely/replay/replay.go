// Package replay measures the ranker on rows of what people wanted, in the order in which it happened: each is guessed with what was
// learned before it, by the very Rank and Learn that serve people. It opens no files.
package replay

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/xianda-bot/xianda/dialog/likely"
)

// Row is one person: what was known of them before a word, and what they turned out to want.
type Row struct {
	At      time.Time // zero: unknown
	Factors []likely.Factor
	Want    string
}

// Shown is how many questions an offer shows.
const Shown = 3

// Options of Run.
type Options struct {
	Floor    float64      // an offer is made when its questions together are at least so likely
	Progress func()       // called after each test row. Default: nothing
	Each     func(Judged) // called for each test row. Default: nothing
}

// Judged is how one row came out.
type Judged struct {
	Guesses []likely.Guess // the first ten
	Rank    int            // of what was wanted, from 1; 0: not among them
	Offer   float64        // probability of an offer: that one of its questions is wanted
}

// Report is how well the ranker does.
type Report struct {
	Rows        int     `json:"rows"`
	Classes     int     `json:"classes"` // different things wanted, in training and test
	Hit1        float64 `json:"hit1"`
	Hit3        float64 `json:"hit3"`
	Hit5        float64 `json:"hit5"`
	Offered     float64 `json:"offered"`           // share of rows with an offer
	FalseOffer  float64 `json:"false_offer"`       // share of rows with an offer in which what is wanted is not
	Calibration float64 `json:"calibration_error"` // mean distance between the first guess's probability and how often it is right
	Curve       []Point `json:"-"`
}

// Point is what another floor would give, as shares of all rows. Hit1, Hit3, Hit5: an offer was made, and what is wanted was the first,
// among the three shown, among the first five.
type Point struct{ Floor, Offered, FalseOffer, Hit1, Hit3, Hit5 float64 }

const (
	keep   = 10 // guesses looked at
	blocks = 20 // of rows without a date, a day apart: weights are learned from block to block
	bins   = 10 // of the calibration error, each with as many rows
)

// Run learns train, then guesses the rows of test. Rows with a date are learned at the end of their day, those of test too; without
// dates test rows are never learned. Both are in the order of time.
func Run(ctx context.Context, train, test []Row, o Options) (Report, error) {
	rows, ids := short(append(train[:len(train):len(train)], test...))
	train, test = rows[:len(train)], rows[len(train):]
	s := newStudy(rows, len(train))
	m := &measure{}
	for i, r := range test {
		if err := ctx.Err(); err != nil {
			return Report{}, err
		}
		l, now := s.before(len(train) + i)
		guesses := likely.Rank(l, likely.Query{Candidates: ids, Factors: r.Factors, Now: now, N: keep})
		j := Judged{Guesses: guesses}
		for n, g := range guesses {
			if n < Shown {
				j.Offer += g.P
			}
			if g.ID == r.Want {
				j.Rank = n + 1
			}
		}
		m.add(j)
		if o.Each != nil {
			o.Each(j)
		}
		if o.Progress != nil {
			o.Progress()
		}
	}
	r := m.report(o.Floor)
	r.Classes = len(ids)
	return r, nil
}

// short gives what is wanted ids as short as those of a release, in the order in which they come first: later rows change none of them.
func short(rows []Row) ([]Row, []string) {
	named := map[string]string{}
	var ids []string
	rows = slices.Clone(rows)
	for i, r := range rows {
		id := named[r.Want]
		if id == "" {
			id = "kb:" + strconv.Itoa(len(ids))
			named[r.Want], ids = id, append(ids, id)
		}
		rows[i].Want = id
	}
	return rows, ids
}

// study learns rows as they pass.
type study struct {
	rows    []Row
	dated   bool
	learned *likely.Learned
	next    int       // the first row not yet learned
	static  time.Time // without dates: the moment at which everything is asked
}

func newStudy(rows []Row, train int) *study {
	s := &study{rows: rows, dated: true}
	for _, r := range s.rows {
		s.dated = s.dated && !r.At.IsZero()
	}
	if s.dated {
		return s
	}
	at := time.Unix(0, 0).UTC()
	spread := make([][]Row, blocks) // neighbours in a file without dates may be of one kind
	random := rand.New(rand.NewPCG(1, 2))
	for _, r := range s.rows[:train] {
		b := random.IntN(blocks)
		spread[b] = append(spread[b], r)
	}
	for _, rows := range spread { // never on a Sunday, always in the night
		if at.Weekday() == time.Sunday {
			at = at.AddDate(0, 0, 1)
		}
		s.learn(rows, at)
		at = at.AddDate(0, 0, 1)
	}
	for at.Weekday() != time.Sunday { // asked on a Sunday at noon, of which nothing is known: the rows have no hour and no weekday
		at = at.AddDate(0, 0, 1)
	}
	s.static = at.Add(12 * time.Hour)
	return s
}

// before is what may be known when row i is guessed: every row of an earlier day.
func (s *study) before(i int) (*likely.Learned, time.Time) {
	if !s.dated {
		return s.learned, s.static
	}
	today := day(s.rows[i].At)
	for s.next < i && day(s.rows[s.next].At).Before(today) {
		end, first := s.next, day(s.rows[s.next].At)
		for end < i && day(s.rows[end].At).Equal(first) {
			end++
		}
		s.learn(s.rows[s.next:end], first)
		s.next = end
	}
	return s.learned, today
}

func (s *study) learn(rows []Row, at time.Time) {
	counts := map[string]int64{}
	for _, r := range rows {
		likely.CountWanted(counts, r.Factors, r.Want)
	}
	s.learned = likely.Learn(s.learned, []likely.Hour{{At: at, Counts: counts}}, at.Add(24*time.Hour))
}

func day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
