package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

// asks notes what the page asks the server for, with the Last-Event-ID that it shows, and holds all back until let() is called. What is
// in deny is answered with 401, once.
const asks = `Object.defineProperty(navigator, 'cookieEnabled', {get: () => %t});
window.asked = []; window.deny = '';
const held = new Promise((go) => { window.let = go; }), ask = window.fetch;
window.fetch = async (url, o) => {
  const what = url.split('?')[0], last = o.headers?.['Last-Event-ID'];
  asked.push(what + (last ? ' on' : ''));
  await held;
  if (deny === what) { deny = ''; return new Response('', {status: 401}); }
  return ask(url, o);
};`

// What is written before the page knows who the person is must reach the conversation that the page shows, by cookie and by token.
func TestFirstWordsWaitForThePersonInChromium(t *testing.T) {
	h := newWebHouse(t, "")
	h.start()
	b := newBrowser(t)
	for _, c := range []struct {
		name    string
		cookies bool
		want    []string
	}{
		{"cookie", true, []string{"stream", "messages"}},
		{"token", false, []string{"session", "stream", "messages"}},
	} {
		p := b.stranger()
		script := page.AddScriptToEvaluateOnNewDocumentParams{Source: fmt.Sprintf(asks, c.cookies)}
		if _, err := chromedp.Call(p.ctx, page.AddScriptToEvaluateOnNewDocument, script); err != nil {
			t.Fatal(err)
		}
		p.open(h.page())
		p.says("红包发不出去")
		if d := cmp.Diff(c.want[:1], value[[]string](p, "asked")); d != "" {
			t.Errorf("%s: before it knows the person the page asks for (-want +got)\n%s", c.name, d)
		}
		p.answered(func() { value[bool](p, "(window.let(), true)") })
		p.sees("!document.querySelector('.waits')")
		if d := cmp.Diff(c.want, value[[]string](p, "asked")); d != "" {
			t.Errorf("%s: the page asked for (-want +got)\n%s", c.name, d)
		}

		// A stream that is refused makes somebody new of us, who was shown nothing yet.
		value[bool](p, "(asked.length = 0, deny = 'stream', dispatchEvent(new Event('offline')), true)")
		p.sees("asked.filter((a) => a.startsWith('stream')).length === 2 && document.querySelector('.up')")
		want := []string{"stream on", "stream"}
		if !c.cookies {
			want = []string{"stream on", "session", "stream"}
		}
		if d := cmp.Diff(want, value[[]string](p, "asked")); d != "" {
			t.Errorf("%s: after a stream that was refused the page asked for (-want +got)\n%s", c.name, d)
		}
		p.answered(func() { p.says("谢谢") })
	}
}
