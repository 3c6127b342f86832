package qq

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"time"
)

const (
	// maxBody is how many bytes of an event are read: a text of 4500 characters with a quoted message and twenty attachments is half of it.
	maxBody = 64 << 10
	// fresh is how far an event's timestamp may be from our clock, either way.
	fresh = 5 * time.Minute
)

// refusal is why a request was turned away: status is for the response, reason is one fixed word for the metrics.
type refusal struct {
	status int
	reason string // method encoding large body appid signature timestamp stale challenge json
}

// gate decides whether a request is the platform's own. It may be shared.
type gate struct {
	appID string
	key   ed25519.PrivateKey
	clock func() time.Time
}

func newGate(appID, secret string, clock func() time.Time) gate {
	return gate{appID: appID, key: keyOf(secret), clock: clock}
}

var stampForm = regexp.MustCompile(`^[0-9]{1,12}$`)

// open checks a request and returns its body. genuine is false for one that bears no signature at all: the console's address check may
// come so, and nothing else may be taken from it.
func (g gate) open(w http.ResponseWriter, r *http.Request) (body []byte, genuine bool, no *refusal) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return nil, false, &refusal{http.StatusMethodNotAllowed, "method"}
	}
	if e := r.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return nil, false, &refusal{http.StatusUnsupportedMediaType, "encoding"}
	}
	if app := r.Header.Values("X-Bot-Appid"); len(app) > 1 || len(app) == 1 && app[0] != g.appID {
		return nil, false, &refusal{http.StatusForbidden, "appid"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, false, &refusal{http.StatusRequestEntityTooLarge, "large"}
	} else if err != nil {
		return nil, false, &refusal{http.StatusBadRequest, "body"}
	}
	signatures, stamps := r.Header.Values("X-Signature-Ed25519"), r.Header.Values("X-Signature-Timestamp")
	if len(signatures) == 0 && len(stamps) == 0 {
		return body, false, nil
	}
	if len(signatures) != 1 || len(stamps) != 1 {
		return nil, false, &refusal{http.StatusForbidden, "signature"}
	}
	if !stampForm.MatchString(stamps[0]) {
		return nil, false, &refusal{http.StatusForbidden, "timestamp"}
	}
	if !signed(g.key.Public().(ed25519.PublicKey), signatures[0], stamps[0], body) {
		return nil, false, &refusal{http.StatusForbidden, "signature"}
	}
	seconds, err := strconv.ParseInt(stamps[0], 10, 64)
	if off := g.clock().Sub(time.Unix(seconds, 0)); err != nil || off > fresh || off < -fresh {
		return nil, false, &refusal{http.StatusForbidden, "stale"}
	}
	return body, true, nil
}

// challenge is the console's address check (op 13), and answered its answer.
type (
	challenge struct {
		Token string `json:"plain_token"`
		At    string `json:"event_ts"`
	}
	answered struct {
		Token     string `json:"plain_token"`
		Signature string `json:"signature"`
	}
)

var tokenForm = regexp.MustCompile(`^[0-9A-Za-z]{1,64}$`)

// prove answers the address check with the signature of its timestamp and token. Only digits before letters and digits are signed: an
// event is signed in the same way, and whoever could have a body signed here could write in anybody's name.
func (g gate) prove(c challenge) (answered, *refusal) {
	if !stampForm.MatchString(c.At) || !tokenForm.MatchString(c.Token) {
		return answered{}, &refusal{http.StatusForbidden, "challenge"}
	}
	return answered{Token: c.Token, Signature: hex.EncodeToString(ed25519.Sign(g.key, []byte(c.At+c.Token)))}, nil
}
