package chat

import (
	"encoding/json"
	"time"
)

// Post is one thing that was shown in a conversation, as a messenger whose page we serve ourselves keeps it. Only that messenger looks
// inside Body.
type Post struct {
	Key  string          `json:"key"` // unique in its conversation, at most 80 of [0-9A-Za-z_-]; of a reply: its Key
	Body json.RawMessage `json:"body"`
	At   time.Time       `json:"at"`
}

// Limits of the posts that are kept of one conversation; beyond them the oldest fall out.
const (
	MaxPosts     = 200
	MaxPostBytes = 256 << 10 // of all bodies together
	MaxPostBody  = 48 << 10  // of one body; a larger one is refused
)
