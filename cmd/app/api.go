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
		Cases: h.cases(), Conversations: conversations{h.store, h.people, h.media}, Dead: h.store,
		People: h.people, Queues: h.queues, Wake: h.kick, Post: h.post, Ready: h.Ready,
		Metrics: h.metrics.page(), Token: string(h.cfg.Load().Admin.Token), Log: h.log,
	}
	if h.media != nil {
		d.Media = h.media
	}
	return admin.New(d)
}

// post puts a message from outside a turn into a conversation's mailbox.
func (h *House) post(ctx context.Context, m chat.Message) (fresh bool, err error) {
	if _, ok := h.adapter(m.From.Channel); !ok {
		return false, session.ErrUnknown
	}
	return h.host.Post(ctx, m)
}
