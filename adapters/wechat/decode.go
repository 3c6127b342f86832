package wechat

import (
	"regexp"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/adapters/internal/claims"
	"github.com/xianda-bot/xianda/adapters/internal/weixin"
	"github.com/xianda-bot/xianda/chat"
)

var menuID = regexp.MustCompile(`^[\x20-\x7e]{1,128}$`)

// leaves are the elements whose text is read; none may hold elements.
const leaves = "ToUserName FromUserName CreateTime MsgType MsgId Content bizmsgmenuid PicUrl MediaId Format Recognition " +
	"Location_X Location_Y Label Title Description Url Event EventKey Ticket MenuId " + weixin.SeatLeaves

// readPush reads the XML of a message and checks what every message has.
func readPush(b []byte) (*weixin.Element, error) {
	x, err := weixin.ParseXML(b)
	if err != nil {
		return nil, err
	}
	return x, weixin.CheckMessage(x, strings.Fields(leaves)...)
}

// deliveryID tells pushes without a MsgId, which events are, by what else they hold.
func deliveryID(x *weixin.Element) string {
	return weixin.DeliveryID(x, append(strings.Fields(weixin.SeatLeaves), "MsgType", "Event", "EventKey", "Content", "MediaId")...)
}

// message is the chat.Message of a push, or the fixed word under which a push that is none is counted.
func (a *Adapter) message(x *weixin.Element, received time.Time) (m chat.Message, ignored string) {
	m = chat.Message{
		ID:      deliveryID(x),
		Kind:    chat.Said,
		From:    chat.Address{Channel: a.name, Peer: x.Leaf("FromUserName")},
		At:      weixin.Happened(x, received),
		ReplyBy: received.Add(weixin.ReplyWithin),
	}
	pool := "message"
	switch x.Leaf("MsgType") {
	case "text":
		if m.Text = weixin.Clip(x.Leaf("Content")); m.Text == weixin.Unsupported {
			m.Text, m.Media = "", []chat.Media{{Kind: "other"}}
		}
		if x.Kid("bizmsgmenuid") != nil {
			pool = "tap"
			// 0 is what the platform sends for an id that it lost.
			if id := x.Leaf("bizmsgmenuid"); id != "0" && menuID.MatchString(id) {
				m.Choice = id
			}
		}
	case "image":
		m.Media = []chat.Media{{Kind: "image", Ref: x.Leaf("MediaId"), URL: claims.Address(x.Leaf("PicUrl"))}}
	case "voice":
		v := chat.Media{Kind: "voice", Ref: x.Leaf("MediaId")}
		if f := x.Leaf("Format"); f == "amr" || f == "speex" {
			v.MIME = "audio/" + f
		}
		m.Text, m.Media = weixin.Clip(x.Leaf("Recognition")), []chat.Media{v}
	case "video", "shortvideo":
		m.Media = []chat.Media{{Kind: "video", Ref: x.Leaf("MediaId")}}
	case "location":
		m.Media = []chat.Media{place(x)}
	case "link":
		m.Media = []chat.Media{{Kind: "link", Name: weixin.Clip(x.Leaf("Title")), URL: claims.Address(x.Leaf("Url"))}}
	case "event":
		if pool, ignored = a.event(x, &m); ignored != "" {
			return chat.Message{}, ignored
		}
	default:
		return chat.Message{}, "unknown message"
	}
	m.Right = a.right(pool, received)
	return m, ""
}

func place(x *weixin.Element) chat.Media {
	return chat.Media{Kind: "location", Ref: x.Leaf("Location_X") + "," + x.Leaf("Location_Y"), Name: weixin.Clip(x.Leaf("Label"))}
}
