package wechat

import (
	"bytes"
	"strconv"
	"time"

	"github.com/silenceper/wechat/v2/officialaccount/message"

	"github.com/xianda-bot/xianda/adapters/internal/weixin"
)

// seatsPath is the list of the account's seats.
const seatsPath = "/cgi-bin/customservice/getkflist"

// textReply is a passive reply (encrypted afterwards if the push was). text is not empty.
func textReply(to, from, text string, at time.Time) []byte {
	var b bytes.Buffer
	b.WriteString("<xml><ToUserName>" + weixin.CDATA(to) + "</ToUserName><FromUserName>" + weixin.CDATA(from) +
		"</FromUserName><CreateTime>" + strconv.FormatInt(at.Unix(), 10) +
		"</CreateTime><MsgType><![CDATA[text]]></MsgType><Content>" + weixin.CDATA(text) + "</Content></xml>")
	return b.Bytes()
}

// menuMessage is a msgmenu. Its item ids are short numbers, because the platform sends others back as 0.
func menuMessage(to, head, tail string, labels []string) *message.CustomerMessage {
	menu := &message.MediaMsgmenu{HeadContent: head, TailContent: tail}
	for i, l := range labels {
		menu.List = append(menu.List, message.MsgmenuItem{ID: strconv.Itoa(101 + i), Content: l})
	}
	return &message.CustomerMessage{ToUser: to, Msgtype: message.MsgType("msgmenu"), Msgmenu: menu}
}
