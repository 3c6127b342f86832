package cli

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// logger writes to the talk and hides secrets wherever they turn up: adapters and stores keep them out of their errors, this is the net
// below. hidden are values to hide; it may be asked again after a reload.
func (c *common) logger(level slog.Level, format string, hidden func() []string) (*slog.Logger, error) {
	hide := func(_ []string, a slog.Attr) slog.Attr {
		switch a.Value.Kind() {
		case slog.KindString:
			a.Value = slog.StringValue(redact(a.Value.String(), hidden()))
		case slog.KindAny:
			if err, ok := a.Value.Any().(error); ok {
				a.Value = slog.StringValue(redact(err.Error(), hidden()))
			} else if s, ok := a.Value.Any().(fmt.Stringer); ok {
				a.Value = slog.StringValue(redact(s.String(), hidden()))
			}
		}
		return a
	}
	return newLogger(c.env.Err, level, format, hide)
}

func newLogger(w io.Writer, level slog.Level, format string, hide func([]string, slog.Attr) slog.Attr) (*slog.Logger, error) {
	o := &slog.HandlerOptions{Level: level, ReplaceAttr: hide}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(w, o)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, o)), nil
	}
	return nil, &usageError{fmt.Errorf("--log-format %q: want text or json", format)}
}

// secrets are the values that a log hides: those of every configuration that was ever tried, because what it opened may still speak.
type secrets struct {
	mu  sync.Mutex
	all []string // the longest first: one may be the beginning of another
}

func (s *secrets) add(values []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := append(slices.Clone(s.all), values...)
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	s.all = slices.Compact(all)
}

func (s *secrets) values() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all
}

var secretParameter = regexp.MustCompile(`(?i)((?:access_token|corpsecret|app_?secret|secret|token|signature)=)[^&\s"']+`)

// redact hides parameters that are secret by their name, and the values given.
func redact(s string, values []string) string {
	for _, v := range values {
		s = strings.ReplaceAll(s, v, "<secret>")
	}
	if strings.IndexByte(s, '=') < 0 {
		return s
	}
	return secretParameter.ReplaceAllString(s, "${1}<secret>")
}
