package starter

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/cmd/app"
	"github.com/xianda-bot/xianda/cmd/app/rehearse"
	"github.com/xianda-bot/xianda/dialog/script"
)

var update = flag.Bool("update", false, "write the golden files as the conversations are now; read every line of them")

const goldenFolder = "testdata/golden"

// TestGoldenConversations plays one file of conversations on every kind of messenger, unchanged. What the engine decides is the same on
// each: entries, places in dialogs, questions offered, outcomes. What a person reads there, and what goes over the wire for it, is held by
// golden files.
func TestGoldenConversations(t *testing.T) {
	t.Parallel()
	rel := helpdeskRelease(t)
	text, err := os.ReadFile(filepath.Join(goldenFolder, "conversations.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	tests, findings := rehearse.Parse(script.Source{Name: "conversations.yaml", Data: text})
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	for i := range tests {
		tests[i].Channels = app.Kinds()
	}
	read, decided, lines := map[string]*strings.Builder{}, map[string][]string{}, map[string]*line{}
	watch := func(s rehearse.Seen) {
		kind := s.Test.Given.Channel
		if read[kind] == nil {
			read[kind] = &strings.Builder{}
		}
		if s.Turn == 0 {
			fmt.Fprintf(read[kind], "==== %s\n", s.Test.Name)
		}
		read[kind].WriteString(s.Transcript() + "\n")
		decided[kind] = append(decided[kind], fmt.Sprintf("%s, turn %d: %s", s.Test.Name, s.Turn+1, s.Decision()))
		caps, _ := app.SampleCaps(kind)
		for _, r := range s.Shown {
			if fault := beyond(r, caps); fault != "" {
				t.Errorf("%s, turn %d, on %s: %s", s.Test.Name, s.Turn+1, kind, fault)
			}
		}
		if s.Turn == 0 {
			lines[kind] = lines[kind].next(t, kind)
		}
		lines[kind].play(s)
	}
	results, err := rehearse.Run(t.Context(), rel, tests, rehearse.Options{Caps: app.SampleCaps, Watch: watch})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		for _, f := range r.Failures {
			t.Errorf("%s (%s): %s", r.Test, r.Channel, f)
		}
	}
	for kind, all := range decided {
		for i, want := range decided["console"] {
			if i >= len(all) || all[i] != want {
				t.Fatalf("%s decides\n%s\nwhere console decides\n%s", kind, all[i:min(i+1, len(all))], want)
			}
		}
	}
	for _, kind := range app.Kinds() {
		golden(t, kind+".golden", read[kind].String())
		golden(t, kind+".wire", lines[kind].log())
	}
}

// beyond tells by how much a message is more than its messenger shows; "" when it is not.
func beyond(r chat.Reply, c chat.Caps) string {
	n := [...]int{chat.Bytes: len(r.Text), chat.Runes: utf8.RuneCountInString(r.Text), chat.UTF16: len(utf16.Encode([]rune(r.Text)))}[c.TextUnit]
	buttons := slices.DeleteFunc(slices.Clone(r.Choices), func(x chat.Choice) bool { return x.URL != "" })
	switch {
	case c.MaxText > 0 && n > c.MaxText:
		return fmt.Sprintf("a message of %d, and %d are shown", n, c.MaxText)
	case len(buttons) > 0 && max(c.Choices, c.PassiveChoices) < chat.Part:
		return fmt.Sprintf("%d buttons, and none are shown", len(buttons))
	case c.MaxChoices > 0 && len(buttons) > c.MaxChoices:
		return fmt.Sprintf("%d buttons, and %d are shown", len(buttons), c.MaxChoices)
	}
	return ""
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	name = filepath.Join(goldenFolder, name)
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s reads otherwise; go test ./cmd/cli/starter -run Golden -update writes it, then read the change", name)
	}
}
