package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xianda-bot/xianda/cmd/app"
	"github.com/xianda-bot/xianda/config"
	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/release/depot"
	"github.com/xianda-bot/xianda/dialog/release/dir"
	"github.com/xianda-bot/xianda/dialog/script"
)

// load reads the configuration that -c names.
func (c *common) load() (*config.Config, error) {
	cfg, err := config.Load(c.config, c.env.Getenv)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s: no such file: make one with \"xianda init DIR\", or name yours with -c", c.config)
	}
	return cfg, err
}

// releaseDir is the folder of the release that a command works on: the one named, the present folder when it is one, else the
// configuration's.
func (c *common) releaseDir(args []string) (string, *config.Config, error) {
	if len(args) > 0 {
		return args[0], nil, nil
	}
	if _, err := os.Stat(c.config); err != nil {
		if _, err := os.Stat("release.yaml"); err == nil {
			return ".", nil, nil
		}
	}
	cfg, err := c.load()
	if err != nil {
		return "", nil, err
	}
	if err := folder(cfg); err != nil {
		return "", nil, err
	}
	return cfg.Release, cfg, nil
}

// folder refuses releases that are no folder.
func folder(cfg *config.Config) error {
	switch {
	case cfg.Release == "":
		return fmt.Errorf("%s: release is not set: name the folder of your dialogs and answers", cfg.Name())
	case strings.HasPrefix(cfg.Release, "cos://"):
		return fmt.Errorf("%s: release: this version reads releases from folders only, not yet from COS", cfg.Name())
	}
	return nil
}

// read loads a release, or the one in force of a store of releases, and finds what is wrong with it, with the names of files as they are seen from here; the release is nil when
// there are errors.
func (c *common) read(ctx context.Context, path string, cfg *config.Config) (*release.Release, []script.Finding, error) {
	o := releaseOptions(cfg)
	o.Now = c.env.Clock()
	var rel *release.Release
	var findings []script.Finding
	var err error
	if depot.Is(path) {
		rel, findings, err = depot.New(path).Load(ctx, o.Options)
	} else {
		rel, findings, err = dir.Load(ctx, path, o)
	}
	if err != nil {
		return nil, findings, err
	}
	return rel, located(path, findings), nil
}

// earlierReleases is how many releases a house remembers over a restart, for conversations in the middle of a dialog.
const earlierReleases = 10

// earlier are the dialogs of releases that were in force before; only a store of releases remembers those.
func earlier(cfg *config.Config) []*script.Dialog {
	if !depot.Is(cfg.Release) {
		return nil
	}
	return depot.New(cfg.Release).Earlier(earlierReleases)
}

// located names the files of findings as they are seen from here.
func located(release string, findings []script.Finding) []script.Finding {
	for i := range findings {
		findings[i].File = placed(release, findings[i].File)
	}
	return findings
}

// placed is the name of a release's file as it is seen from here.
func placed(release, file string) string { return filepath.Join(release, file) }

// releaseOptions tells a release what the configuration has. nil: a release alone.
func releaseOptions(cfg *config.Config) (o dir.Options) {
	if cfg == nil {
		return o
	}
	o.Queues = slices.Sorted(maps.Keys(cfg.Handoff.Queues))
	o.Backends = slices.Sorted(maps.Keys(cfg.Backends)) // none: not connected yet, every call goes its on_error way
	for _, section := range cfg.Channels {
		c := script.Channel{Name: section.Name, Kind: section.Kind}
		if caps, ok := app.SampleCaps(section.Kind); ok {
			c.MaxText, c.Unit = caps.MaxText, caps.TextUnit
		}
		o.Channels = append(o.Channels, c)
	}
	return o
}

// mustRead is read for commands that need a release that works; what is wrong goes to the talk.
func (c *common) mustRead(ctx context.Context, path string, cfg *config.Config) (*release.Release, error) {
	rel, findings, err := c.read(ctx, path, cfg)
	if err != nil {
		return nil, err
	}
	if rel == nil {
		for _, f := range findings {
			if !f.Warning {
				fmt.Fprintln(c.env.Err, findingLine(f))
			}
		}
		return nil, fmt.Errorf("release %s has errors: see \"xianda dialog check\"", path)
	}
	return rel, nil
}

// findingLine is a finding as a person reads it: place, rule, sentence, and the edit below.
func findingLine(f script.Finding) string {
	if f.Warning {
		return findingAs(f, "warning")
	}
	return findingAs(f, "error")
}

func findingAs(f script.Finding, word string) string {
	line := fmt.Sprintf("%s:%d:%d: %s [%s] %s", f.File, f.Line, f.Col, word, f.Rule, visible(f.Text))
	if f.Edit != "" {
		line += "\n    → " + strings.ReplaceAll(visibleLines(f.Edit), "\n", "\n      ")
	}
	return line
}
