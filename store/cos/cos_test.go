package cos_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/cmd/app/media"
	"github.com/xianda-bot/xianda/store/cos"
	"github.com/xianda-bot/xianda/store/costest"
	"github.com/xianda-bot/xianda/store/mediatest"
)

const where = "cos://media-1250000000.ap-guangzhou/shop/a"

func open(t *testing.T, fake *costest.COS, key string) *cos.Bucket {
	t.Helper()
	b, err := cos.Open(where, cos.Options{SecretID: costest.SecretID, SecretKey: key, Endpoint: fake.URL})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBucket(t *testing.T) {
	t.Parallel()
	mediatest.Run(t, func(t *testing.T) (media.Store, func(time.Duration)) {
		fake := costest.New(t, 1) // pages of one: every list goes on
		t.Cleanup(func() {
			if _, refused := fake.Calls(); refused > 0 {
				t.Errorf("%d signatures were wrong", refused)
			}
		})
		return open(t, fake, costest.SecretKey), fake.Back
	})
}

// TestNeverItsOwnType holds that a link into the bucket downloads what a stranger sent instead of running it (G3).
func TestNeverItsOwnType(t *testing.T) {
	t.Parallel()
	fake := costest.New(t, 0)
	b := open(t, fake, costest.SecretKey)
	if err := b.Put(t.Context(), chat.Media{ID: "aa00-1", Kind: "file", MIME: "text/html"}, strings.NewReader("<script>")); err != nil {
		t.Fatal(err)
	}
	h := fake.Header("shop/a/aa00-1")
	if got := h.Get("Content-Type") + " " + h.Get("Content-Disposition"); got != "application/octet-stream attachment" {
		t.Errorf("it is put as %q", got)
	}
}

// TestFaults holds that one attempt is made, and that errors tell neither address nor key.
func TestFaults(t *testing.T) {
	t.Parallel()
	fake := costest.New(t, 0)
	b := open(t, fake, costest.SecretKey)
	m := chat.Media{ID: "aa00-1", Kind: "file"}
	fake.Fail(1)
	err := b.Put(t.Context(), m, strings.NewReader("x"))
	if calls, _ := fake.Calls(); err == nil || len(calls) != 1 {
		t.Errorf("Put of a bucket that is away: %v after %v, want an error after one call", err, calls)
	}
	wrong := open(t, fake, "another key")
	for name, err := range map[string]error{
		"away":  err,
		"put":   wrong.Put(t.Context(), m, strings.NewReader("x")),
		"sweep": second(wrong.Sweep(t.Context(), time.Now())),
		"forget": func() error {
			return wrong.Forget(t.Context(), "aa00")
		}(),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, secret := range []string{costest.SecretID, "another key", fake.URL, "aa00", "q-signature"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: %v tells %q", name, err, secret)
			}
		}
	}
}

func second(_ int, err error) error { return err }

func TestTampered(t *testing.T) {
	t.Parallel()
	fake := costest.New(t, 0)
	b := open(t, fake, costest.SecretKey)
	if err := b.Put(t.Context(), chat.Media{ID: "aa00-1", Kind: "file"}, strings.NewReader("content")); err != nil {
		t.Fatal(err)
	}
	fake.Tamper()
	_, _, r, err := b.Open(t.Context(), "aa00-1")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if b, err := io.ReadAll(r); err == nil {
		t.Errorf("a content that is not what was put is read as %q", b)
	}
}

// TestManyPages holds that others' objects below the prefix stay, over several pages.
func TestManyPages(t *testing.T) {
	t.Parallel()
	fake := costest.New(t, 7)
	b := open(t, fake, costest.SecretKey)
	fake.Back(time.Hour)
	for i := range 30 {
		if err := b.Put(t.Context(), chat.Media{ID: fmt.Sprintf("aa%02d-1", i), Kind: "file"}, strings.NewReader("x")); err != nil {
			t.Fatal(err)
		}
	}
	other, err := cos.Open(where+"/below", cos.Options{SecretID: costest.SecretID, SecretKey: costest.SecretKey, Endpoint: fake.URL})
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Put(t.Context(), chat.Media{ID: "aa00-1", Kind: "file"}, strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	if n, err := b.Sweep(t.Context(), time.Now()); n != 30 || err != nil {
		t.Errorf("Sweep = %d, %v, want 30", n, err)
	}
	if _, _, r, err := other.Open(t.Context(), "aa00-1"); err != nil {
		t.Errorf("what lies below another prefix: %v", err)
	} else {
		r.Close()
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	good := cos.Options{SecretID: "a", SecretKey: "b"}
	for where, o := range map[string]cos.Options{
		"cos://bucket.ap-guangzhou/x":           good,
		"https://b-1.cos.ap-guangzhou.x/":       good,
		"cos://b-1.ap-guangzhou":                {SecretID: "a"},
		"cos://b-1.ap-guangzhou/endpoint-wrong": {SecretID: "a", SecretKey: "b", Endpoint: "ftp://x"},
	} {
		if _, err := cos.Open(where, o); err == nil {
			t.Errorf("Open(%q) is no error", where)
		}
	}
}
