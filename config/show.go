package config

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Show writes what is in force as YAML: defaults put in, variables expanded, paths joined, every secret as <secret>. A variable of a
// channel's section that is not set is shown as <NAME is not set>.
func (c *Config) Show(w io.Writer) error {
	p := &printer{w: bufio.NewWriter(w), env: c.env}
	p.line(0, "listen", c.Listen)
	p.line(0, "store", c.Store.String())
	p.line(0, "release", c.Release)
	if c.COS != (COS{}) {
		p.head(0, "cos")
		p.line(1, "secret_id", c.COS.SecretID.String())
		p.line(1, "secret_key", c.COS.SecretKey.String())
		p.line(1, "endpoint", c.COS.Endpoint)
	}
	if c.Admin.Token != "" {
		p.head(0, "admin")
		p.line(1, "listen", c.Admin.Listen)
		p.line(1, "token", c.Admin.Token.String())
	}
	if len(c.Channels) > 0 {
		p.head(0, "channels")
	}
	for _, ch := range c.Channels {
		p.channel(ch)
	}
	p.head(0, "handoff")
	if hook := c.Handoff.Webhook; hook.URL != "" {
		p.head(1, "webhook")
		p.line(2, "url", hook.URL.String())
		p.line(2, "secret", hook.Secret.String())
	}
	p.head(1, "queues")
	for _, name := range slices.Sorted(maps.Keys(c.Handoff.Queues)) {
		p.raw(2, quoted(name)+": {skills: ["+strings.Join(quotedAll(c.Handoff.Queues[name].Skills), ", ")+"]}")
	}
	p.head(0, "media")
	p.line(1, "store", c.Media.Store)
	p.line(1, "keep", c.Media.Keep.String())
	p.raw(1, "max_mb: "+strconv.Itoa(c.Media.MaxMB))
	if len(c.Media.Allow) > 0 {
		p.raw(1, "allow: ["+strings.Join(quotedAll(c.Media.Allow), ", ")+"]")
	}
	if c.Links != (Links{}) {
		p.head(0, "links")
		p.line(1, "secret", c.Links.Secret.String())
		p.line(1, "secret_previous", c.Links.SecretPrevious.String())
	}
	if len(c.Backends) > 0 {
		p.head(0, "backends")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Backends)) {
		b := c.Backends[name]
		p.head(1, name)
		p.line(2, "url", b.URL.String())
		p.line(2, "token", b.Token.String())
		p.line(2, "timeout", b.Timeout.String())
	}
	return p.w.Flush()
}

type printer struct {
	w   *bufio.Writer
	env func(string) (string, bool)
}

func (p *printer) raw(depth int, s string) {
	fmt.Fprintf(p.w, "%s%s\n", strings.Repeat("  ", depth), s)
}

func (p *printer) head(depth int, key string) { p.raw(depth, quoted(key)+":") }

// line leaves out what is empty.
func (p *printer) line(depth int, key, value string) {
	if value != "" {
		p.raw(depth, quoted(key)+": "+quoted(value))
	}
}

func (p *printer) channel(ch Channel) {
	p.raw(1, "- name: "+quoted(ch.Name))
	p.raw(2, "kind: "+quoted(ch.Kind))
	for _, k := range ch.section.keys {
		if k.key != "name" && k.key != "kind" {
			p.raw(2, quoted(k.key)+": "+p.flow(k.key, k.value))
		}
	}
}

// flow writes a value of a section that nobody described, in one line.
func (p *printer) flow(key string, n *node) string {
	switch n.shape {
	case nothing:
		return "null"
	case list:
		var items []string
		for _, item := range n.items {
			items = append(items, p.flow(key, item))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case table:
		var items []string
		for _, k := range n.keys {
			below := k.key
			if secretKey(key) {
				below = key
			}
			items = append(items, quoted(k.key)+": "+p.flow(below, k.value))
		}
		return "{" + strings.Join(items, ", ") + "}"
	}
	if secretKey(key) && !strings.HasSuffix(key, "_file") {
		return quoted(Secret(n.value).String())
	}
	if n.shape != text {
		return n.value
	}
	s, err := expand(n.value, p.env)
	if err != nil {
		return quoted("<" + strings.TrimPrefix(err.Error(), "the environment variable ") + ">")
	}
	if strings.Contains(s, "://") {
		s = URL(s).String()
	}
	return quoted(s)
}

var plainScalar = regexp.MustCompile(`^[A-Za-z/.<][-0-9A-Za-z_./:@<>]*$`)

// quoted writes a scalar so that YAML reads the same text back.
func quoted(s string) string {
	if plainScalar.MatchString(s) && !strings.HasSuffix(s, ":") && s != "true" && s != "false" && s != "null" {
		return s
	}
	if strings.ContainsFunc(s, func(r rune) bool {
		return r < ' ' || r == 0x7f || r == 0x85 || r == '\u2028' || r == '\u2029' || r == '\ufeff' || r == utf8.RuneError
	}) {
		return strconv.Quote(s)
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

func quotedAll(all []string) []string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = quoted(s)
	}
	return out
}
