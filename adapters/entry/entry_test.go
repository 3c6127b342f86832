package entry

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/chat"
)

var now = time.Unix(1_780_000_000, 0)

// counts keeps what was counted, in order.
type counts []string

func (c *counts) Count(metric string, labels ...string) {
	*c = append(*c, metric+" "+strings.Join(labels, " "))
}

func signer(t testing.TB, at time.Time, secrets ...string) (*Signer, *counts) {
	t.Helper()
	c := &counts{}
	s, err := New(secrets, func() time.Time { return at }, c)
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

var payScene = map[string]string{"page": "pay", "error": "RP_HOLD"}

// TestSigned holds F6: what was signed is read again, marked, and fits what the platforms take.
func TestSigned(t *testing.T) {
	t.Parallel()
	s, c := signer(t, now, "", "the secret")
	for _, scene := range []map[string]string{
		payScene,
		{"page": "pay"},
		{"campaign": "spring=2026&x,y", "title": "红包 说明"},
		{"lang": "zh-CN", "order": "42", "from": "poster", "menu": "M", "product": "p"},
	} {
		token, err := s.Sign("shop", scene, now.Add(time.Hour), 512)
		if err != nil {
			t.Fatalf("Sign(%v): %v", scene, err)
		}
		if strings.Trim(token, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-") != "" {
			t.Errorf("%q holds what a start payload may not", token)
		}
		want := maps.Clone(scene)
		want[chat.SignedScene] = "yes"
		if d := cmp.Diff(want, s.Read("shop", token)); d != "" {
			t.Errorf("Read of %v (-want +got)\n%s", scene, d)
		}
	}
	if d := cmp.Diff(counts(slices.Repeat([]string{"entries shop signed"}, 4)), *c); d != "" {
		t.Errorf("counted (-want +got)\n%s", d)
	}
	if token, err := s.Sign("shop", payScene, now.Add(time.Hour), 64); err != nil || len(token) > 40 {
		t.Errorf("page and error make %q (%v), want at most 40 characters", token, err)
	}
	one, _ := s.Sign("shop", payScene, now.Add(time.Hour), 64)
	two, _ := s.Sign("shop", map[string]string{"error": "RP_HOLD", "page": "pay"}, now.Add(time.Hour), 64)
	if one != two {
		t.Errorf("one scene makes %q and %q: a platform would keep two codes", one, two)
	}
}

// TestRotation holds that links which are printed outlive a new secret.
func TestRotation(t *testing.T) {
	t.Parallel()
	old, _ := signer(t, now, "old")
	token, err := old.Sign("shop", payScene, now.Add(time.Hour), 64)
	if err != nil {
		t.Fatal(err)
	}
	both, _ := signer(t, now, "new", "old")
	if both.Read("shop", token) == nil {
		t.Error("the secret before is not accepted")
	}
	fresh, err := both.Sign("shop", payScene, now.Add(time.Hour), 64)
	if err != nil || old.Read("shop", fresh) != nil {
		t.Errorf("the secret before signs still (%v)", err)
	}
}

// TestNotOurs holds that what is forged, expired or malformed brings nothing, and is counted by its reason.
func TestNotOurs(t *testing.T) {
	t.Parallel()
	s, _ := signer(t, now, "secret")
	token, err := s.Sign("shop", payScene, now.Add(time.Hour), 64)
	if err != nil {
		t.Fatal(err)
	}
	foreign, _ := signer(t, now, "another")
	theirs, err := foreign.Sign("shop", payScene, now.Add(time.Hour), 64)
	if err != nil {
		t.Fatal(err)
	}
	other := "A"
	if token[10:11] == other {
		other = "B"
	}
	longer := binary.BigEndian.AppendUint32(nil, uint32(now.Add(1000*time.Hour).Unix()))
	raw, err := encoding.DecodeString(token[2:])
	if err != nil {
		t.Fatal(err)
	}
	later := append(binary.BigEndian.AppendUint32(nil, uint32(now.Add(time.Hour).Unix())), 9, 'x')
	unknown := version + encoding.EncodeToString(append(later, mac(s.keys[0], "shop", later)...))
	for _, c := range []struct {
		name, channel, token, want string
		at                         time.Time
	}{
		{"good", "shop", token, signed, now},
		{"just before its end", "shop", token, signed, now.Add(time.Hour - time.Second)},
		{"at its end", "shop", token, expired, now.Add(time.Hour)},
		{"other channel's", "shop2", token, forged, now},
		{"no channel's", "", token, forged, now},
		{"other secret", "shop", theirs, forged, now},
		{"one character changed", "shop", token[:10] + other + token[11:], forged, now},
		{"a later end", "shop", version + encoding.EncodeToString(append(longer, raw[expiry:]...)), forged, now},
		{"truncated", "shop", version + encoding.EncodeToString(raw[:len(raw)-1]), forged, now},
		{"truncated within a byte", "shop", token[:len(token)-4], malformed, now},
		{"truncated to nothing", "shop", "_1", malformed, now},
		{"no field", "shop", version + encoding.EncodeToString(make([]byte, expiry+signature)), malformed, now},
		{"a byte too many", "shop", token + "A", forged, now},
		{"padded", "shop", token + "=", malformed, now},
		{"line break", "shop", token[:8] + "\n" + token[8:], malformed, now},
		{"unknown version", "shop", "_2" + token[2:], malformed, now},
		{"mark alone", "shop", "_", malformed, now},
		{"10 KB", "shop", "_1" + strings.Repeat("A", 10<<10), malformed, now},
		{"a key that a later house knows", "shop", unknown, malformed, now},
	} {
		reader, counted := signer(t, c.at, "secret")
		got := reader.Read(c.channel, c.token)
		if want := "entries " + c.channel + " " + c.want; len(*counted) != 1 || (*counted)[0] != want {
			t.Errorf("%s: counted %q, want %q", c.name, *counted, want)
		}
		if (got != nil) != (c.want == signed) {
			t.Errorf("%s: gave %v", c.name, got)
		}
	}
}

// TestSignRefuses holds that an operator learns what is wrong, and how much too long a scene is.
func TestSignRefuses(t *testing.T) {
	t.Parallel()
	s, _ := signer(t, now, "secret")
	many := map[string]string{}
	for i := range maxSignals + 1 {
		many["k"+string(rune('a'+i))] = "v"
	}
	for _, c := range []struct {
		name  string
		scene map[string]string
		until time.Time
		want  string
	}{
		{"empty", nil, now.Add(1), "the scene is empty"},
		{"many", many, now.Add(1), "at most 16"},
		{"mark", map[string]string{"signed": "yes"}, now.Add(1), "leave it out"},
		{"key", map[string]string{"页面": "x"}, now.Add(1), "no name of a signal"},
		{"value", map[string]string{"page": "a\nb"}, now.Add(1), "without control characters"},
		{"no value", map[string]string{"page": ""}, now.Add(1), "1 to 200 bytes"},
		{"past", payScene, now, "in the future"},
		{"far", payScene, time.Date(2107, 1, 1, 0, 0, 0, 0, time.UTC), "before the year 2106"},
		{"long", map[string]string{"page": strings.Repeat("x", 40)}, now.Add(1), "9 bytes too long for a link of 64 characters"},
	} {
		if token, err := s.Sign("shop", c.scene, c.until, 64); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Sign = %q, %v, want an error with %q", c.name, token, err, c.want)
		}
	}
	var long *TooLong
	if _, err := s.Sign("shop", payScene, now.Add(time.Hour), 32); !errors.As(err, &long) || long.Over != 4 {
		t.Errorf("32 characters: %v, want 4 bytes too long", err)
	}
	if token, err := s.Sign("shop", map[string]string{"error": "RP_HOLD"}, now.Add(time.Hour), 32); err != nil || len(token) > 32 {
		t.Errorf("an error code in 32 characters: %q, %v", token, err)
	}
	if token, err := s.Sign("shop", map[string]string{"page": strings.Repeat("x", 31)}, now.Add(time.Hour), 64); err != nil || len(token) != 64 {
		t.Errorf("the longest scene of 64 characters: %q, %v", token, err)
	}
	unsigned, _ := signer(t, now)
	if _, err := unsigned.Sign("shop", payScene, now.Add(time.Hour), 64); !errors.Is(err, ErrNoSecret) {
		t.Errorf("without a secret: %v", err)
	}
	if d := cmp.Diff(payScene, unsigned.Read("shop", "page=pay,error=RP_HOLD")); d != "" {
		t.Errorf("without a secret, plain scenes are read otherwise:\n%s", d)
	}
}

