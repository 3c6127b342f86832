package costest

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Verify checks a request's signature in its Authorization header or its query, as COS does
// (https://cloud.tencent.com/document/product/436/7778). now is when the request arrived.
func Verify(r *http.Request, secretKey string, now time.Time) error {
	// A ";" may stand unescaped in a query that was signed in advance; net/url would drop such a pair.
	query, err := url.ParseQuery(strings.ReplaceAll(r.URL.RawQuery, ";", "%3B"))
	if err != nil {
		return err
	}
	field := map[string]string{}
	if shown := r.Header.Get("Authorization"); shown != "" {
		for pair := range strings.SplitSeq(shown, "&") {
			name, value, _ := strings.Cut(pair, "=")
			field[name] = value
		}
	} else {
		for name := range query {
			if strings.HasPrefix(name, "q-") {
				field[name] = query.Get(name)
			}
		}
	}
	if field["q-sign-algorithm"] != "sha1" {
		return errors.New("the algorithm is not sha1")
	}
	if err := valid(field["q-sign-time"], now); err != nil {
		return err
	}
	signed := strings.Join([]string{
		strings.ToLower(r.Method), r.URL.Path,
		pairs(field["q-url-param-list"], func(name string) []string {
			for key, values := range query {
				if strings.ToLower(escape(key)) == name {
					return values
				}
			}
			return nil
		}),
		pairs(field["q-header-list"], func(name string) []string {
			switch name {
			case "host":
				return []string{r.Host}
			case "content-length":
				return []string{strconv.FormatInt(r.ContentLength, 10)}
			}
			return r.Header.Values(name)
		}),
		"",
	}, "\n")
	digest := sha1.Sum([]byte(signed))
	toSign := "sha1\n" + field["q-sign-time"] + "\n" + hex.EncodeToString(digest[:]) + "\n"
	want := mac(mac(secretKey, field["q-key-time"]), toSign)
	if !hmac.Equal([]byte(want), []byte(field["q-signature"])) {
		return errors.New("the signature does not match")
	}
	return nil
}

// valid checks a span "start;end" of Unix seconds.
func valid(span string, now time.Time) error {
	from, until, ok := strings.Cut(span, ";")
	start, err1 := strconv.ParseInt(from, 10, 64)
	end, err2 := strconv.ParseInt(until, 10, 64)
	if !ok || errors.Join(err1, err2) != nil || now.Unix() < start-1 || now.Unix() > end {
		return errors.New("the signature is not valid at this time")
	}
	return nil
}

func mac(key, text string) string {
	h := hmac.New(sha1.New, []byte(key))
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil))
}

// pairs joins the values of a list of names as they are signed: name=escaped value, in the list's order, each name once.
func pairs(list string, values func(name string) []string) string {
	var out []string
	seen := map[string]bool{"": true}
	for name := range strings.SplitSeq(list, ";") {
		if seen[name] {
			continue
		}
		seen[name] = true
		for _, v := range slices.Sorted(slices.Values(values(name))) {
			out = append(out, name+"="+escape(v))
		}
	}
	return strings.Join(out, "&")
}

// escape leaves only RFC 3986's unreserved characters as they are.
func escape(s string) string {
	const hexadecimal = "0123456789ABCDEF"
	var out strings.Builder
	for _, b := range []byte(s) {
		if b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || strings.IndexByte("-_.~", b) >= 0 {
			out.WriteByte(b)
			continue
		}
		out.Write([]byte{'%', hexadecimal[b>>4], hexadecimal[b&15]})
	}
	return out.String()
}
