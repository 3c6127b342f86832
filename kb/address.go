package kb

import (
	"net/url"
	"strings"
	"unicode"
)

// MaxImages is how many pictures one answer shows: each may be a message of its own.
const MaxImages = 3

// maxAddress is how long an address may be, in bytes: the shortest limit of the messengers is of that order.
const maxAddress = 1000

// BadAddress tells, in a sentence for operators, what is wrong with the address of a picture or a page that an answer shows; "" is
// nothing. Only https is taken: messengers show nothing else, and what goes over http anybody on the way can change.
func BadAddress(s string) string {
	u, err := url.Parse(s)
	switch {
	case len(s) > maxAddress:
		return "地址太长，最多 1000 个字符"
	case err != nil || u.Host == "" || strings.ContainsFunc(s, unicode.IsSpace) || !strings.Contains(u.Hostname(), "."):
		return "“" + s + "”不是一个完整的网址"
	case u.Scheme != "https":
		return "“" + s + "”不是 https:// 开头的网址"
	case u.User != nil:
		return "网址里不能有用户名和密码"
	}
	return ""
}
