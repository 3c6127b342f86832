package cli

import "github.com/spf13/cobra"

func newLikely(c *common) *cobra.Command {
	cmd := &cobra.Command{
		Use: "likely", Short: "tell what people likely want before they say it, and how well that is guessed",
		Long: `Before a word is typed, the likely questions are ranked by what is known of the person: where they come from, what
just happened, who they are, what others like them wanted, and your own rules.`,
		Example: "  xianda likely explain --scene error=RP_HOLD\n" +
			"  xianda likely eval --train train.tsv --test dev.tsv --target next --factors trace",
	}
	cmd.AddCommand(likelyExplain(c), likelyEval(c))
	return cmd
}
