package dialog

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/dialog/session"
)

// What a turn asks the house about the person's other conversations (Options.House). Each answers {"state": …}; With has "key", the
// CodeKey, but for making and undoing.
const (
	AskLinkMake = housePrefix + "link.make" // {"state": "made", "code": "K7Q-M3X-WD4"}: a code for this conversation; an earlier one is void
	AskLinkLook = housePrefix + "link.look" // LinkFound with "where", or why not; it changes nothing
	AskLinkTake = housePrefix + "link.take" // LinkDone with "where", or why not; the code is spent
	AskLinkUndo = housePrefix + "link.undo" // LinkDone, or LinkNone
)

// States of the answers.
const (
	LinkMade     = "made"
	LinkFound    = "found"
	LinkDone     = "done"
	LinkUnknown  = "unknown"  // no such code, or it is spent or too old
	LinkOwn      = "own"      // it was made in this very conversation
	LinkSame     = "same"     // both are one person's already
	LinkConflict = "conflict" // the product says that they are two users
	LinkFull     = "full"     // the person has as many conversations as may be
	LinkNone     = "none"     // there is nothing to undo
)

// CodeLasts is how long a link code may be used.
const CodeLasts = 10 * time.Minute

// MaxGuesses is how many wrong link codes a conversation may try in an hour.
const MaxGuesses = 5

// codeLetters are 32 signs that are not taken for each other: nine of them are 45 bits.
const codeLetters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

// NewCode makes a link code, "K7Q-M3X-WD4", out of cryptographic randomness. It always has a digit and a letter, so that neither a word
// nor a number looks like one.
func NewCode(random io.Reader) (string, error) {
	for {
		var b [9]byte
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return "", fmt.Errorf("a link code: %w", err)
		}
		for i := range b {
			b[i] = codeLetters[b[i]%32]
		}
		if code := string(b[:]); mixed(code) {
			return code[:3] + "-" + code[3:6] + "-" + code[6:], nil
		}
	}
}

func mixed(code string) bool {
	return strings.ContainsAny(code, "23456789") && strings.Trim(code, "23456789") != ""
}

// CodeKey is what is kept and compared in the place of a code: who reads a store finds none.
func CodeKey(code string) string {
	sum := sha256.Sum256([]byte("link code\x00" + code))
	return hex.EncodeToString(sum[:16])
}

var codeForm = regexp.MustCompile(`^([2-9A-HJ-NP-Z]{3})[-–—_ ]?([2-9A-HJ-NP-Z]{3})[-–—_ ]?([2-9A-HJ-NP-Z]{3})$`)

// readCode reads a message that is nothing but a link code, however it was typed.
func readCode(text string) (code string, ok bool) {
	if len(text) > 64 {
		return "", false
	}
	m := codeForm.FindStringSubmatch(strings.ToUpper(strings.TrimSpace(norm.NFKC.String(text))))
	if m == nil || !mixed(m[1]+m[2]+m[3]) {
		return "", false
	}
	return m[1] + "-" + m[2] + "-" + m[3], true
}

// linkAnswer is what the house says to the questions above.
type linkAnswer struct {
	State string `json:"state"`
	Code  string `json:"code"`
	Where string `json:"where"`
}

// codeTyped is the link code that the message holds, alone or behind the words that ask for one. What the dialog under way waits for goes
// first when it has a form of its own: an order number is no code.
func (t *turn) codeTyped() (string, bool) {
	if t.message.Kind != chat.Said {
		return "", false
	}
	text := strings.TrimSpace(t.message.Text)
	if code, ok := readCode(text); ok {
		if d := t.script(); d != nil && t.s.Place.Asking != "" {
			if slot := d.Slot(t.s.Place.Asking); slot != nil && slot.Type != script.Text {
				_, _, taken := slot.Accept(text, "", nil, t.now, t.zone())
				return code, !taken
			}
		}
		return code, true
	}
	for _, p := range t.rel.Patterns {
		if p.Do != script.DoLink {
			continue
		}
		for _, w := range p.Words {
			if rest, ok := strings.CutPrefix(strings.ToLower(text), strings.ToLower(w)); ok {
				return readCode(strings.Trim(rest, " ：:，,"))
			}
		}
	}
	return "", false
}

