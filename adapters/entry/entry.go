// Package entry signs and reads the scene that an entry carries: a link, a QR code, a start payload, a page's ?scene=. It knows no
// messenger and decides nothing: what a signature proves is that the house made the link, not who opened it.
package entry

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
)

// A token is the prefix and the base64url form of: expiry (Unix seconds, 4 bytes), fields, signature. "_1" tells it from a plain scene,
// which never begins so, and names the version. The signature covers the channel too, so that no token is good anywhere else. With 64
// characters, the least that the messengers take, 32 bytes are left for the fields.
const (
	mark      = "_"
	version   = mark + "1"
	expiry    = 4
	signature = 10 // 80 bits: each try costs a message, and what is to be won is a greeting
)

// A field is a key and a value; a value holds no control character, so one of them begins each field: it stands for a key that is
// common (shortKeys, counted from 1), or longKey is followed by the key and "=".
const longKey = '\n'

// shortKeys must never change: links that are printed hold their numbers. More may be added at the end, at most 9.
var shortKeys = [...]string{"page", "error", "menu", "product", "order", "from", "lang"}

var encoding = base64.RawURLEncoding.Strict()

// Words by which entries are counted.
const (
	signed    = "signed"
	plain     = "plain"
	forged    = "forged"    // the signature is not ours, or another channel's
	expired   = "expired"   // it is ours and too old
	malformed = "malformed" // no scene, or partly
)

// Signer signs scenes and reads them. It is safe for concurrent use.
type Signer struct {
	keys  [][]byte // the first signs, all verify
	clock func() time.Time
	count adapters.Counter
}

// New makes a signer of secrets, of which the first signs and all verify; empty ones are left out. Without any, plain scenes are read
// and nothing is signed. count gets "entries" with the channel and signed, plain, forged, expired or malformed.
func New(secrets []string, clock func() time.Time, count adapters.Counter) (*Signer, error) {
	s := &Signer{clock: clock, count: count}
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		key, err := hkdf.Key(sha256.New, []byte(secret), nil, "xianda entry links", sha256.Size)
		if err != nil {
			return nil, fmt.Errorf("the key of entry links: %w", err)
		}
		s.keys = append(s.keys, key)
	}
	return s, nil
}

// ErrNoSecret says that nothing can be signed.
var ErrNoSecret = errors.New("there is no secret to sign entry links with: set links.secret (openssl rand -hex 32), or admin.token")

// TooLong says that a token would not fit.
type TooLong struct {
	Most int // characters that fit
	Over int // bytes by which the scene must become shorter
}

// Error tells how much too long the scene is.
func (e *TooLong) Error() string {
	return fmt.Sprintf("the scene is %d bytes too long for a link of %d characters: use shorter values, or fewer", e.Over, e.Most)
}

// Sign returns a token of at most most characters of [0-9A-Za-z_-] that Read turns into scene again, in this channel and before until,
// which lies in the future and before the year 2106. The error is ErrNoSecret, a *TooLong, or names what is wrong with the scene.
func (s *Signer) Sign(channel string, scene map[string]string, until time.Time, most int) (string, error) {
	if len(s.keys) == 0 {
		return "", ErrNoSecret
	}
	if !until.After(s.clock()) || until.Unix() > math.MaxUint32 {
		return "", errors.New("the link must end in the future and before the year 2106")
	}
	fields, err := pack(scene)
	if err != nil {
		return "", err
	}
	room := max(0, most-len(version))*6/8 - expiry - signature
	if over := len(fields) - room; over > 0 {
		return "", &TooLong{Most: most, Over: over}
	}
	body := append(binary.BigEndian.AppendUint32(nil, uint32(until.Unix())), fields...)
	return version + encoding.EncodeToString(append(body, mac(s.keys[0], channel, body)...)), nil
}

// IsToken tells whether raw claims to be signed, whatever that is worth. A token says nothing of its own and differs for each link: a
// messenger that keeps the raw string as a signal of its own, as the code that was scanned, leaves out tokens.
func IsToken(raw string) bool { return strings.HasPrefix(raw, mark) }

// Read returns the scene that raw carries: signed, which then holds chat.SignedScene, or plain. What is forged, expired or malformed is
// left out and counted. The result is nil when nothing is left; it is untrusted as to who sent it.
func (s *Signer) Read(channel, raw string) map[string]string {
	if raw == "" {
		return nil
	}
	var scene map[string]string
	var kind string
	if IsToken(raw) {
		scene, kind = s.open(channel, raw)
	} else {
		scene, kind = parse(raw)
	}
	s.count.Count("entries", channel, kind)
	return scene
}

// open verifies before it reads.
func (s *Signer) open(channel, token string) (scene map[string]string, kind string) {
	text, ok := strings.CutPrefix(token, version)
	if !ok || len(token) > maxRaw {
		return nil, malformed
	}
	all, err := encoding.DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") /* the decoder skips them */ || len(all) <= expiry+signature {
		return nil, malformed
	}
	body, given := all[:len(all)-signature], all[len(all)-signature:]
	ours := false
	for _, key := range s.keys {
		ours = hmac.Equal(mac(key, channel, body), given) || ours
	}
	switch {
	case !ours:
		return nil, forged
	case uint64(s.clock().Unix()) >= uint64(binary.BigEndian.Uint32(body)):
		return nil, expired
	}
	if scene = unpack(string(body[expiry:])); scene == nil {
		return nil, malformed // signed by a house that knew more keys
	}
	scene[chat.SignedScene] = "yes"
	return scene, signed
}

func mac(key []byte, channel string, body []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(version + channel + "\x00")) // a channel's name holds no zero byte
	m.Write(body)
	return m.Sum(nil)[:signature]
}

// pack writes a scene in as few bytes as it can, always the same ones.
func pack(scene map[string]string) ([]byte, error) {
	if len(scene) == 0 {
		return nil, errors.New("the scene is empty: name at least one, such as page=pay")
	}
	if len(scene) > maxSignals {
		return nil, fmt.Errorf("the scene has %d signals, at most %d are read", len(scene), maxSignals)
	}
	var out []byte
	for _, key := range slices.Sorted(maps.Keys(scene)) {
		value := scene[key]
		switch {
		case key == chat.SignedScene:
			return nil, fmt.Errorf("%s is the mark of a signed scene: leave it out", key)
		case !keyForm.MatchString(key):
			return nil, fmt.Errorf("%q is no name of a signal: want letters, digits and _, a letter first, at most 32", key)
		case !readable(value):
			return nil, fmt.Errorf("the value of %s must have 1 to %d bytes of text, without control characters", key, maxValue)
		}
		if i := slices.Index(shortKeys[:], key); i >= 0 {
			out = append(out, byte(i+1))
		} else {
			out = append(append(append(out, longKey), key...), '=')
		}
		out = append(out, value...)
	}
	return out, nil
}

// unpack reads what pack wrote; nil when it is anything else.
func unpack(fields string) map[string]string {
	scene := map[string]string{}
	for fields != "" {
		head := fields[0]
		end := strings.IndexFunc(fields[1:], func(c rune) bool { return c < ' ' })
		field, rest := fields[1:], ""
		if end >= 0 {
			field, rest = fields[1:1+end], fields[1+end:]
		}
		fields = rest
		key, value := "", field
		switch {
		case head == longKey:
			key, value, _ = strings.Cut(field, "=")
		case head >= 1 && int(head) <= len(shortKeys):
			key = shortKeys[head-1]
		}
		if !keyForm.MatchString(key) || !readable(value) || key == chat.SignedScene || len(scene) == maxSignals {
			return nil
		}
		scene[key] = value
	}
	return scene
}
