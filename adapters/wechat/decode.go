package wechat

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/adapters/internal/weixin"
	"github.com/xianda-bot/xianda/chat"
)

var (
	msgID    = regexp.MustCompile(`^[0-9]{1,20}$`)
	seconds  = regexp.MustCompile(`^[0-9]{1,12}$`)
	userName = regexp.MustCompile(`^[\x21-\x7e]{1,128}$`)
	menuID   = regexp.MustCompile(`^[\x20-\x7e]{1,128}$`)
)

// leaves are the elements whose text is read; none may hold elements.
const leaves = "ToUserName FromUserName CreateTime MsgType MsgId Content bizmsgmenuid PicUrl MediaId Format Recognition " +
	"Location_X Location_Y Label Title Description Url Event EventKey Ticket MenuId"

// readPush reads the XML of a message and checks what every message has.
func readPush(b []byte) (*weixin.Element, error) {
	x, err := weixin.ParseXML(b)
	if err != nil {
		return nil, err
	}
	if err := x.Flat(strings.Fields(leaves)...); err != nil {
		return nil, err
	}
	switch {
	case x.Kid("Encrypt") != nil:
		return nil, errors.New("an envelope in an envelope")
	case !userName.MatchString(x.Leaf("FromUserName")) || !userName.MatchString(x.Leaf("ToUserName")):
		return nil, errors.New("FromUserName or ToUserName is missing or malformed")
	case x.Leaf("MsgType") == "":
		return nil, errors.New("MsgType is missing")
	}
	if k := x.Kid("MsgId"); k != nil && (!msgID.MatchString(k.Text) || strings.Trim(k.Text, "0") == "") {
		return nil, errors.New("MsgId is not a positive number")
	}
	return x, nil
}

// message is the chat.Message of a push, or the fixed word under which a push that is none is counted.
func (a *Adapter) message(x *weixin.Element, received time.Time) (m chat.Message, ignored string) {
	m = chat.Message{
		ID:      deliveryID(x),
		Kind:    chat.Said,
		From:    chat.Address{Channel: a.name, Peer: x.Leaf("FromUserName")},
		At:      happened(x, received),
		ReplyBy: received.Add(weixin.ReplyWithin),
	}
	pool := "message"
	switch x.Leaf("MsgType") {
	case "text":
		if m.Text = clip(x.Leaf("Content")); m.Text == unsupported {
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
		m.Media = []chat.Media{{Kind: "image", Ref: x.Leaf("MediaId"), URL: x.Leaf("PicUrl")}}
	case "voice":
		v := chat.Media{Kind: "voice", Ref: x.Leaf("MediaId")}
		if f := x.Leaf("Format"); f == "amr" || f == "speex" {
			v.MIME = "audio/" + f
		}
		m.Text, m.Media = clip(x.Leaf("Recognition")), []chat.Media{v}
	case "video", "shortvideo":
		m.Media = []chat.Media{{Kind: "video", Ref: x.Leaf("MediaId")}}
	case "location":
		m.Media = []chat.Media{place(x)}
	case "link":
		m.Media = []chat.Media{{Kind: "link", Name: clip(x.Leaf("Title")), URL: x.Leaf("Url")}}
	case "event":
		if pool, ignored = event(x, &m); ignored != "" {
			return chat.Message{}, ignored
		}
	default:
		return chat.Message{}, "unknown message"
	}
	m.Right = a.right(pool, received)
	return m, ""
}

func place(x *weixin.Element) chat.Media {
	return chat.Media{Kind: "location", Ref: x.Leaf("Location_X") + "," + x.Leaf("Location_Y"), Name: clip(x.Leaf("Label"))}
}

// deliveryID is the same for every delivery of one push. MsgId alone was seen twice with different persons, which From keeps apart.
func deliveryID(x *weixin.Element) string {
	created := x.Leaf("CreateTime")
	if !seconds.MatchString(created) {
		created = digest(created)
	}
	if id := x.Leaf("MsgId"); id != "" {
		return id + "-" + created
	}
	return "e-" + created + "-" + digest(x.Leaf("FromUserName"), x.Leaf("MsgType"), x.Leaf("Event"), x.Leaf("EventKey"), x.Leaf("Content"), x.Leaf("MediaId"))
}

// digest is a short fingerprint of parts, kept apart by NUL, which XML cannot hold.
func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:12])
}

// happened is CreateTime, or our own clock if that is no time.
func happened(x *weixin.Element, received time.Time) time.Time {
	if s := x.Leaf("CreateTime"); seconds.MatchString(s) {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return time.Unix(n, 0)
		}
	}
	return received
}

// clip keeps what chat keeps of a text.
func clip(s string) string { return chat.Cut(s, chat.MaxText) }
