package cli

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/cmd/app"
	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/script"
)

// completeWithin bounds how long a shell waits for values that must be looked up.
const completeWithin = 2 * time.Second

// values finds what may stand somewhere; each is "value" or "value\tmeaning". What cannot be found out completes nothing.
type values func(ctx context.Context) ([]string, cobra.ShellCompDirective)

// completing gives every command below root what its shell may offer: for an argument by the word of the usage line that stands for
// it, for a flag by its name. Commands that bring completions of their own keep them.
func (c *common) completing(root *cobra.Command) {
	arguments := map[string]values{
		"CASE": c.openCases, "LETTER": c.letters, "CHANNEL": c.channels, "DIALOG": c.dialogs, "ENTRY": c.entries,
		"RELEASE": folders, "DIR": folders, "VERSION": c.releases, "FILE": sheets, "COMMAND": commands(root),
	}
	flags := map[string]values{
		"as": c.played, "likely explain channel": c.played, "queue": c.queues, "release": folders, "in": folders, "lang": c.languages, "scene": c.scenes, "event": c.operations,
		"seats": c.seatsAt, "state": oneOf("waiting", "held", "closed"), "log-format": oneOf("text", "json"),
		"log-level":         oneOf("debug", "info", "warn", "error"),
		"dialog publish to": folders,
		"config": func(context.Context) ([]string, cobra.ShellCompDirective) {
			return []string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
		},
	}
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		if at := placeholders(cmd.Use); cmd.ValidArgsFunction == nil && len(cmd.ValidArgs) == 0 && cmd.Runnable() && !cmd.HasSubCommands() {
			cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
				if len(args) >= len(at) || arguments[at[len(args)]] == nil {
					return nil, cobra.ShellCompDirectiveNoFileComp
				}
				return arguments[at[len(args)]].find(cmd.Context())
			}
		}
		complete := func(f *pflag.Flag) {
			v := flags[called(cmd)+" "+f.Name] // the flag of this command alone, else of this name
			if v == nil {
				v = flags[f.Name]
			}
			if v != nil {
				// The error says that the flag has completions already: those stay.
				_ = cmd.RegisterFlagCompletionFunc(f.Name, func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
					return v.find(cmd.Context())
				})
			}
		}
		cmd.LocalNonPersistentFlags().VisitAll(complete)
		cmd.PersistentFlags().VisitAll(complete)
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(root)
}

// called is how a command is called, without the program's name.
func called(cmd *cobra.Command) string {
	return strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
}

func (v values) find(ctx context.Context) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(ctx, completeWithin)
	defer cancel()
	return v(ctx)
}

// placeholders are the words of a usage line that stand for arguments: "show CHANNEL PERSON" has two.
func placeholders(use string) (all []string) {
	for _, w := range strings.Fields(use)[1:] {
		if w = strings.Trim(w, "[]"); w != "" && strings.IndexFunc(w, unicode.IsLower) < 0 && w != "…" {
			all = append(all, w)
		}
	}
	return all
}

func oneOf(all ...string) values {
	return func(context.Context) ([]string, cobra.ShellCompDirective) {
		return all, cobra.ShellCompDirectiveNoFileComp
	}
}

