package cli

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"
)

// groups are who uses a command, in the order of the overview.
var groups = []struct {
	title string
	nouns []string
}{
	{"Try it", []string{"demo", "init", "chat"}},
	{"Write dialogs and answers", []string{"dialog", "kb", "likely"}},
	{"Answer people as a human", []string{"handoff"}},
	{"Run a house and look after it", []string{"serve", "doctor", "config", "channel", "session", "dead", "report"}},
	{"More", []string{"help", "completion", "version"}},
}

// touched is what a command reads and writes, beside its flags and arguments.
type touched struct{ reads, writes string }

const (
	theConfig  = "the configuration"
	theRelease = "the release: the folder named, the present one, else that of the configuration"
	theHouse   = "the running house, by admin.listen and admin.token of the configuration"
	nothing    = "nothing"
)

var touches = map[string]touched{
	"demo":             {"DIR/helpdesk, when there is one", "DIR, or a temporary folder that is removed at the end"},
	"init":             {nothing, "DIR/xianda.yaml and DIR/helpdesk; nothing over what exists"},
	"chat":             {theRelease + "; the configuration, for backends", "a temporary store that is thrown away"},
	"dialog check":     {theRelease, nothing},
	"dialog fmt":       {theRelease, "its YAML files, in their one layout; with --check nothing"},
	"dialog show":      {theRelease, nothing},
	"dialog schema":    {nothing, nothing},
	"dialog publish":   {theRelease, "one new file and the pointer, in the store of releases"},
	"dialog rollback":  {"the store of releases that --in or the configuration names", "its pointer"},
	"dialog releases":  {"the store of releases that --in or the configuration names", nothing},
	"kb eval":          {"the tables that its flags name", "the file of --plot"},
	"likely eval":      {"the tables that its flags name", "the file of --plot"},
	"likely explain":   {theRelease + "; with --conversation the running house", nothing},
	"dialog test":      {theRelease + ", its tests too", "temporary stores that are thrown away"},
	"kb find":          {theRelease, nothing},
	"kb import":        {"FILE", "the file of --to, or the output; nothing over what exists without --replace"},
	"kb export":        {theRelease, "the file of --to, or the output; nothing over what exists without --replace"},
	"handoff list":     {theHouse, nothing},
	"handoff show":     {theHouse, nothing},
	"handoff claim":    {theHouse, "the case; that the seat is there"},
	"handoff reply":    {theHouse, "what the person is shown"},
	"handoff transfer": {theHouse, "the case"},
	"handoff note":     {theHouse, "the case"},
	"handoff media":    {theHouse, "the file that --out names, or one here"},
	"handoff close":    {theHouse, "the case"},
	"serve":            {theConfig + ", the release and the store", "the store; the log, to standard error"},
	"doctor":           {theConfig + ", the release, the store, and whether platforms and backends are there", nothing},
	"config check":     {theConfig + " and the release that it names", nothing},
	"config show":      {theConfig, nothing},
	"config schema":    {nothing, nothing},
	"channel kinds":    {nothing, nothing},
	"channel link":     {theConfig + "; may ask the channel's platform for a QR code", "the file of --qr; nothing over what exists"},
	"channel list":     {theConfig, nothing},
	"channel probe":    {theConfig + "; asks the platforms", nothing},
	"session show":     {theHouse, nothing},
	"session link":     {theHouse, "that both are one person's, told to each"},
	"session unlink":   {theHouse, "the link, away, and what the others hold"},
	"session forget":   {theHouse, "everything of the conversation, away"},
	"dead list":        {theHouse, nothing},
	"dead replay":      {theHouse, "the letter, back into its conversation"},
	"dead drop":        {theHouse, "the letter, away"},
	"help":             {nothing, nothing},
	"completion":       {nothing, nothing},
	"version":          {nothing, nothing},

	"channel menu show": {theConfig + " and the release that it names; asks the channel's platform", nothing},
	"channel menu push": {theConfig + " and the release that it names", "the menu of the account, on its platform"},
}

const helpTemplate = `{{with (or .Long .Short)}}{{. | trimTrailingWhitespaces}}

{{end}}{{with (index .Annotations "reads")}}Reads:      {{.}}
{{end}}{{with (index .Annotations "writes")}}Writes:     {{.}}
{{end}}{{if .Annotations}}Exit codes: 0 done, 1 failed{{with (index .Annotations "fails")}} {{.}}{{end}}, 2 wrong usage

{{end}}{{if or .Runnable .HasSubCommands}}{{.UsageString}}{{end}}`

// explain groups the nouns by who uses them, and lets the help of every command say what it touches.
func explain(root *cobra.Command) {
	root.SetHelpTemplate(helpTemplate)
	for _, g := range groups {
		root.AddGroup(&cobra.Group{ID: g.title, Title: g.title + ":"})
		for _, sub := range root.Commands() {
			if slices.Contains(g.nouns, sub.Name()) {
				sub.GroupID = g.title
			}
		}
	}
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		if t, ok := touches[called(cmd)]; ok {
			cmd.Annotations = map[string]string{"reads": t.reads, "writes": t.writes, "fails": fails[called(cmd)]}
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(root)
}

// fails tells when a command that did its work exits with 1 all the same.
var fails = map[string]string{
	"dialog check": "(or the release has an error)", "dialog test": "(or a test does)", "doctor": "(or something is wrong)",
	"dialog fmt":   "(or a file has a mistake; with --check: or would change)",
	"config check": "(or the configuration is wrong)", "channel probe": "(or a platform does not know us)",
}

func newHelp() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]", Short: "tell how a command is used", Args: cobra.ArbitraryArgs,
		Example: "  xianda help handoff\n  xianda help dialog check",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil {
				return &usageError{err}
			}
			if len(rest) > 0 {
				return unknownCommand(about, rest[0])
			}
			about.InitDefaultHelpFlag()
			about.InitDefaultVersionFlag()
			return about.Help()
		},
	}
}

func newCompletion(c *common) *cobra.Command {
	return &cobra.Command{
		Use: "completion SHELL", Short: "print a script that completes commands in bash, zsh, fish or powershell",
		Long: `Print a script that lets your shell complete commands and flags. Put it where your shell looks for
completions; nothing is written by this command itself.`,
		Example:   "  xianda completion bash > /etc/bash_completion.d/xianda\n  xianda completion zsh > ~/.zfunc/_xianda",
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"}, Args: cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		RunE: func(cmd *cobra.Command, args []string) error {
			root, out := cmd.Root(), c.env.Out
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(out, true)
			case "zsh":
				return root.GenZshCompletion(out)
			case "fish":
				return root.GenFishCompletion(out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(out)
			}
			return fmt.Errorf("no completions for %s", args[0])
		},
	}
}
