package app

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/config"
	"github.com/xianda-bot/xianda/store/costest"
)

// TestOpenMedia holds that every kind of media.store that the configuration knows is one that the house can open.
func TestOpenMedia(t *testing.T) {
	t.Parallel()
	fake := costest.New(t, 0)
	keys := config.COS{SecretID: costest.SecretID, SecretKey: costest.SecretKey, Endpoint: fake.URL}
	for _, tt := range []struct {
		store        string
		cos          config.COS
		kept, shared bool
		fails        string
	}{
		{"", config.COS{}, false, false, ""},
		{config.KeepNone, config.COS{}, false, false, ""},
		{t.TempDir() + "/a/b", config.COS{}, true, false, ""},
		{"cos://media-1250000000.ap-guangzhou/shop", keys, true, true, ""},
		{"cos://media-1250000000.ap-guangzhou", config.COS{}, false, false, "media.store: cos.secret_id"},
		{"/dev/null/x", config.COS{}, false, false, "media.store: folder of media"},
	} {
		s, shared, err := openMedia(&config.Config{Media: config.Media{Store: tt.store}, COS: tt.cos})
		if (s != nil) != tt.kept || shared != tt.shared || (err != nil) != (tt.fails != "") || err != nil && !strings.Contains(err.Error(), tt.fails) {
			t.Errorf("openMedia(%q) = %v, %v, %v", tt.store, s, shared, err)
		}
		if s == nil {
			continue
		}
		if err := s.Put(t.Context(), chat.Media{ID: "aa00-1", Kind: "file", Size: 1}, strings.NewReader("x")); err != nil {
			t.Errorf("%s: %v", tt.store, err)
			continue
		}
		_, _, r, err := s.Open(t.Context(), "aa00-1")
		if err != nil {
			t.Errorf("%s: %v", tt.store, err)
			continue
		}
		if b, err := io.ReadAll(r); string(b) != "x" || err != nil {
			t.Errorf("%s: %q, %v", tt.store, b, err)
		}
		r.Close()
	}
}

// TestExamineMedia holds that the doctor tells wrong keys of a bucket from right ones, and keeps nothing.
func TestExamineMedia(t *testing.T) {
	t.Parallel()
	fake := costest.New(t, 0)
	dir := t.TempDir() + "/media"
	for _, tt := range []struct {
		store, key string
		ok         bool
		detail     string
	}{
		{"", "", true, "nothing that people send is kept"},
		{dir, "", true, "kept for 720h0m0s, at most 20 MB each"},
		{"/proc/media", "", false, "cannot be written"},
		{"cos://media-1250000000.ap-guangzhou", costest.SecretKey, true, "kept for"},
		{"cos://media-1250000000.ap-guangzhou", "another", false, "do cos.secret_id and cos.secret_key belong to this bucket"},
	} {
		got := examineMedia(t.Context(), &config.Config{
			Media: config.Media{Store: tt.store, Keep: config.DefaultKeep, MaxMB: config.DefaultMaxMB},
			COS:   config.COS{SecretID: costest.SecretID, SecretKey: config.Secret(tt.key), Endpoint: fake.URL},
		})
		if got.OK != tt.ok || !strings.Contains(got.Detail, tt.detail) || strings.Contains(got.Detail, "another") {
			t.Errorf("media %q: %+v", tt.store, got)
		}
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the doctor made the folder")
	}
}

func TestMediaKey(t *testing.T) {
	t.Parallel()
	a, again, b := mediaKey("a"), mediaKey("a"), mediaKey("b")
	if mediaKey("") != nil || !bytes.Equal(a, again) || bytes.Equal(a, b) {
		t.Error("the key of ids is not one of the admin token alone")
	}
}
