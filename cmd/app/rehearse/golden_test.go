package rehearse_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/cmd/app/rehearse"
	"github.com/xianda-bot/xianda/dialog/script"
)

var update = flag.Bool("update", false, "write the golden files as the conversations are now; read every line of them")

// narrow are kinds of channel that show little.
func narrow(kind string) (chat.Caps, bool) {
	switch kind {
	case "quiet": // an official account that is not verified: only the platform's own response
		return chat.Caps{MaxText: 2048, TextUnit: chat.Bytes, Passive: 1}, true
	case "buttons":
		return chat.Caps{MaxText: 300, MaxChoices: 2, MaxLabel: 20, Choices: chat.Full, Tap: chat.Full, Push: chat.Full}, true
	}
	return caps(kind)
}

// TestGoldenLongWords plays a conversation whose words are longer than a message on channels that show little: what is decided is the same,
// nothing is lost, nothing comes twice, and each message fits.
func TestGoldenLongWords(t *testing.T) {
	t.Parallel()
	const folder = "testdata/golden"
	rel := load(t, folder)
	text, err := os.ReadFile(filepath.Join(folder, "conversations.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	tests, findings := rehearse.Parse(script.Source{Name: "conversations.yaml", Data: text})
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	read, said, decided := map[string]string{}, map[string]string{}, map[string]string{}
	watch := func(s rehearse.Seen) {
		kind := s.Test.Given.Channel
		read[kind] += s.Transcript() + "\n"
		decided[kind] += s.Decision() + "\n"
		limits, _ := narrow(kind)
		for _, r := range s.Shown {
			said[kind] += r.Text
			if n := len(r.Text); limits.TextUnit == chat.Bytes && limits.MaxText > 0 && n > limits.MaxText || limits.TextUnit == chat.Runes && limits.MaxText > 0 && len([]rune(r.Text)) > limits.MaxText {
				t.Errorf("%s: a message of %d bytes", kind, n)
			}
			if limits.MaxChoices > 0 && len(r.Choices) > limits.MaxChoices {
				t.Errorf("%s: %d buttons", kind, len(r.Choices))
			}
		}
	}
	results, err := rehearse.Run(t.Context(), rel, tests, rehearse.Options{Caps: narrow, Watch: watch})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		for _, f := range r.Failures {
			t.Errorf("%s (%s): %s", r.Test, r.Channel, f)
		}
	}
	for kind, got := range read {
		if decided[kind] != decided["console"] {
			t.Errorf("%s decides\n%s\nconsole\n%s", kind, decided[kind], decided["console"])
		}
		for i := range 36 {
			if line := fmt.Sprintf("第%d条，", i+1); strings.Count(said[kind], line) != 1 {
				t.Errorf("%s says %s %d times, want once", kind, line, strings.Count(said[kind], line))
			}
		}
		name := filepath.Join(folder, kind+".golden")
		if *update {
			if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s reads otherwise; go test ./cmd/app/rehearse -run Golden -update writes it, then read the change", name)
		}
	}
}
