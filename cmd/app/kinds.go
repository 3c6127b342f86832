package app

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/adapters"
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
	a, err := sample(kind)
	if err != nil {
		return chat.Caps{}, false
	}
	return capsOf(a), true
}

// Schema is the JSON Schema of the configuration, with the keys of every kind of channel.
func Schema() ([]byte, error) {
	sections := map[string]any{}
	for kind, k := range builtIn() {
		sections[kind] = k.Section
	}
	return config.Schema(sections)
}

// sample builds a channel of a kind from its sample, every variable of which is set.
func sample(kind string) (adapters.Adapter, error) {
	if _, ok := builtIn()[kind]; !ok {
		return nil, errors.New("no such kind is built in")
	}
	everything := func(string) (string, bool) { return "sample", true }
	cfg, err := config.Parse([]byte("release: .\nchannels:\n"+Sample(kind)), "sample.yaml", everything)
	if err != nil {
		return nil, err
	}
	if len(cfg.Channels) != 1 {
		return nil, fmt.Errorf("the sample has %d channels, want 1", len(cfg.Channels))
	}
	all, err := openChannels(cfg, builtIn(), bareDeps(), nil)
	if err != nil {
		return nil, err
	}
	return all.at[cfg.Channels[0].Name], nil
}

// Abilities are what a channel can do, in words.
type Abilities struct {
	Choices string `json:"choices"`      // "numbered", "buttons", "up to 8 buttons"
	Media   string `json:"media"`        // "images, files", "as links"
	Push    string `json:"push"`         // "yes", "within 48 h", "answers only"
	Limit   string `json:"text_limit"`   // "2048 bytes", "none"
	Seats   string `json:"native_seats"` // "yes" when the platform has seats of its own
	Links   string `json:"entry_links"`  // "64 bytes of scene", "no"
}

// KindDescription is a kind of messenger in words, as its sample is configured.
type KindDescription struct {
	Kind     string `json:"kind"`
	Title    string `json:"messenger"`
	Receives string `json:"receives"`
	Abilities
}

// DescribeKinds tells what the kinds that are built in can do, in alphabetical order.
func DescribeKinds() ([]KindDescription, error) {
	var list []KindDescription
	for _, kind := range Kinds() {
		a, err := sample(kind)
		if err != nil {
			return nil, fmt.Errorf("kind %s: %w", kind, err)
		}
		k := builtIn()[kind]
		list = append(list, KindDescription{Kind: kind, Title: k.Title, Receives: k.Receives, Abilities: abilities(a)})
	}
	return list, nil
}

// capsOf is what a can show to somebody who never wrote.
func capsOf(a adapters.Adapter) chat.Caps {
	return a.Caps(chat.Address{Channel: a.Name(), Peer: "x"})
}

func abilities(a adapters.Adapter) Abilities {
	caps := capsOf(a)
	d := Abilities{Choices: "numbered", Media: "as links", Push: "yes", Limit: "none", Seats: "no", Links: "no"}
	if max(caps.Choices, caps.PassiveChoices) >= chat.Part && caps.MaxChoices != 1 { // one alone is a link card
		d.Choices = "buttons"
		if caps.MaxChoices > 0 {
			d.Choices = fmt.Sprintf("up to %d buttons", caps.MaxChoices)
		}
	}
	var media []string
	for _, m := range []struct {
		word  string
		level chat.Level
	}{{"images", max(caps.Image, caps.PassiveImage)}, {"files", caps.File}, {"voices", caps.Voice}} {
		if m.level >= chat.Part {
			media = append(media, m.word)
		}
	}
	if len(media) > 0 {
		d.Media = strings.Join(media, ", ")
	}
	switch {
	case caps.Push < chat.Part:
		d.Push = "answers only"
	case caps.Window >= time.Hour:
		d.Push = fmt.Sprintf("within %d h", int(caps.Window.Hours()))
	case caps.Window > 0:
		d.Push = fmt.Sprintf("within %d min", int(caps.Window.Minutes()))
	}
	if caps.MaxText > 0 {
		d.Limit = fmt.Sprintf("%d %s", caps.MaxText, [...]string{"characters", "UTF-16 units", "bytes"}[caps.TextUnit])
	}
	if caps.Native >= chat.Part {
		d.Seats = "yes"
	}
	if l, ok := a.(adapters.Linker); ok {
		d.Links = fmt.Sprintf("%d bytes of scene", l.MaxScene())
	}
	return d
}
