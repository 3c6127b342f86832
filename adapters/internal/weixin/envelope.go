package weixin

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// ErrEnvelope is the one error for every ciphertext that does not open, so that nobody learns from us what was wrong with it.
var ErrEnvelope = errors.New("the envelope does not open")

// padBlock is the PKCS#7 block of the envelope. It is 32, not the 16 of AES.
const padBlock = 32

// Key opens and seals envelopes of one receiver: an app id, or a corp id. It may be shared.
type Key struct {
	block    cipher.Block
	iv       []byte
	receiver []byte
}

// NewKey makes a key from an EncodingAESKey of 43 letters and digits.
func NewKey(encodingAESKey, receiver string) (*Key, error) {
	if n := len(encodingAESKey); n != 43 {
		return nil, fmt.Errorf("has %d characters, an EncodingAESKey has exactly 43: copy it from the console", n)
	}
	// Not Strict: the last character of true keys carries spare bits.
	raw, err := base64.StdEncoding.DecodeString(encodingAESKey + "=")
	if err != nil || len(raw) != 32 {
		return nil, errors.New("is not an EncodingAESKey (43 letters and digits): copy it from the console")
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, err
	}
	return &Key{block: block, iv: raw[:aes.BlockSize], receiver: []byte(receiver)}, nil
}

// Open returns the message in text, or ErrEnvelope. Every part is checked: base64 without line breaks, whole blocks, padding,
// length and receiver.
func (k *Key) Open(text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n") { // encoding/base64 skips them
		return nil, ErrEnvelope
	}
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(b) == 0 || len(b)%padBlock != 0 {
		return nil, ErrEnvelope
	}
	cipher.NewCBCDecrypter(k.block, k.iv).CryptBlocks(b, b)
	n := int(b[len(b)-1])
	if n < 1 || n > padBlock || n > len(b)-20 {
		return nil, ErrEnvelope
	}
	for _, x := range b[len(b)-n:] {
		if int(x) != n {
			return nil, ErrEnvelope
		}
	}
	b = b[:len(b)-n]
	size := binary.BigEndian.Uint32(b[16:20])
	if uint64(size) > uint64(len(b)-20) {
		return nil, ErrEnvelope
	}
	if subtle.ConstantTimeCompare(b[20+size:], k.receiver) != 1 {
		return nil, ErrEnvelope
	}
	return b[20 : 20+size], nil
}

// Seal encrypts msg behind 16 bytes of random.
func (k *Key) Seal(random io.Reader, msg []byte) (string, error) {
	size := 20 + len(msg) + len(k.receiver)
	pad := padBlock - size%padBlock
	b := make([]byte, size+pad)
	if _, err := io.ReadFull(random, b[:16]); err != nil {
		return "", fmt.Errorf("random bytes for an envelope: %w", err)
	}
	binary.BigEndian.PutUint32(b[16:], uint32(len(msg)))
	copy(b[20:], msg)
	copy(b[20+len(msg):], k.receiver)
	copy(b[size:], bytes.Repeat([]byte{byte(pad)}, pad))
	cipher.NewCBCEncrypter(k.block, k.iv).CryptBlocks(b, b)
	return base64.StdEncoding.EncodeToString(b), nil
}

// SealXML is the encrypted form of a passive reply, signed with token. timestamp is in seconds.
func (k *Key) SealXML(random io.Reader, token string, timestamp int64, nonce string, msg []byte) ([]byte, error) {
	sealed, err := k.Seal(random, msg)
	if err != nil {
		return nil, err
	}
	ts := strconv.FormatInt(timestamp, 10)
	var b bytes.Buffer
	b.WriteString("<xml><Encrypt><![CDATA[" + sealed + "]]></Encrypt><MsgSignature><![CDATA[" + Sign(token, ts, nonce, sealed) +
		"]]></MsgSignature><TimeStamp>" + ts + "</TimeStamp><Nonce>" + CDATA(nonce) + "</Nonce></xml>")
	return b.Bytes(), nil
}
