package config

import (
	"slices"
	"strings"
)

// Secrets are all secret values of the file, those of channels and of `…_file` keys among them, so that a log can hide them wherever
// they turn up. What is shorter than six bytes is left out: hiding it would hide words.
func (c *Config) Secrets() []string {
	var all []string
	add := func(s string) {
		if len(s) >= 6 && !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	c.collect(c.tree, add)
	return all
}

func (c *Config) collect(n *node, add func(string)) {
	if n == nil {
		return
	}
	for _, i := range n.items {
		c.collect(i, add)
	}
	for _, p := range n.keys {
		c.collect(p.value, add)
		if p.value == nil || p.value.shape == list || p.value.shape == table || !secretKey(p.key) {
			continue
		}
		value, err := expand(p.value.value, c.env)
		if err != nil {
			continue // not set: there is nothing to hide
		}
		if strings.HasSuffix(p.key, "_file") {
			if value, err = readSecret(c.beside(value)); err != nil {
				continue
			}
		}
		add(value)
	}
}
