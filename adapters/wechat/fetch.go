package wechat

import (
	"context"
	"errors"
	"io"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
)

var _ adapters.Fetcher = (*Adapter)(nil)

// Open opens what a person sent. Reading fails beyond weixin.MaxMedia; the caller closes it. An account that is not verified may not ask
// for media; of images it has the address that came with them (PicUrl). Errors are those of weixin.Media.
func (a *Adapter) Open(ctx context.Context, m chat.Media) (io.ReadCloser, error) {
	switch {
	case a.mayPush():
		return a.media.Open(ctx, m)
	case m.URL != "":
		return a.media.Open(ctx, chat.Media{Kind: m.Kind, URL: m.URL})
	}
	return nil, &chat.Failure{Kind: chat.Refused, Err: errors.New("an account that is not verified may not fetch media")}
}
