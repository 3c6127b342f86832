package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

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
