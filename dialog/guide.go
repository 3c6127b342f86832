package dialog

import (
	"fmt"
	"slices"
	"strings"

	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/kb"
)

// Targets of a guide's choices.
const (
	toNext  = "guide:next"
	toStuck = "guide:stuck"
)

// What people say instead of tapping 下一步 or 没找到, folded: 然后呢 is 然后.
const (
	goesOn     = " 下一步 下一个 然后 接下来 还有 继续 好了 好 好的 做好了 完成 完成了 找到了 找到 ok okay 嗯 可以 next done "
	goesOnOnly = " 下一步 下一个 接下来 继续 next "
	stuckNow   = " 没找到 找不到 没有 没有这个 没看到 看不到 不行 找不着 卡住了 打不开 点不了 没有这一项 "
)

// guide begins a step-by-step answer: one step a message (F19). then is what follows 已解决 and 没解决; nil: as behind any answer.
func (t *turn) guide(e *kb.Entry, then *script.Then) {
	g := &session.Guide{Entry: e.ID}
	if then != nil {
		g.Solved, g.Unsolved = then.Solved, then.Unsolved
	}
	t.guideStep(e, g, 1)
}

// guideStep shows the nth step, counted from 1.
func (t *turn) guideStep(e *kb.Entry, g *session.Guide, n int) {
	v, _ := t.entryWords(e)
	next := *g
	next.Shown = n
	t.say(t.guideHead(n, len(v.Steps))+"\n"+strings.TrimSpace(v.Steps[n-1]), source(e))
	if n < len(v.Steps) {
		t.show(session.Choices, []session.Item{{Label: t.texts().Next, Target: toNext}, {Label: t.texts().NotFound, Target: toStuck}})
	} else if g.Solved != "" || g.Unsolved != "" {
		t.askSolved(&script.Then{Solved: g.Solved, Unsolved: g.Unsolved})
	} else {
		t.say(t.texts().Ask, "text:ask_solved")
		t.show(session.Asked, []session.Item{{Label: t.texts().Solved, Target: toSolved}, {Label: t.texts().Unsolved, Target: toUnsolv}})
	}
	t.s.Guide = &next
}

func (t *turn) guideHead(n, of int) string {
	return t.filled(t.texts().GuideStep, map[string]any{"at": float64(n), "of": float64(of)})
}

// guideOver goes on with a guide over which something else was asked: in a dialog its step is shown again; outside it waits, and
// 下一步 goes on with it.
func (t *turn) guideOver(g *session.Guide) {
	switch {
	case g == nil:
	case t.s.Place != nil && t.s.Guide == g:
		if e := t.rel.Entry(g.Entry); e != nil && e.Valid(t.now) {
			t.say(t.texts().Resume, "text:resume")
			t.guideStep(e, g, g.Shown)
		}
	case t.s.Place == nil && t.s.Guide == nil && g.Solved == "" && g.Unsolved == "":
		t.s.Guide = g
	}
}

// guided reads what the person says in the middle of a guide; false: it is something else.
func (t *turn) guided() bool {
	folded := kb.Fold(t.message.Text)
	if folded == "" || strings.Contains(folded, " ") {
		return false
	}
	if t.s.Last != nil && t.s.Last.ID != toEntry+t.s.Guide.Entry && t.s.Place == nil { // something else was asked meanwhile
		return !t.gone() && strings.Contains(goesOnOnly, " "+folded+" ") && t.guideOn(1)
	}
	switch {
	case strings.Contains(goesOn, " "+folded+" "):
		return t.guideOn(1)
	case strings.Contains(stuckNow, " "+folded+" "):
		t.stuck()
		return true
	}
	return false
}

// guideOn shows the step by steps further on; false: there is none.
func (t *turn) guideOn(by int) bool {
	g := t.s.Guide
	if g == nil {
		return false
	}
	e := t.rel.Entry(g.Entry)
	if e == nil || !e.Valid(t.now) { // withdrawn meanwhile: an answer that is wrong must not go on
		t.s.Guide = nil
		t.say(t.texts().Gone, "text:gone")
		t.unsolved(nil, "guide:withdrawn")
		return true
	}
	v, _ := t.entryWords(e)
	n := g.Shown + by
	if n < 1 || n > len(v.Steps) {
		return false
	}
	t.out.reason = "guide"
	t.guideStep(e, g, n)
	return true
}

// stuck is 没找到: what the guide was to help with is not solved.
func (t *turn) stuck() {
	g := t.s.Guide
	t.out.reason = "guide_stuck"
	t.out.counts[fmt.Sprintf("stuck:%s/%d", g.Entry, g.Shown)]++
	if g.Unsolved != "" && t.s.Place != nil {
		t.jump(g.Unsolved)
		return
	}
	t.unsolved(nil, "guide:stuck")
}

// inOne is a guide as one text, for the middle of a dialog that waits for something else.
func (t *turn) inOne(v kb.Variant) string {
	lines := []string{strings.TrimSpace(v.Answer)}
	for i, s := range v.Steps {
		lines = append(lines, fmt.Sprintf("%d. %s", i+1, strings.TrimSpace(s)))
	}
	return strings.Join(slices.DeleteFunc(lines, func(s string) bool { return s == "" }), "\n")
}

// source is where an entry's words come from.
func source(e *kb.Entry) string { return toEntry + e.ID + "@" + e.Version }
