package web

import (
	"regexp"
	"strings"
	"unicode"
)

// Limits of ?scene=.
const (
	maxScene      = 1 << 10 // bytes
	maxSignals    = 16
	maxSceneValue = 200 // bytes
)

var (
	signalForm = regexp.MustCompile(`^[A-Za-z][0-9A-Za-z_]{0,31}$`)
	// signedForm is kept free for scenes that a backend signs: "v1.<payload>.<signature>".
	signedForm = regexp.MustCompile(`^v[0-9]+\.[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{16,}$`)
	langForm   = regexp.MustCompile(`^[A-Za-z]{2,3}(-[0-9A-Za-z]{2,8}){0,3}$`)
	codeForm   = regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$`)
	pageForm   = regexp.MustCompile(`^[0-9A-Za-z_./:-]+$`)
)

// parseScene reads what ?scene= says of where the person came from: "error=RP_HOLD", "page=pay,error=RP_HOLD", "page.pay", or a bare
// "pay", which is a page; bare capitals with underscores, RP_HOLD, are an error code. It is untrusted. What is no scene is left out, and ignored is the fixed word under which that is counted.
func parseScene(raw string) (signals map[string]string, ignored string) {
	switch {
	case raw == "":
		return nil, ""
	case len(raw) > maxScene:
		return nil, "scene_long"
	case signedForm.MatchString(raw):
		return nil, "scene_signed"
	}
	raw, signals = strings.ToValidUTF8(raw, "\uFFFD"), map[string]string{}
	for _, part := range strings.Split(raw, ",") {
		key, value, paired := strings.Cut(strings.TrimSpace(part), "=")
		if !paired {
			if key, value, paired = strings.Cut(key, "."); !paired || !signalForm.MatchString(key) {
				key, value = "page", strings.TrimSpace(part)
				if codeForm.MatchString(value) {
					key = "error"
				}
			}
			if !pageForm.MatchString(value) {
				ignored = "scene_malformed"
				continue
			}
		}
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if !signalForm.MatchString(key) || value == "" || len(value) > maxSceneValue || strings.ContainsFunc(value, unicode.IsControl) || len(signals) >= maxSignals {
			ignored = "scene_malformed"
			continue
		}
		signals[key] = value
	}
	return signals, ignored
}
