package weixin

import (
	"bytes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
)

// Vectors A (the platform's own page), B (its Java demo) and C (WeCom's sample).
const (
	keyA = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	appA = "wxba5fad812f8e6fb9"
	inA  = "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
	outA = "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
	keyB = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	appB = "wxb11529c136998cb6"
	outB = "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=="
	keyC = "6qkdMrq68nTKduznJYO1A37W2oEgpkMUvkttRToqhUt"
	appC = "ww1436e0e65a779aee"
	inC  = "fsi1xnbH4yQh0+PJxcOdhhK6TDXkjMyhEPA7xB2TGz6b+g7xyAbEkRxN/3cNXW9qdqjnoVzEtpbhnFyq6SVHyA=="
)

func mustKey(t testing.TB, key, receiver string) *Key {
	t.Helper()
	k, err := NewKey(key, receiver)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSignVectors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, want string
		parts      []string
	}{
		{"A get", "f464b24fc39322e44b38aa78f5edd27bd1441696", []string{"AAAAA", "1714036504", "1514711492"}},
		{"A plain", "899cf89e464efb63f54ddac96b0a0a235f53aa78", []string{"AAAAA", "1714037059", "486452656"}},
		{"A safe", "6c5c811b55cc85e0e1b54100749188c20beb3f5d", []string{"AAAAA", "1714112445", "415670741"}},
		{"A safe msg", "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3", []string{"AAAAA", "1714112445", "415670741", inA}},
		{"A reply", "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1", []string{"AAAAA", "1713424427", "415670741", outA}},
		{"C get", "012bc692d0a58dd4b10f8dfe5c4ac00ae211ebeb", []string{"hJqcu3uJ9Tn2gXPmxx2w9kkCkCE2EPYo", "1476416373", "47744683", inC}},
	} {
		if got := Sign(c.parts...); got != c.want {
			t.Errorf("%s: Sign(…) = %s, want %s", c.name, got, c.want)
		}
	}
}

func TestOpenVectors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, key, receiver, in, want string }{
		{"A", keyA, appA, inA, `{"ToUserName":"gh_97417a04a28d","FromUserName":"o9AgO5Kd5ggOC-bXrbNODIiE3bGY","CreateTime":1714112445,"MsgType":"event","Event":"debug_demo","debug_str":"hello world"}`},
		{"A reply", keyA, appA, outA, `{"demo_resp":"good luck"}`},
		{"B", keyB, appB, outB, "我是中文abcd123"},
		{"C", keyC, appC, inC, "1288432023552776189"},
	} {
		got, err := mustKey(t, c.key, c.receiver).Open(c.in)
		if err != nil || string(got) != c.want {
			t.Errorf("%s: Open(…) = %q, %v, want %q", c.name, got, err, c.want)
		}
	}
}

func TestSealVectors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, key, receiver, random, msg, want string }{
		{"A", keyA, appA, "707722b803182950", `{"demo_resp":"good luck"}`, outA},
		{"B", keyB, appB, "aaaabbbbccccdddd", "我是中文abcd123", outB},
	} {
		got, err := mustKey(t, c.key, c.receiver).Seal(strings.NewReader(c.random), []byte(c.msg))
		if err != nil || got != c.want {
			t.Errorf("%s: Seal(…) = %q, %v, want %q", c.name, got, err, c.want)
		}
	}
}

func TestSealXML(t *testing.T) {
	t.Parallel()
	got, err := mustKey(t, keyA, appA).SealXML(strings.NewReader("707722b803182950"), "AAAAA", 1713424427, "415670741", []byte(`{"demo_resp":"good luck"}`))
	want := "<xml><Encrypt><![CDATA[" + outA + "]]></Encrypt><MsgSignature><![CDATA[1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1]]></MsgSignature>" +
		"<TimeStamp>1713424427</TimeStamp><Nonce><![CDATA[415670741]]></Nonce></xml>"
	if err != nil || string(got) != want {
		t.Errorf("SealXML(…) = %s, %v, want %s", got, err, want)
	}
}

