package telegramtest

import (
	"fmt"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
)

// Sent is what persons saw, in order, as adapterstest tells it.
func (p *Platform) Sent() []adapterstest.Shown {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []adapterstest.Shown
	for _, s := range p.order {
		peer := p.people[s.Chat]
		if peer == "" {
			peer = fmt.Sprint(s.Chat)
		}
		shown := adapterstest.Shown{Peer: peer, Text: s.Text}
		if s.Kind != "" {
			shown.Media = 1
		}
		for _, row := range s.Buttons {
			for _, b := range row {
				shown.Choices = append(shown.Choices, b.Text)
			}
		}
		out = append(out, shown)
	}
	return out
}

// Messages are what all chats see, in order.
func (p *Platform) Messages() []Sent {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []Sent
	for _, s := range p.order {
		out = append(out, *s)
	}
	return out
}

// Calls are the requests of these methods, or all; polls are not among them.
func (p *Platform) Calls(methods ...string) []Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []Call
	for _, c := range p.calls {
		for _, m := range methods {
			if c.Method == m {
				out = append(out, c)
			}
		}
		if len(methods) == 0 {
			out = append(out, c)
		}
	}
	return out
}

// Hook is the address, the secret and the updates with which a webhook is registered.
func (p *Platform) Hook() (address, secret string, allowed []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.webhook.url, p.webhook.secret, p.webhook.allowed
}

// Breaches are what a correct client never provokes.
func (p *Platform) Breaches() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.told...)
}

// breach notes one; the caller holds mu.
func (p *Platform) breach(format string, args ...any) {
	p.told = append(p.told, fmt.Sprintf(format, args...))
}
