package weixin

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/adapters"
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
	case a.AppID == "":
		return errors.New("app_id is missing: copy the developer ID (开发者ID) from the console")
	case strings.HasPrefix(a.AppID, "gh_"):
		return errors.New("app_id is the account's original ID (原始ID): copy the developer ID (开发者ID, AppID) instead; it begins with wx")
	case !appIDForm.MatchString(a.AppID):
		return errors.New("app_id may hold letters, digits, - and _ only: copy it from the console")
	}
	return a.CheckCallback()
}

// CheckCallback is the part of Check that WeCom's accounts share: how the platform calls us, and we it.
func (a *Account) CheckCallback() error {
	switch {
	case !strings.HasPrefix(a.Path, "/") || strings.ContainsAny(a.Path, " ?#{}"):
		return fmt.Errorf("path %q must begin with / and be a plain path, as in the console's URL", a.Path)
	case a.Token == "":
		return errors.New("token is missing: without it anybody could forge messages; set the Token of the console's server configuration")
	case !tokenForm.MatchString(a.Token):
		return errors.New("token must be 3 to 32 letters and digits, as the console requires")
	case a.TokenPrevious != "" && !tokenForm.MatchString(a.TokenPrevious):
		return errors.New("token_previous must be 3 to 32 letters and digits, or left out")
	case a.AESKey == "" && a.AESKeyPrevious != "":
		return errors.New("aes_key_previous is set without aes_key: set aes_key, or remove both to accept plain pushes")
	}
	return checkBase(a.APIBase)
}

// Desk is what one account talks to the platform with.
type Desk struct {
	Gate  *Gate
	API   *API
	Media *Media
	Seats *Seats
	Porch *Porch
}

// Open checks the account and makes its desk, for the channel name of a kind of messenger. It does no I/O.
func (a *Account) Open(kind, name string, d adapters.Deps) (*Desk, error) {
	if err := a.Check(); err != nil {
		return nil, err
	}
	gate, err := a.Gate(d.Clock)
	if err != nil {
		return nil, err
	}
	api := NewAPI(a.APIBase, d.HTTP, a.secrets()...)
	api.Tokens = NewTokens(kind+"/token/"+a.AppID, d.Vault, d.Clock, api.StableToken(a.AppID, a.AppSecret))
	return &Desk{
		Gate: gate, API: api,
		Media: NewMedia(api, d, kind+"/"+a.AppID),
		Seats: NewSeats(name, api, d),
		Porch: NewPorch(name, d, gate, a.secrets()...),
	}, nil
}

// checkBase checks a channel's api_base.
func checkBase(base string) error {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.User != nil {
		return errors.New("api_base must be an address such as https://proxy.example; leave it out for the platform's own")
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

// secrets are the strings that may never show in a log or an error.
func (a *Account) secrets() []string {
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
