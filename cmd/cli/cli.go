// Package cli is the operator's commands: it parses, calls one function that knows no cobra, and prints. What the house does is in
// cmd/app; the commands that look at a running house ask its admin API.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// Env is what the commands see of the world.
type Env struct {
	In       io.Reader
	Out      io.Writer // results
	Err      io.Writer // talk
	Terminal bool      // Out is a terminal: colours and prompts
	Talk     bool      // Err is one: progress of long work
	Getenv   func(string) (string, bool)
	Clock    func() time.Time
	Version  string
	Program  string // how it was called, for lines to be pasted; default xianda
}

// Exit codes: 0 done, 1 failed, 2 wrong usage.
const (
	Done = iota
	Failed
	Misused
)

// Run performs the command line args (without the program's name) and returns the exit code.
func Run(ctx context.Context, args []string, env Env) int {
	root := newRoot(&env)
	root.SetArgs(args)
	root.SetIn(env.In)
	root.SetOut(env.Out)
	root.SetErr(env.Err)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return Done
	case errors.Is(err, errQuiet):
		return Failed
	}
	fmt.Fprintf(env.Err, "xianda: %v\n", err)
	var u *usageError
	if errors.As(err, &u) {
		return Misused
	}
	return Failed
}

// errQuiet fails without another word: what is wrong stands in the output already.
var errQuiet = errors.New("failed")

// usageError is a command line that cannot be meant; exit code 2.
type usageError struct{ err error }

func (u *usageError) Error() string { return u.err.Error() }
func (u *usageError) Unwrap() error { return u.err }

// common are the flags of every command.
type common struct {
	env    *Env
	config string
	json   bool
}

func newRoot(env *Env) *cobra.Command {
	c := &common{env: env}
	root := &cobra.Command{
		Use:   "xianda",
		Short: "answer people on messaging platforms, and bring a human when one is wanted",
		Long: `Xianda (先答) connects WeChat, QQ, Telegram and web pages to one dialog engine.
It asks before it is asked, answers from your knowledge base, leads dialogs and raises a case for a
human seat in the very turn in which one is wanted. See it with "xianda demo", start with "xianda init".`,
		Example:           "  xianda demo\n  xianda init helpdesk\n  xianda serve -c helpdesk/xianda.yaml",
		SilenceErrors:     true,
		SilenceUsage:      true,
		Version:           env.Version,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true}, // ours is written as the others are
		RunE: func(cmd *cobra.Command, args []string) error {
			return cmd.Help()
		},
	}
	root.PersistentFlags().StringVarP(&c.config, "config", "c", "xianda.yaml", "configuration `FILE`")
	root.PersistentFlags().BoolVar(&c.json, "json", false, "print JSON for programs")
	root.SetVersionTemplate("xianda {{.Version}}\n")
	root.SetHelpCommand(newHelp())
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &usageError{fmt.Errorf("%w; see %q", err, cmd.CommandPath()+" --help")}
	})
	root.AddCommand(
		newDemo(c), newInit(c), newServe(c), newDoctor(c), newChat(c), newDialog(c), newKB(c), newLikely(c), newHandoff(c), newSession(c), newDead(c),
		newConfig(c), newChannel(c), newVersion(c), newCompletion(c),
	)
	strict(root)
	root.InitDefaultHelpCmd()
	explain(root)
	c.completing(root)
	return root
}

// strict makes wrong arguments and unknown nouns wrong usage, everywhere.
func strict(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if check(cmd, args) == nil {
				return nil
			}
			call := cmd.CommandPath()
			if _, names, ok := strings.Cut(cmd.Use, " "); ok {
				call += " " + names
			}
			return &usageError{fmt.Errorf("%s given, want %q; see %q", count(len(args), "argument"), call, cmd.CommandPath()+" --help")}
		}
	} else if cmd.HasSubCommands() {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return unknownCommand(cmd, args[0])
		}
		if cmd.RunE == nil {
			cmd.RunE = func(cmd *cobra.Command, args []string) error { return cmd.Help() }
		}
	}
	for _, sub := range cmd.Commands() {
		strict(sub)
	}
}

// unknownCommand says that cmd has no verb or noun of this name, and which one is nearest.
func unknownCommand(cmd *cobra.Command, name string) error {
	err := fmt.Errorf("unknown command %q for %q", name, cmd.CommandPath())
	for cmd.SuggestionsMinimumDistance = 1; cmd.SuggestionsMinimumDistance <= 2; cmd.SuggestionsMinimumDistance++ {
		if near := cmd.SuggestionsFor(name); len(near) > 0 {
			return &usageError{fmt.Errorf("%w; did you mean %q?", err, near[0])}
		}
	}
	return &usageError{fmt.Errorf("%w; see %q", err, cmd.CommandPath()+" --help")}
}

// World is the Env of a process.
func World(version string) Env {
	return Env{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Terminal: isTerminal(os.Stdout), Talk: isTerminal(os.Stderr),
		Getenv: os.LookupEnv, Clock: time.Now, Version: version,
		Program: os.Args[0],
	}
}
