package wechat

import (
	"strings"
	"time"

	"github.com/xianda-bot/xianda/adapters/internal/weixin"
	"github.com/xianda-bot/xianda/chat"
)

// event fills m from a push with MsgType event. pool is the right to reply that it brings, "" for none; ignored is not empty for what is
// only acknowledged.
func event(x *weixin.Element, m *chat.Message) (pool, ignored string) {
	name, key := x.Leaf("Event"), weixin.Clip(x.Leaf("EventKey"))
	m.Kind = chat.Arrived
	switch name {
	case "subscribe":
		m.Scene = map[string]string{"event": "subscribe"}
		if scene, ok := strings.CutPrefix(key, "qrscene_"); ok && scene != "" {
			m.Scene["qr"] = scene
		}
		return "subscribe", ""
	case "SCAN":
		m.Scene = map[string]string{"qr": key}
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
	case "VIEW", "view_miniprogram", "LOCATION", "TEMPLATESENDJOBFINISH", "MASSSENDJOBFINISH", "kf_create_session", "kf_close_session",
		"kf_switch_session", "user_authorization_revoke", "user_info_modified":
		return "", name
	}
	return "", "unknown event"
}

// right is the permission that a push brings, nil when it brings none or the account could not use it.
func (a *Adapter) right(pool string, received time.Time) *chat.ReplyRight {
	if !a.mayPush() {
		return nil
	}
	return weixin.Right(pool, received)
}
