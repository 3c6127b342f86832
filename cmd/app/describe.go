package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/entry"
	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/cmd/app/outside"
	"github.com/xianda-bot/xianda/config"
	"github.com/xianda-bot/xianda/dialog"
	"github.com/xianda-bot/xianda/dialog/release"
)

// Publish puts a release in force for all turns that begin from now on.
func (h *House) Publish(rel *release.Release) {
	h.shelf.Swap(rel)
	debug.FreeOSMemory() // the release before, and what reading this one left behind
}

// Backends performs calls to the backends of a configuration.
func Backends(cfg *config.Config) dialog.Caller {
	at := map[string]Backend{}
	for name, b := range cfg.Backends {
		at[name] = Backend{URL: string(b.URL), Token: string(b.Token), Most: b.Timeout}
	}
	return newBackends(at, newMetrics())
}

// QuietLibraries keeps libraries that log by themselves (silenceper/wechat does, with bodies) to warnings, in our log.
func QuietLibraries(log *slog.Logger) {
	logrus.SetLevel(logrus.WarnLevel)
	logrus.SetOutput(slog.NewLogLogger(log.Handler(), slog.LevelWarn).Writer())
}

// bareDeps are enough to build adapters that are only looked at.
func bareDeps() adapters.Deps {
	m := newMetrics()
	return adapters.Deps{
		Log: slog.New(slog.DiscardHandler), Clock: time.Now, HTTP: platformClient(), Outside: outside.New(outside.Options{}),
		Vault: &memoryVault{}, Feeds: noFeeds{}, Count: m, Random: rand.Reader,
		Scene: func(_, raw string) map[string]string { return entry.Plain(raw) }, Shown: func(chat.Message) {},
	}
}

// CheckChannels reads every channel's own section, and whether entry links can be signed; the error tells all mistakes.
func CheckChannels(cfg *config.Config) error {
	_, err := openChannels(cfg, builtIn(), bareDeps(), nil)
	_, short := signer(cfg, time.Now, newMetrics())
	return errors.Join(err, short)
}

// Description is a channel in words.
type Description struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
	Path string `json:"path,omitempty"` // of its webhook; empty: it has none
	Abilities
}

// DescribeChannels tells what the configured channels can do.
func DescribeChannels(cfg *config.Config) ([]Description, error) {
	all, err := openChannels(cfg, builtIn(), bareDeps(), nil)
	if err != nil {
		return nil, err
	}
	list := []Description{}
	for _, name := range all.order {
		a := all.at[name]
		d := Description{Name: name, Kind: all.kinds[name], Abilities: abilities(a)}
		if hook, ok := a.(adapters.Webhook); ok {
			d.Path = hook.Path()
		}
		list = append(list, d)
	}
	return list, nil
}

// Check is one line of an examination.
type Check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

// Probe asks the platforms of the channels (one, or all with "") whether they know us.
func Probe(ctx context.Context, cfg *config.Config, only string) ([]Check, error) {
	all, err := openChannels(cfg, builtIn(), bareDeps(), nil)
	if err != nil {
		return nil, err
	}
	if _, ok := all.at[only]; only != "" && !ok {
		return nil, fmt.Errorf("no channel is called %q: the configuration has %s", only, strings.Join(all.order, ", "))
	}
	var checks []Check
	for _, name := range all.order {
		if only != "" && name != only {
			continue
		}
		p, ok := all.at[name].(adapters.Prober)
		if !ok {
			checks = append(checks, Check{"channel " + name, true, "nothing to ask"})
			continue
		}
		once, cancel := context.WithTimeout(ctx, 15*time.Second)
		for _, k := range p.Probe(once) {
			if !k.OK && strings.Contains(k.Detail, "dial tcp") && !strings.Contains(k.Detail, "api_base") {
				k.Detail += ": see that this machine reaches the platform (DNS, firewall, HTTPS_PROXY)"
			}
			checks = append(checks, Check{"channel " + name + ", " + k.Name, k.OK, k.Detail})
		}
		cancel()
	}
	return checks, nil
}

// Examine looks at what serving needs beside the release: store, backends, channels and their platforms.
func Examine(ctx context.Context, cfg *config.Config) []Check {
	checks := append([]Check{examineStore(ctx, cfg), examineMedia(ctx, cfg)}, examineBackends(ctx, cfg)...)
	probed, err := Probe(ctx, cfg, "")
	if err != nil {
		for mistake := range strings.Lines(err.Error()) {
			checks = append(checks, Check{"channels", false, strings.TrimSpace(mistake)})
		}
		return checks
	}
	if cfg.Admin.Listen == "" || cfg.Admin.Token == "" {
		probed = append(probed, Check{"admin", false, "there is no admin listener: set admin.listen and admin.token, else nobody can take a case"})
	}
	return append(checks, probed...)
}

// writable tells whether dir can be written, or made.
func writable(dir string) error {
	probe, err := os.MkdirTemp(nearest(dir), ".doctor-*")
	if err != nil {
		return fmt.Errorf("cannot be written: %w: check the folder's owner and the disk", err)
	}
	return os.Remove(probe)
}

func examineStore(ctx context.Context, cfg *config.Config) Check {
	k := Check{Name: "store " + cfg.Store.String()}
	if dir, ok := strings.CutPrefix(string(cfg.Store), "local:"); ok {
		// Opening it would take it from a running house.
		if err := writable(dir); err != nil {
			k.Detail = err.Error()
			return k
		}
		k.OK, k.Detail = true, "can be written"
		return k
	}
	var warned strings.Builder
	s, err := openStore(ctx, string(cfg.Store), slog.New(slog.NewTextHandler(&warned, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		k.Detail = err.Error()
		return k
	}
	defer s.Close()
	if err := s.Ping(ctx); err != nil {
		k.Detail = err.Error()
		return k
	}
	k.OK, k.Detail = true, "takes writes"
	if warned.Len() > 0 {
		k.OK, k.Detail = false, strings.TrimSpace(warned.String())
	}
	return k
}

// nearest is the nearest folder above dir that exists.
func nearest(dir string) string {
	for {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return dir
		}
		up := parent(dir)
		if up == dir {
			return dir
		}
		dir = up
	}
}
