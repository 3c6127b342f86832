package kefu

import (
	"encoding/json"

	"github.com/xianda-bot/xianda/chat"
)

// Paths of the API (developer.work.weixin.qq.com).
const (
	syncPath      = "/cgi-bin/kf/sync_msg"          // path 94670
	sendPath      = "/cgi-bin/kf/send_msg"          // path 94677
	codePath      = "/cgi-bin/kf/send_msg_on_event" // path 95122
	statePath     = "/cgi-bin/kf/service_state/get" // path 94669
	transPath     = "/cgi-bin/kf/service_state/trans"
	servicersPath = "/cgi-bin/kf/servicer/list"
	accountsPath  = "/cgi-bin/kf/account/list"
	customersPath = "/cgi-bin/kf/customer/batchget"
	linkPath      = "/cgi-bin/kf/add_contact_way"
)

// asked is the body of a call of syncPath.
type asked struct {
	Cursor   string `json:"cursor,omitempty"`
	Token    string `json:"token,omitempty"`
	Limit    int    `json:"limit"`
	OpenKFID string `json:"open_kfid"`
}

// page is the answer.
type page struct {
	Next string            `json:"next_cursor"`
	More int               `json:"has_more"` // 1 though List may be empty
	List []json.RawMessage `json:"msg_list"` // each read by itself: a broken one must not lose the others
}

// item is one thing of a page. Which of the objects counts, Type says. Numbers are kept as they are written, so that one of the wrong
// type does not lose the message.
type item struct {
	ID       string          `json:"msgid"`
	Account  string          `json:"open_kfid"`
	Person   string          `json:"external_userid"`
	Sent     json.RawMessage `json:"send_time"`
	Origin   int             `json:"origin"`
	Type     string          `json:"msgtype"`
	Text     words           `json:"text"`
	Image    handle          `json:"image"`
	Voice    handle          `json:"voice"`
	Video    handle          `json:"video"`
	File     handle          `json:"file"`
	Location place           `json:"location"`
	Link     card            `json:"link"`
	Page     card            `json:"miniprogram"`
	Card     card            `json:"business_card"`
	Event    event           `json:"event"`
}

// Origins.
const (
	fromPerson   = 3
	fromPlatform = 4
	fromSeat     = 5
)

type words struct {
	Content string `json:"content"`
	MenuID  string `json:"menu_id"`
}

type handle struct {
	MediaID string `json:"media_id"`
}

type place struct {
	Latitude  json.RawMessage `json:"latitude"`
	Longitude json.RawMessage `json:"longitude"`
	Name      string          `json:"name"`
	Address   string          `json:"address"`
}

// card is a link, a page of a mini-program or somebody's business card.
type card struct {
	Title string `json:"title"`
	URL   string `json:"url"`
	AppID string `json:"appid"`
	Path  string `json:"pagepath"`
	User  string `json:"userid"`
}

// event is what the platform itself says. Account and person are in here.
type event struct {
	Type       string `json:"event_type"`
	Account    string `json:"open_kfid"`
	Person     string `json:"external_userid"`
	Scene      string `json:"scene"`
	SceneParam string `json:"scene_param"`
	Welcome    string `json:"welcome_code"`
	FailedID   string `json:"fail_msgid"`
	FailType   int    `json:"fail_type"`
	RecalledID string `json:"recall_msgid"`
	Change     int    `json:"change_type"`
	Before     string `json:"old_servicer_userid"`
	Now        string `json:"new_servicer_userid"`
	Code       string `json:"msg_code"`
}

// outgoing is the body of sendPath (To, Account) and of codePath (Code).
type outgoing struct {
	To      string   `json:"touser,omitempty"`
	Account string   `json:"open_kfid,omitempty"`
	Code    string   `json:"code,omitempty"`
	ID      string   `json:"msgid"`
	Type    string   `json:"msgtype"`
	Text    *content `json:"text,omitempty"`
	Image   *handle  `json:"image,omitempty"`
	Video   *handle  `json:"video,omitempty"`
	File    *handle  `json:"file,omitempty"`
	Menu    *menu    `json:"msgmenu,omitempty"`

	medium *chat.Media // of Image, Video or File, before the platform has it
}

type content struct {
	Content string `json:"content"`
}

type menu struct {
	Head string     `json:"head_content,omitempty"`
	List []menuItem `json:"list"`
	Tail string     `json:"tail_content,omitempty"`
}

type menuItem struct {
	Type  string `json:"type"`
	Click *click `json:"click,omitempty"`
	View  *view  `json:"view,omitempty"`
}

type click struct {
	ID      string `json:"id"`
	Content string `json:"content"`
}

type view struct {
	URL     string `json:"url"`
	Content string `json:"content"`
}

// conversation names one in calls about its service state.
type conversation struct {
	Account  string `json:"open_kfid"`
	Person   string `json:"external_userid"`
	State    *int   `json:"service_state,omitempty"`
	Servicer string `json:"servicer_userid,omitempty"`
}
