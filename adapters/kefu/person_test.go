package kefu

import (
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/entry"
	"github.com/xianda-bot/xianda/adapters/kefu/kefutest"
	"github.com/xianda-bot/xianda/chat"
)

// A link with a signed scene leads to an arrival with that scene, whichever of the two fields the scene comes back in, escaped or not; the
// token itself is no signal.
func TestLinkLeadsToItsScene(t *testing.T) {
	t.Parallel()
	d, record := adapterstest.NewDeps()
	signer, err := entry.New([]string{"canary-link-secret"}, time.Now, record)
	if err != nil {
		t.Fatal(err)
	}
	p := kefutest.New(t)
	d.HTTP, d.Scene = adapterstest.Client(p), signer.Read
	a := mustNew(t, p, d, nil)
	token, err := signer.Sign("help", map[string]string{"page": "pay", "error": "RP_HOLD"}, time.Now().Add(time.Hour), a.MaxScene())
	if err != nil {
		t.Fatal(err)
	}
	link, err := a.Link(t.Context(), token, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(link.URL)
	if err != nil || u.Query().Get("enc_scene") == "" || u.Query().Get("scene_param") != token {
		t.Fatalf("Link = %+v, want the platform's link with scene_param %s", link, token)
	}
	for name, e := range map[string]event{
		"as it was given": {Scene: ourScene, SceneParam: token},
		"escaped":         {Scene: ourScene, SceneParam: strings.ReplaceAll(token, "-", "%2D")},
		"as the scene":    {Scene: token},
	} {
		got := a.scene(e)
		if got["page"] != "pay" || got["error"] != "RP_HOLD" || got["event"] != "enter" || got["kf_scene"] != "" {
			t.Errorf("%s: scene %v", name, got)
		}
	}
	if got := a.scene(event{Scene: ourScene, SceneParam: token[:len(token)-1] + "x"}); len(got) != 1 {
		t.Errorf("a forged scene gives %v", got)
	}
	if plain, err := a.Link(t.Context(), "", time.Time{}); err != nil || strings.Contains(plain.URL, "scene_param") {
		t.Errorf("without a scene Link = %+v, %v", plain, err)
	}
}

func TestUnion(t *testing.T) {
	t.Parallel()
	d, _ := adapterstest.NewDeps()
	p := kefutest.New(t)
	d.HTTP = adapterstest.Client(p)
	a := mustNew(t, p, d, nil)
	ann := chat.Address{Channel: "help", Peer: "wm-ann"}
	p.Bind("ann", "")
	if got, err := a.Union(t.Context(), ann); got != "" || err != nil {
		t.Errorf("without a unionid Union = %q %v", got, err)
	}
	p.Bind("ann", "o6_b")
	if got, err := a.Union(t.Context(), ann); got != "weixin:o6_b" || err != nil {
		t.Errorf("Union = %q %v", got, err)
	}
	p.FailCall(customersPath, 1, "48002")
	if _, err := a.Union(t.Context(), ann); err == nil || err.(*chat.Failure).Kind != chat.Auth { //nolint:errorlint // as Send
		t.Errorf("refused, Union = %v", err)
	}
}

// G5: what the platform keeps no more is a broken medium.
func TestOpen(t *testing.T) {
	t.Parallel()
	d, _ := adapterstest.NewDeps()
	p := kefutest.New(t)
	d.HTTP = adapterstest.Client(p)
	a := mustNew(t, p, d, nil)
	file, err := a.Open(t.Context(), chat.Media{Kind: "voice", Ref: p.Media([]byte("#!AMR\n..."))})
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(file)
	if err != nil || string(b) != "#!AMR\n..." || file.Close() != nil {
		t.Errorf("read %q %v", b, err)
	}
	for _, m := range []chat.Media{{Kind: "image", Ref: "gone"}, {Kind: "image"}, {Kind: "link", URL: "http://127.0.0.1/"}, {Kind: "location", Ref: "1,2"}} {
		if _, err := a.Open(t.Context(), m); err == nil || err.(*chat.Failure).Kind != chat.BadMedia { //nolint:errorlint // as Send
			t.Errorf("Open(%+v) = %v, want a broken medium", m, err)
		}
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		more map[string]any
		set  func(p *kefutest.Platform)
		want string
	}{
		{"well", nil, func(p *kefutest.Platform) { p.Seat("zhangsan", true) }, "credentials ok, account ok, seats ok"},
		{"wrong secret", map[string]any{"secret": "canary-wrong"}, nil, "credentials no"},
		{"wrong account", map[string]any{"open_kfid": "wkX"}, nil, "credentials ok, account no, seats no"},
		{"no permission", nil, func(p *kefutest.Platform) {
			p.FailCall(accountsPath, 1, "48002")
			p.FailCall(servicersPath, 1, "60020")
		}, "credentials ok, account no, seats no"},
		{"no seats wanted", map[string]any{"seats": "none"}, nil, "credentials ok, account ok, seats ok"},
	} {
		d, _ := adapterstest.NewDeps()
		p := kefutest.New(t)
		d.HTTP = adapterstest.Client(p)
		if c.set != nil {
			c.set(p)
		}
		var got []string
		for _, check := range mustNew(t, p, d, c.more).Probe(t.Context()) {
			word := " no"
			if check.OK {
				word = " ok"
			}
			got = append(got, check.Name+word)
			for _, s := range append(p.Secrets(), "canary-wrong") {
				if strings.Contains(check.Detail, s) {
					t.Errorf("%s: %q holds a secret", c.name, check.Detail)
				}
			}
			if check.Detail == "" {
				t.Errorf("%s: %s says nothing", c.name, check.Name)
			}
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: %q, want %q", c.name, strings.Join(got, ", "), c.want)
		}
	}
}
