package layout

import (
	"path"
	"slices"
	"strings"
)

// place is where a mapping stands in a file: the kind of file, and the keys that lead to it, "*" for any name and "-" for an item.
type place struct {
	file string // "dialog", "kb", "patterns" …
	keys string // "steps/-"
}

func (p place) under(key string) place {
	switch p.file + ":" + p.keys {
	case "dialog:slots", "dialog:patterns", "patterns:", "menu:", "kb:-/languages", "release:languages", "test:given/stub":
		key = "*" // a free name
	}
	return place{p.file, strings.TrimPrefix(p.keys+"/"+key, "/")}
}

func (p place) item() place { return place{p.file, strings.TrimPrefix(p.keys+"/-", "/")} }

// kindOf is the kind of a release's file, by its name.
func kindOf(name string) string {
	switch path.Dir(name) {
	case "dialogs":
		return "dialog"
	case "kb":
		return "kb"
	case "tests":
		return "test"
	}
	return strings.TrimSuffix(path.Base(name), path.Ext(name))
}

const (
	stepKeys = "id say answer collect switch call set goto sub handoff end image link " +
		"with timeout retry save cases else on_skip on_fail on_error urgent_if carry notice no_seat then"
	slotKeys    = "title ask type choices length min max pattern invalid max_retry skip_words"
	likelyKeys  = "when say goto score"
	patternKeys = "words contains do say queue notice no_seat"
	entryKeys   = "id question phrasings answer steps image link channels languages category valid_from valid_to owner related reject disabled"
	expectKeys  = "source dialog step slot retry kb verbatim lang handoff says lacks image link silent to_user likely offered factor"
	operation   = "kind ago data"
)

// keysOf is the canonical order of the keys at a place; "" where the order that is written means something, or there is no canon.
func (p place) keysOf() string {
	switch p.file + ":" + p.keys {
	case "dialog:":
		return "dialog title owner triggers likely patterns idle slots steps"
	case "dialog:triggers":
		return "ask events"
	case "dialog:likely/-", "likely:-":
		return likelyKeys
	case "dialog:slots/*":
		return slotKeys
	case "dialog:steps/-":
		return stepKeys
	case "dialog:steps/-/then":
		return "solved unsolved"
	case "dialog:patterns/*", "patterns:*":
		return patternKeys
	case "dialog:idle", "release:idle":
		return "remind leave"
	case "release:":
		return "name locale thresholds greeting hours idle banned texts languages"
	case "release:thresholds":
		return "answer offer"
	case "release:languages/*":
		return "greeting texts"
	case "keywords:-":
		return "all any none goto"
	case "menu:*/-", "menu:*/-/items/-":
		return "label key url app_id page items"
	case "kb:-":
		return entryKeys
	case "kb:-/languages/*":
		return "question phrasings answer steps"
	case "test:":
		return "test fault given turns after"
	case "test:given":
		return "channel clock lang seats stub trace profile enter"
	case "test:given/trace/-", "test:turns/-/event":
		return operation
	case "test:given/enter", "test:turns/-/enter":
		return "event scene"
	case "test:given/profile":
		return "tags attributes"
	case "test:turns/-":
		return "user choose media seat close wait event enter restart publish expect"
	case "test:turns/-/expect":
		return expectKeys
	case "test:turns/-/expect/handoff":
		return "queue priority carry"
	case "test:after":
		return "outcome sent_max duplicates"
	}
	return ""
}

// order returns the rank of each key; keys without a canon keep the order in which names has them, behind the others.
func (p place) order(names []string) func(string) int {
	canon := strings.Fields(p.keysOf())
	return func(name string) int {
		if i := slices.Index(canon, name); i >= 0 {
			return i
		}
		return len(canon) + slices.Index(names, name)
	}
}
