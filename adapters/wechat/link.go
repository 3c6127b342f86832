package wechat

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/silenceper/wechat/v2/officialaccount/basic"

	"github.com/xianda-bot/xianda/adapters"
)

const (
	codePath = "/cgi-bin/qrcode/create"
	// pictureAddress shows a code's picture to whoever has its ticket; it is not part of the API and has no other base.
	pictureAddress = "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket="
	// maxScene is the length of scene_str in bytes, and longestCode the life of a code that expires (api_createqrcode).
	maxScene    = 64
	longestCode = 30 * 24 * time.Hour
)

// MaxScene is how many bytes of scene a code carries.
func (a *Adapter) MaxScene() int { return maxScene }

// Link makes a QR code that brings whoever scans it into the account with scene: a stranger is asked to follow first. It works until
// until, which is at most 30 days from now, because codes for ever are few (100,000 an account) and can never be taken back.
func (a *Adapter) Link(ctx context.Context, scene string, until time.Time) (adapters.Link, error) {
	life := until.Sub(a.deps.Clock())
	switch {
	case scene == "" || len(scene) > maxScene:
		return adapters.Link{}, fmt.Errorf("a code carries a scene of 1 to %d bytes: shorten it", maxScene)
	case until.IsZero():
		return adapters.Link{}, errors.New("a code of an official account expires: say until when, at most 30 days from now")
	case life > longestCode:
		return adapters.Link{}, errors.New("a code of an official account works for at most 30 days: choose an earlier end, " +
			"and print a new one in time")
	case life < time.Minute:
		return adapters.Link{}, errors.New("the code would expire within a minute: choose a later end")
	case !a.mayPush():
		return adapters.Link{}, errors.New("only a verified account makes QR codes: have it verified and set verified: true")
	}
	var code basic.Ticket
	if err := a.api.Call(ctx, codePath, basic.NewTmpQrRequest(life, scene), &code); err != nil {
		return adapters.Link{}, err
	}
	if code.Ticket == "" || code.URL == "" {
		return adapters.Link{}, fmt.Errorf("%s: the answer holds no ticket", codePath)
	}
	return adapters.Link{
		URL: code.URL, QR: pictureAddress + url.QueryEscape(code.Ticket),
		Note: "whoever does not follow the account yet is asked to, and arrives with the scene then",
	}, nil
}
