package app

import (
	"strings"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/config"
)

// Kinds are the kinds of messenger that are built in.
func Kinds() []string { return builtIn().Kinds() }

// Sample is a channel of a kind as the configuration writes it, indented by two as an item of channels:; "" when there is no such kind.
func Sample(kind string) string {
	return "  " + strings.TrimSuffix(strings.ReplaceAll(builtIn()[kind].Sample, "\n", "\n  "), "  ")
}

// SampleCaps is what a kind of channel can show as it is mostly configured; false when there is no such kind.
func SampleCaps(kind string) (chat.Caps, bool) {
	if _, ok := builtIn()[kind]; !ok {
		return chat.Caps{}, false
	}
	everything := func(string) (string, bool) { return "sample", true }
	cfg, err := config.Parse([]byte("release: .\nchannels:\n"+Sample(kind)), "sample.yaml", everything)
	if err != nil || len(cfg.Channels) != 1 {
		return chat.Caps{}, false
	}
	all, err := openChannels(cfg, builtIn(), bareDeps(), nil)
	if err != nil {
		return chat.Caps{}, false
	}
	name := cfg.Channels[0].Name
	return all.at[name].Caps(chat.Address{Channel: name, Peer: "x"}), true
}
