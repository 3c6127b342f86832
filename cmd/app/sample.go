package app

import (
	"maps"
	"slices"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/config"
)

// samples are sections of accounts that do not exist, good enough to ask an adapter what its kind can show.
var samples = map[string]string{
	"console": `{name: sample, kind: console}`,
	"web":     `{name: sample, kind: web}`,
	"wechat":  `{name: sample, kind: wechat, app_id: wx0000000000000000, app_secret: sample, token: sample, verified: true}`,
}

// Kinds are those of which SampleCaps knows.
func Kinds() []string { return slices.Sorted(maps.Keys(samples)) }

// SampleCaps is what a kind of channel can show as it is mostly configured; false when there is no such kind.
func SampleCaps(kind string) (chat.Caps, bool) {
	section, ok := samples[kind]
	if !ok {
		return chat.Caps{}, false
	}
	cfg, err := config.Parse([]byte("release: .\nchannels:\n  - "+section+"\n"), "sample.yaml", nil)
	if err != nil {
		return chat.Caps{}, false
	}
	all, err := openChannels(cfg, builtIn(), bareDeps(), nil)
	if err != nil {
		return chat.Caps{}, false
	}
	return all.at["sample"].Caps(chat.Address{Channel: "sample", Peer: "x"}), true
}
