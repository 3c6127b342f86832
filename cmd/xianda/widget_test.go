package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

// foreignSite serves a page of another site that holds the widget. host is by which name the browser calls it.
func foreignSite(t *testing.T, host string, page *string) (origin string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		// Strict enough that a widget that needs more would fail on many pages.
		fmt.Fprintf(w, `<!doctype html><title>商城</title><style>button{display:none!important}</style><h1>订单</h1><script src="%swidget.js" data-scene="error=RP_HOLD" data-lang="zh-CN" data-colour="#0a7f5a" data-title="支付帮助"></script>`, *page)
	}))
	t.Cleanup(s.Close)
	return "http://" + host + s.URL[strings.LastIndex(s.URL, ":"):]
}

// tapsLauncher clicks where a person would: the widget closed its shadow to the page.
func (p *tab) tapsLauncher() {
	p.t.Helper()
	at := value[[]float64](p, "[innerWidth - 48, innerHeight - 48]")
	p.do("tap the launcher", chromedp.MouseClickXY(at[0], at[1]))
}

// frame is the widget's frame, as a tab of its own.
func (p *tab) frame(url string) *tab {
	p.t.Helper()
	for deadline := time.Now().Add(pagePatience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		all, err := chromedp.Targets(p.ctx)
		if err != nil {
			p.t.Fatal(err)
		}
		for _, target := range all {
			if target.Type == "iframe" && strings.HasPrefix(target.URL, url) && target.ParentID == chromedp.FromContext(p.ctx).Target.TargetID {
				ctx, done := chromedp.NewContext(p.ctx, chromedp.WithTargetID(target.TargetID))
				p.t.Cleanup(done)
				return &tab{p.t, ctx}
			}
		}
	}
	p.t.Fatalf("no frame of %s appeared", url)
	return nil
}

// The widget on a page of an allowed site talks, remembers the person, and tells the page who they are; on any other site there is no
// conversation.
func TestWidgetInChromium(t *testing.T) {
	page := ""
	allowed, foreign := foreignSite(t, "localhost", &page), foreignSite(t, "localhost", &page)
	h := newWebHouse(t, "", allowed)
	page = h.page()
	h.start()
	b := newBrowser(t)
	p := b.tab()
	p.open(allowed)
	value[bool](p, "(window.told = [], document.addEventListener('xianda', e => told.push(e.detail.peer)), true)")
	if tree := p.tree(); len(nameless(tree)) > 0 || !slices.Contains(tree, "button: 打开客服对话") {
		t.Errorf("a screen reader is told %q of the launcher", tree)
	}
	p.tapsLauncher()
	if tree := p.tree(); len(nameless(tree)) > 0 || !slices.Contains(tree, "button: 收起") || !slices.Contains(tree, "dialog: 支付帮助") {
		t.Errorf("a screen reader is told %q of the open widget", tree)
	}
	f := p.frame(page)
	f.sees("document.querySelector('.up')")
	f.offers("红包功能被限制怎么办？") // by data-scene
	if cookies := value[string](f, "document.cookie"); cookies != "" {
		t.Errorf("the frame has the cookies %q, want a token alone", cookies)
	}
	f.taps("红包功能被限制怎么办？")
	f.sees("document.querySelectorAll('.msg.bot:not(.typing)').length > 1")
	f.says("谢谢")
	f.sees("!document.querySelector('.waits')")
	who := f.peer()
	p.sees("told.length === 1 && told[0] === " + quoted(who))
	if status := h.ask(http.MethodGet, "/v1/conversations/site/"+who, nil, nil); status != http.StatusOK {
		t.Errorf("the conversation of %s was answered with %d", who, status)
	}
	said := f.bubbles()
	value[bool](f, "dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'}))")
	for deadline := time.Now().Add(pagePatience); !slices.Contains(p.tree(), "button: 打开客服对话"); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("Escape does not close the widget: %q", p.tree())
		}
	}

	p.open(allowed) // another page of the same site
	p.tapsLauncher()
	again := p.frame(page)
	again.sees("document.querySelectorAll('.msg').length > 2")
	if d := cmp.Diff(said, again.bubbles()[:len(said)]); d != "" || again.peer() != who {
		t.Errorf("on the next page it is %s, want %s (-was +is)\n%s", again.peer(), who, d)
	}

	other := b.stranger()
	other.open(foreign)
	value[bool](other, "(window.told = [], document.addEventListener('xianda', e => told.push(e.detail.peer)), true)")
	other.tapsLauncher()
	refused := other.frame(page) // the frame is there, and the browser shows its own words in it
	refused.sees("document.readyState === 'complete'")
	if at := value[string](refused, "location.href + ' ' + document.querySelectorAll('main,textarea').length"); at != "chrome-error://chromewebdata/ 0" {
		t.Errorf("on a foreign site the frame shows %s, want an error of the browser", at)
	}
	if got := value[[]string](other, "told"); len(got) > 0 {
		t.Errorf("a foreign site was told of %q", got)
	}
	// Nor can its scripts speak to the channel.
	for _, path := range []string{"session", "messages"} {
		if got := value[string](other, fmt.Sprintf("fetch(%s, {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{\"id\":\"1\",\"text\":\"x\"}', credentials: 'include'}).then(r => 'answered ' + r.status, () => 'refused')", quoted(page+path)), chromedp.EvalAwaitPromise); got != "refused" {
			t.Errorf("a foreign site's request to %s was %s", path, got)
		}
	}
	if got := value[string](p, fmt.Sprintf("fetch(%s, {method: 'POST'}).then(r => r.json()).then(s => typeof s.token)", quoted(page+"session")), chromedp.EvalAwaitPromise); got != "string" {
		t.Errorf("an allowed site got %s for a token", got)
	}
}
