package adapters

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/xianda-bot/xianda/chat"
)

// Fit turns one reply into the messages that a channel with c shows when they are pushed, in order. Every message keeps c's limits in
// c's own unit (limits below 4 are taken as 4, so that every character can be shown); nothing that a person reads is lost but
// whitespace where a text is cut.
//
// Media that c can show come first, each as a message of its own, so that one message is one call of the platform; others become a line.
// Choices ride on the last message, as buttons or as numbered lines; a text that leaves buttons no room (MaxBeside) is cut, so that its end
// stands with them. Links are lines without a number: they are never sent back. Where c shows no speaker, r's own stands before the text,
// once. A handover to the platform's own seats (Native) is a message of its own, the last. A reply with nothing in it gives no message. The
// first message has the reply's own key, the others key-1, key-2 ….
func Fit(r chat.Reply, c chat.Caps) []chat.Reply {
	shown, text := media(r, c)
	if c.Speaker < chat.Full {
		text, r.Speaker = spoken(r, text), ""
	}
	last := chat.Reply{}
	if asButtons(r.Choices, c, c.Choices) && strings.TrimSpace(text) != "" {
		last.Choices = r.Choices
	} else {
		text = joined(text, listed(r.Choices, true))
	}
	var out []chat.Reply
	for _, m := range shown {
		out = append(out, chat.Reply{Media: []chat.Media{m}})
	}
	for _, t := range split(text, c.MaxText, c.TextUnit) {
		out = append(out, chat.Reply{Text: t})
	}
	if n := len(out) - 1; n >= 0 && len(last.Choices) > 0 {
		if parts := split(out[n].Text, c.MaxBeside, c.TextUnit); len(parts) > 1 { // the end of the text stays with its buttons
			end := parts[len(parts)-1]
			out[n].Text = strings.TrimRightFunc(strings.TrimSuffix(out[n].Text, end), unicode.IsSpace)
			out = append(out, chat.Reply{Text: end})
		}
	}
	if n := len(out); n > 0 {
		out[n-1].Choices = last.Choices
	}
	if r.Native != "" {
		out = append(out, chat.Reply{Native: r.Native})
	}
	for i := range out {
		out[i].Key, out[i].From, out[i].Source, out[i].Until = partKey(r.Key, i), r.From, r.Source, r.Until
		out[i].Speaker = r.Speaker
	}
	return out
}

// spoken is the text of a reply with its speaker before it.
func spoken(r chat.Reply, text string) string {
	if strings.TrimSpace(text) == "" {
		return text
	}
	return r.Speaker + text
}

// WithoutMedia returns r with every medium replaced by a line, "[图片]" and the address if there is a public one.
func WithoutMedia(r chat.Reply) chat.Reply {
	_, r.Text = media(r, chat.Caps{})
	r.Media = nil
	return r
}

// media returns the media that c shows, and r's text with a line for each of the others.
func media(r chat.Reply, c chat.Caps) (shown []chat.Media, text string) {
	var lines []string
	for _, m := range r.Media {
		word, level := "附件", chat.None
		switch m.Kind {
		case "image":
			word, level = "图片", c.Image
		case "voice":
			word, level = "语音", c.Voice
		case "video":
			word, level = "视频", c.File
		case "file":
			word, level = "文件", c.File
		case "location":
			word = "位置"
		case "link":
			word = "链接"
		}
		if level > chat.None {
			shown = append(shown, m)
			continue
		}
		line := "[" + word + "]"
		if name := oneLine(m.Name); name != "" {
			line += " " + name
		}
		if strings.HasPrefix(m.URL, "https://") || strings.HasPrefix(m.URL, "http://") {
			line += " " + oneLine(m.URL)
		}
		lines = append(lines, line)
	}
	return shown, above(strings.ToValidUTF8(r.Text, "\uFFFD"), strings.Join(lines, "\n"), len(r.Choices) > 0)
}

// above puts lines below a text, but above its last paragraph when that introduces choices: 您可能还想问： stands right before them.
func above(text, lines string, choices bool) string {
	if i := strings.LastIndex(text, "\n\n"); choices && lines != "" && i > 0 {
		return joined(text[:i], lines) + text[i:]
	}
	return joined(text, lines)
}

// asButtons tells whether a message can hold cs natively: all of them or none, because a list that is half buttons confuses.
func asButtons(cs []chat.Choice, c chat.Caps, level chat.Level) bool {
	if len(cs) == 0 || level <= chat.None || c.MaxChoices > 0 && len(cs) > c.MaxChoices {
		return false
	}
	for _, x := range cs {
		if c.MaxLabel > 0 && size(x.Label, c.TextUnit) > c.MaxLabel || c.MaxData > 0 && len(x.ID) > c.MaxData {
			return false
		}
		if strings.TrimSpace(x.Label) == "" {
			return false
		}
	}
	return true
}

// listed writes choices as lines: "1. 标签", and "标签 URL" for links. Without numbers the lines begin with "· ": a number would
// mean an item of another list.
func listed(cs []chat.Choice, numbers bool) string {
	var lines []string
	n := 0
	for _, x := range cs {
		label := oneLine(strings.ToValidUTF8(x.Label, "\uFFFD"))
		switch {
		case x.URL != "":
			lines = append(lines, strings.TrimSpace(label+" "+oneLine(x.URL)))
		case numbers:
			n++
			lines = append(lines, strconv.Itoa(n)+". "+label)
		default:
			lines = append(lines, "· "+label)
		}
	}
	return strings.Join(lines, "\n")
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// joined puts b on a line of its own below a.
func joined(a, b string) string {
	switch {
	case b == "":
		return a
	case strings.TrimSpace(a) == "":
		return b
	}
	return strings.TrimRight(a, " \t\r\n") + "\n" + b
}

// maxKey is the length of Reply.Key that every platform's own field takes.
const maxKey = 32

// partKey is the key of part i.
func partKey(key string, i int) string {
	if i == 0 {
		return withSuffix(key, "")
	}
	return withSuffix(key, "-"+strconv.Itoa(i))
}

// withSuffix keeps keys within maxKey: one that would become too long keeps its beginning and a hash of the whole, so that two long
// keys with one beginning stay apart.
func withSuffix(key, suffix string) string {
	if len(key)+len(suffix) <= maxKey {
		return key + suffix
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(key + suffix)) // a hash never fails
	sum := fmt.Sprintf("_%08x", h.Sum32())
	keep := max(0, min(len(key), maxKey-len(sum)-len(suffix)))
	for keep > 0 && keep < len(key) && !utf8.RuneStart(key[keep]) {
		keep--
	}
	return key[:keep] + sum + suffix
}