// FuzzRead holds that nothing but a signature makes a signed scene, and that what is read is bounded.
func FuzzRead(f *testing.F) {
	good, _ := signer(f, now, "secret")
	token, err := good.Sign("shop", payScene, now.Add(time.Hour), 64)
	if err != nil {
		f.Fatal(err)
	}
	for _, raw := range []string{
		token, token[:20], "_2" + token[2:], "error=RP_HOLD", "a=b&c=d", "a=b,c=d", "page.x", ",,==..", "页面=红包",
		"signed=yes,page=pay",
		"pages/pay/index?error=%E7%BA%A2&signed=yes", "page%3Dpay%2Csigned%3Dyes", "%",
	} {
		f.Add(raw, "page", "pay")
	}
	f.Fuzz(func(t *testing.T, raw, key, value string) {
		s, counted := signer(t, now, "another secret")
		got := s.Read("shop", raw)
		if raw != "" && len(*counted) != 1 {
			t.Errorf("%q counted %v", raw, *counted)
		}
		if len(got) > maxSignals || got != nil && len(got) == 0 || got[chat.SignedScene] != "" {
			t.Errorf("%q gave %v", raw, got)
		}
		for k, v := range got {
			if !keyForm.MatchString(k) || !readable(v) {
				t.Errorf("%q gave %q=%q", raw, k, v)
			}
		}
		scene := map[string]string{key: value, "error": "E"}
		if token, err := s.Sign("shop", scene, now.Add(time.Hour), maxRaw); err == nil {
			scene[chat.SignedScene] = "yes"
			if d := cmp.Diff(scene, s.Read("shop", token)); d != "" {
				t.Errorf("%q was signed and reads otherwise:\n%s", token, d)
			}
		}
		unpack(raw) // a house with the secret may have written anything
	})
}
