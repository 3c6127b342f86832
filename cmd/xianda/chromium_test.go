package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/store/redis/redistest"
)

// What a person does with the page that a signed link opened on their problem (F6): typing, tapping, keys alone, several tabs, a reload.
func TestPageInChromium(t *testing.T) {
	h := newWebHouse(t, "")
	h.start()
	b := newBrowser(t)
	p := b.tab()
	address := h.link("page=pay,error=RP_HOLD")
	p.chats(address)
	p.offers("红包功能被限制怎么办？")
	if focus := value[string](p, "document.activeElement.tagName"); focus != "TEXTAREA" {
		t.Errorf("the focus of a fresh page is on %s, want the composer", focus)
	}

	// Keys alone: back from the composer to the last choice but two, the likely question, and press it.
	shift := chromedp.KeyModifiers(kb.ModifierShift)
	for range 12 {
		if value[string](p, "document.activeElement.innerText ?? ''") == "红包功能被限制怎么办？" {
			break
		}
		p.press("\t", shift)
	}
	if outline := value[string](p, "getComputedStyle(document.activeElement).outlineStyle"); outline == "none" {
		t.Error("the focus is not seen on a choice")
	}
	answer := p.answered(func() { p.press(" ") })
	if !strings.Contains(answer, "限制") {
		t.Errorf("a choice by key was answered with %q", answer)
	}

	// Enter sends, Shift+Enter begins a line, Enter that ends the choosing of characters does neither.
	p.types("第一行")
	p.press("\r", shift)
	p.types("第二行")
	value[bool](p, `document.querySelector('textarea').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true, cancelable: true}))`)
	value[bool](p, `document.querySelector('textarea').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', keyCode: 229, bubbles: true, cancelable: true}))`)
	if got := value[string](p, "document.querySelector('textarea').value"); got != "第一行\n第二行" {
		t.Errorf("the composer holds %q, want two lines, unsent", got)
	}
	p.answered(func() { p.press("\r") })
	p.sees(`[...document.querySelectorAll('.person .text')].some(e => e.textContent === '第一行\n第二行')`)
	if got := value[string](p, "document.querySelector('textarea').value"); got != "" {
		t.Errorf("after sending the composer holds %q", got)
	}
	p.press(" \r") // nothing to read in it: stays unsent
	value[bool](p, "(document.querySelector('textarea').value = '', true)")
	p.types(strings.Repeat("长", 30_000))
	p.press("\r")
	p.reads("太长了")
	if n := value[int](p, "document.querySelector('textarea').value.length"); n != 30_000 {
		t.Errorf("of what was too long %d characters came back, want all to be changed", n)
	}
	value[bool](p, "(document.querySelector('textarea').value = '', [...document.querySelectorAll('.note')].at(-1).closest('.msg').remove(), true)")
	before := p.bubbles()

	second := b.tab()
	second.chats(address)
	if d := cmp.Diff(before, second.bubbles()); d != "" {
		t.Errorf("another tab shows something else (-first +second)\n%s", d)
	}
	second.says("转账没到账")
	p.sees("[...document.querySelectorAll('.person .text')].at(-1).textContent === '转账没到账'")
	p.sees("document.querySelector('.log').lastElementChild.classList.contains('bot')")
	second.sees("document.querySelector('.log').lastElementChild.classList.contains('bot')")
	now := p.bubbles()
	p.do("reload", chromedp.Reload())
	p.sees("document.querySelector('.up')")
	if d := cmp.Diff(now, p.bubbles()); d != "" {
		t.Errorf("a reload shows something else (-before +after)\n%s", d)
	}

	// A page that is not looked at counts what it missed, and says so where it begins.
	value[bool](p, "(Object.defineProperty(document, 'hidden', {value: true, configurable: true}), true)")
	second.answered(func() { second.says("红包发不出去") })
	p.sees("document.title === '(1) 支付帮助' && document.querySelectorAll('.fresh').length === 1")
	value[bool](p, "(delete document.hidden, document.dispatchEvent(new Event('visibilitychange')))")
	p.sees("document.title === '支付帮助'")

	// Too many tabs: the oldest says so, and comes back when it is looked at.
	for range 4 {
		b.tab().chats(address)
	}
	p.reads("对话已在别的窗口打开")
	p.taps("在这里继续")
	p.sees("!document.querySelector('.notice:not([hidden])')")

	forged := b.stranger()
	forged.chats(strings.Replace(address, "scene=_1", "scene=_1AAAA", 1)) // somebody else's, or broken on the way
	if got := forged.offers("转人工"); contains(got, "红包功能被限制怎么办？") {
		t.Errorf("a forged link opens on the problem: %q", got)
	}
	counted := h.metrics()
	for _, count := range []string{`xianda_entries_total{channel="site",kind="signed"}`, `xianda_entries_total{channel="site",kind="forged"} 1`} {
		if !strings.Contains(counted, count) {
			t.Errorf("the metrics do not hold %s", count)
		}
	}

	english := b.stranger()
	english.chats(h.page() + "?lang=en")
	english.sees(find("Talk to a person"))
	if lang := value[string](english, "document.documentElement.lang + ' ' + document.querySelector('textarea').placeholder"); lang != "en Describe your problem" {
		t.Errorf("with ?lang=en the page says %q", lang)
	}

	// Without cookies a person is known by a token.
	bare := b.stranger()
	if _, err := chromedp.Call(bare.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: "Object.defineProperty(navigator, 'cookieEnabled', {get: () => false})"}); err != nil {
		t.Fatal(err)
	}
	bare.chats(address)
	if value[string](bare, "localStorage.getItem('xianda /web/site/') ?? ''") == "" {
		t.Error("a page without cookies has no token")
	}
	bare.answered(func() { bare.says("红包发不出去") })

	// Forgetting a person empties the page that is open.
	if status := h.ask(http.MethodDelete, "/v1/conversations/site/"+p.peer(), nil, nil); status != http.StatusNoContent {
		t.Errorf("forgetting was answered with %d", status)
	}
	p.sees("document.querySelectorAll('.msg:not(.typing)').length === 0")
}

