package entry

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/xianda-bot/xianda/chat"
)

// Limits of what an entry carries.
const (
	maxRaw     = 1 << 10 // bytes
	maxSignals = 16
	maxValue   = 200 // bytes
)

var (
	keyForm  = regexp.MustCompile(`^[A-Za-z][0-9A-Za-z_]{0,31}$`)
	codeForm = regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$`)
	pageForm = regexp.MustCompile(`^[0-9A-Za-z_./:-]+$`)
)

// Plain reads a scene that nobody signed; nil when there is none in it. It is untrusted:
//
//   - "page=pay,error=RP_HOLD", also "page.pay";
//   - "page=pay&error=RP_HOLD", each part escaped as in a query, behind "pages/pay/index?" if a page comes first;
//   - a bare "pay", which is a page; bare capitals with underscores, RP_HOLD, are an error code.
//
// A whole that is escaped once more is unescaped. What is no scene is left out, and so is chat.SignedScene, which only a signature gives.
func Plain(raw string) map[string]string {
	scene, _ := parse(raw)
	return scene
}

func parse(raw string) (scene map[string]string, kind string) {
	if len(raw) > maxRaw {
		return nil, malformed
	}
	raw = strings.ToValidUTF8(raw, "\uFFFD")
	if !strings.ContainsAny(raw, "=&,") {
		if whole, err := url.QueryUnescape(raw); err == nil && utf8.ValidString(whole) {
			raw = whole
		}
	}
	scene, kind = map[string]string{}, plain
	add := func(key, value string, ok bool) {
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if !ok || !keyForm.MatchString(key) || !readable(value) || key == chat.SignedScene || len(scene) >= maxSignals {
			kind = malformed
			return
		}
		scene[key] = value
	}
	page, query, asked := strings.Cut(raw, "?")
	if asked = asked && (page == "" || pageForm.MatchString(page)); !asked {
		page, query = "", raw
	}
	if page != "" {
		add("page", page, true)
	}
	if parts := strings.Split(query, "&"); asked || len(parts) > 1 && paired(parts) {
		for _, part := range parts {
			if part != "" {
				add(escaped(part))
			}
		}
	} else {
		for part := range strings.SplitSeq(raw, ",") {
			add(signal(part))
		}
	}
	if len(scene) == 0 {
		return nil, kind
	}
	return scene, kind
}

// paired tells whether each part is a key and a value: "R&D" is a text.
func paired(parts []string) bool {
	return !slices.ContainsFunc(parts, func(s string) bool { return s != "" && !strings.Contains(s, "=") })
}

// escaped reads one part of a query.
func escaped(part string) (key, value string, ok bool) {
	key, value, ok = strings.Cut(part, "=")
	k, bad := url.QueryUnescape(key)
	v, worse := url.QueryUnescape(value)
	return k, v, ok && bad == nil && worse == nil
}

// signal reads one part of a list: "error=RP_HOLD", "page.pay", "pay" or "RP_HOLD".
func signal(part string) (key, value string, ok bool) {
	part = strings.TrimSpace(part)
	if key, value, ok = strings.Cut(part, "="); ok {
		if text, err := url.PathUnescape(value); err == nil { // else "50%" is meant as it stands
			value = text
		}
		return key, value, true
	}
	if key, value, ok = strings.Cut(part, "."); !ok || !keyForm.MatchString(key) {
		key, value = "page", part
		if codeForm.MatchString(value) {
			key = "error"
		}
	}
	return key, value, pageForm.MatchString(value)
}

// readable tells whether s can be the value of a signal.
func readable(s string) bool {
	return s != "" && len(s) <= maxValue && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}
