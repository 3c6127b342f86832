// Package kb holds the operators' answers and finds the one that a text asks for. It knows neither who asks nor where entries come
// from (kb/sheet reads and writes files).
package kb

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Entry is one answer of the knowledge base. It is served verbatim, by ID.
type Entry struct {
	ID        string             // "redpacket.refund_time"; unique in a release
	Question  string             // the standard question, also the label of a choice
	Phrasings []string           // other ways to ask
	Answer    string             // plain text with line breaks
	Steps     []string           // said one at a time after Answer
	Images    []string           // https addresses of pictures shown with Answer, at most MaxImages
	Link      string             // https address of a page that says more; empty: none
	Channels  map[string]string  // answer for one kind of channel or one channel name, instead of Answer
	Languages map[string]Variant // by language tag: "en", "zh-TW"
	Category  string
	ValidFrom time.Time // zero: always; a date means 00:00 of the release's zone
	ValidTo   time.Time // zero: for ever; the first instant at which it is no longer valid
	Owner     string
	Related   []string // ids to offer next
	Reject    bool     // say only this, offer nothing else
	Disabled  bool     // kill switch: never served
	Version   string   // content hash, set by the reader
	File      string   // where it was written, for findings
	Line, Col int
}

// Variant is an entry as it is asked and answered in another language than the release's own.
type Variant struct {
	Question  string // empty: the entry's own
	Phrasings []string
	Answer    string
	Steps     []string
}

// Valid tells whether the entry may be served at now.
func (e *Entry) Valid(now time.Time) bool {
	return !e.Disabled && (e.ValidFrom.IsZero() || !now.Before(e.ValidFrom)) && (e.ValidTo.IsZero() || now.Before(e.ValidTo))
}

// For returns the answer for a channel: by its name, else by its kind, else the common one.
func (e *Entry) For(channel, kind string) string {
	if a, ok := e.Channels[channel]; ok {
		return a
	}
	if a, ok := e.Channels[kind]; ok {
		return a
	}
	return e.Answer
}

// Phrases returns every way to ask for the entry: the standard question first, then its other phrasings, then those of other languages.
func (e *Entry) Phrases() []string {
	all := append([]string{e.Question}, e.Phrasings...)
	for _, tag := range slices.Sorted(maps.Keys(e.Languages)) {
		v := e.Languages[tag]
		if v.Question != "" {
			all = append(all, v.Question)
		}
		all = append(all, v.Phrasings...)
	}
	return all
}

// In returns the entry in a language: under the tag as it stands ("zh-TW"), else under the language alone ("zh"), upper or lower case.
// False: the entry is not written in it, and the variant is the entry's own words.
func (e *Entry) In(lang string) (Variant, bool) {
	v, ok := e.variant(lang)
	if base, _, more := strings.Cut(lang, "-"); !ok && more {
		v, ok = e.variant(base)
	}
	if !ok {
		return Variant{e.Question, e.Phrasings, e.Answer, e.Steps}, false
	}
	if v.Question == "" {
		v.Question = e.Question
	}
	return v, true
}

func (e *Entry) variant(tag string) (Variant, bool) {
	if v, ok := e.Languages[tag]; ok {
		return v, true
	}
	for name, v := range e.Languages { // the readers refuse two names that differ in case alone
		if strings.EqualFold(name, tag) {
			return v, true
		}
	}
	return Variant{}, false
}
