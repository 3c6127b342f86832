package starter

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xianda-bot/xianda/cmd/app"
	"github.com/xianda-bot/xianda/cmd/app/rehearse"
	"github.com/xianda-bot/xianda/dialog/script"
)

var update = flag.Bool("update", false, "write the golden files as the conversations are now; read every line of them")

// TestGoldenConversations plays one file of conversations on a terminal, a web page and an official account. What the engine decides is
// the same on each: entries, places in dialogs, questions offered, outcomes. What a person reads there is held by golden files.
func TestGoldenConversations(t *testing.T) {
	t.Parallel()
	const folder = "testdata/golden"
	rel := helpdeskRelease(t)
	text, err := os.ReadFile(filepath.Join(folder, "conversations.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	tests, findings := rehearse.Parse(script.Source{Name: "conversations.yaml", Data: text})
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	read, decided := map[string]*strings.Builder{}, map[string][]string{}
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
		for _, r := range s.Shown {
			if kind == "wechat" && (len(r.Text) > 2048 || len(r.Choices) > 0) {
				t.Errorf("%s, turn %d: a message of %d bytes with %d buttons, and an official account shows 2048 bytes and none", s.Test.Name, s.Turn+1, len(r.Text), len(r.Choices))
			}
		}
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
	if len(decided) != 3 {
		t.Errorf("%d kinds of channel were played, want 3", len(decided))
	}
	for kind, got := range read {
		name := filepath.Join(folder, kind+".golden")
		if *update {
			if err := os.WriteFile(name, []byte(got.String()), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got.String() != string(want) {
			t.Errorf("%s reads otherwise; go test ./cmd/cli/starter -run Golden -update writes it, then read the change", name)
		}
	}
}
