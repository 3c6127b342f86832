// Package release is one immutable set of dialogs, entries and settings as a whole, ready to judge with. It reads no files:
// dialog/release/dir brings the bytes.
package release

import (
	"time"

	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/kb"
)

// Release is everything that a turn judges with. It is immutable and may be shared.
type Release struct {
	Name       string
	Locale     string // "zh-CN"
	Version    string // hash over all its files, 12 hex digits
	Thresholds Thresholds
	Greeting   *script.Template
	Hours      Hours
	Texts      Texts
	Dialogs    []*script.Dialog
	Patterns   []*script.Pattern // those of the release, then the built-in ones that it does not name
	Openers    []*script.Opener  // likely questions of no single dialog, in the operator's order
	Keywords   []*script.Keyword // keyword rules: the first that matches decides, before everything learned
	Menus      []*script.Menu    // what accounts show below the chat, for those that keep menus
	Idle       script.Idle       // of dialogs that say nothing else
	Entries    []kb.Entry
	Synonyms   [][]string
	Index      *kb.Index       // over entries ("kb:<id>") and dialogs' triggers ("dialog:<id>")
	Tests      []script.Source // tests/*.yaml as they stand

	words    map[string]*Words     // by language: its own, and those of languages:
	banned   []string              // words that no text may hold
	spoken   map[string]script.Pos // languages of release.yaml, with their places
	dialogs  map[string]*script.Dialog
	entries  map[string]*kb.Entry
	patterns map[string]*script.Pattern
}

// Thresholds of the one ranker, as probabilities. What is typed: at or above Answer it is answered, at or above Offer likely meanings are
// offered, below it is said so. Before a word: three questions are shown when the chance that one of them is wanted reaches Floor.
type Thresholds struct{ Answer, Offer, Floor float64 }

// Hours are the opening hours of the seats.
type Hours struct {
	Zone   *time.Location
	Days   [7][]Span       // by time.Weekday
	Closed map[string]bool // "2026-10-01"
	Always bool            // nothing was configured: always open
}

// Span is one opening of a day, in minutes after midnight; To may be 1440.
type Span struct{ From, To int }
