package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

// audit finds what people with a screen reader, without a mouse or with weak eyes would stumble over, as WCAG 2.2 AA has it: names, roles,
// the size of what is tapped, the contrast of every text that is seen.
const audit = `(() => {
  const out = [], seen = e => e.checkVisibility({opacityProperty: true, visibilityProperty: true}) && e.getClientRects().length > 0;
  const say = (what, e) => out.push(what + ': ' + (e.className?.baseVal ?? e.className) + ' <' + e.localName + '> ' + (e.textContent ?? '').slice(0, 30));
  const name = e => (e.getAttribute('aria-label') ?? e.getAttribute('alt') ?? e.innerText ?? '').trim();
  if (!document.documentElement.lang) out.push('no language');
  if (!document.title) out.push('no title');
  for (const one of ['main', 'h1', '[role=log]']) if (document.querySelectorAll(one).length !== 1) out.push('not one ' + one);
  if (!document.querySelector('[role=log]').getAttribute('aria-label')) out.push('the log has no name');
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  if (new Set(ids).size !== ids.length) out.push('an id stands twice');
  for (const e of document.querySelectorAll('button, a, textarea, input, img, [role=group], [role=img]')) {
    if (!seen(e)) continue;
    if (!name(e)) say('no name', e);
    if (e.tabIndex > 0) say('out of order', e);
    const r = e.getBoundingClientRect();
    if (e.localName === 'button' && (r.width < 24 || r.height < 24)) say('too small to tap', e);
  }
  const rgba = s => { const n = s.match(/[\d.]+/g).map(Number); return s.startsWith('color(') ? [n[0] * 255, n[1] * 255, n[2] * 255, n[3] ?? 1] : [n[0], n[1], n[2], n[3] ?? 1]; };
  const over = (a, b) => [0, 1, 2].map(i => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);
  const behind = e => { const all = []; for (; e; e = e.parentElement) all.push(rgba(getComputedStyle(e).backgroundColor)); return all.reverse().reduce((b, a) => over(a, b), [255, 255, 255, 1]); };
  const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
  const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((m, n) => n - m); return (x + .05) / (y + .05); };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const check = (e, colour, what) => {
    const ground = behind(e), ratio = contrast(over(rgba(colour), ground), ground);
    if (ratio < what.least) say(what.name + ' contrast ' + ratio.toFixed(2), e);
  };
  for (let t; t = texts.nextNode();) {
    const e = t.parentElement, s = getComputedStyle(e);
    if (t.textContent.trim() && seen(e) && s.clipPath === 'none' && !e.closest('.waits')) check(e, s.color, {name: 'text', least: 4.5});
  }
  for (const e of document.querySelectorAll('svg')) if (seen(e)) check(e, getComputedStyle(e).color, {name: 'icon', least: 3});
  const box = document.querySelector('textarea');
  check(box, getComputedStyle(box, '::placeholder').color, {name: 'placeholder', least: 4.5});
  if (document.documentElement.scrollWidth > innerWidth) out.push('wider than the screen');
  return [...new Set(out)];
})()`

