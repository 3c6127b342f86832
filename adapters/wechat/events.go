package wechat

import (
	"strings"
	"time"

	"github.com/xianda-bot/xianda/adapters/entry"
	"github.com/xianda-bot/xianda/adapters/internal/weixin"
	"github.com/xianda-bot/xianda/chat"
)

// event fills m from a push with MsgType event. pool is the right to reply that it brings, "" for none; ignored is not empty for what is
// only acknowledged.
func (a *Adapter) event(x *weixin.Element, m *chat.Message) (pool, ignored string) {
	if weixin.SeatEvent(x, m) {
		return "", ""
	}
	name, key := x.Leaf("Event"), weixin.Clip(x.Leaf("EventKey"))
	m.Kind = chat.Arrived
	switch name {
	case "subscribe":
		m.Scene = map[string]string{"event": "subscribe"}
		if code, ok := strings.CutPrefix(key, "qrscene_"); ok {
			m.Scene = a.scanned(code, m.Scene)
		}
		return "subscribe", ""
	case "SCAN":
		m.Scene = a.scanned(key, map[string]string{})
		return "scan", ""
	case "CLICK":
		m.Scene = map[string]string{"menu": key}
		return "menu", ""
	case "scancode_push", "scancode_waitmsg":
		m.Scene = map[string]string{"menu": key, "scan": weixin.Clip(x.Kid("ScanCodeInfo").Leaf("ScanResult"))}
		return "menu", ""
	case "pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select":
		// The pictures or the place follow as messages of their own; only what was tapped is news. No right: the platform grants none.
		m.Scene = map[string]string{"menu": key}
		return "", ""
	case "unsubscribe":
		m.Kind = chat.Left
		return "", ""
	case "VIEW", "view_miniprogram", "LOCATION", "TEMPLATESENDJOBFINISH", "MASSSENDJOBFINISH", "user_authorization_revoke",
		"user_info_modified":
		return "", name
	}
	return "", "unknown event"
}

// scanned puts what the code that was scanned carries into scene: what the house reads in it, and the code itself as "qr" unless it is
// a token, which says nothing of its own. What scene holds already is the platform's word and stays; a bare word is no page here.
func (a *Adapter) scanned(code string, scene map[string]string) map[string]string {
	if code == "" {
		return scene
	}
	if !entry.IsToken(code) {
		scene["qr"] = code
	}
	for k, v := range a.deps.Scene(a.name, code) {
		if _, ours := scene[k]; !ours && (k != "page" || v != code) {
			scene[k] = v
		}
	}
	return scene
}

// right is the permission that a push brings, nil when it brings none or the account could not use it.
func (a *Adapter) right(pool string, received time.Time) *chat.ReplyRight {
	if !a.mayPush() {
		return nil
	}
	return weixin.Right(pool, received)
}
