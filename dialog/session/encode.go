package session

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// Encode writes a session as stores keep it.
func Encode(s Session) ([]byte, error) {
	if s.Layout == 0 {
		s.Layout = Layout
	}
	b, err := json.Marshal(s)
	if err != nil || len(s.Extra) == 0 {
		return b, err
	}
	extra, err := json.Marshal(s.Extra)
	if err != nil {
		return nil, err
	}
	return append(append(b[:len(b)-1], ','), extra[1:]...), nil
}

// Decode reads what Encode wrote; no bytes are a new conversation. The fields of a newer layout that this program does not know are
// kept in Extra. An error means that the bytes are damaged: they must not be overwritten.
func Decode(b []byte) (Session, error) {
	s := Session{Layout: Layout}
	if len(b) == 0 {
		return s, nil
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return s, fmt.Errorf("session: %w", err)
	}
	if s.Layout <= Layout { // an older layout lacks fields and has none that are gone: it is of this layout from now on
		s.Layout = Layout
		return s, nil
	}
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal(b, &all); err != nil {
		return s, fmt.Errorf("session: %w", err)
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Session]()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		delete(all, name)
	}
	if len(all) > 0 {
		s.Extra = all
	}
	return s, nil
}

// Next is the chain after judging the message id: equal histories have equal chains, so a replay can be compared with what was kept.
func Next(chain, id string) string {
	sum := sha256.Sum256([]byte(chain + "\x00" + id))
	return hex.EncodeToString(sum[:8])
}