// tree is what the browser tells a screen reader, "role: name", closed shadows and all.
func (p *tab) tree() (out []string) {
	p.t.Helper()
	tree, err := chromedp.Call(p.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	if err != nil {
		p.t.Fatal(err)
	}
	word := func(v *accessibility.Value) (s string) {
		if v != nil {
			_ = json.Unmarshal(v.Value, &s) // what is no text has no name
		}
		return s
	}
	for _, n := range tree.Nodes {
		if role := word(n.Role); !n.Ignored && role != "StaticText" && role != "InlineTextBox" {
			out = append(out, role+": "+word(n.Name))
		}
	}
	return out
}

// nameless are the things to act on, in what a screen reader is told, that have no name.
func nameless(tree []string) []string {
	return slices.DeleteFunc(slices.Clone(tree), func(line string) bool {
		role, name, _ := strings.Cut(line, ": ")
		return name != "" || !slices.Contains([]string{"button", "link", "textbox", "log", "dialog", "group", "heading", "image", "Iframe", "RootWebArea"}, role)
	})
}

// talk brings everything onto the page that it can show: questions, a rating, own words, a seat.
func (p *tab) talk(h *house, url string) {
	p.t.Helper()
	p.chats(url)
	p.offers("红包功能被限制怎么办？")
	p.answered(func() { p.taps("红包功能被限制怎么办？") })
	p.sees(find("没解决"))
	p.answered(func() { p.taps("没解决") })
	p.answered(func() { p.taps("转人工客服") })
	id := h.openCase()
	h.seat(id, "claim", map[string]string{"seat": "alice"})
	h.seat(id, "reply", map[string]string{"seat": "alice", "text": "您好，我是客服小李。我看到您的红包功能因为异常登录被暂停了，验证身份后就能恢复：https://pay.example/verify", "key": "r-1"})
	p.reads("客服小李")
	p.sees("!document.querySelector('.waits')")
}

func TestPageIsAccessibleInChromium(t *testing.T) {
	h := newWebHouse(t, "")
	more, err := os.OpenFile(h.config, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	// Colours of which neither white nor dark words, and neither the light nor the dark page, can take all.
	if _, err := more.WriteString("  - {name: sun, kind: web, colour: \"#ffd400\"}\n  - {name: grey, kind: web, colour: \"#8a8a8a\"}\n  - {name: night, kind: web, colour: \"#101040\"}\n"); err != nil {
		t.Fatal(err)
	}
	more.Close()
	h.start()
	b := newBrowser(t)
	for _, c := range []struct {
		channel, scheme string
		width           int64
	}{{"site", "light", 1280}, {"site", "dark", 390}, {"sun", "light", 320}, {"sun", "dark", 1280}, {"grey", "light", 390}, {"grey", "dark", 390}, {"night", "dark", 1280}} {
		p := b.stranger()
		p.do("size", chromedp.EmulateViewport(c.width, 720))
		p.prefers(&emulation.MediaFeature{Name: "prefers-color-scheme", Value: c.scheme}, &emulation.MediaFeature{Name: "prefers-reduced-motion", Value: "reduce"})
		page := fmt.Sprintf("http://%s/web/%s/?scene=error=RP_HOLD", h.listen, c.channel)
		p.talk(h, page)
		for _, screen := range []string{"a conversation", "the beginning"} {
			if found := value[[]string](p, audit); len(found) > 0 {
				t.Errorf("%s, %s, %d wide, %s: %q", c.channel, c.scheme, c.width, screen, found)
			}
			if tree := p.tree(); len(nameless(tree)) > 0 || !slices.Contains(tree, "log: 对话内容") || !slices.Contains(tree, "textbox: 说说您遇到的问题") {
				t.Errorf("%s, %s: a screen reader is told %q, without a name %q", c.channel, screen, tree, nameless(tree))
			}
			value[bool](p, "(document.querySelector('.scroll').scrollTop = 0, document.querySelector('.typing').hidden = false, document.querySelector('.notice').hidden = false, true)")
		}
		if n := value[int](p, "document.getAnimations().length"); n > 0 {
			t.Errorf("%s: %d things move though the person wants no motion", c.channel, n)
		}
	}

	p := b.stranger()
	p.chats(h.page() + "?scene=error=RP_HOLD")
	want := slices.Concat([]string{"对话内容"}, p.offers("红包功能被限制怎么办？"), []string{"转人工客服", "说说您遇到的问题", "发送"})
	value[bool](p, "(document.querySelector('.log').focus(), true)")
	var order []string
	for range want {
		order = append(order, value[string](p, "(e => e.getAttribute('aria-label') ?? e.innerText)(document.activeElement)"))
		p.press("\t")
	}
	if d := cmp.Diff(want, order); d != "" {
		t.Errorf("the order of Tab (-want +got)\n%s", d)
	}
}

// maxScreenshot keeps the pictures of docs/ small enough for every clone.
const maxScreenshot = 200 << 10

// The pictures of docs/: make screenshots writes them there, else they are only taken.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("XIANDA_SCREENSHOTS")
	if dir == "" {
		dir = t.TempDir()
	}
	h := newWebHouse(t, "")
	h.start()
	b := newBrowser(t)
	shot := func(name, scheme string, width, height int64, talk func(*tab), options ...chromedp.EmulateViewportOption) {
		p := b.stranger()
		p.do("size", chromedp.EmulateViewport(width, height, slices.Concat(options, []chromedp.EmulateViewportOption{chromedp.EmulateScale(1.5)})...))
		p.prefers(&emulation.MediaFeature{Name: "prefers-color-scheme", Value: scheme}, &emulation.MediaFeature{Name: "prefers-reduced-motion", Value: "reduce"})
		talk(p)
		value[bool](p, "(document.activeElement.blur(), true)")
		png := p.screenshot()
		if len(png) > maxScreenshot {
			t.Errorf("%s has %d bytes, want at most %d", name, len(png), maxScreenshot)
		}
		if err := os.WriteFile(filepath.Join(dir, name), png, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// On arrival what most people want, and a tap; from an error what that is about; and a human.
	shot("web-desktop.png", "light", 1120, 860, func(p *tab) {
		p.chats(h.page())
		p.answered(func() { p.taps(p.offers("转人工")[0]) })
		p.sees("!document.querySelector('.waits')")
	})
	shot("web-phone.png", "light", 390, 844, func(p *tab) {
		p.chats(h.page() + "?scene=error=RP_HOLD")
		p.answered(func() { p.taps(p.offers("红包功能被限制怎么办？")[0]) })
		p.sees(find("没解决"))
		p.sees("!document.querySelector('.waits')")
	}, chromedp.EmulateMobile)
	shot("web-dark.png", "dark", 390, 844, func(p *tab) { p.talk(h, h.page()+"?scene=error=RP_HOLD") }, chromedp.EmulateMobile)
}
