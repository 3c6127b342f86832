package config

import (
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Channel is one account on a messenger. Its section stays as written until its owner decodes it, so that a variable that is not set
// stops this channel's owner and nobody else.
type Channel struct {
	Name string // unique; part of every conversation's address; at most 32 of [0-9A-Za-z_-]
	Kind string // of the messenger: wechat, console …
	Path string // of its webhook on Listen: as written, else /<kind>/<name>

	// Gather is how long a short message waits for others of the same person, which are then one question with it; 0: not at all. Key
	// gather; at most MaxGather.
	Gather time.Duration
	// NativeSeats tells whether 人工 may hand the conversation to a seat of the platform's own console when one is there. Key
	// native_seats: auto (default) or off.
	NativeSeats bool

	section   *node
	name      string // of the file
	env       func(string) (string, bool)
	line, col int
}

// MaxGather is the longest that a message may wait for others: an answer must be out within the 4.5 s that WeChat leaves.
const MaxGather = 3 * time.Second

// ours are the keys of a channel's section that the house reads, not the channel's owner.
var ours = []string{"name", "kind", "gather", "native_seats"}

var channelName = regexp.MustCompile(`^[0-9A-Za-z_-]{1,32}$`)

// Decode fills the struct that into points to by its yaml tags: an unknown key is an error with its place and the nearest known one,
// variables are expanded, and a string that is a secret (by the tag secret:"true", by a name that says secret, token, password or key) may
// come from the file that its `_file` twin names. Keys of the house (name, kind, gather, native_seats) are left out unless the struct has
// them. Keys that the file does not have leave their fields alone, so that defaults may be set before.
func (c Channel) Decode(into any) error {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return errors.New("channel " + c.Name + ": Decode needs a pointer to a struct")
	}
	v = v.Elem()
	var has []string
	if v.Kind() == reflect.Struct {
		for _, f := range fieldsOf(v.Type()) {
			has = append(has, f.key)
		}
	}
	own := &node{line: c.line, col: c.col, shape: table}
	if c.section != nil {
		for _, p := range c.section.keys {
			if !slices.Contains(ours, p.key) || slices.Contains(has, p.key) {
				own.keys = append(own.keys, p)
			}
		}
	}
	d := decoder{name: c.name, env: c.env}
	d.value(own, v, "", false)
	return d.err()
}

// Mistake gives err, which the channel's owner found in its section, its place in the file and the channel's name. An error of Decode has
// places already; any other begins with the key that it is about (owners' errors do), or is about the section as a whole.
func (c Channel) Mistake(err error) error {
	var found problems
	if errors.As(err, &found) {
		named := make(problems, len(found))
		for i, p := range found {
			named[i] = &problem{name: p.name, line: p.line, col: p.col, message: "channel " + c.Name + ": " + p.message}
		}
		return named
	}
	p := &problem{name: c.name, line: c.line, col: c.col, message: "channel " + c.Name + ": " + err.Error()}
	key := strings.TrimRight(keyOf.FindString(err.Error()), "[")
	for _, k := range []string{key, key + "_file"} {
		if v := c.section.get(k); v != nil {
			p.line, p.col = v.line, v.col
		}
	}
	return problems{p}
}

// keyOf is the key that the error of a channel's owner begins with.
var keyOf = regexp.MustCompile(`^[a-z_]+\[?`)

// channel reads what the house itself needs of a channel's section.
func (d *decoder) channel(n *node, c *Channel, path string) {
	c.section, c.name, c.env, c.line, c.col = n, d.name, d.env, n.line, n.col
	if n.shape != table {
		d.fault(n.line, n.col, "%s", wrong(path, "a mapping with name and kind", n, false))
		return
	}
	read := func(key string) (s string) {
		if v := n.get(key); v != nil {
			d.value(v, reflect.ValueOf(&s).Elem(), join(path, key), false)
		}
		return s
	}
	c.Name, c.Kind = read("name"), read("kind")
	switch {
	case n.get("name") == nil:
		d.fault(n.line, n.col, "%s: name is missing; it is part of every conversation's address", path)
	case !channelName.MatchString(c.Name):
		v := n.get("name")
		d.fault(v.line, v.col, "%s.name: want at most 32 letters, digits, - or _ of ASCII", path)
	}
	if v := n.get("gather"); v != nil {
		d.value(v, reflect.ValueOf(&c.Gather).Elem(), join(path, "gather"), false)
		if c.Gather < 0 || c.Gather > MaxGather {
			d.fault(v.line, v.col, "%s.gather: want between 0s and %s", path, MaxGather)
		}
	}
	c.NativeSeats = true
	if v := n.get("native_seats"); v != nil {
		switch word := read("native_seats"); word {
		case "auto":
		case "off", "false":
			c.NativeSeats = false
		default:
			d.fault(v.line, v.col, "%s.native_seats: want auto or off, not %q", path, word)
		}
	}
	if n.get("kind") == nil {
		d.fault(n.line, n.col, "%s: kind is missing; it names the messenger, such as wechat or console", path)
	}
	if c.Path = read("path"); c.Path == "" {
		c.Path = "/" + c.Kind + "/" + c.Name
	} else if c.Path[0] != '/' {
		v := n.get("path")
		d.fault(v.line, v.col, "%s.path: want a path that begins with /", path)
	}
}