// balancer hands connections to one of two houses, as a proxy in front of them would.
type balancer struct {
	address string

	mu     sync.Mutex // guards all below
	target string     // "": nobody is there
	open   []net.Conn
}

func newBalancer(t *testing.T) *balancer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	b := &balancer{address: l.Addr().String()}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go b.carry(c)
		}
	}()
	return b
}

func (b *balancer) carry(c net.Conn) {
	defer c.Close()
	b.mu.Lock()
	target := b.target
	b.mu.Unlock()
	up, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer up.Close()
	b.mu.Lock()
	b.open = append(b.open, c, up)
	b.mu.Unlock()
	go func() { _, _ = io.Copy(up, c); up.Close() }()
	_, _ = io.Copy(c, up)
}

// to sends new connections to target; those that are open are cut.
func (b *balancer) to(target string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.target = target
	for _, c := range b.open {
		c.Close()
	}
	b.open = nil
}

// The process that serves the page dies in the middle; another goes on. Nothing is lost, nothing doubled.
func TestPageGoesOnAtAnotherProcessInChromium(t *testing.T) {
	url := redistest.Start(t)
	first, second := newWebHouse(t, url), newWebHouse(t, url)
	first.start()
	second.start()
	front := newBalancer(t)
	front.to(first.listen)
	p := newBrowser(t).tab()
	p.chats("http://" + front.address + "/web/site/")
	p.offers("转人工")
	p.says("红包发不出去")
	p.sees("document.querySelector('.log').lastElementChild.classList.contains('bot')")

	first.kill()
	front.to("127.0.0.1:1") // nobody
	p.reads("网络断开")
	p.says("转人工客服")
	p.reads("没有送达")
	front.to(second.listen)
	id := second.openCase()
	p.sees("!document.querySelector('.notice:not([hidden])') && !document.querySelector('.waits')")
	second.seat(id, "claim", map[string]string{"seat": "alice"})
	second.seat(id, "reply", map[string]string{"seat": "alice", "text": "我来了", "key": "r-1"})
	p.reads("我来了")
	got := p.bubbles()
	for _, once := range []string{"person: 红包发不出去", "person: 转人工客服", "seat: 我来了"} {
		if n := len(slices.DeleteFunc(slices.Clone(got), func(s string) bool { return s != once })); n != 1 {
			t.Errorf("%q is shown %d times: %q", once, n, got)
		}
	}
	p.do("reload", chromedp.Reload())
	p.sees("document.querySelector('.up')")
	if d := cmp.Diff(got, p.bubbles()); d != "" {
		t.Errorf("what the page showed is not what is kept (-shown +kept)\n%s", d)
	}
}