// rawSeal encrypts plain as it is, for envelopes that are wrong inside.
func rawSeal(k *Key, plain []byte) string {
	out := make([]byte, len(plain))
	cipher.NewCBCEncrypter(k.block, k.iv).CryptBlocks(out, plain)
	return base64.StdEncoding.EncodeToString(out)
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	k := mustKey(t, keyB, appB)
	good := func(size uint32, tail string, pad ...byte) []byte {
		b := append(bytes.Repeat([]byte("r"), 16), byte(size>>24), byte(size>>16), byte(size>>8), byte(size))
		return append(append(b, tail...), pad...)
	}
	for _, c := range []struct{ name, in string }{
		{"empty", ""},
		{"not base64", "!!!!"},
		{"line breaks", outB[:20] + "\n" + outB[20:]},
		{"URL alphabet", strings.ReplaceAll(outB, "+", "-")},
		{"spare bits", outB[:len(outB)-3] + "h=="},
		{"half a block", outB[:64]},
		{"16 not 32", base64.StdEncoding.EncodeToString(make([]byte, 48))},
		{"padding 0", rawSeal(k, good(3, "abc"+appB[:9]))},
		{"padding 33", rawSeal(k, append(good(3, "abc"), bytes.Repeat([]byte{33}, 41)...))},
		{"padding unequal", rawSeal(k, good(3, "abc"+appB, append(bytes.Repeat([]byte{22}, 10), append([]byte{1}, bytes.Repeat([]byte{22}, 12)...)...)...))},
		{"length too long", rawSeal(k, good(99, "abc"+appB, bytes.Repeat([]byte{23}, 23)...))},
		{"length all ones", rawSeal(k, good(0xFFFFFFFF, "abc"+appB, bytes.Repeat([]byte{23}, 23)...))},
		{"other receiver", mustSeal(t, mustKey(t, keyB, "wx0000000000000000"), "hello")},
		{"no receiver", mustSeal(t, mustKey(t, keyB, ""), "hello")},
		{"other key", mustSeal(t, mustKey(t, keyA, appB), "hello")},
	} {
		if got, err := k.Open(c.in); !errors.Is(err, ErrEnvelope) {
			t.Errorf("%s: Open(…) = %q, %v, want ErrEnvelope", c.name, got, err)
		}
	}
	// The helper itself makes good envelopes: with the right padding one opens.
	if got, err := k.Open(rawSeal(k, good(3, "abc"+appB, bytes.Repeat([]byte{23}, 23)...))); err != nil || string(got) != "abc" {
		t.Errorf("Open(well made) = %q, %v, want abc", got, err)
	}
}

func mustSeal(t testing.TB, k *Key, msg string) string {
	t.Helper()
	s, err := k.Seal(strings.NewReader("0123456789abcdef"), []byte(msg))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestNewKeyRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ key, want string }{
		{"", "has 0 characters, an EncodingAESKey has exactly 43: copy it from the console"},
		{keyA[1:], "has 42 characters, an EncodingAESKey has exactly 43: copy it from the console"},
		{strings.Repeat("!", 43), "is not an EncodingAESKey (43 letters and digits): copy it from the console"},
	} {
		if _, err := NewKey(c.key, appA); err == nil || err.Error() != c.want {
			t.Errorf("NewKey(%d characters) = %v, want %s", len(c.key), err, c.want)
		}
	}
}

func FuzzOpen(f *testing.F) {
	k := mustKey(f, keyB, appB)
	for _, s := range []string{outB, inA, "", "AAAA", outB[:44], strings.Repeat("A", 128)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		msg, err := k.Open(text)
		if err != nil {
			return
		}
		sealed := mustSeal(t, k, string(msg))
		if again, err := k.Open(sealed); err != nil || !bytes.Equal(again, msg) {
			t.Errorf("Open(Seal(%q)) = %q, %v", msg, again, err)
		}
	})
}
