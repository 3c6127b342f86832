package telegram

import (
	"encoding/json"
	"errors"
	"unicode/utf8"

	"github.com/go-telegram/bot/models"
)

// update is what is read of an update. It is narrower than the library's: there a new kind of forward or member makes a whole message
// unreadable, here it is not looked at. What is in it already has the library's types.
type update struct {
	ID      int64       `json:"update_id"`
	Message *message    `json:"message"`
	Edited  *message    `json:"edited_message"`
	Tap     *tap        `json:"callback_query"`
	Member  *membership `json:"my_chat_member"`
}

type message struct {
	ID        int          `json:"message_id"`
	Topic     int          `json:"message_thread_id"`
	InTopic   bool         `json:"is_topic_message"`
	From      *models.User `json:"from"`
	As        *models.Chat `json:"sender_chat"` // a channel or group that speaks, not a person
	Chat      models.Chat  `json:"chat"`
	Date      int64        `json:"date"`
	Forwarded *struct {
		Sender *models.User `json:"sender_user"`
	} `json:"forward_origin"`
	Via     *models.User `json:"via_bot"`
	ReplyTo *struct {
		From *models.User `json:"from"`
	} `json:"reply_to_message"`

	Text    string `json:"text"`
	Caption string `json:"caption"`

	Photo     []models.PhotoSize `json:"photo"`
	Document  *models.Document   `json:"document"`
	Voice     *models.Voice      `json:"voice"`
	Audio     *models.Audio      `json:"audio"`
	Video     *models.Video      `json:"video"`
	VideoNote *models.VideoNote  `json:"video_note"`
	Animation *models.Animation  `json:"animation"` // comes with a document that says the same
	Sticker   *models.Sticker    `json:"sticker"`
	Location  *models.Location   `json:"location"`
	Venue     *models.Venue      `json:"venue"` // comes with a location
	Contact   *models.Contact    `json:"contact"`

	// What a person sends and nobody here can open; only that it is there matters.
	Poll      json.RawMessage `json:"poll"`
	Dice      json.RawMessage `json:"dice"`
	Story     json.RawMessage `json:"story"`
	Game      json.RawMessage `json:"game"`
	Checklist json.RawMessage `json:"checklist"`
	PaidMedia json.RawMessage `json:"paid_media"`

	Keyboard *struct {
		Rows [][]struct {
			Text string `json:"text"`
			Data string `json:"callback_data"`
		} `json:"inline_keyboard"`
	} `json:"reply_markup"`
}

type tap struct {
	ID      string       `json:"id"`
	From    *models.User `json:"from"`
	Message *message     `json:"message"` // date 0: too old, only chat and id are known
	Data    string       `json:"data"`
}

type membership struct {
	Chat models.Chat  `json:"chat"`
	From *models.User `json:"from"`
	Date int64        `json:"date"`
	New  struct {
		Status string `json:"status"`
	} `json:"new_chat_member"`
}

var (
	// errBroken: the bytes are no JSON object. They were damaged under way, and delivered again they will be whole.
	errBroken = errors.New("not a JSON object")
	// errUnreadable: whole, but not what the API describes. Delivered again it would be no better.
	errUnreadable = errors.New("not an update")
)

// decode reads the bytes of one update. The errors are errBroken and errUnreadable; with the latter the id is set when it can be read.
func decode(b []byte) (update, error) {
	var object map[string]json.RawMessage
	if !utf8.Valid(b) || json.Unmarshal(b, &object) != nil {
		if json.Valid(b) && utf8.Valid(b) {
			return update{}, errUnreadable // a number, a list
		}
		return update{}, errBroken
	}
	var u update
	if json.Unmarshal(b, &u) != nil {
		var id struct {
			ID int64 `json:"update_id"`
		}
		_ = json.Unmarshal(b, &id) // 0 if that is what is wrong
		return update{ID: id.ID}, errUnreadable
	}
	if u.ID <= 0 {
		return update{}, errUnreadable
	}
	return u, nil
}

// lane tells which updates must be handed over one after the other: those of one chat.
func (u *update) lane() int64 {
	switch {
	case u.Message != nil:
		return u.Message.Chat.ID
	case u.Edited != nil:
		return u.Edited.Chat.ID
	case u.Tap != nil && u.Tap.Message != nil:
		return u.Tap.Message.Chat.ID
	case u.Member != nil:
		return u.Member.Chat.ID
	}
	return 0
}
