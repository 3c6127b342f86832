package main

import (
	"strings"
	"testing"
)

// A person in a real browser: likely questions before a word, others because of where they come from and of what just happened to them;
// one tap brings the answer, and when that does not help, a human.
func TestAsksFirstInChromium(t *testing.T) {
	h := newDemo(t)
	b := newBrowser(t)

	plain := b.stranger()
	plain.chats(h.page())
	usual := plain.offers("转人工")
	if len(usual) < 3 || !contains(usual, "都不是") || !contains(usual, "转人工") {
		t.Fatalf("on arrival %q are offered, want likely questions, 都不是 and 转人工", usual)
	}
	plain.reads("机器人")

	scened := b.stranger()
	scened.chats(h.page() + "?scene=error=RP_HOLD")
	held := scened.offers("红包功能被限制怎么办？")
	if held[0] != "红包功能被限制怎么办？" || contains(usual, held[0]) {
		t.Errorf("with the scene %q are offered, want what the error is about first (without: %q)", held, usual)
	}

	told := b.stranger()
	told.chats(h.page())
	told.offers("转人工")
	h.event(told.peer(), "redpacket.failed")
	told.open(h.page()) // back on the page after it
	if failed := told.offers("红包为什么发不出去？"); failed[0] != "红包为什么发不出去？" {
		t.Errorf("after the event %q are offered, want what happened first", failed)
	}

	answer := scened.answered(func() { scened.taps("红包功能被限制怎么办？") })
	if !strings.Contains(answer, "限制") {
		t.Errorf("a tap was answered with %q", answer)
	}
	scened.reads("红包功能被限制怎么办？")
	next := scened.answered(func() { scened.taps("没解决") })
	for range 4 { // another way, or a question for the seat: in the end there is a human
		if strings.Contains(next, "登记") || strings.Contains(next, "转人工客服") {
			break
		}
		next = scened.answered(func() { scened.taps("转人工客服") })
	}
	id := h.openCase()
	h.seat(id, "claim", map[string]string{"seat": "alice"})
	h.seat(id, "reply", map[string]string{"seat": "alice", "text": "您好，我是客服，正在看您的红包。", "key": "r-1"})
	scened.reads("您好，我是客服，正在看您的红包。")
	scened.sees("[...document.querySelectorAll('.msg.seat')].some(m => m.innerText.includes('人工客服'))")
	scened.reads("人工客服正在为您服务")
	scened.says("谢谢")
	h.seat(id, "close", map[string]string{"reason": "solved"})
	scened.reads("机器人为您服务")
	if got := scened.bubbles(); !contains(got, "person: 没解决") || !contains(got, "seat: 您好") || !contains(got, "person: 谢谢") {
		t.Errorf("the conversation reads %q", got)
	}
}
