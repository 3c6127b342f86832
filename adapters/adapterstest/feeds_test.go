package adapterstest_test

import (
	"testing"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
)

func TestFeeds(t *testing.T) {
	t.Parallel()
	adapterstest.RunFeeds(t, func(*testing.T) adapterstest.FeedHarness {
		f := adapterstest.NewFeeds()
		return adapterstest.FeedHarness{Feeds: f, Forget: f.Forget}
	})
}
