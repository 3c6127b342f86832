package telegram

import (
	"errors"
	"strconv"
	"strings"

	"github.com/xianda-bot/xianda/chat"
)

// place is what an Address of this channel says: who, in which chat, under which topic.
type place struct {
	person int64
	chat   int64 // the person's own id in a private chat; negative for groups
	topic  int   // 0: none
}

func (p place) group() bool { return p.chat != p.person }

// generalTopic is the topic that every forum has. The platform refuses its number when sending: it is what no number means.
const generalTopic = 1

// address is the conversation: the person, and in a group its id and topic ("-100123:45") as the thread.
func (p place) address(channel string) chat.Address {
	a := chat.Address{Channel: channel, Peer: strconv.FormatInt(p.person, 10)}
	if p.group() {
		a.Thread = strconv.FormatInt(p.chat, 10)
		if p.topic > generalTopic {
			a.Thread += ":" + strconv.Itoa(p.topic)
		}
	}
	return a
}

// parse reads what address wrote. Ids have up to 52 bits and stay text outside of this package.
func parse(a chat.Address) (place, error) {
	person, err := strconv.ParseInt(a.Peer, 10, 64)
	if err != nil || person == 0 {
		return place{}, errors.New("the peer is no Telegram id")
	}
	p := place{person: person, chat: person}
	if a.Thread == "" {
		return p, nil
	}
	group, topic, has := strings.Cut(a.Thread, ":")
	if p.chat, err = strconv.ParseInt(group, 10, 64); err != nil || p.chat == 0 {
		return place{}, errors.New("the thread is no Telegram group")
	}
	if has {
		if p.topic, err = strconv.Atoi(topic); err != nil || p.topic <= 0 {
			return place{}, errors.New("the thread's topic is no number")
		}
	}
	return p, nil
}
