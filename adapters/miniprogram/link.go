package miniprogram

import (
	"context"
	"errors"
	"regexp"
	"time"

	"github.com/xianda-bot/xianda/adapters"
)

// maxScene is in bytes. session-from takes about a thousand by the habit of the field, the platform's pages name no limit: we stay well
// below it.
const maxScene = 512

var sceneForm = regexp.MustCompile(`^[0-9A-Za-z_-]{0,512}$`)

// MaxScene is how many bytes of scene a link may hold.
func (a *Adapter) MaxScene() int { return maxScene }

// Link is the button that opens the conversation from a page of the mini-program; it has no address, because only the mini-program's own
// pages can open it. When scene ends is for scene itself to say.
func (a *Adapter) Link(_ context.Context, scene string, _ time.Time) (adapters.Link, error) {
	if !sceneForm.MatchString(scene) {
		return adapters.Link{}, errors.New("a scene is at most 512 letters, digits, - and _")
	}
	return adapters.Link{
		Code: `<button open-type="contact" session-from="` + scene + `">联系客服</button>`,
		Note: "Paste it into the WXML of the page where people shall find it.",
	}, nil
}