// triesCode looks a link code up that the person typed, and asks whether to link. It tells whether the message was one.
func (t *turn) triesCode() bool {
	code, ok := t.codeTyped()
	if !ok {
		return false
	}
	t.out.reason, t.out.heard = "link_code", "[关联码]" // until it is taken, who reads it could take it
	if g := t.s.Guesses; g != nil && t.now.Sub(g.Since) > time.Hour {
		t.s.Guesses = nil
	}
	if g := t.s.Guesses; g != nil && g.N >= MaxGuesses {
		t.out.counts["link_refused"]++
		t.linkSays(t.texts().LinkMany)
		return true
	}
	key := CodeKey(code)
	var a linkAnswer
	if done := t.askLink(AskLinkLook, key, &a); !done {
		return true
	}
	if a.State != LinkFound {
		t.refused(a)
		return true
	}
	x := t.texts()
	t.say(t.filled(x.LinkAsk, map[string]any{"where": a.Where}), "text:link_ask")
	t.show(session.Choices, []session.Item{{Label: x.LinkYes, Target: toLink + key}, {Label: x.LinkNo, Target: toLink}})
	return true
}

const toLink = "link:" // the CodeKey to take; "" is no

// askLink asks the house and says so when it does not answer. done is false while the answer is not there, or will not come.
func (t *turn) askLink(name, key string, into *linkAnswer) (done bool) {
	var with map[string]string
	if key != "" {
		with = map[string]string{"key": key}
	}
	ok, failed := t.askHouse(name, with, into)
	if failed {
		t.linkSays(t.texts().LinkFailed)
	}
	return ok
}

// linkSays says how it stands; what a dialog waits for is asked again.
func (t *turn) linkSays(text string) {
	t.say(text, "link")
	t.comeBack()
}

// refused says why a code does not link, and counts wrong ones.
func (t *turn) refused(a linkAnswer) {
	x := t.texts()
	switch a.State {
	case LinkOwn:
		t.linkSays(x.LinkOwn)
	case LinkSame:
		t.linkSays(x.LinkSame)
	case LinkConflict:
		t.out.counts["link_conflict"]++
		t.linkSays(x.LinkConflict)
	case LinkFull:
		t.linkSays(x.LinkFull)
	case LinkUnknown:
		t.out.counts["link_wrong"]++
		if t.s.Guesses == nil {
			t.s.Guesses = &session.Guesses{Since: t.now}
		}
		t.s.Guesses.N++
		t.linkSays(x.LinkWrong)
	default:
		t.linkSays(x.LinkFailed)
	}
}

// confirmed takes the code that was looked up, or leaves it.
func (t *turn) confirmed(key string) {
	t.out.reason = "link"
	if key == "" {
		t.show(session.Choices, nil)
		t.linkSays(t.texts().LinkNoSaid)
		return
	}
	var a linkAnswer
	if done := t.askLink(AskLinkTake, key, &a); !done {
		return
	}
	t.show(session.Choices, nil)
	if a.State != LinkDone {
		t.refused(a)
		return
	}
	t.out.counts["linked"]++
	t.linkSays(t.filled(t.texts().LinkedNow, map[string]any{"where": a.Where}))
}

// makeCode tells a code that the person can type in another conversation. It is told here and nowhere else.
func (t *turn) makeCode(p *script.Pattern, source string) {
	var a linkAnswer
	if done := t.askLink(AskLinkMake, "", &a); !done {
		return
	}
	t.sayPattern(p, source)
	t.out.unkept = a.Code
	t.linkSays(t.filled(t.texts().LinkCode, map[string]any{"code": a.Code}))
}

// parts undoes a link whoever has the conversation: a person who was told that somebody else linked it must be heard, with a seat too.
func (t *turn) parts() bool {
	if len(t.s.Mates) == 0 || t.message.Kind != chat.Said {
		return false
	}
	p := t.pattern()
	if p == nil || p.Do != script.DoUnlink {
		return false
	}
	t.fire(p)
	return true
}

// undoLink takes this conversation away from the person's others. What it held of them is forgotten in this very turn.
func (t *turn) undoLink(p *script.Pattern, source string) {
	var a linkAnswer
	if done := t.askLink(AskLinkUndo, "", &a); !done {
		return
	}
	for _, m := range slices.Clone(t.s.Mates) {
		t.forgetMate(m.At)
	}
	t.s.Mates, t.s.Told = nil, ""
	if a.State == LinkNone {
		t.linkSays(t.texts().UnlinkNone)
		return
	}
	t.out.counts["unlinked"]++
	t.sayPattern(p, source)
	t.linkSays(t.texts().Unlinked)
}
