package app

import (
	"context"
	"net/http"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/cmd/app/admin"
	"github.com/xianda-bot/xianda/dialog/session"
)

// admin is the API of the admin listener over this house.
func (h *House) admin() http.Handler {
	d := admin.Deps{
		Cases: h.store.Queue(), Conversations: conversations{h.store, h.store.People(), h.media}, Dead: h.store, People: h.people(), Queues: h.queues, Wake: h.kick, Post: h.post, Ready: h.Ready,
		Metrics: h.metrics.page(), Token: string(h.cfg.Load().Admin.Token), Log: h.log,
	}
	if h.media != nil {
		d.Media = h.media
	}
	return admin.New(d)
}

// people tells conversations of the product's users.
func (h *House) people() *people {
	return &people{
		kept: h.store.People(), look: h.store.Look, post: h.post, kick: h.kick, count: h.metrics.Count,
		channel: func(name string) bool { _, ok := h.adapter(name); return ok },
	}
}

// post puts a message from outside a turn into a conversation's mailbox.
func (h *House) post(ctx context.Context, m chat.Message) (fresh bool, err error) {
	if _, ok := h.adapter(m.From.Channel); !ok {
		return false, session.ErrUnknown
	}
	return h.host.Post(ctx, m)
}
