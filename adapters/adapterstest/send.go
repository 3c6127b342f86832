package adapterstest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
)

// bare is s without whitespace: where a text is cut or joined, that may change.
func bare(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) {
			return -1
		}
		return c
	}, s)
}

// read is everything that a person reads in shown: texts, then the buttons below each.
func read(shown []Shown) string {
	var b strings.Builder
	for _, s := range shown {
		b.WriteString(bare(s.Text))
		b.WriteString(bare(strings.Join(s.Choices, "")))
	}
	return b.String()
}

func (r *room) passive(id string, rs []chat.Reply) (Answer, []chat.Reply) {
	r.Helper()
	if r.caps.Passive == 0 {
		r.Skip("Caps.Passive: nothing is shown in the response")
	}
	fitted, _ := adapters.FitPassive(rs, r.caps)
	r.inbox.says(fitted, nil)
	a := r.deliver(Delivery{ID: id, Text: "在吗"})
	if !a.Acknowledged() {
		r.Fatalf("answered with %d", a.Status)
	}
	return a, fitted
}

func checkPassive(r *room) {
	a, _ := r.passive("passive", []chat.Reply{{Key: "a", Text: "第一句 <b>&amp; ]]>"}, {Key: "b", Text: "第二句"}, {Key: "c", Text: "第三句"}})
	if got, want := read(a.Shown), bare("第一句 <b>&amp; ]]>第二句第三句"); got != want {
		r.Errorf("shown %q, want %q", got, want)
	}
	if len(a.Shown) > r.caps.Passive {
		r.Errorf("%d messages in a response of %d", len(a.Shown), r.caps.Passive)
	}
	for _, s := range a.Shown {
		if s.Peer != "alice" {
			r.Errorf("shown to %q, want alice", s.Peer)
		}
	}
	if got := r.record.Shown(); len(got) != 1 || got[0].ID != r.inbox.all()[0].ID {
		r.Errorf("Deps.Shown was called with %+v, want once with the message", got)
	}
}

func checkPassiveLimits(r *room) {
	for _, reply := range []chat.Reply{{Key: "choices", Text: "哪一个？", Choices: some(9)}, {Key: "long", Text: long(r.caps)}} {
		a, fitted := r.passive(reply.Key, []chat.Reply{reply})
		var want []Shown
		for _, f := range fitted {
			s := Shown{Text: f.Text}
			for _, c := range f.Choices {
				s.Choices = append(s.Choices, c.Label)
			}
			want = append(want, s)
		}
		if got, want := read(a.Shown), read(want); got != want {
			r.Errorf("%s: shown %q, want %q", reply.Key, got, want)
		}
	}
}

func checkOrder(r *room) {
	r.maySend()
	m := r.hear(Delivery{ID: "order", Text: "在吗"})
	r.send(m, chat.Reply{Key: "a", Text: "第一句"}, chat.Reply{Key: "b", Text: "第二句"}, chat.Reply{Key: "c", Text: "第三句", From: "小王"})
	got := r.Sent()
	if len(got) != 3 {
		r.Fatalf("%d messages arrived, want 3: %+v", len(got), got)
	}
	for i, want := range []string{"第一句", "第二句", "第三句"} {
		if !strings.Contains(got[i].Text, want) || got[i].Peer != "alice" {
			r.Errorf("message %d is %+v, want %q for alice", i+1, got[i], want)
		}
	}
}

func checkLiteral(r *room) {
	r.maySend()
	for i, text := range said {
		// A message for each: a right may permit fewer replies than there are texts.
		m := r.hear(Delivery{ID: fmt.Sprint("literal-", i), Text: "在吗"})
		r.send(m, chat.Reply{Key: fmt.Sprint("k", i), Text: text})
		if got := r.Sent()[i]; got.Text != text {
			r.Errorf("sent %q, the person sees %q", text, got.Text)
		}
	}
}

// some are n choices with short labels.
func some(n int) []chat.Choice {
	var out []chat.Choice
	for i := range n {
		out = append(out, chat.Choice{ID: fmt.Sprint("c", i), Label: fmt.Sprint("项", i+1)})
	}
	return out
}

