package qq

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/chat"
)

var (
	openID  = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)
	eventID = regexp.MustCompile(`^[\x21-\x7e]{1,512}$`)
	// mention is what stands before the words that a group says to the bot: the platform mostly takes it away and leaves the blank.
	mention = regexp.MustCompile(`^(?:\s*<@!?[0-9A-Za-z_-]{1,64}>)+`)
)

var errMalformed = errors.New("an event lacks what every event of its type has")

// message is the chat.Message of an event, or the fixed word under which an event that is none is counted. An error says that the event
// is not what the platform promises.
func (a *Adapter) message(e envelope, received time.Time) (m chat.Message, ignored string, err error) {
	if e.ID != "" && !eventID.MatchString(e.ID) {
		return chat.Message{}, "", errMalformed
	}
	switch e.Type {
	case "C2C_MESSAGE_CREATE", "GROUP_AT_MESSAGE_CREATE":
		return a.said(e, received)
	case "INTERACTION_CREATE":
		return a.tap(e, received)
	case "FRIEND_ADD", "FRIEND_DEL", "C2C_MSG_REJECT":
		return a.friendship(e, received)
	case "GROUP_ADD_ROBOT", "GROUP_DEL_ROBOT":
		return a.membership(e, received)
	case "C2C_MSG_RECEIVE", "GROUP_MSG_REJECT", "GROUP_MSG_RECEIVE", "GROUP_MESSAGE_CREATE", "AT_MESSAGE_CREATE", "DIRECT_MESSAGE_CREATE",
		"MESSAGE_CREATE", "PUBLIC_MESSAGE_DELETE", "MESSAGE_AUDIT_PASS", "MESSAGE_AUDIT_REJECT", "GROUP_MEMBER_ADD", "GROUP_MEMBER_REMOVE":
		return chat.Message{}, e.Type, nil
	}
	return chat.Message{}, "unknown event", nil
}

// said reads what a person wrote, alone with the bot or to it in a group.
func (a *Adapter) said(e envelope, received time.Time) (m chat.Message, ignored string, err error) {
	var d said
	if json.Unmarshal(e.Data, &d) != nil || !eventID.MatchString(d.ID) {
		return m, "", errMalformed
	}
	m = chat.Message{ID: deliveryID(d.ID), Kind: chat.Said, Name: chat.Cut(oneLine(d.Author.Name), 100), At: written(d.At, received)}
	group := e.Type == "GROUP_AT_MESSAGE_CREATE"
	if m.From, err = a.address(group, d.Author.User, d.Group, d.Author.Member); err != nil {
		return m, "", err
	}
	if d.Author.Bot { // two bots that greet each other never stop
		return m, "bot", nil
	}
	text := d.Content
	if group {
		text = strings.TrimSpace(mention.ReplaceAllString(text, ""))
	}
	m.Union = union(d.Author)
	m.Media = media(d.Attachments)
	if text == "" {
		text = heard(d.Attachments)
	}
	m.Text = chat.Cut(text, chat.MaxText)
	m.Right = right(group, reason{Message: d.ID}, m.At, received)
	switch {
	case m.Text != "" || len(m.Media) > 0:
	case group: // the bot was mentioned, and nothing said: whoever does that wants to know what it can do
		m.Kind, m.Scene = chat.Arrived, map[string]string{"event": "mention"}
	default: // a sticker, a card: the platform sends no text for it
		m.Media = []chat.Media{{Kind: "other"}}
	}
	return m, "", nil
}

// tap reads a tapped button, or an item of the bot's menu.
func (a *Adapter) tap(e envelope, received time.Time) (m chat.Message, ignored string, err error) {
	var d interaction
	if json.Unmarshal(e.Data, &d) != nil || !openID.MatchString(d.ID) {
		return m, "", errMalformed
	}
	if d.Type != tapped && d.Type != menuItem || d.Chat != inGroup && d.Chat != inPrivate {
		return m, "interaction", nil
	}
	m = chat.Message{ID: interactionPrefix + d.ID, Kind: chat.Chose, Choice: d.Data.Resolved.Button, At: written(d.At, received)}
	if d.Type == menuItem {
		m.Kind, m.Choice, m.Scene = chat.Arrived, "", map[string]string{"menu": chat.Cut(d.Data.Resolved.Feature, 200)}
	} else if m.Choice == "" || len(m.Choice) > 200 {
		return m, "", errMalformed
	}
	if m.From, err = a.address(d.Chat == inGroup, cmp.Or(d.User, d.Data.Resolved.User), d.Group, d.Member); err != nil {
		return m, "", err
	}
	if e.ID != "" {
		m.Right = right(d.Chat == inGroup, reason{Event: e.ID}, m.At, received)
	}
	return m, "", nil
}

