package wechat

import (
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/chat"
)

// TestOpen holds that what a person sent is opened by its id, and by an unverified account by the address of an image; that an id which
// expired is told from a fault (G5).
func TestOpen(t *testing.T) {
	t.Parallel()
	const address = "https://mmbiz.example/picture"
	for _, tt := range []struct {
		name     string
		verified bool
		medium   func(id string) chat.Media
		want     string
		kind     chat.FailureKind
	}{
		{"by its id", true, func(id string) chat.Media { return chat.Media{Kind: "image", Ref: id, URL: address} }, "from its id", ""},
		{"expired", true, func(string) chat.Media { return chat.Media{Kind: "voice", Ref: "gone"} }, "", chat.BadMedia},
		{"unverified, by its address", false, func(id string) chat.Media { return chat.Media{Kind: "image", Ref: id, URL: address} }, "from its address", ""},
		{"unverified, a voice", false, func(id string) chat.Media { return chat.Media{Kind: "voice", Ref: id} }, "", chat.Refused},
	} {
		platform := newPlatform(t, true)
		d, _ := adapterstest.NewDeps()
		d.HTTP = adapterstest.Client(platform)
		d.Outside = adapterstest.Client(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "from its address") }))
		a := mustNew(t, section(true, tt.verified, numbered), d)
		r, err := a.Open(t.Context(), tt.medium(platform.Keep("image", "image/png", []byte("from its id"))))
		var f *chat.Failure
		if tt.kind != "" {
			if !errors.As(err, &f) || f.Kind != tt.kind {
				t.Errorf("%s: %v, want %s", tt.name, err, tt.kind)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		b, err := io.ReadAll(r)
		if r.Close(); string(b) != tt.want || err != nil {
			t.Errorf("%s: %q, %v, want %q", tt.name, b, err, tt.want)
		}
	}
}
