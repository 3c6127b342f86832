package qq

import (
	"crypto/ed25519"
	"encoding/hex"
	"strings"
)

// keyOf is the key pair that the platform and the bot make from the secret: its first 32 bytes after it was doubled until it has them
// (bot.q.qq.com/wiki, interface-framework/sign). secret is not empty.
func keyOf(secret string) ed25519.PrivateKey {
	seed := secret
	for len(seed) < ed25519.SeedSize {
		seed += seed
	}
	return ed25519.NewKeyFromSeed([]byte(seed[:ed25519.SeedSize]))
}

// signed tells whether signature, in lower-case hex, is that of timestamp and body. crypto/ed25519 refuses the malleable forms.
func signed(key ed25519.PublicKey, signature, timestamp string, body []byte) bool {
	raw, err := hex.DecodeString(signature)
	if err != nil || len(raw) != ed25519.SignatureSize || signature != strings.ToLower(signature) {
		return false
	}
	return ed25519.Verify(key, append([]byte(timestamp), body...), raw)
}
