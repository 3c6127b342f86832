package weixin

import (
	"crypto/sha1"
	"crypto/subtle"
	"encoding/hex"
	"slices"
	"strings"
)

// Sign is the platform's signature: lower-case hex SHA-1 over the parts, sorted bytewise and joined without a separator. The token is
// one of the parts; a msg_signature has the ciphertext as a fourth.
func Sign(parts ...string) string {
	p := slices.Clone(parts)
	slices.Sort(p)
	sum := sha1.Sum([]byte(strings.Join(p, "")))
	return hex.EncodeToString(sum[:])
}

// Signer returns the token among tokens with which signature was made over parts, or false. It takes the same time whichever it is, and
// however much of a wrong signature is right.
func Signer(tokens []string, signature string, parts ...string) (token string, ok bool) {
	for _, t := range tokens {
		want := Sign(append([]string{t}, parts...)...)
		if subtle.ConstantTimeCompare([]byte(want), []byte(signature)) == 1 && t != "" {
			token, ok = t, true
		}
	}
	return token, ok
}