// interactionPrefix keeps ids of taps apart from ids of messages, and is how AckTap finds its interaction.
const interactionPrefix = "tap-"

// friendship reads that a person came or went. Whoever forbids the bot's messages (C2C_MSG_REJECT) counts as gone until they write.
func (a *Adapter) friendship(e envelope, received time.Time) (m chat.Message, ignored string, err error) {
	var d friendship
	if json.Unmarshal(e.Data, &d) != nil {
		return m, "", errMalformed
	}
	m = chat.Message{ID: occurrence(e, d.User, string(d.At)), Kind: chat.Left, At: happened(d.At, received)}
	if m.From, err = a.address(false, d.User, "", ""); err != nil || e.Type != "FRIEND_ADD" {
		return m, "", err
	}
	m.Kind, m.Scene, m.Union = chat.Arrived, map[string]string{}, union(d.Author)
	if d.Param != "" {
		for k, v := range a.deps.Scene(a.name, d.Param) {
			m.Scene[k] = v
		}
	}
	m.Scene["event"] = "friend_add"
	if d.Scene != 0 {
		m.Scene["source"] = strconv.Itoa(d.Scene)
	}
	if e.ID != "" {
		m.Right = right(false, reason{Event: e.ID}, m.At, received)
	}
	return m, "", nil
}

// membership reads that a member brought the bot into a group, or took it out.
func (a *Adapter) membership(e envelope, received time.Time) (m chat.Message, ignored string, err error) {
	var d membership
	if json.Unmarshal(e.Data, &d) != nil {
		return m, "", errMalformed
	}
	m = chat.Message{ID: occurrence(e, d.Group, d.Member, string(d.At)), Kind: chat.Left, At: happened(d.At, received)}
	if m.From, err = a.address(true, "", d.Group, d.Member); err != nil || e.Type != "GROUP_ADD_ROBOT" {
		return m, "", err
	}
	m.Kind, m.Scene = chat.Arrived, map[string]string{"event": "group_add"}
	if e.ID != "" {
		m.Right = right(true, reason{Event: e.ID}, m.At, received)
	}
	return m, "", nil
}

// address is a person alone with the bot, or a member in a group: ids of the two never meet, and a member's differs from group to group.
func (a *Adapter) address(group bool, user, groupID, member string) (chat.Address, error) {
	switch {
	case group && openID.MatchString(groupID) && openID.MatchString(member):
		return chat.Address{Channel: a.name, Peer: member, Thread: groupID}, nil
	case !group && openID.MatchString(user):
		return chat.Address{Channel: a.name, Peer: user}, nil
	}
	return chat.Address{}, errMalformed
}

// right is what a message or event permits. The platform counts from when it happened, which is not after received.
func right(group bool, why reason, at, received time.Time) *chat.ReplyRight {
	if at.After(received) {
		at = received
	}
	data, err := json.Marshal(why)
	if err != nil {
		return nil // two strings: it does not happen
	}
	if group {
		return &chat.ReplyRight{Pool: "message", Data: data, Expires: at.Add(groupWindow), Left: groupReplies, Own: true}
	}
	return &chat.ReplyRight{Pool: "message", Data: data, Expires: at.Add(privateWindow), Left: privateReplies, Own: true}
}

func union(a author) string {
	if openID.MatchString(a.Union) {
		return "qq:" + a.Union
	}
	return ""
}

// deliveryID is the platform's id of a message, or a fingerprint of one that is longer than an id of ours may be.
func deliveryID(id string) string {
	if len(id) <= 200 {
		return id
	}
	return "id-" + digest(id)
}

// occurrence is the id of an event that is no message: the platform's own, or one made of what happened when.
func occurrence(e envelope, parts ...string) string {
	if e.ID != "" {
		return deliveryID(e.ID)
	}
	return "event-" + digest(append([]string{e.Type}, parts...)...)
}

// digest is a short fingerprint of parts. They are kept apart by a NUL, which none of them holds: ids and numbers.
func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// written is an RFC 3339 time, or received if that is none.
func written(s string, received time.Time) time.Time {
	if t, err := time.Parse(time.RFC3339, s); err == nil && t.Year() > 2000 && t.Year() < 3000 {
		return t
	}
	return received
}

// happened is a Unix time, or received if that is none.
func happened(s seconds, received time.Time) time.Time {
	if n, err := strconv.ParseInt(string(s), 10, 64); err == nil && n > 0 && n < 1<<35 {
		return time.Unix(n, 0)
	}
	return received
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