func checkChoices(r *room) {
	r.maySend()
	m := r.hear(Delivery{ID: "choices", Text: "在吗"})
	many := some(max(r.caps.MaxChoices, 8) + 1)
	if r.caps.Choices <= chat.None || r.caps.MaxChoices > 0 {
		r.send(m, adapters.Fit(chat.Reply{Key: "a", Text: "哪一个？", Choices: many[:max(r.caps.MaxChoices+1, 3)]}, r.caps)...)
		text := ""
		for _, s := range r.Sent() {
			text += s.Text + "\n"
			if len(s.Choices) > 0 {
				r.Errorf("more choices than fit came as buttons: %q", s.Choices)
			}
		}
		for i := range max(r.caps.MaxChoices+1, 3) {
			if line := fmt.Sprintf("%d. 项%d", i+1, i+1); !strings.Contains(text, line) {
				r.Errorf("%q lacks the line %q", text, line)
			}
		}
	}
	if r.caps.Choices <= chat.None {
		return
	}
	before := len(r.Sent())
	few := many[:2]
	if r.caps.MaxChoices == 1 {
		few = many[:1]
	}
	r.send(m, chat.Reply{Key: "b", Text: "哪一个？", Choices: few})
	got := r.Sent()[before:]
	for _, c := range few {
		shown := slices.ContainsFunc(got, func(s Shown) bool { return slices.Contains(s.Choices, c.Label) })
		if r.caps.Choices == chat.Part { // the adapter degrades: to a link, say
			shown = shown || strings.Contains(read(got), c.Label)
		}
		if !shown {
			r.Errorf("the choice %q is not shown: %+v", c.Label, got)
		}
	}
}

// long is a text of about two and a half messages.
func long(c chat.Caps) string {
	n := c.MaxText
	if n == 0 {
		n = 2000
	}
	var b strings.Builder
	for i := 0; b.Len() < 5*n/2; i++ {
		fmt.Fprintf(&b, "第%d句：您的红包会在二十四小时内退回😀。", i)
	}
	return b.String()
}

func checkLong(r *room) {
	r.maySend()
	m := r.hear(Delivery{ID: "long", Text: "在吗"})
	text := long(r.caps)
	parts := adapters.Fit(chat.Reply{Key: "a", Text: text}, r.caps)
	r.send(m, parts...)
	got := r.Sent()
	if len(got) != len(parts) || read(got) != bare(text) {
		r.Errorf("%d parts arrived as %d messages: %q, want %q", len(parts), len(got), read(got), text)
	}
}

func checkFaults(r *room) {
	var names []string
	for _, f := range r.Faults {
		names = append(names, f.Name)
	}
	for i, name := range names {
		// One adapter for each: a refusal may change what an adapter thinks of its account.
		r.Run(name, func(t *testing.T) {
			r := enter(t, r.maker)
			f := r.Faults[i]
			m := r.hear(Delivery{ID: "fault", Text: "在吗"})
			f.Set(t)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			_, err := r.Adapter.Send(ctx, m.From, chat.Reply{Key: "k", Text: "你好"}, m.Right)
			got, ok := err.(*chat.Failure) //nolint:errorlint // the contract says that it is one, not that it wraps one
			if !ok {
				t.Fatalf("Send = %T %v, want a *chat.Failure of kind %s", err, err, f.Want.Kind)
			}
			if got.Kind != f.Want.Kind || got.Unknown != f.Want.Unknown || f.Want.Retry != 0 && got.Retry != f.Want.Retry {
				t.Errorf("Send = %s, unknown %t, retry %s (%v); want %s, %t, %s", got.Kind, got.Unknown, got.Retry, err, f.Want.Kind, f.Want.Unknown, f.Want.Retry)
			}
			r.leaks("an error", err.Error())
			for e := errors.Unwrap(err); e != nil; e = errors.Unwrap(e) {
				r.leaks("a cause of an error", fmt.Sprintf("%+v", e))
			}
		})
	}
}

func checkCancelled(r *room) {
	r.maySend()
	m := r.hear(Delivery{ID: "cancelled", Text: "在吗"})
	ctx, cancel := context.WithCancel(r.Context())
	cancel()
	over := make(chan error, 1)
	go func() {
		_, err := r.Adapter.Send(ctx, m.From, chat.Reply{Key: "k", Text: "你好"}, m.Right)
		over <- err
	}()
	select {
	case err := <-over:
		var f *chat.Failure
		if !errors.As(err, &f) {
			r.Fatalf("Send = %v, want a *chat.Failure", err)
		}
		if f.Kind != chat.Temporary {
			r.Errorf("Send = %v, want temporary", f)
		}
		r.leaks("an error", err.Error())
	case <-time.After(patience):
		r.Error("Send did not return")
	}
}
