package weixin

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"
)

// Refusal is why a request was turned away: Status is for the response, Reason is one fixed word for the metrics.
type Refusal struct {
	Status int
	// Reason is method encoding query signature timestamp stale replayed downgrade encrypted msg_signature envelope large body xml json
	// or echo.
	Reason string
}

// Error is the status with the reason.
func (r *Refusal) Error() string { return strconv.Itoa(r.Status) + " " + r.Reason }

// remedy is what an operator can do if the refused requests are the platform's own; "" when there is nothing.
func (r *Refusal) remedy() string {
	switch r.Reason {
	case "signature", "msg_signature":
		return "if messages stay away: compare token with the console's Token"
	case "stale":
		return "if messages stay away: set this machine's clock"
	case "downgrade":
		return "if messages stay away: choose 安全模式 in the console, or remove aes_key"
	case "encrypted":
		return "the console encrypts: set aes_key"
	case "envelope":
		return "if messages stay away: compare aes_key and app_id with the console's"
	}
	return ""
}

func forbidden(reason string) *Refusal { return &Refusal{http.StatusForbidden, reason} }
func malformed(reason string) *Refusal { return &Refusal{http.StatusBadRequest, reason} }

// Gate decides whether a request of a message push is genuine. It may be shared once its fields are set.
type Gate struct {
	Tokens []string         // accepted, the current one first; never empty, no token is ""
	Keys   []*Key           // accepted, the current one first; empty: plain mode, encrypted pushes are refused
	JSON   bool             // pushes may be JSON as well as XML (mini-programs: the console says which)
	Clock  func() time.Time // ours, for the freshness of timestamps
	Seen   Seen
}

// Push is a genuine push.
type Push struct {
	Message []byte // the message, decrypted if it was encrypted

	token, nonce string
	key          *Key // that decrypted; nil in plain mode
}

// Answer gives a reply the form that belongs to the push: sealed with the key that opened it, or as it is.
func (p *Push) Answer(random io.Reader, now time.Time, reply []byte) ([]byte, error) {
	if p.key == nil {
		return reply, nil
	}
	return p.key.SealXML(random, p.token, now.Unix(), p.nonce, reply)
}

var (
	digits    = regexp.MustCompile(`^[0-9]{1,12}$`)
	printable = regexp.MustCompile(`^[\x21-\x7e]{1,64}$`)
)

// Echo checks the console's verification, a GET, and returns the echostr to answer it with.
func (g *Gate) Echo(r *http.Request) (string, *Refusal) {
	q, refusal := g.signed(r)
	if refusal != nil {
		return "", refusal
	}
	echo := q.Get("echostr")
	if !printable.MatchString(echo) { // what is longer or looks otherwise is somebody's attempt to have it reflected
		return "", malformed("echo")
	}
	return echo, nil
}

// Open checks a push, a POST, and returns its message. The configuration decides the mode, never the request: with Keys only what an
// envelope holds counts, whatever plain text lies beside it.
func (g *Gate) Open(w http.ResponseWriter, r *http.Request) (*Push, *Refusal) {
	q, refusal := g.signed(r)
	if refusal != nil {
		return nil, refusal
	}
	encrypted := q.Get("encrypt_type")
	switch {
	case len(g.Keys) > 0 && encrypted != "aes":
		return nil, forbidden("downgrade")
	case len(g.Keys) == 0 && encrypted != "" && encrypted != "raw":
		return nil, forbidden("encrypted")
	}
	body, refusal := readBody(w, r)
	if refusal != nil {
		return nil, refusal
	}
	p := &Push{Message: body, nonce: q.Get("nonce")}
	scope := p.nonce
	if len(g.Keys) > 0 {
		if refusal := g.decrypt(p, q, body); refusal != nil {
			return nil, refusal
		}
		// The msg_signature covers the body, so nobody gains by another openid; two persons' nonces may meet by chance.
		scope += "|" + q.Get("openid")
	}
	timestamp, err := strconv.ParseInt(q.Get("timestamp"), 10, 64)
	if err != nil || !g.Seen.Again(g.Clock(), timestamp, scope, body) {
		return nil, forbidden("replayed")
	}
	return p, nil
}

// readBody reads at most MaxBody of what was posted.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, *Refusal) {
	if e := r.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return nil, &Refusal{http.StatusUnsupportedMediaType, "encoding"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, &Refusal{http.StatusRequestEntityTooLarge, "large"}
	} else if err != nil {
		return nil, malformed("body")
	}
	return body, nil
}

// Parse reads a push, or what an envelope held, in a format that the account may push.
func (g *Gate) Parse(b []byte) (*Element, error) {
	if g.JSON && isJSON(b) {
		return ParseJSON(b)
	}
	return ParseXML(b)
}

// format is the reason under which b is refused when it is malformed.
func format(b []byte) string {
	if isJSON(b) {
		return "json"
	}
	return "xml"
}

// signed checks that the query is unambiguous, rightly signed and fresh.
func (g *Gate) signed(r *http.Request) (url.Values, *Refusal) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, forbidden("query")
	}
	for _, name := range []string{"signature", "timestamp", "nonce"} {
		if len(q[name]) != 1 || q[name][0] == "" {
			return nil, forbidden("signature")
		}
	}
	for _, name := range []string{"encrypt_type", "msg_signature", "echostr", "openid"} {
		if len(q[name]) > 1 {
			return nil, forbidden("query")
		}
	}
	stamp := q.Get("timestamp")
	if !digits.MatchString(stamp) || !printable.MatchString(q.Get("nonce")) {
		return nil, forbidden("timestamp")
	}
	if _, ok := Signer(g.Tokens, q.Get("signature"), stamp, q.Get("nonce")); !ok {
		return nil, forbidden("signature")
	}
	return q, g.fresh(stamp)
}

// fresh checks that a timestamp, of digits only, is near our clock.
func (g *Gate) fresh(stamp string) *Refusal {
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return forbidden("timestamp")
	}
	if off := g.Clock().Sub(time.Unix(seconds, 0)); off > Fresh || off < -Fresh {
		return forbidden("stale")
	}
	return nil
}

// decrypt fills p from the envelope in body.
func (g *Gate) decrypt(p *Push, q url.Values, body []byte) *Refusal {
	outer, err := g.Parse(body)
	if err == nil {
		err = outer.Flat("Encrypt")
	}
	if err != nil {
		return malformed(format(body))
	}
	return g.unseal(p, q, outer.Leaf("Encrypt"))
}

// unseal fills p from a ciphertext, whose msg_signature is in q.
func (g *Gate) unseal(p *Push, q url.Values, sealed string) *Refusal {
	token, ok := Signer(g.Tokens, q.Get("msg_signature"), q.Get("timestamp"), p.nonce, sealed)
	if !ok {
		return forbidden("msg_signature")
	}
	p.token = token
	for _, k := range g.Keys {
		if msg, err := k.Open(sealed); err == nil {
			p.Message, p.key = msg, k
			return nil
		}
	}
	return forbidden("envelope")
}
