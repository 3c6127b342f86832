package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/xianda-bot/xianda/chat"
)

// typingWord rings at the pages of a conversation when an answer is being written.
const typingWord = "typing"

// Send shows one reply: it is kept, once by its key, and every page that is open reads it, whichever process serves that. Trying again
// never shows it twice.
func (a *Adapter) Send(ctx context.Context, to chat.Address, r chat.Reply, _ *chat.ReplyRight) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", &chat.Failure{Kind: chat.Temporary, Err: err}
	}
	if to.Channel != a.name || to.Peer == "" {
		return "", &chat.Failure{Kind: chat.Blocked, Err: errors.New("nobody of that name is on this page")}
	}
	if strings.TrimSpace(r.Text) == "" && len(r.Media) == 0 && len(r.Choices) == 0 {
		return r.Key, nil // a handoff to a native seat, which the page has none of
	}
	now := a.deps.Clock()
	b, err := shown(r, now)
	if err != nil {
		return "", &chat.Failure{Kind: chat.BadMedia, Err: err}
	}
	body, err := json.Marshal(b)
	if err != nil || len(body) > chat.MaxPostBody {
		return "", &chat.Failure{Kind: chat.TooLong, Err: errors.New("the reply is larger than a post may be")}
	}
	if _, err := a.deps.Feeds.Append(ctx, to, chat.Post{Key: r.Key, Body: body, At: now}); err != nil {
		return "", &chat.Failure{Kind: chat.Temporary, Err: fmt.Errorf("the feed of the page: %w", err)}
	}
	return r.Key, nil
}

// Typing shows that an answer is being written.
func (a *Adapter) Typing(ctx context.Context, to chat.Address) error {
	return a.deps.Feeds.Ring(ctx, to, typingWord)
}
