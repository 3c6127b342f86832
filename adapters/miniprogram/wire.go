package miniprogram

import "github.com/silenceper/wechat/v2/officialaccount/message"

// linkMessage is the one message of custom/send that official accounts do not have (customer-message/send).
type linkMessage struct {
	ToUser  string          `json:"touser"`
	Msgtype message.MsgType `json:"msgtype"`
	Link    link            `json:"link"`
}

// link is a card; none of its fields may be empty.
type link struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	URL         string `json:"url"`
	ThumbURL    string `json:"thumb_url"`
}
