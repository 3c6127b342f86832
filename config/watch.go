package config

import (
	"context"
	"time"
)

// Watch looks at the file and at the files that it names every so often, and calls changed with the
// new configuration when their bytes are others than c's and have stood still for two looks (an editor may be in the middle of
// writing). A file with a mistake is told once, as an error, and what was in force stays so. Watch returns when ctx ends.
//
// It compares contents, not times: that sees what Kubernetes and network file systems do.
func (c *Config) Watch(ctx context.Context, every time.Duration, changed func(*Config, error)) {
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	last, told := c.digest, c.digest
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		now := c.look()
		if now == last && now != told {
			told = now
			next, err := Load(c.name, c.env)
			if next != nil {
				c = next
			}
			changed(next, err)
		}
		last = now
	}
}

// look is the digest of what stands on the disk now. The files to look at are those that the file itself names now.
func (c *Config) look() string {
	data, err := readBounded(c.name)
	if err != nil {
		return "unreadable: " + err.Error()
	}
	tree, err := parseTree(data, c.name)
	if err != nil {
		return digest(data, nil)
	}
	return digest(data, (&Config{name: c.name, env: c.env, tree: tree}).secretFiles())
}