// What people and seats write stays text: nothing runs, nothing leads anywhere but to the web.
func TestHostileTextsInChromium(t *testing.T) {
	h := newWebHouse(t, "")
	h.start()
	p := newBrowser(t).tab()
	p.chats(h.page() + "?scene=" + `%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E&lang=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E`)
	value[bool](p, `(window.violations = [], addEventListener('securitypolicyviolation', e => violations.push(e.violatedDirective + ' ' + e.blockedURI)), window.alert = () => violations.push('alert'), true)`)
	p.sees("document.querySelector('.offer')")
	hostile := []string{
		`<img src=x onerror=alert(1)>`, `<script>alert(1)</script>`, `"><svg/onload=alert(1)>`, `javascript:alert(1)`, `data:text/html,<script>alert(1)</script>`,
		"https://ok.example/a?b=<script>alert(1)</script>", `{{constructor.constructor('alert(1)')()}}`, "\u202egnp.exe", strings.Repeat("长", 600), strings.Repeat("a", 900),
	}
	for i, text := range hostile {
		p.says(text)
		if i == 0 {
			p.taps("转人工客服")
		}
	}
	id := h.openCase()
	h.seat(id, "claim", map[string]string{"seat": "<b>alice</b>"})
	for i, text := range hostile {
		h.seat(id, "reply", map[string]string{"seat": "<b>alice</b>", "text": text, "key": fmt.Sprint("r", i)})
		p.sees(fmt.Sprintf("[...document.querySelectorAll('.seat .text')].some(e => e.textContent === %s)", quoted(text)))
	}
	if got := value[[]string](p, "violations"); len(got) > 0 {
		t.Errorf("something ran or was stopped only by the policy: %q", got)
	}
	if got := value[[]string](p, "[...document.querySelectorAll('.log script, .log svg[onload], .log iframe, .log [onerror], .log [style]')].map(e => e.outerHTML)"); len(got) > 0 {
		t.Errorf("texts became elements: %q", got)
	}
	links := value[[]string](p, "[...new Set([...document.querySelectorAll('.log a')].map(a => a.getAttribute('href') + ' ' + a.rel + ' ' + a.target))]")
	if d := cmp.Diff([]string{"https://ok.example/a?b= noopener noreferrer _blank"}, links); d != "" {
		t.Errorf("links (-want +got)\n%s", d)
	}
	h.seat(id, "reply", map[string]string{"seat": "<b>alice</b>", "text": strings.Repeat("第一步\n", 60), "key": "long"})
	p.sees("[...document.querySelectorAll('.seat .text')].at(-1).textContent.startsWith('第一步')")
	p.sees("(([a, b]) => a.top >= b.top - 1 && a.top < b.bottom)([[...document.querySelectorAll('.seat .text')].at(-1), document.querySelector('.scroll')].map(e => e.getBoundingClientRect()))")
	if value[bool](p, "document.querySelector('main').scrollWidth > innerWidth || [...document.querySelectorAll('.text')].some(e => e.scrollWidth > e.clientWidth + 1)") {
		t.Error("a long text is wider than its place")
	}
	if strings.Contains(value[string](p, "document.body.innerText"), "alice") {
		t.Error("the seat's account is shown to the person")
	}
}
