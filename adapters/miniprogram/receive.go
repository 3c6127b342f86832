package miniprogram

import (
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/internal/claims"
	"github.com/xianda-bot/xianda/adapters/internal/weixin"
	"github.com/xianda-bot/xianda/chat"
)

// leaves are the elements whose text is read; none may hold elements.
const leaves = "ToUserName FromUserName CreateTime MsgType MsgId Content PicUrl MediaId Title AppId PagePath " +
	"Event SessionFrom " + weixin.SeatLeaves

// Handler answers the platform: the console's verification (GET) and pushes (POST).
func (a *Adapter) Handler(in adapters.Inbox) http.Handler {
	return a.porch.Handler(in, a.read)
}

// read reads one push. Nothing is shown in its response, where the platform takes no message.
func (a *Adapter) read(p *weixin.Push, received time.Time) (weixin.Visit, error) {
	x, err := a.gate.Parse(p.Message)
	if err != nil {
		return weixin.Visit{}, err
	}
	if err := weixin.CheckMessage(x, strings.Fields(leaves)...); err != nil {
		return weixin.Visit{}, err
	}
	m, ignored := a.message(x, received)
	return weixin.Visit{Message: m, Ignored: ignored}, nil
}

// message is the chat.Message of a push, or the fixed word under which a push that is none is counted (customer-message/receive).
func (a *Adapter) message(x *weixin.Element, received time.Time) (m chat.Message, ignored string) {
	m = chat.Message{
		ID:   deliveryID(x),
		Kind: chat.Said,
		From: chat.Address{Channel: a.name, Peer: x.Leaf("FromUserName")},
		At:   weixin.Happened(x, received),
	}
	pool := "message"
	switch x.Leaf("MsgType") {
	case "text":
		if m.Text = weixin.Clip(x.Leaf("Content")); m.Text == weixin.Unsupported {
			m.Text, m.Media = "", []chat.Media{{Kind: "other"}}
		}
	case "image":
		m.Media = []chat.Media{{Kind: "image", Ref: x.Leaf("MediaId"), URL: claims.Address(x.Leaf("PicUrl"))}}
	case "miniprogrampage":
		m.Media = []chat.Media{page(x)}
	case "event":
		if weixin.SeatEvent(x, &m) {
			return m, ""
		}
		if x.Leaf("Event") != "user_enter_tempsession" {
			return chat.Message{}, known(x.Leaf("Event"))
		}
		pool = "enter"
		m.Kind, m.Scene = chat.Arrived, a.scene(x.Leaf("SessionFrom"))
	default:
		return chat.Message{}, "unknown message"
	}
	m.Right = weixin.Right(pool, received)
	return m, ""
}

// deliveryID tells pushes without a MsgId, which events are, by what else they hold.
func deliveryID(x *weixin.Element) string {
	own := []string{"MsgType", "Event", "SessionFrom", "Content", "MediaId", "PagePath"}
	return weixin.DeliveryID(x, append(strings.Fields(weixin.SeatLeaves), own...)...)
}

// page is a card of a mini-program's page, which is a link inside the app: Ref is its app id and page, that nobody outside can open.
func page(x *weixin.Element) chat.Media {
	return chat.Media{Kind: "link", Name: weixin.Clip(x.Leaf("Title")), Ref: weixin.Clip(x.Leaf("AppId") + "/" + x.Leaf("PagePath"))}
}

// scene is what sessionFrom carries, of which the mini-program's own pages, and so anybody, are the author, beside what the platform says.
func (a *Adapter) scene(sessionFrom string) map[string]string {
	scene := map[string]string{}
	if sessionFrom != "" {
		maps.Copy(scene, a.deps.Scene(a.name, sessionFrom))
	}
	scene["event"] = "enter"
	return scene
}

// known is the word under which an event is counted that concerns nobody's conversation.
func known(event string) string {
	switch event {
	case "subscribe_msg_popup_event", "subscribe_msg_change_event", "subscribe_msg_sent_event", "wxa_media_check",
		"user_authorization_revoke", "user_info_modified":
		return event
	}
	return "unknown event"
}
