package dialog

import (
	"strings"

	"github.com/xianda-bot/xianda/dialog/likely"
	"github.com/xianda-bot/xianda/dialog/session"
)

// took learns from a choice of an offer: it was what the person wanted, the others were not. 都不是 says so of all of them.
func (t *turn) took(i session.Item) {
	o := t.s.Offer
	if o == nil || o.Kind != session.Likely && o.Kind != session.Clarify {
		return
	}
	switch i.Target {
	case toHuman:
		return // says nothing of the questions
	case toNone:
		likely.CountOffer(t.out.counts, t.factors(), offeredIDs(o), "")
		return
	}
	t.out.taken = i.Target
	likely.CountOffer(t.out.counts, t.factors(), offeredIDs(o), i.Target)
	likely.CountWanted(t.out.counts, t.factors(), i.Target)
}

// learnAsked learns what a person asked in their own words, once it was understood for certain: a likely question that stood there was
// passed over for it.
func (t *turn) learnAsked(id string) {
	if o := t.s.Offer; o != nil && o.Kind == session.Likely {
		shown := offeredIDs(o)
		taken := ""
		for _, s := range shown {
			if s == id { // typed what was offered
				taken = id
			}
		}
		likely.CountOffer(t.out.counts, t.factors(), shown, taken)
	}
	t.out.taken = id
	likely.CountWanted(t.out.counts, t.factors(), id)
}

// offeredIDs are the questions of an offer, without the ways out.
func offeredIDs(o *session.Offer) []string {
	ids := make([]string, 0, len(o.Items))
	for _, i := range o.Items {
		if strings.HasPrefix(i.Target, toEntry) || strings.HasPrefix(i.Target, toDialog) {
			ids = append(ids, i.Target)
		}
	}
	return ids
}
