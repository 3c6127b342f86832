package dialog

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/likely"
	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/kb"
)

// How much of what is known of a person counts before they speak.
const (
	maxScenes   = 6
	maxEvents   = 5
	maxTags     = 6
	maxTopics   = 3
	recentEvent = 7 * 24 * time.Hour
	recentTopic = 30 * 24 * time.Hour
	maxValue    = 64 // bytes of one value
)

// sceneLang is the entry signal that is no reason to ask something: the language of the page.
const sceneLang = "lang"

// factors are what is known of the person without their words: from where they came, what happened, who they are, when it is, what
// they asked lately. They are the same all through a turn, so that what is learned of an offer is learned under what it was made of.
func (t *turn) factors() []likely.Factor {
	if t.known != nil {
		return t.known
	}
	f := make([]likely.Factor, 0, 12)
	add := func(name, value string, age time.Duration) {
		if value != "" && len(value) <= maxValue {
			f = append(f, likely.Factor{Name: name, Value: value, Age: age})
		}
	}
	for _, key := range firstKeys(t.s.Scene, maxScenes+2) {
		if key != sceneLang && key != chat.SignedScene { // how a link was made is no reason to ask; a rule may ask for it
			add("scene."+key, t.s.Scene[key], 0)
		}
	}
	var kinds []string
	for _, o := range slices.Backward(t.s.Trace) {
		age := t.now.Sub(o.At)
		if age <= recentEvent && len(kinds) < maxEvents && !slices.Contains(kinds, o.Kind) {
			kinds = append(kinds, o.Kind)
			add("event", o.Kind, max(age, 0))
		}
	}
	if p := t.s.Profile; p != nil {
		for _, tag := range slices.Sorted(slices.Values(p.Tags))[:min(len(p.Tags), maxTags)] {
			add("tag", tag, 0)
		}
		for _, key := range firstKeys(p.Attributes, maxTags) {
			add("profile."+key, scalar(p.Attributes[key]), 0)
		}
	}
	add("channel", t.kind, 0)
	at := t.now.In(t.zone())
	add("hour", strconv.Itoa(at.Hour()), 0)
	add("weekday", strconv.Itoa(int(at.Weekday())), 0)
	topics := 0
	for _, r := range slices.Backward(t.recentTopics()) {
		if age := t.now.Sub(r.At); age <= recentTopic && topics < maxTopics {
			topics++
			add("topic", r.ID, max(age, 0))
		}
	}
	t.known = f
	return f
}

// firstKeys are at most n keys in their order.
func firstKeys[V any](m map[string]V, n int) []string {
	keys := slices.Sorted(maps.Keys(m))
	return keys[:min(len(keys), n)]
}

// scalar is a JSON value as text; "" for lists and objects, which are no factor.
func scalar(raw json.RawMessage) string {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return ""
	}
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

// written are factors as an offer keeps them.
func written(f []likely.Factor, n int) []string {
	out := make([]string, 0, min(len(f), n))
	for _, x := range f[:min(len(f), n)] {
		out = append(out, x.Name+"="+x.Value)
	}
	return out
}

// votes are the operators' rules that hold now.
func (t *turn) votes() []likely.Vote {
	var all []likely.Vote
	scope := t.scope()
	vote := func(l *script.Likely, target string) {
		if !l.Holds(scope) {
			return
		}
		factor, value := t.decided(l.When)
		all = append(all, likely.Vote{
			ID: target, Label: l.Say, Score: l.Score, Factor: factor, Value: value, Rule: fmt.Sprintf("%s:%d", l.Pos.File, l.Pos.Line),
		})
	}
	for _, d := range t.rel.Dialogs {
		for i := range d.Likely {
			target := toDialog + d.ID
			if d.Likely[i].Goto != "" {
				target += "/" + d.Likely[i].Goto
			}
			vote(&d.Likely[i], target)
		}
	}
	for _, o := range t.rel.Openers {
		if t.servable(o.Target) {
			vote(&o.Likely, o.Target)
		}
	}
	return all
}

// decided is the factor that a rule looks at, the first one if there are several, and what it is now. A rule that looks at nothing has
// none.
func (t *turn) decided(when *script.Expr) (factor, value string) {
	if when == nil {
		return "", ""
	}
	names := when.Names()
	if len(names) == 0 {
		return "", ""
	}
	name := names[0]
	if event, ok := strings.CutPrefix(name, "trace.has:"); ok {
		return "event", event
	}
	switch root, rest, _ := strings.Cut(name, "."); root {
	case "scene":
		return name, t.s.Scene[rest]
	case "profile":
		switch p := t.s.Profile; {
		case p == nil:
			return name, ""
		case rest == "tags":
			return "tag", strings.Join(p.Tags, ",")
		default:
			return name, scalar(p.Attributes[rest])
		}
	case "channel":
		return name, t.message.From.Channel
	case "turn":
		return name, strconv.Itoa(t.s.Turn)
	}
	return name, ""
}

// guess ranks what the person may want before a word, at most n.
func (t *turn) guess(n int) []likely.Guess {
	all := t.shelf.candidates(t.rel)
	q := likely.Query{Set: all.set, Factors: t.factors(), Votes: t.votes(), Now: t.now, Seed: t.whim(), N: n}
	if all.timed {
		q.Keep = t.servable
	}
	return likely.Rank(t.learned, q)
}

// whim decides what is tried out on a person: the same all day, so that a page that is opened again shows the same. 0: nothing is.
func (t *turn) whim() uint64 {
	if t.seed == 0 {
		return 0
	}
	sum := fnv.New64a()
	fmt.Fprintf(sum, "%s %s", t.message.From, t.now.UTC().Format(time.DateOnly))
	return max(1, sum.Sum64())
}

// meant are the hits of a text in the order in which the person likely means them, for who they are and where they come from. What the
// text does not say is not among them, however likely it was before: a word that nobody understands must not be answered by a guess.
func (t *turn) meant(hits []kb.Hit) []likely.Guess {
	if sum(hits) < t.rel.Thresholds.Offer {
		return nil
	}
	q := likely.Query{Factors: t.factors(), Votes: t.votes(), Text: true, Now: t.now, Seed: t.seed, N: len(hits)}
	for _, h := range hits {
		q.Candidates = append(q.Candidates, h.ID)
		q.Hits = append(q.Hits, likely.Hit{ID: h.ID, Score: h.Score})
	}
	return likely.Rank(t.learned, q)
}