// sheets are files of entries.
func sheets(context.Context) ([]string, cobra.ShellCompDirective) {
	return []string{"csv", "yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
}

func folders(context.Context) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// commands are the nouns below root, for help.
func commands(root *cobra.Command) values {
	return func(context.Context) ([]string, cobra.ShellCompDirective) {
		var all []string
		for _, sub := range root.Commands() {
			if sub.IsAvailableCommand() {
				all = append(all, sub.Name()+"\t"+sub.Short)
			}
		}
		return all, cobra.ShellCompDirectiveNoFileComp
	}
}

// offered is a list as a shell takes it: descriptions on one line, without what a terminal would obey.
func offered(pairs ...string) ([]string, cobra.ShellCompDirective) {
	var all []string
	for i := 0; i+1 < len(pairs); i += 2 {
		all = append(all, visible(pairs[i])+"\t"+visible(chat.Cut(pairs[i+1], 80)))
	}
	return all, cobra.ShellCompDirectiveNoFileComp
}

// openCases asks the running house.
func (c *common) openCases(ctx context.Context) ([]string, cobra.ShellCompDirective) {
	var got struct {
		Cases []chat.Case `json:"cases"`
	}
	var all []string
	if h, err := c.house(); err == nil && h.ask(ctx, http.MethodGet, "/v1/cases?limit=100", nil, &got) == nil {
		for _, k := range got.Cases {
			if k.State != chat.Over {
				all = append(all, k.ID, string(k.State)+" in "+k.Queue+": "+k.Wanted)
			}
		}
	}
	return offered(all...)
}

func (c *common) letters(ctx context.Context) ([]string, cobra.ShellCompDirective) {
	var got struct {
		Dead []chat.Dead `json:"dead"`
	}
	var all []string
	if h, err := c.house(); err == nil && h.ask(ctx, http.MethodGet, "/v1/dead?limit=100", nil, &got) == nil {
		for _, d := range got.Dead {
			all = append(all, d.ID, d.Message.From.Channel+": "+d.Why)
		}
	}
	return offered(all...)
}

func (c *common) channels(context.Context) ([]string, cobra.ShellCompDirective) {
	var all []string
	if cfg, err := c.load(); err == nil {
		for _, section := range cfg.Channels {
			all = append(all, section.Name, section.Kind)
		}
	}
	return offered(all...)
}

// played are the kinds and the configured channels that chat can play.
func (c *common) played(ctx context.Context) ([]string, cobra.ShellCompDirective) {
	named, _ := c.channels(ctx)
	return append(app.Kinds(), named...), cobra.ShellCompDirectiveNoFileComp
}

func (c *common) queues(context.Context) ([]string, cobra.ShellCompDirective) {
	cfg, err := c.load()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return releaseOptions(cfg).Queues, cobra.ShellCompDirectiveNoFileComp
}

func (c *common) seatsAt(ctx context.Context) ([]string, cobra.ShellCompDirective) {
	all, _ := c.queues(ctx)
	for i := range all {
		all[i] += "=1"
	}
	return all, cobra.ShellCompDirectiveNoFileComp
}

// current is the release that commands work on without a name; nil when there is none, or one with errors.
func (c *common) current(ctx context.Context) *release.Release {
	path, cfg, err := c.releaseDir(nil)
	if err != nil {
		return nil
	}
	rel, _, err := c.read(ctx, path, cfg)
	if err != nil {
		return nil
	}
	return rel
}

func (c *common) dialogs(ctx context.Context) ([]string, cobra.ShellCompDirective) {
	var all []string
	if rel := c.current(ctx); rel != nil {
		for _, d := range rel.Dialogs {
			all = append(all, d.ID, d.Title)
		}
	}
	return offered(all...)
}

func (c *common) entries(ctx context.Context) ([]string, cobra.ShellCompDirective) {
	var all []string
	if rel := c.current(ctx); rel != nil {
		for i := range rel.Entries {
			all = append(all, rel.Entries[i].ID, rel.Entries[i].Question)
		}
	}
	return offered(all...)
}

func (c *common) languages(ctx context.Context) ([]string, cobra.ShellCompDirective) {
	seen := map[string]bool{}
	if rel := c.current(ctx); rel != nil {
		for i := range rel.Entries {
			for lang := range rel.Entries[i].Languages {
				seen[lang] = true
			}
		}
	}
	return sorted(seen), cobra.ShellCompDirectiveNoFileComp
}

// scenes and operations are what the release's rules ask for.
func (c *common) scenes(ctx context.Context) ([]string, cobra.ShellCompDirective) {
	seen := map[string]bool{}
	for _, name := range c.asked(ctx) {
		if key, ok := strings.CutPrefix(name, "scene."); ok {
			seen[key+"="] = true
		}
	}
	return sorted(seen), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

func (c *common) operations(ctx context.Context) ([]string, cobra.ShellCompDirective) {
	seen := map[string]bool{}
	for _, name := range c.asked(ctx) {
		if kind, ok := strings.CutPrefix(name, "trace.has:"); ok {
			seen[kind] = true
		}
	}
	return sorted(seen), cobra.ShellCompDirectiveNoFileComp
}

// asked are the names that the release's rules for likely questions read.
func (c *common) asked(ctx context.Context) (names []string) {
	rel := c.current(ctx)
	if rel == nil {
		return nil
	}
	add := func(l *script.Likely) {
		if l.When != nil {
			names = append(names, l.When.Names()...)
		}
	}
	for _, o := range rel.Openers {
		add(&o.Likely)
	}
	for _, d := range rel.Dialogs {
		for i := range d.Likely {
			add(&d.Likely[i])
		}
	}
	return names
}

func sorted(set map[string]bool) []string {
	var all []string
	for s := range set {
		all = append(all, s)
	}
	slices.Sort(all)
	return all
}
