package config

import (
	"encoding/json"
	"log/slog"
	"net/url"
	"strings"
)

const hidden = "<secret>"

// Secret is a value that is never shown: whatever prints it prints <secret>, or nothing when it is empty. string(s) is the value.
type Secret string

// String hides the value.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// GoString hides the value from %#v.
func (s Secret) GoString() string { return `config.Secret("` + s.String() + `")` }

// MarshalText hides the value from every encoder that knows text, YAML's among them.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON hides the value.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// MarshalYAML hides the value.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

// LogValue hides the value from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// URL is an address that may hold a password or a key: printing it hides the user's password, every value of the query and the
// fragment. string(u) is the address.
type URL string

// String shows where u leads, and no more.
func (u URL) String() string {
	s := string(u)
	if scheme(s) == "" || scheme(s) == "local" {
		return s
	}
	head, rest, ok := strings.Cut(s, "://")
	if !ok {
		return hidden
	}
	rest, _, _ = strings.Cut(rest, "#")
	rest, query, asked := strings.Cut(rest, "?")
	if i := strings.LastIndex(rest, "@"); i >= 0 {
		user, _, _ := strings.Cut(rest[:i], ":")
		rest = user + ":" + hidden + rest[i:]
	}
	if !asked {
		return head + "://" + rest
	}
	var shown []string
	for _, pair := range strings.Split(query, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if key != "db" { // the database of redis-sentinel://
			value = hidden
		}
		shown = append(shown, key+"="+value)
	}
	return head + "://" + rest + "?" + strings.Join(shown, "&")
}

// GoString hides what String hides.
func (u URL) GoString() string { return `config.URL("` + u.String() + `")` }

// MarshalText hides what String hides.
func (u URL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// MarshalYAML hides what String hides.
func (u URL) MarshalYAML() (any, error) { return u.String(), nil }

// LogValue hides what String hides.
func (u URL) LogValue() slog.Value { return slog.StringValue(u.String()) }

// scheme is what stands before the colon of an address, "" when s is a path.
func scheme(s string) string {
	head, _, ok := strings.Cut(s, ":")
	if !ok || len(head) < 2 || strings.ContainsAny(head, `/\.`) {
		return "" // one letter is a drive of Windows
	}
	return head
}

func cutScheme(s, want string) (rest string, ok bool) {
	if scheme(s) != want {
		return "", false
	}
	return s[len(want)+1:], true
}

// webAddress tells whether u is a whole http or https address.
func webAddress(u URL) bool {
	p, err := url.Parse(string(u))
	return err == nil && (p.Scheme == "http" || p.Scheme == "https") && p.Host != ""
}

// secretKey tells by its name whether the value of a key in a section that nobody described is a secret.
func secretKey(key string) bool {
	key = strings.ToLower(strings.TrimSuffix(key, "_file"))
	for _, word := range []string{"secret", "token", "password", "passwd", "credential"} {
		if strings.Contains(key, word) {
			return true
		}
	}
	return key == "key" || strings.HasSuffix(key, "_key") || strings.HasSuffix(key, "_key_previous")
}
