package kb

// Doc is something that can be asked for: an entry, or a dialog by its triggers.
type Doc struct {
	ID      string   // "kb:redpacket.refund_time", "dialog:redpacket_refund"
	Phrases []string // ways to ask, the standard question first
	Weak    string   // further words, counted little (the answer)
}

// Options of an Index.
type Options struct {
	Synonyms [][]string // words of one row count as one
}

// Hit is a document that a text may ask for.
type Hit struct {
	ID     string
	Score  float64 // 0 to 1
	Exact  bool    // the folded text equals one of its phrases
	Phrase string  // the phrase that matched best
}

// Index finds documents. It is immutable and may be shared.
type Index struct{}

// NewIndex builds an index over docs.
func NewIndex(docs []Doc, o Options) *Index { return &Index{} }

// Find returns the best n documents for text that keep lets pass (nil: all), best first, exact phrases before everything.
func (x *Index) Find(text string, n int, keep func(id string) bool) []Hit { return nil }

