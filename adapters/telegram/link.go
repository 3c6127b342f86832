package telegram

import (
	"context"
	"errors"
	"regexp"
	"time"

	"github.com/xianda-bot/xianda/adapters"
)

// maxScene is how long the payload of a deep link may be (core.telegram.org/bots/features#deep-linking).
const maxScene = 64

var payloadForm = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)

// MaxScene is 64 bytes.
func (a *Adapter) MaxScene() int { return maxScene }

// Link makes t.me/<bot>?start=<scene>. The platform keeps no end of it: until is in the scene. It asks for the bot's name once.
func (a *Adapter) Link(ctx context.Context, scene string, _ time.Time) (adapters.Link, error) {
	if !payloadForm.MatchString(scene) {
		return adapters.Link{}, errors.New("the scene has more than 64 characters, or others than letters, digits, _ and -")
	}
	name, err := a.username(ctx)
	if err != nil {
		return adapters.Link{}, err
	}
	return adapters.Link{URL: "https://t.me/" + name + "?start=" + scene}, nil
}
