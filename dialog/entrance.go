package dialog

import (
	"maps"
	"slices"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// entrance is how a visit began, so that reports can tell which share of visits brings a scene, by entry point (F7): the channel, By
// and Key here, and the value in the event's scene.
type entrance struct {
	By  string `json:"by"`            // bySigned, byScene or byNothing
	Key string `json:"key,omitempty"` // the signal that says most: "error"
}

const (
	bySigned  = "signed" // a link that the house made
	byScene   = "scene"  // what a page, a menu or a code said
	byNothing = "none"
)

// entered is nil when this turn begins no visit: the person was here lately, or did nothing.
func entered(c *session.Claim) *entrance {
	switch m := c.Message; {
	case m.Kind != chat.Arrived && m.Kind != chat.Said && m.Kind != chat.Chose:
		return nil
	case !c.Session.Heard.IsZero() && c.Now.Sub(c.Session.Heard) <= away:
		return nil
	}
	e := &entrance{By: byNothing, Key: telling(c.Message.Scene)}
	switch {
	case c.Message.Scene[chat.SignedScene] != "":
		e.By = bySigned
	case e.Key != "":
		e.By = byScene
	}
	return e
}

// telling is the signal of a scene that says most of what the person needs; "" when none says anything: that somebody follows, or which
// language their client has, is no scene.
func telling(scene map[string]string) string {
	for _, key := range []string{"error", "page", "menu", "qr"} {
		if scene[key] != "" {
			return key
		}
	}
	for _, key := range slices.Sorted(maps.Keys(scene)) {
		if key != sceneLang && key != chat.SignedScene && key != "event" {
			return key
		}
	}
	return ""
}
