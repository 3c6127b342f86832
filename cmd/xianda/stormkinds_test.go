package main

import (
	"io"
	"net/http"
	"testing"

	"github.com/xianda-bot/xianda/adapters/kefu/kefutest"
	"github.com/xianda-bot/xianda/adapters/miniprogram/miniprogramtest"
	"github.com/xianda-bot/xianda/adapters/qq/qqtest"
	"github.com/xianda-bot/xianda/adapters/telegram/telegramtest"
	"github.com/xianda-bot/xianda/adapters/wechat/wechattest"
)

// stormKind is one messenger in the storm.
type stormKind struct {
	kind    string
	gate    gate
	pulled  bool     // the house asks the platform, nobody calls it
	steady  bool     // what we answer says nothing to the platform: none is lost on its way, and none comes twice at once
	writers int      // people who write at the same time
	pause   int      // the longest that a person waits before the next message, in ms
	faults  []string // what sends meet now and then: definite refusals, and lost answers where the platform knows a message again
}

// stormy are the messengers whose platforms can be played.
func stormy(t testing.TB) []stormKind {
	return []stormKind{
		{kind: "wechat", gate: wechattest.New(t), writers: 16, pause: 60, faults: []string{"busy", "token"}},
		{kind: "miniprogram", gate: miniprogramtest.New(t), writers: 64, pause: 2400, faults: []string{"busy", "502"}},
		{kind: "kefu", gate: kefutest.New(t), steady: true, writers: 64, pause: 2400, faults: []string{"busy", "502-after-send"}},
		{kind: "telegram", gate: telegramtest.New(t).Webhook(), writers: 32, pause: 1200, faults: []string{"busy"}},
		{kind: "qq", gate: qqtest.New(t), writers: 16, pause: 300, faults: []string{"busy", "502", "timeout-after-send"}},
		{kind: "web", gate: newPages(), writers: 16, pause: 200, faults: []string{""}},
	}
}

func read(r *http.Request) string {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return ""
	}
	return string(b)
}

// pass hands an answer on.
func pass(w http.ResponseWriter, res *http.Response) {
	for k, v := range res.Header {
		w.Header()[k] = v
	}
	w.WriteHeader(res.StatusCode)
	_, _ = io.Copy(w, res.Body) // the platform may have hung up
}
