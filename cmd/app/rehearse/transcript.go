package rehearse

import (
	"fmt"
	"slices"
	"strings"
)

// Transcript is a turn as the person sees it on their messenger: what happened, then each message with its buttons and how long it is.
func (s Seen) Transcript() string {
	var b strings.Builder
	b.WriteString(s.Test.Turns[s.Turn].happening() + "\n")
	for _, r := range s.Shown {
		if r.From != "" {
			fmt.Fprintf(&b, "  %s:\n", r.From)
		}
		for _, m := range r.Media {
			fmt.Fprintf(&b, "  | (%s %s)\n", m.Kind, m.URL)
		}
		if r.Text == "" && len(r.Media) > 0 {
			continue
		}
		for line := range strings.Lines(r.Text + "\n") {
			b.WriteString("  | " + line)
		}
		buttons := make([]string, 0, len(r.Choices))
		for _, c := range r.Choices {
			buttons = append(buttons, "["+c.Label+"]")
		}
		if len(buttons) > 0 {
			b.WriteString("  | " + strings.Join(buttons, " ") + "\n")
		}
		fmt.Fprintf(&b, "  (%d bytes)\n", len(r.Text))
	}
	return b.String()
}

// happening is what a turn of a test lets happen, in a line.
func (t Turn) happening() string {
	switch {
	case t.User != nil:
		return "> " + *t.User
	case t.Choose != "":
		return "> [" + t.Choose + "]"
	case t.Media != "":
		return "> (" + t.Media + ")"
	case t.Seat != "":
		return "the seat says: " + t.Seat
	case t.Native != "":
		return "the platform's own seat: " + t.Native
	case t.Close != "":
		return "the seat closes the case: " + t.Close
	case t.Wait > 0:
		return "after " + t.Wait.String()
	case t.Event != nil:
		return "event " + t.Event.Kind
	case t.Enter != nil:
		return "the person arrives again"
	case t.Restart:
		return "the process is killed"
	case t.Publish:
		return "the release is published"
	}
	return "the person arrives"
}

// Decision is what the engine made of a turn, without how a messenger shows it: where the words came from, where the dialog stands, what is
// offered, how the episode ended. It is the same on every messenger; only 解决了吗 is asked beside related questions where it is one tap,
// so that its two choices are left out.
func (s Seen) Decision() string {
	var offered []string
	if o := s.Session.Offer; o != nil {
		for _, i := range o.Items {
			if !slices.Contains([]string{"solved", "unsolved"}, i.Target) {
				offered = append(offered, i.Target)
			}
		}
	}
	at := "no dialog"
	if p := s.Session.Place; p != nil {
		at = fmt.Sprintf("%s/%s %v", p.Dialog, p.Step, p.Slots)
	}
	return fmt.Sprintf("from %s, at %s, offers %v, outcome %q", s.Source, at, offered, s.Session.Outcome)
}
