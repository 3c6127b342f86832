package weixin

import (
	"regexp"
	"strings"
)

var secretParam = regexp.MustCompile(`(?i)((?:access_token|component_access_token|corpsecret|app_?secret|secret)["']?\s*[=:]\s*["']?)[^&\s"',}]+`)

// Scrub returns s without the values of secret parameters and without the given secrets, for errors and logs.
func Scrub(s string, secrets ...string) string {
	for _, x := range secrets {
		if x != "" {
			s = strings.ReplaceAll(s, x, "<secret>")
		}
	}
	return secretParam.ReplaceAllString(s, "${1}<secret>")
}
