package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// browser is a real Chromium with an empty profile, closed when the test ends.
type browser struct {
	t   *testing.T
	ctx context.Context
}

// pagePatience is how long a page may take for what it should do at once: the machine may be busy.
const pagePatience = 30 * time.Second

func newBrowser(t *testing.T) *browser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Fatal("Chromium is missing, the tests of the web page drive it: make chromium (apt-get install chromium fonts-noto-cjk)")
	}
	profile, err := os.MkdirTemp("", "xianda-chromium-*") //nolint:usetesting // Chromium may still write into it when the test ends
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(profile) }) // Chromium may still write into it
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(profile), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.WindowSize(1280, 860),
	}
	for _, flag := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "hide-scrollbars",
		"disable-dev-shm-usage", "disable-extensions", "disable-default-apps"} {
		options = append(options, chromedp.Flag(flag, true))
	}
	all, stop := chromedp.NewExecAllocator(context.Background(), append(options, chromedp.Flag("lang", "zh-CN"), chromedp.Flag("accept-lang", "zh-CN,zh"))...)
	t.Cleanup(stop)
	ctx, done := chromedp.NewContext(all)
	t.Cleanup(done)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("Chromium does not start: %v", err)
	}
	return &browser{t, ctx}
}

// tab is one page in a browser.
type tab struct {
	t   *testing.T
	ctx context.Context
}

// tab opens another tab of the same person.
func (b *browser) tab() *tab {
	ctx, done := chromedp.NewContext(b.ctx)
	b.t.Cleanup(done)
	return &tab{b.t, ctx}
}

// stranger opens a tab of somebody who shares no cookies with the others.
func (b *browser) stranger() *tab {
	ctx, done := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	b.t.Cleanup(done)
	return &tab{b.t, ctx}
}

func (p *tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.t.Fatalf("%s: %v", what, err)
	}
}

func (p *tab) open(url string) {
	p.t.Helper()
	p.do("open "+url, chromedp.Navigate(url))
}

// value evaluates an expression in the page.
func value[T any](p *tab, expression string, options ...chromedp.EvaluateOption) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, options...))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// sees waits until an expression holds in the page.
func (p *tab) sees(expression string) {
	p.t.Helper()
	for deadline := time.Now().Add(pagePatience); ; time.Sleep(25 * time.Millisecond) {
		ok, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		if err == nil && ok {
			return
		}
		if time.Now().After(deadline) {
			text, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string]("document.body ? document.body.innerText : '(no page)'"))
			p.t.Fatalf("the page never came to %s (%v); it shows:\n%s", expression, err, text)
		}
	}
}

// reads waits until the page shows a text.
func (p *tab) reads(text string) {
	p.t.Helper()
	p.sees(fmt.Sprintf("document.body.innerText.includes(%s)", quoted(text)))
}

// find is an expression for the last visible button, or link, of this text or name.
func find(label string) string {
	return fmt.Sprintf(`[...document.querySelectorAll('button,a')].filter(b => b.checkVisibility() && ((b.innerText || '').trim() === %[1]s || b.getAttribute('aria-label') === %[1]s)).at(-1)`, quoted(label))
}

// taps clicks a button as a hand does: where it is on the screen.
func (p *tab) taps(label string) {
	p.t.Helper()
	p.sees(find(label))
	at := value[[]float64](p, "(b => { b.scrollIntoView({block: 'nearest'}); const r = b.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2] })("+find(label)+")")
	p.do("tap "+label, chromedp.MouseClickXY(at[0], at[1]))
}

// types writes into the composer, as an input method or pasting does: keyboards have no Chinese keys.
func (p *tab) types(text string) {
	p.t.Helper()
	p.sees("document.querySelector('textarea')")
	value[bool](p, "(document.querySelector('textarea').focus(), true)")
	if _, err := chromedp.Call(p.ctx, input.InsertText, input.InsertTextParams{Text: text}); err != nil {
		p.t.Fatalf("write %q: %v", text, err)
	}
}

// press presses keys where the focus is.
func (p *tab) press(keys string, options ...chromedp.KeyOption) {
	p.t.Helper()
	p.do("press a key", chromedp.KeyEvent(keys, options...))
}

// prefers sets what the person prefers.
func (p *tab) prefers(features ...*emulation.MediaFeature) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
		p.t.Fatal(err)
	}
}

// bubbles are the messages on the page: who, and what.
func (p *tab) bubbles() []string {
	p.t.Helper()
	return value[[]string](p, `[...document.querySelectorAll('.log .msg')].map(m => m.className.split(' ')[1] + ': ' + (m.querySelector('.text')?.textContent ?? ''))`)
}

// offered are the labels of the last offer.
func (p *tab) offered() []string {
	p.t.Helper()
	return value[[]string](p, `[...([...document.querySelectorAll('.offer')].at(-1)?.querySelectorAll('button') ?? [])].map(b => b.innerText.trim())`)
}

func (p *tab) screenshot() []byte {
	p.t.Helper()
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	return png
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string
	}
	return strings.ReplaceAll(string(b), "\u2028", `\u2028`)
}
