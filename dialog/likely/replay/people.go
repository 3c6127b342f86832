package replay

import (
	"cmp"
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/xianda-bot/xianda/dialog/likely"
)

// Crowd is how people come to a house that knows nothing yet.
type Crowd struct {
	People int           // drawn from the rows; more than there are: some come again
	Every  time.Duration // from one to the next
	Floor  float64       // least probability of an offer
	Seed   uint64
	Page   string // the factor that a menu of its own could be written for, "product"
}

// Taken is how many of a crowd took what they were offered.
type Taken struct {
	People, Wants int       // Wants: different things wanted
	Ours          []bool    // by person: they took one of our three
	Menus         []Menu    // fixed ones, beside
	Offered       int       // people who were offered something
	Order         []int     // of the people: rows as drawn
	begun         time.Time // of the first
}

// Menu is three questions that somebody fixed beforehand, the same for everybody or for everybody on one page.
type Menu struct {
	Name  string
	Taken []bool // by person
}

// Share is how many of took are true.
func Share(took []bool) float64 {
	n := 0
	for _, t := range took {
		if t {
			n++
		}
	}
	return float64(n) / float64(max(1, len(took)))
}

// Simulate lets a crowd come. Each person wants one thing and says nothing of it at first: they take it when it is among the three
// questions of an offer, else they ask for it in words. The ranker begins with nothing and learns from both as in a house that serves:
// hours that are over for good, the one under way anew each time.
func Simulate(ctx context.Context, rows []Row, c Crowd) (Taken, error) {
	random := rand.New(rand.NewPCG(c.Seed, 1))
	first := firstNames(rows)
	rows, ids := short(rows)
	t := Taken{People: c.People, Wants: len(ids), begun: time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)}
	for range c.People {
		t.Order = append(t.Order, random.IntN(len(rows)))
	}
	var learned *likely.Learned
	hour := likely.Hour{At: t.begun, Counts: map[string]int64{}}
	for n, i := range t.Order {
		if err := ctx.Err(); err != nil {
			return t, err
		}
		now := t.begun.Add(time.Duration(n) * c.Every)
		if end := hour.At.Add(time.Hour); !now.Before(end) {
			learned = likely.Learn(learned, []likely.Hour{hour}, end.Add(time.Hour))
			hour = likely.Hour{At: now.Truncate(time.Hour), Counts: map[string]int64{}}
		}
		learned = likely.Learn(learned, []likely.Hour{hour}, now) // the hour under way, as often as it changed
		p := rows[i]
		offer := shownTo(learned, p, ids, now, random.Uint64(), c.Floor)
		took := ""
		if slices.Contains(offer, p.Want) {
			took = p.Want
		}
		t.Ours = append(t.Ours, took != "")
		if len(offer) > 0 {
			t.Offered++
			likely.CountOffer(hour.Counts, p.Factors, offer, took)
		}
		likely.CountWanted(hour.Counts, p.Factors, p.Want)
	}
	t.Menus = t.menus(rows, first, c.Page)
	return t, nil
}

// shownTo is the offer to a person, none when it is not likely enough that they want one of it.
func shownTo(l *likely.Learned, p Row, ids []string, now time.Time, seed uint64, floor float64) []string {
	var offer []string
	together := 0.0
	for _, g := range likely.Rank(l, likely.Query{Candidates: ids, Factors: p.Factors, Now: now, Seed: seed, N: Shown}) {
		offer = append(offer, g.ID)
		together += g.P
	}
	if together < floor {
		return nil
	}
	return offer
}

// menus are what operators could have fixed beforehand: the first three of the list, and, if they had known what this very crowd wants,
// the best three for all and the best three for each page.
func (t *Taken) menus(rows []Row, first []string, page string) []Menu {
	all := map[string]int{}
	byPage := map[string]map[string]int{}
	for _, i := range t.Order {
		all[rows[i].Want]++
		p := factor(rows[i], page)
		if byPage[p] == nil {
			byPage[p] = map[string]int{}
		}
		byPage[p][rows[i].Want]++
	}
	menus := []Menu{{Name: "fixed menu: first of the list"}, {Name: "fixed menu: best in hindsight"}, {Name: "menu for each " + page + ": best in hindsight"}}
	for _, i := range t.Order {
		for m, three := range [][]string{first, most(all), most(byPage[factor(rows[i], page)])} {
			menus[m].Taken = append(menus[m].Taken, slices.Contains(three, rows[i].Want))
		}
	}
	return menus
}

// firstNames are the ids, as short gives them, of the first things wanted in the order of their names.
func firstNames(rows []Row) []string {
	byName := map[string]string{}
	renamed, _ := short(rows)
	for i, r := range rows {
		byName[r.Want] = renamed[i].Want
	}
	var first []string
	for _, name := range slices.Sorted(maps.Keys(byName))[:min(Shown, len(byName))] {
		first = append(first, byName[name])
	}
	return first
}

func factor(r Row, name string) string {
	for _, f := range r.Factors {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

func most(counts map[string]int) []string {
	ids := slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
	return ids[:min(Shown, len(ids))]
}
