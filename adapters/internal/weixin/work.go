package weixin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// WorkGate is the gate of WeCom (企业微信): msg_signature alone signs, everything is encrypted for the corp id, the echostr too. Keys is
// never empty. It may be shared once its fields are set.
type WorkGate struct{ *Gate }

var _ Guard = (*WorkGate)(nil)

// maxSealedEcho is the length of an encrypted echostr; true ones have 88 characters.
const maxSealedEcho = 512

// Echo checks the console's verification, a GET, and returns the decrypted echostr to answer it with.
func (g *WorkGate) Echo(r *http.Request) (string, *Refusal) {
	q, refusal := g.query(r)
	if refusal != nil {
		return "", refusal
	}
	sealed := q.Get("echostr")
	if len(sealed) > maxSealedEcho {
		return "", malformed("echo")
	}
	p := &Push{nonce: q.Get("nonce")}
	if refusal := g.unseal(p, q, sealed); refusal != nil {
		return "", refusal
	}
	if !printable.Match(p.Message) {
		return "", malformed("echo")
	}
	return string(p.Message), nil
}

// Open checks a push, a POST, and returns its message.
func (g *WorkGate) Open(w http.ResponseWriter, r *http.Request) (*Push, *Refusal) {
	q, refusal := g.query(r)
	if refusal != nil {
		return nil, refusal
	}
	body, refusal := readBody(w, r)
	if refusal != nil {
		return nil, refusal
	}
	p := &Push{nonce: q.Get("nonce")}
	if refusal := g.decrypt(p, q, body); refusal != nil {
		return nil, refusal
	}
	return p, nil // again is no harm: a push only says that there is something to fetch
}

// query checks that the query is unambiguous and fresh. Its signature covers the ciphertext, which is not read yet.
func (g *WorkGate) query(r *http.Request) (url.Values, *Refusal) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || len(q["echostr"]) > 1 {
		return nil, forbidden("query")
	}
	for _, name := range []string{"msg_signature", "timestamp", "nonce"} {
		if len(q[name]) != 1 || q[name][0] == "" {
			return nil, forbidden("msg_signature")
		}
	}
	stamp := q.Get("timestamp")
	if !digits.MatchString(stamp) || !printable.MatchString(q.Get("nonce")) {
		return nil, forbidden("timestamp")
	}
	return q, g.fresh(stamp)
}

const workTokenPath = "/cgi-bin/gettoken"

// WorkToken is the Fetch of WeCom. The platform wants the secret in the address; it never shows in an error. It hands out the same token
// as long as that lives, and has no force.
func (a *API) WorkToken(corpID, secret string) Fetch {
	address := workTokenPath + "?" + url.Values{"corpid": {corpID}, "corpsecret": {secret}}.Encode()
	return func(ctx context.Context, _ bool) (string, time.Duration, error) {
		var out struct {
			Token string `json:"access_token"`
			Life  int64  `json:"expires_in"`
		}
		err := a.call(ctx, address, "", nil, &out)
		if e := (*Error)(nil); errors.As(err, &e) {
			e.Sent = false // nothing that a person could see
			if e.Code == 40001 {
				// Elsewhere that is a refused token, which passes; here it is a wrong secret, which does not.
				e.Code, e.Text = 40125, "("+strconv.Itoa(e.Code)+") "+e.Text
			}
		}
		if err != nil {
			return "", 0, err
		}
		if out.Token == "" || out.Life <= 0 {
			return "", 0, &Error{Op: workTokenPath, Text: "(it holds no token)", Garbled: true}
		}
		return out.Token, time.Duration(min(out.Life, 24*3600)) * time.Second, nil
	}
}
