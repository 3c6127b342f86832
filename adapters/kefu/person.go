package kefu

import (
	"context"
	"errors"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/internal/weixin"
	"github.com/xianda-bot/xianda/chat"
)

// Open opens what a person sent; the platform keeps it for three days. A link that they sent is not opened.
func (a *Adapter) Open(ctx context.Context, m chat.Media) (io.ReadCloser, error) {
	switch m.Kind {
	case "image", "voice", "video", "file":
		return a.media.Download(ctx, m.Ref)
	}
	return nil, &chat.Failure{Kind: chat.BadMedia, Err: errors.New("there is nothing to open in a " + m.Kind)}
}

// Union asks for the person's unionid, which is there when the corp is bound to an account of the open platform.
func (a *Adapter) Union(ctx context.Context, to chat.Address) (string, error) {
	in := struct {
		People []string `json:"external_userid_list"`
	}{[]string{to.Peer}}
	var out struct {
		List []struct {
			Person string `json:"external_userid"`
			Union  string `json:"unionid"`
		} `json:"customer_list"`
	}
	if err := a.api.Call(ctx, customersPath, in, &out); err != nil {
		return "", a.failure(err)
	}
	for _, c := range out.List {
		if c.Person == to.Peer {
			return weixin.Union(c.Union), nil
		}
	}
	return "", nil
}

// ourScene is the scene of our links: a link with one may bear a scene_param, which is longer and comes back when the person enters.
const ourScene = "xianda"

// MaxScene is the length of a scene_param.
func (a *Adapter) MaxScene() int { return maxScene }

// Link asks for the account's link and puts scene into it. The platform's link does not expire; that scene does is written in scene itself.
func (a *Adapter) Link(ctx context.Context, scene string, _ time.Time) (adapters.Link, error) {
	in := struct {
		Account string `json:"open_kfid"`
		Scene   string `json:"scene"`
	}{a.cfg.OpenKFID, ourScene}
	var out struct {
		URL string `json:"url"`
	}
	if err := a.api.Call(ctx, linkPath, in, &out); err != nil {
		return adapters.Link{}, a.failure(err)
	}
	address := out.URL
	if scene != "" {
		mark := "?"
		if strings.Contains(address, mark) {
			mark = "&"
		}
		address += mark + "scene_param=" + url.QueryEscape(scene)
	}
	return adapters.Link{URL: address, Note: "opens the Kefu conversation in WeChat; print it as a QR code or put it on a page"}, nil
}
