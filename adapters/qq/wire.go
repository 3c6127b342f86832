package qq

import "encoding/json"

// What the platform posts.
type (
	// envelope is around every event (interface-framework/event-emit).
	envelope struct {
		ID   string          `json:"id"` // of the event: what event_id of a reply names
		Op   int             `json:"op"`
		Type string          `json:"t"`
		Data json.RawMessage `json:"d"`
	}
	// said is the data of C2C_MESSAGE_CREATE and GROUP_AT_MESSAGE_CREATE.
	said struct {
		ID          string       `json:"id"`
		Author      author       `json:"author"`
		Group       string       `json:"group_openid"`
		Content     string       `json:"content"`
		At          string       `json:"timestamp"` // RFC 3339
		Attachments []attachment `json:"attachments"`
	}
	author struct {
		User   string `json:"user_openid"`
		Member string `json:"member_openid"`
		Union  string `json:"union_openid"` // only for bots whose owner applied for it
		Name   string `json:"username"`
		Bot    bool   `json:"bot"`
	}
	attachment struct {
		Type   string  `json:"content_type"` // "image/jpeg" "video/mp4" "voice" "file" …
		Name   string  `json:"filename"`
		Size   float64 `json:"size"`
		URL    string  `json:"url"`
		Speech string  `json:"asr_refer_text"` // what the platform heard in a voice message
	}
	// friendship is the data of FRIEND_ADD, FRIEND_DEL, C2C_MSG_REJECT.
	friendship struct {
		User   string  `json:"openid"`
		At     seconds `json:"timestamp"`
		Scene  int     `json:"scene"`       // from where, the platform's number
		Param  string  `json:"scene_param"` // callback_data of the link by which they came
		Author author  `json:"author"`
	}
	// membership is the data of GROUP_ADD_ROBOT and GROUP_DEL_ROBOT.
	membership struct {
		Group  string  `json:"group_openid"`
		Member string  `json:"op_member_openid"` // who did it
		At     seconds `json:"timestamp"`
	}
	// interaction is the data of INTERACTION_CREATE.
	interaction struct {
		ID     string `json:"id"` // of the interaction: what stops the spinner, and never an event_id
		Type   int    `json:"type"`
		Chat   int    `json:"chat_type"`
		At     string `json:"timestamp"` // RFC 3339
		User   string `json:"user_openid"`
		Group  string `json:"group_openid"`
		Member string `json:"group_member_openid"`
		Data   struct {
			Resolved struct {
				Button  string `json:"button_data"`
				Feature string `json:"feature_id"`
				User    string `json:"user_id"` // the documents' example has the person here alone
			} `json:"resolved"`
		} `json:"data"`
	}
)

// seconds is a Unix time that the platform writes as a number; older texts show it as a string too.
type seconds json.Number

func (s *seconds) UnmarshalJSON(b []byte) error {
	var n json.Number // takes a number and a string that holds one
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	*s = seconds(n)
	return nil
}

// Words of the protocol.
const (
	opEvent     = 0
	opAnswer    = 12
	opChallenge = 13

	inGroup   = 1 // interaction.Chat
	inPrivate = 2

	tapped   = 11 // interaction.Type: a button below a message
	menuItem = 12 // an item of the bot's menu
)

// What we post.
type (
	// outgoing is a message (v2/users/{openid}/messages, v2/groups/{group_openid}/messages).
	outgoing struct {
		Type     int       `json:"msg_type"`
		Content  string    `json:"content,omitempty"`
		Markdown *markdown `json:"markdown,omitempty"`
		Keyboard *keyboard `json:"keyboard,omitempty"`
		Media    *fileInfo `json:"media,omitempty"`
		reason             // what permits it
		Seq      uint32    `json:"msg_seq"`
	}
	// reason is ReplyRight.Data: the message or the event that a reply answers, exactly one of them.
	reason struct {
		Message string `json:"msg_id,omitempty"`
		Event   string `json:"event_id,omitempty"`
	}
	markdown struct {
		Content string `json:"content"`
	}
	keyboard struct {
		Content struct {
			Rows []row `json:"rows"`
		} `json:"content"`
	}
	row struct {
		Buttons []button `json:"buttons"`
	}
	button struct {
		ID     string `json:"id"`
		Render struct {
			Label   string `json:"label"`
			Visited string `json:"visited_label"`
			Style   int    `json:"style"`
		} `json:"render_data"`
		Action struct {
			Type       int `json:"type"`
			Permission struct {
				Type int `json:"type"`
			} `json:"permission"`
			Data string `json:"data"`
			Tips string `json:"unsupport_tips"`
		} `json:"action"`
	}
	// upload is a file that the platform fetches and keeps (…/files); fileInfo is what it gives for it.
	upload struct {
		Type int    `json:"file_type"`
		URL  string `json:"url"`
		Send bool   `json:"srv_send_msg"`
	}
	fileInfo struct {
		Info string `json:"file_info"`
	}
)

const (
	plainText    = 0 // outgoing.Type
	withMarkdown = 2
	withMedia    = 7

	opensLink = 0 // button.Action.Type
	callsBack = 1

	everybody = 2 // button.Action.Permission.Type
	blueFrame = 1 // button.Render.Style

	imageFile = 1 // upload.Type
)
