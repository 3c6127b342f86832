package kefu

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/adapters/entry"
	"github.com/xianda-bot/xianda/adapters/internal/claims"
	"github.com/xianda-bot/xianda/adapters/internal/weixin"
	"github.com/xianda-bot/xianda/chat"
)

var (
	personForm = regexp.MustCompile(`^[\x21-\x7e]{1,128}$`)
	msgIDForm  = regexp.MustCompile(`^[\x21-\x7e]{1,190}$`) // the house keeps 200 bytes, and routed puts a word before it
)

// message is the chat.Message of one item of a page, or the fixed word under which an item that is none is counted. What cannot be read
// is ignored: it comes no better when it is asked for again.
func (a *Adapter) message(ctx context.Context, raw json.RawMessage, received time.Time) (m chat.Message, ignored string) {
	var x item
	// One field of the wrong type leaves the others readable.
	if err := json.Unmarshal(raw, &x); err != nil && !errors.As(err, new(*json.UnmarshalTypeError)) {
		return m, "malformed"
	}
	account, person := x.Account, x.Person
	if x.Type == "event" {
		account, person = x.Event.Account, x.Event.Person
	}
	switch {
	case x.Origin == fromSeat:
		return m, "seat"
	case x.Origin != fromPerson && x.Origin != fromPlatform, x.Origin == fromPlatform && x.Type != "event":
		return m, "unknown origin"
	case account != "" && account != a.cfg.OpenKFID:
		return m, "other account"
	}
	m = chat.Message{ID: x.ID, Kind: chat.Said, From: chat.Address{Channel: a.name, Peer: person}, At: happened(x.Sent, received)}
	if !msgIDForm.MatchString(m.ID) {
		m.ID = "h-" + weixin.Fingerprint(string(raw))
	}
	if x.Type == "event" {
		ignored = a.event(ctx, x.Event, &m, received)
	} else {
		said(x, &m)
		m.Right = &chat.ReplyRight{Pool: "message", Expires: m.At.Add(weixin.Window), Left: replies}
	}
	if ignored == "" && !personForm.MatchString(person) {
		ignored = "nobody"
	}
	return m, ignored
}

// said fills m with what the person typed, tapped or sent.
func said(x item, m *chat.Message) {
	attach := func(kind, id string) { m.Media = []chat.Media{{Kind: kind, Ref: id}} }
	switch x.Type {
	case "text":
		m.Text = weixin.Clip(x.Text.Content)
		// 0 is what the platform sends for an id that it lost.
		if id := x.Text.MenuID; id != "" && id != "0" && len(id) <= 2*maxID {
			m.Kind, m.Choice = chat.Chose, id
		}
	case "image":
		attach("image", x.Image.MediaID)
	case "voice":
		m.Media = []chat.Media{{Kind: "voice", Ref: x.Voice.MediaID, MIME: "audio/amr"}} // voice_format 0
	case "video":
		attach("video", x.Video.MediaID)
	case "file":
		attach("file", x.File.MediaID)
	case "location":
		name := x.Location.Name
		if name == "" {
			name = x.Location.Address
		}
		where := degrees(x.Location.Latitude) + "," + degrees(x.Location.Longitude)
		m.Media = []chat.Media{{Kind: "location", Ref: where, Name: weixin.Clip(name)}}
	case "link":
		m.Media = []chat.Media{{Kind: "link", URL: claims.Address(x.Link.URL), Name: weixin.Clip(x.Link.Title)}}
	case "miniprogram":
		m.Media = []chat.Media{{Kind: "link", Ref: weixin.Clip(x.Page.AppID + " " + x.Page.Path), Name: weixin.Clip(x.Page.Title)}}
	case "business_card":
		m.Media = []chat.Media{{Kind: "other", Name: weixin.Clip("名片 " + x.Card.User)}}
	default: // channels, merged_msg, meeting, schedule, note …: nothing of theirs can be opened
		m.Media = []chat.Media{{Kind: "other"}}
	}
}

