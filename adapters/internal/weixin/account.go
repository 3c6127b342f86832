package weixin

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Account is what an official account and a mini-program are configured with alike. Its texts are the operator's.
type Account struct {
	Path           string // of the webhook
	AppID          string
	AppSecret      string
	Token          string // of the console's server configuration
	TokenPrevious  string // accepted as well, during a rotation; may be ""
	AESKey         string // set: only encrypted pushes are accepted
	AESKeyPrevious string // accepted as well, during a rotation; may be ""
	APIBase        string // "https://api.weixin.qq.com"
}

var (
	tokenForm = regexp.MustCompile(`^[A-Za-z0-9]{3,32}$`)
	appIDForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
)

// Check names the key and the remedy; it never repeats a secret. Whether AppSecret must be set is the caller's to say.
func (a *Account) Check() error {
	switch {
	case !strings.HasPrefix(a.Path, "/") || strings.ContainsAny(a.Path, " ?#{}"):
		return fmt.Errorf("path %q must begin with / and be a plain path, as in the console's URL", a.Path)
	case a.AppID == "":
		return errors.New("app_id is missing: copy the developer ID (开发者ID) from the console")
	case !appIDForm.MatchString(a.AppID):
		return errors.New("app_id may hold letters, digits, - and _ only: copy it from the console")
	case a.Token == "":
		return errors.New("token is missing: without it anybody could forge messages; set the Token of the console's server configuration")
	case !tokenForm.MatchString(a.Token):
		return errors.New("token must be 3 to 32 letters and digits, as the console requires")
	case a.TokenPrevious != "" && !tokenForm.MatchString(a.TokenPrevious):
		return errors.New("token_previous must be 3 to 32 letters and digits, or left out")
	case a.AESKey == "" && a.AESKeyPrevious != "":
		return errors.New("aes_key_previous is set without aes_key: set aes_key, or remove both to accept plain pushes")
	}
	return CheckBase(a.APIBase)
}

// CheckBase checks a channel's api_base.
func CheckBase(base string) error {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.User != nil {
		return errors.New("api_base must be an address such as https://api.weixin.qq.com")
	}
	return nil
}

// Gate is the gate of the account's webhook. Its errors name the key.
func (a *Account) Gate(clock func() time.Time) (*Gate, error) {
	g := &Gate{Tokens: Given(a.Token, a.TokenPrevious), Clock: clock}
	for _, k := range []struct{ name, value string }{{"aes_key", a.AESKey}, {"aes_key_previous", a.AESKeyPrevious}} {
		if k.value == "" {
			continue
		}
		key, err := NewKey(k.value, a.AppID)
		if err != nil {
			return nil, fmt.Errorf("%s %w", k.name, err)
		}
		g.Keys = append(g.Keys, key)
	}
	return g, nil
}

// API is the account's API without Tokens, which the caller sets: their key in the vault names the messenger.
func (a *Account) API(client *http.Client) *API {
	return NewAPI(a.APIBase, client, a.Secrets()...)
}

// Secrets are the strings that may never show in a log or an error.
func (a *Account) Secrets() []string {
	return Given(a.AppSecret, a.Token, a.TokenPrevious, a.AESKey, a.AESKeyPrevious)
}

// Given returns the values that are not "", in order.
func Given(values ...string) (out []string) {
	for _, v := range values {
		if v != "" {
			out = append(out, v)
		}
	}
	return out
}
