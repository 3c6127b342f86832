package config

import (
	"fmt"
	"maps"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The stores that design and CLI know; which of them are built in is cmd/app's to say.
const knownStores = "local:FOLDER, redis://HOST:PORT/DB, rediss://HOST:PORT/DB, redis-sentinel://H1,H2,H3/MASTER?db=0, redis-cluster://H1,H2,H3"

var backendName = regexp.MustCompile(`^[A-Za-z_][0-9A-Za-z_-]*$`)

// check finds what each key allows by itself and the file as a whole does not.
func (c *Config) check(d *decoder) {
	if c.tree.shape != table {
		return // told already
	}
	at := func(path ...string) (line, col int) {
		n := c.tree
		line, col = n.line, n.col
		for _, key := range path {
			if n = n.get(key); n == nil {
				break
			}
			line, col = n.line, n.col
		}
		return line, col
	}
	fault := func(format string, args []any, path ...string) {
		line, col := at(path...)
		d.fault(line, col, format, args...)
	}
	if problem := badListen(c.Listen); problem != "" {
		fault("listen: %s", []any{problem}, "listen")
	}
	c.checkAdmin(d, fault)
	switch s := scheme(string(c.Store)); {
	case s == "":
		fault("store: want an address; for a folder write local:./data", nil, "store")
	case !slices.Contains([]string{"local", "redis", "rediss", "redis-sentinel", "redis-cluster"}, s):
		fault("store: unknown scheme %q; known: %s", []any{s, knownStores}, "store")
	case s == "local" && string(c.Store) == "local:":
		fault("store: local: names no folder; write local:./data", nil, "store")
	case s != "local" && !strings.HasPrefix(string(c.Store), s+"://"):
		fault("store: after %s comes ://", []any{s}, "store")
	}
	switch s := scheme(c.Release); {
	case s == "cos" && (c.COS.SecretID == "" || c.COS.SecretKey == "") && !d.failed("cos"):
		fault("release: it is in COS, and cos.secret_id and cos.secret_key are not both given", nil, "release")
	case s != "" && s != "cos":
		fault("release: unknown scheme %q; want a folder or cos://BUCKET-APPID.REGION/PREFIX", []any{s}, "release")
	case c.Release == "" && !d.failed("release"):
		fault("release is missing; name a folder (xianda init makes one) or cos://BUCKET-APPID.REGION/PREFIX", nil)
	}
	c.checkMedia(d, fault)
	c.checkLinks(d, fault)
	c.checkChannels(d)
	w := c.Handoff.Webhook
	switch {
	case w.URL != "" && !webAddress(w.URL):
		fault("handoff.webhook.url: want http://… or https://…", nil, "handoff", "webhook", "url")
	case w.URL != "" && w.Secret == "" && !d.failed("handoff.webhook.secret"):
		fault("handoff.webhook: secret is missing; without it the receiver cannot know that a call is ours", nil, "handoff", "webhook")
	case w.URL == "" && w.Secret != "" && !d.failed("handoff.webhook.url"):
		fault("handoff.webhook: url is missing", nil, "handoff", "webhook")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Backends)) {
		switch u := c.Backends[name].URL; {
		case name == "house":
			fault("backends: the name house is taken: give this backend another", nil, "backends", name)
		case !backendName.MatchString(name):
			fault("backends: the name %q cannot stand before the dot of a call; want letters, digits, - or _", []any{name}, "backends", name)
		case u == "" && !d.failed("backends."+name+".url"):
			fault("backends.%s: url is missing", []any{name}, "backends", name)
		case u != "" && !webAddress(u):
			fault("backends.%s.url: want http://… or https://…", []any{name}, "backends", name, "url")
		}
	}
}

func (c *Config) checkAdmin(d *decoder, fault func(string, []any, ...string)) {
	if c.tree.get("admin") == nil {
		return
	}
	if c.Admin.Token == "" && !d.failed("admin.token") {
		fault("admin: token is empty; without one anybody could read conversations. Make one with: openssl rand -hex 16", nil, "admin")
	}
	if problem := badListen(c.Admin.Listen); problem != "" {
		fault("admin.listen: %s", []any{problem}, "admin", "listen")
		return
	}
	if c.Admin.Listen == c.Listen && !strings.HasSuffix(c.Listen, ":0") {
		fault("admin.listen: %s is where listen is already; the admin API needs its own", []any{c.Listen}, "admin", "listen")
	}
}

