package weixin

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/chat"
)

var (
	msgID    = regexp.MustCompile(`^[0-9]{1,20}$`)
	seconds  = regexp.MustCompile(`^[0-9]{1,12}$`)
	userName = regexp.MustCompile(`^[\x21-\x7e]{1,128}$`)
)

// Unsupported is the text that stands for a sticker, a file and whatever else the platform does not push.
const Unsupported = "【收到不支持的消息类型，暂无法显示】"

// CheckMessage checks what every message of a person has. leaves are the elements whose text is read; none may hold elements.
func CheckMessage(x *Element, leaves ...string) error {
	if err := x.Flat(leaves...); err != nil {
		return err
	}
	switch {
	case x.Kid("Encrypt") != nil:
		return errors.New("an envelope in an envelope")
	case !userName.MatchString(x.Leaf("FromUserName")) || !userName.MatchString(x.Leaf("ToUserName")):
		return errors.New("FromUserName or ToUserName is missing or malformed")
	case x.Leaf("MsgType") == "":
		return errors.New("MsgType is missing")
	}
	if k := x.Kid("MsgId"); k != nil && (!msgID.MatchString(k.Text) || strings.Trim(k.Text, "0") == "") {
		return errors.New("MsgId is not a positive number")
	}
	return nil
}

// DeliveryID is the same for every delivery of one push. MsgId alone was seen twice with different persons, which the address keeps
// apart; a push without one is told by who, when and the texts of distinct.
func DeliveryID(x *Element, distinct ...string) string {
	created := x.Leaf("CreateTime")
	if !seconds.MatchString(created) {
		created = Fingerprint(created)
	}
	if id := x.Leaf("MsgId"); id != "" {
		return id + "-" + created
	}
	parts := []string{x.Leaf("FromUserName")}
	for _, name := range distinct {
		parts = append(parts, x.Leaf(name))
	}
	return "e-" + created + "-" + Fingerprint(parts...)
}

// Fingerprint is a short digest of parts, kept apart by NUL, which neither XML nor our JSON can hold.
func Fingerprint(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:12])
}

// Happened is CreateTime, or our own clock if that is no time.
func Happened(x *Element, received time.Time) time.Time {
	if s := x.Leaf("CreateTime"); seconds.MatchString(s) {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return time.Unix(n, 0)
		}
	}
	return received
}

// Union is Message.Union of a unionid; "" when the platform gave none.
func Union(unionID string) string {
	if unionID == "" {
		return ""
	}
	return "weixin:" + unionID
}

// Clip keeps what chat keeps of a text.
func Clip(s string) string { return chat.Cut(s, chat.MaxText) }

// Right is what a trigger permits by the customer-service API, nil for pool "" (api_sendcustommessage; since 2023-06-12 five messages,
// not twenty, after one of the person's). "enter" is a mini-program's: two, by an older page one. All others are three in a minute;
// that a tap on a msgmenu counts as one on the menu is unconfirmed: the careful reading.
func Right(pool string, received time.Time) *chat.ReplyRight {
	switch pool {
	case "":
		return nil
	case "message":
		return &chat.ReplyRight{Pool: pool, Expires: received.Add(Window), Left: 5}
	case "enter":
		return &chat.ReplyRight{Pool: pool, Expires: received.Add(time.Minute), Left: 2}
	}
	return &chat.ReplyRight{Pool: pool, Expires: received.Add(time.Minute), Left: 3}
}
