package wechat

import (
	"context"
	"net/url"

	"github.com/xianda-bot/xianda/adapters/internal/weixin"
	"github.com/xianda-bot/xianda/chat"
)

const userPath = "/cgi-bin/user/info"

// Union asks who the person is over all accounts of one owner (unionid). It is "" for whoever does not follow the account. Accounts that
// are bound to no open platform (开放平台) have none, and those that are not verified may not ask: for them the platform is not asked.
func (a *Adapter) Union(ctx context.Context, who chat.Address) (string, error) {
	if !a.cfg.OpenPlatform || !a.mayPush() {
		return "", nil
	}
	var user struct {
		UnionID string `json:"unionid"`
	}
	if err := a.api.Call(ctx, userPath+"?openid="+url.QueryEscape(who.Peer)+"&lang=zh_CN", nil, &user); err != nil {
		return "", err
	}
	return weixin.Union(user.UnionID), nil
}
