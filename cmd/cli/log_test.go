package cli

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

// TestSecrets holds that what was ever in force stays hidden, and that no secret leaves a tail of another behind.
func TestSecrets(t *testing.T) {
	t.Parallel()
	var s secrets
	s.add([]string{"canary"})
	s.add([]string{"canary-and-more", "canary"})
	if got := redact("a canary-and-more b canary c", s.values()); got != "a <secret> b <secret> c" {
		t.Errorf("redact = %q, want both secrets hidden whole", got)
	}
}

// P38: a canary in every place where a secret could come from shows in no line of the log.
func TestLogHidesSecrets(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"text", "json"} {
		var out bytes.Buffer
		c := &common{env: &Env{Err: &out}}
		log, err := c.logger(slog.LevelDebug, format, func() []string { return []string{"canary-value"} })
		if err != nil {
			t.Fatal(err)
		}
		log.Error("x canary-value", "error", errors.New(`Get "https://a/b?access_token=canary-param&x=1": canary-value`), "text", "secret=canary-text")
		log.With("a", "canary-value").Debug("y")
		if s := out.String(); strings.Contains(s, "canary") || !strings.Contains(s, "x=1") {
			t.Errorf("%s: the log shows %q, want no canary and the rest", format, s)
		}
	}
	if _, err := (&common{env: &Env{}}).logger(slog.LevelInfo, "xml", nil); err == nil {
		t.Error("--log-format xml is taken, want wrong usage")
	}
}