// happened is send_time, or our own clock if that is no time.
func happened(sent json.RawMessage, received time.Time) time.Time {
	if n, err := strconv.ParseInt(number(sent), 10, 64); err == nil && n > 0 && n < 1<<36 {
		return time.Unix(n, 0)
	}
	return received
}

// number is how a number is written, within quotes or without.
func number(raw json.RawMessage) string { return strings.Trim(string(raw), `"`) }

var degreesForm = regexp.MustCompile(`^-?[0-9]{1,3}(\.[0-9]{1,20})?$`)

// degrees is a latitude or a longitude as it is written; "" when it is none.
func degrees(raw json.RawMessage) string {
	if s := number(raw); degreesForm.MatchString(s) {
		return s
	}
	return ""
}

// event fills m from what the platform says; ignored is not empty for what is nobody's message.
func (a *Adapter) event(ctx context.Context, e event, m *chat.Message, received time.Time) (ignored string) {
	switch e.Type {
	case "enter_session":
		m.Kind, m.Scene = chat.Arrived, a.scene(e)
		m.Right = once("welcome", e.Welcome, m.At, received)
	case "session_status_change":
		m.Kind, m.Event, m.Name = chat.Native, chat.NativeBegan, weixin.Clip(e.Now)
		switch e.Change {
		case 1, 2, 4: // from the queue to a seat, to another seat, taken up again by a seat
		case 3:
			m.Event, m.Name = chat.NativeEnded, weixin.Clip(e.Before)
			if m.Right = once("end", e.Code, m.At, received); m.Right == nil {
				// The session is over, and so is what its messages granted (95018), until the person writes.
				m.Right = &chat.ReplyRight{Pool: "message", Expires: m.At.Add(weixin.Window)}
			}
		default:
			return "unknown change"
		}
	case "msg_send_fail":
		key := a.keyOf(ctx, e.FailedID, e.Person)
		if key == "" {
			return "unknown reply"
		}
		m.Kind, m.Of, m.Event = chat.Undelivered, key, string(whyFailed(e.FailType))
	case "user_recall_msg":
		if m.Kind, m.Of = chat.Recalled, e.RecalledID; !msgIDForm.MatchString(m.Of) {
			return "malformed"
		}
	case "servicer_status_change", "servicer_recall_msg", "reject_customer_msg_switch_change":
		return e.Type
	default:
		return "unknown event"
	}
	return ""
}

// scene is from where the person entered: what the link's maker put into it, and the platform's own words, which win.
func (a *Adapter) scene(e event) map[string]string {
	all := map[string]string{}
	if e.Scene != "" && e.Scene != ourScene {
		maps.Copy(all, a.deps.Scene(a.name, e.Scene))
		if all["page"] == e.Scene { // any bare word reads as a page
			delete(all, "page")
		}
	}
	if e.SceneParam != "" {
		param, err := url.PathUnescape(e.SceneParam)
		if err != nil {
			param = e.SceneParam
		}
		maps.Copy(all, a.deps.Scene(a.name, param))
	}
	delete(all, "kf_scene")
	if e.Scene != "" && e.Scene != ourScene && !entry.IsToken(e.Scene) {
		all["kf_scene"] = chat.Cut(e.Scene, maxScene)
	}
	all["event"] = "enter"
	return all
}

// once is the permission that a code is: one message, within seconds, and no other one is counted in it. nil when there is no code or its
// time is over.
func once(name, code string, at, received time.Time) *chat.ReplyRight {
	until := at.Add(codeFor)
	if code == "" || !received.Before(until) {
		return nil
	}
	data, err := json.Marshal(code)
	if err != nil {
		return nil // a string can be written
	}
	return &chat.ReplyRight{Pool: name, Data: data, Expires: until, Left: 1, Own: true}
}
