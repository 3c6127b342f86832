// Package kb holds the operators' answers and finds the one that a text asks for. It knows neither who asks nor where entries come
// from (kb/sheet reads and writes files).
package kb

import "time"

// Entry is one answer of the knowledge base. It is served verbatim, by ID.
type Entry struct {
	ID        string            // "redpacket.refund_time"; unique in a release
	Question  string            // the standard question, also the label of a choice
	Phrasings []string          // other ways to ask
	Answer    string            // plain text with line breaks
	Channels  map[string]string // answer for one kind of channel or one channel name, instead of Answer
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
