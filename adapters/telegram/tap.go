package telegram

import (
	"context"
	"errors"
	"strings"

	"github.com/go-telegram/bot"

	"github.com/xianda-bot/xianda/chat"
)

// tapsAtOnce is how many acknowledgements may be under way. Beyond it a spinner turns until the client gives up, and nothing else happens.
const tapsAtOnce = 32

// ackSoon stops the spinner of a tapped button beside the turn.
func (a *Adapter) ackSoon(id string) {
	select {
	case a.taps <- struct{}{}:
	default:
		a.deps.Count.Count("taps_unacknowledged", a.name)
		return
	}
	a.works.Go(func() {
		defer func() { <-a.taps }()
		ctx, cancel := context.WithTimeout(context.Background(), callWithin)
		defer cancel()
		if err := a.answerTap(ctx, id, ""); err != nil {
			a.deps.Count.Count("taps_unacknowledged", a.name)
			a.deps.Log.Debug("a tap was not acknowledged", "channel", a.name, "error", err)
		}
	})
}

// AckTap stops the spinner of a tapped button, and shows note (at most 200 characters) for a moment. The adapter does the former by itself
// as soon as a tap arrives; a tap that is acknowledged already, or too old (150 s), is no error.
func (a *Adapter) AckTap(ctx context.Context, m chat.Message, note string) error {
	id, ok := strings.CutPrefix(m.ID, ofTap)
	if !ok || m.Kind != chat.Chose {
		return &chat.Failure{Kind: chat.Refused, Err: errors.New("the message is no tap of this channel")}
	}
	if err := a.answerTap(ctx, id, note); err != nil {
		to, fault := parse(m.From)
		if fault != nil {
			return &chat.Failure{Kind: chat.Refused, Err: fault}
		}
		return a.failure(ctx, to, err, false)
	}
	return nil
}

func (a *Adapter) answerTap(ctx context.Context, id, note string) error {
	p := &bot.AnswerCallbackQueryParams{CallbackQueryID: id, Text: note}
	_, err := a.api.call(ctx, "answerCallbackQuery", func(ctx context.Context, b *bot.Bot) error {
		_, err := b.AnswerCallbackQuery(ctx, p)
		return err
	})
	if says(err, tooOld) {
		return nil
	}
	return err
}
