package qq

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/qq/qqtest"
)

// The vector of bot.q.qq.com/wiki, interface-framework/event-emit.
const (
	vectorSecret = "DG5g3B4j9X2KOErG"
	vectorAt     = "1725442341"
	vectorToken  = "Arq0D5A61EgUu4OxUvOp"
	vectorProof  = "87befc99c42c651b3aac0278e71ada338433ae26fcb24307bdc5ad38c1adc2d01bcfcadc0842edac85e85205028a1132afe09280305f13aa6909ffc2d652c706"
)

func TestVector(t *testing.T) {
	t.Parallel()
	got, no := newGate("11111111", vectorSecret, time.Now).prove(challenge{Token: vectorToken, At: vectorAt})
	if no != nil || got != (answered{vectorToken, vectorProof}) {
		t.Errorf("the address check is answered with %+v, %v", got, no)
	}
}

// The public key of the documents' second example: a secret of 28 characters, doubled to 32.
func TestKeyOfALongerSecret(t *testing.T) {
	t.Parallel()
	want := []byte{215, 195, 98, 254, 120, 174, 248, 31, 242, 50, 135, 180, 147, 98, 139, 93, 176, 42, 60, 79, 227, 11, 33, 94, 77, 25, 96, 155, 93, 118, 103, 58}
	if got := keyOf("naOC0ocQE3shWLAfffVLB1rhYPG7").Public(); !bytes.Equal(got.(ed25519.PublicKey), want) {
		t.Errorf("the public key is %v, want %v", got, want)
	}
	if keyOf("a") == nil || keyOf(strings.Repeat("long", 20)) == nil {
		t.Error("secrets of any length make a key")
	}
}

// TestAddressCheck holds that the console's check is answered, signed or not, and that it signs nothing that could be an event.
func TestAddressCheck(t *testing.T) {
	t.Parallel()
	h := newHall(t, nil)
	check := []byte(`{"d":{"plain_token":"Arq0D5A61EgUu4OxUvOp","event_ts":"1725442341"},"op":13}`)
	for name, r := range map[string]*http.Request{"unsigned": qqtest.Unsigned(check), "signed": h.platform.Signed(check, time.Now())} {
		a := h.platform.Post(h.door, r)
		var got answered
		if a.Status != http.StatusOK || json.Unmarshal([]byte(a.Body), &got) != nil || got.Token != vectorToken {
			t.Errorf("%s: answered with %+v", name, a)
		}
		if !signed(h.gate.key.Public().(ed25519.PublicKey), got.Signature, vectorAt, []byte(vectorToken)) {
			t.Errorf("%s: the proof %s does not verify", name, got.Signature)
		}
	}
	wrong := h.platform.Signed(check, time.Now())
	wrong.Header.Set("X-Signature-Ed25519", strings.Repeat("0", 128))
	if a := h.platform.Post(h.door, wrong); a.Status != http.StatusForbidden {
		t.Errorf("a check with a wrong signature was answered with %d", a.Status)
	}
	if len(h.heard()) > 0 {
		t.Errorf("the inbox got %+v", h.heard())
	}
}

// E: methods, lengths and encodings.
func TestBadRequests(t *testing.T) {
	t.Parallel()
	h := newHall(t, nil)
	event := func() *http.Request {
		b, _ := json.Marshal(qqtest.Private("ann", "e", "你好", time.Now())) // plain data
		return h.platform.Signed(b, time.Now())
	}
	for _, c := range []struct {
		name   string
		change func(*http.Request) *http.Request
		want   int
	}{
		{"E1 GET", func(r *http.Request) *http.Request { r.Method = http.MethodGet; return r }, http.StatusMethodNotAllowed},
		{"E1 TRACE", func(r *http.Request) *http.Request { r.Method = http.MethodTrace; return r }, http.StatusMethodNotAllowed},
		{"E7 64 KB and one", func(*http.Request) *http.Request {
			return h.platform.Signed(bytes.Repeat([]byte(" "), maxBody+1), time.Now())
		}, http.StatusRequestEntityTooLarge},
		{"E8 gzip", func(r *http.Request) *http.Request { r.Header.Set("Content-Encoding", "gzip"); return r }, http.StatusUnsupportedMediaType},
		{"E2 another Content-Type", func(r *http.Request) *http.Request { r.Header.Set("Content-Type", "text/plain"); return r }, http.StatusOK},
		{"no X-Bot-Appid", func(r *http.Request) *http.Request { r.Header.Del("X-Bot-Appid"); return r }, http.StatusOK},
	} {
		if a := h.platform.Post(h.door, c.change(event())); a.Status != c.want {
			t.Errorf("%s: answered with %d, want %d", c.name, a.Status, c.want)
		}
	}
	if n := h.record.Counted("rejected qq large"); n != 1 {
		t.Errorf("the large one was counted %d times", n)
	}
}

// A8: the same request again is the platform's retry, and keeps its id; it is let in only while its timestamp is fresh.
func TestReplayedRequest(t *testing.T) {
	t.Parallel()
	d, _ := adapterstest.NewDeps()
	now := time.Now()
	d.Clock = func() time.Time { return now }
	p := qqtest.New(t)
	h := &hall{platform: p}
	h.Adapter = mustNew(t, p.Section(base), d)
	h.door = h.Handler(h.take)
	b, _ := json.Marshal(qqtest.Private("ann", "e", "你好", now)) // plain data
	for i, c := range []struct {
		later time.Duration
		want  int
	}{{0, http.StatusOK}, {4 * time.Minute, http.StatusOK}, {6 * time.Minute, http.StatusForbidden}} {
		r := p.Signed(b, now.Add(-c.later))
		if a := p.Post(h.door, r); a.Status != c.want {
			t.Errorf("delivery %d, %s later: answered with %d, want %d", i+1, c.later, a.Status, c.want)
		}
	}
	if got := h.heard(); len(got) != 2 || got[0].ID != got[1].ID {
		t.Errorf("the inbox got %+v, want one id twice", got)
	}
}
