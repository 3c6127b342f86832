package web

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/adapterstest"
)

// TestLink holds that a link leads to the page as people reach it, and that the widget's tag is offered when there may be a widget.
func TestLink(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		url     string
		origins []string
		want    adapters.Link
		refuses string
	}{
		{"page", "https://help.example/chat", nil, adapters.Link{URL: "https://help.example/chat/?scene=_1abc-"}, ""},
		{"page and widget", "https://help.example/web/site/", []string{shop}, adapters.Link{
			URL:  "https://help.example/web/site/?scene=_1abc-",
			Code: `<script src="https://help.example/web/site/widget.js" data-scene="_1abc-" defer></script>`,
			Note: "pages of https://shop.example may hold the widget with the same scene",
		}, ""},
		{"nobody knows the address", "", nil, adapters.Link{}, "https://help.example/web/site/"},
	} {
		d, _ := adapterstest.NewDeps()
		a := mustNew(t, Section{Secret: testSecret, URL: c.url, Origins: c.origins}, d)
		got, err := a.Link(t.Context(), "_1abc-", time.Now().Add(time.Hour))
		if got != c.want || (err == nil) != (c.refuses == "") || err != nil && !strings.Contains(err.Error(), c.refuses) {
			t.Errorf("%s: Link = %+v, %v, want %+v", c.name, got, err, c.want)
		}
		if u, err := url.Parse(got.URL); err != nil || c.url != "" && u.Query().Get("scene") != "_1abc-" {
			t.Errorf("%s: %q holds another scene (%v)", c.name, got.URL, err)
		}
	}
}

// TestURL holds what an operator may write as the page's address.
func TestURL(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		"help.example", "ftp://help.example", "https://", "https://a:b@help.example", "https://help.example/?a=b", "https://help.example/#x", "://",
	} {
		s := Section{Path: "/web/site", Title: "t", Colour: "#000000", URL: bad}
		if err := s.check(); err == nil || !strings.Contains(err.Error(), "url") || strings.Contains(err.Error(), "a:b@") {
			t.Errorf("url %q: %v, want an error that names url and shows no password", bad, err)
		}
	}
}