// bucket is what names a bucket: https://cloud.tencent.com/document/product/436/13312 (BUCKET-APPID), region and prefix.
var bucket = regexp.MustCompile(`^cos://[a-z0-9][a-z0-9-]*-[0-9]+\.[a-z0-9-]+(/[0-9A-Za-z._-]+)*/?$`)

// mostMB keeps one file from filling a machine's memory: makers may hold it whole.
const mostMB = 200

func (c *Config) checkMedia(d *decoder, fault func(string, []any, ...string)) {
	switch s := scheme(c.Media.Store); {
	case s == "cos" && !bucket.MatchString(c.Media.Store):
		fault("media.store: want cos://BUCKET-APPID.REGION/PREFIX, such as cos://media-1250000000.ap-guangzhou/shop", nil, "media", "store")
	case s == "cos" && (c.COS.SecretID == "" || c.COS.SecretKey == "") && !d.failed("cos"):
		fault("media.store: it is in COS, and cos.secret_id and cos.secret_key are not both given", nil, "media", "store")
	case s != "" && s != "cos":
		fault("media.store: unknown scheme %q; want a folder, cos://BUCKET-APPID.REGION/PREFIX or none", []any{s}, "media", "store")
	}
	if keep := c.Media.Keep; keep < time.Hour && !d.failed("media.keep") {
		fault("media.keep: %s is too short for a seat to look; want 1h or more", []any{keep}, "media", "keep")
	}
	if n := c.Media.MaxMB; (n < 1 || n > mostMB) && !d.failed("media.max_mb") {
		fault("media.max_mb: want 1 to %d, got %d", []any{mostMB, n}, "media", "max_mb")
	}
	for i, a := range c.Media.Allow {
		host, port, err := net.SplitHostPort(a)
		if n, e := strconv.ParseUint(port, 10, 16); err != nil || e != nil || n == 0 || host == "" || strings.ContainsAny(host, "/@*%") {
			fault("media.allow[%d]: want HOST:PORT of one private host, such as files.corp.example:443", []any{i}, "media", "allow")
		}
	}
}

func (c *Config) checkLinks(d *decoder, fault func(string, []any, ...string)) {
	if c.Links.SecretPrevious != "" && c.Links.Secret == "" && c.Admin.Token == "" && !d.failed("links.secret") {
		fault("links.secret_previous is set and nothing signs: set links.secret too", nil, "links")
	}
}

// failed tells whether a mistake of path or of something below it was found already, so that one mistake is told once.
func (d *decoder) failed(path string) bool {
	return slices.ContainsFunc(d.problems, func(p *problem) bool {
		return strings.HasPrefix(p.message, path+":") || strings.HasPrefix(p.message, path+".") || strings.HasPrefix(p.message, path+"_file:")
	})
}

func (c *Config) checkChannels(d *decoder) {
	names, paths := map[string]Channel{}, map[string]Channel{}
	for i, ch := range c.Channels {
		if ch.section == nil || ch.Name == "" {
			continue
		}
		if first, ok := names[ch.Name]; ok {
			v := ch.section.get("name")
			d.fault(v.line, v.col, "channels[%d].name: %q is the channel of line %d already; names are unique", i, ch.Name, first.line)
			continue
		}
		names[ch.Name] = ch
		if first, ok := paths[ch.Path]; ok {
			d.fault(ch.line, ch.col, "channels[%d].path: %s is that of channel %q already; each needs its own", i, ch.Path, first.Name)
			continue
		}
		paths[ch.Path] = ch
	}
}

// badListen tells what is wrong with an address to listen on; "" is nothing.
func badListen(s string) string {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return fmt.Sprintf("%q is no address; write HOST:PORT, such as 127.0.0.1:8080, or :8080 for every network", s)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port {
		return fmt.Sprintf("%q has no port from 0 to 65535", s)
	}
	return ""
}
