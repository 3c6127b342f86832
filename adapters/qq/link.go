package qq

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/xianda-bot/xianda/adapters"
)

// MaxScene is the length of callback_data (v2/generate_url_link).
func (a *Adapter) MaxScene() int { return 32 }

// Link asks the platform for a link by which people add the bot; the scene comes with their FRIEND_ADD. The link itself has no end.
func (a *Adapter) Link(ctx context.Context, scene string, _ time.Time) (adapters.Link, error) {
	if len(scene) > a.MaxScene() {
		return adapters.Link{}, errors.New("the scene is longer than the 32 characters that the platform keeps")
	}
	in := struct {
		Data string `json:"callback_data,omitempty"`
	}{scene}
	var out struct {
		Data struct {
			URL string `json:"url"`
		} `json:"data"`
	}
	if err := a.api.call(ctx, http.MethodPost, linkPath, in, &out); err != nil {
		return adapters.Link{}, classify(err)
	}
	if u, err := url.Parse(out.Data.URL); err != nil || u.Scheme != "https" || u.Host == "" {
		return adapters.Link{}, errors.New("the platform's answer holds no link")
	}
	return adapters.Link{
		URL:  out.Data.URL,
		Note: "The scene comes when somebody adds the bot by this link; for those who have the bot already it only opens the chat.",
	}, nil
}
