package media

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"

	"github.com/xianda-bot/xianda/adapters/postman"
	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/cmd/app/outside"
)

var _ postman.Payer = (*Keeper)(nil)

// Schedule is how long to wait after the first, second … attempt at which the platform did not give a medium.
func (k *Keeper) Schedule() []time.Duration {
	return []time.Duration{5 * time.Second, 30 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour}
}

// Timeout bounds an attempt at all media of a message. It is no longer than that of a reply, because loans of both last as long.
func (k *Keeper) Timeout() time.Duration { return 10 * time.Second }

// doubts is how often a medium that is said to be gone is asked for again: an address that does not answer once looks like that too.
const doubts = 2

const (
	busyAgain  = 2 * time.Second  // while all slots are taken
	storeAgain = 30 * time.Second // after the store was away, twice as long each time
	storeMost  = 30 * time.Minute
	giveUp     = 72 * time.Hour // after that a medium is lost, as on most platforms: debts without end would leave no room for a seat's words
)

// Pay keeps every medium of the message that l holds. What the platform does not give any more is told to the conversation and counts as
// paid; a store that is away is asked again, longer than any platform keeps a medium.
func (k *Keeper) Pay(ctx context.Context, l postman.Loan) error {
	var m chat.Message
	if err := json.Unmarshal(l.Body, &m); err != nil {
		return &chat.Failure{Kind: chat.Refused, Err: errors.New("the debt holds no message")}
	}
	select {
	case k.slots <- struct{}{}:
		defer func() { <-k.slots }()
	default: // never waiting: the worker may have replies to send
		return &chat.Failure{Kind: chat.Rate, Retry: busyAgain, Err: errors.New("other media are being kept")}
	}
	m.From = l.To
	var first error
	for i := range m.Media {
		if m.Media[i].ID == "" || ctx.Err() != nil {
			continue
		}
		if err := k.keep(ctx, m, i, l.Tries); err != nil && first == nil {
			first = err // and on: one that does not come must not keep the others from being kept while they can be had
		}
	}
	if first == nil && ctx.Err() != nil {
		return &chat.Failure{Kind: chat.Temporary, Err: errors.New("the media of one message took too long")}
	}
	return first
}

// keep keeps one medium, unless it is kept already. Every error is a *chat.Failure.
func (k *Keeper) keep(ctx context.Context, m chat.Message, n, tries int) error {
	f := m.Media[n]
	_, _, body, err := k.store.Open(ctx, f.ID)
	if err == nil {
		return body.Close()
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return k.away(ctx, m, n, tries, err)
	}
	content, why, err := k.fetch(ctx, m.From.Channel, f, tries)
	if err == nil {
		return k.put(ctx, m, n, tries, look(f, content), content)
	}
	if why == "" {
		var failure *chat.Failure
		temporary := errors.As(err, &failure) && failure.Kind == chat.Temporary
		if !k.old(f) && (!temporary || tries < len(k.Schedule())) {
			return err
		}
		why = chat.LostUnavailable
	}
	return k.lose(ctx, m, n, tries, why)
}

// old tells whether enough was tried.
func (k *Keeper) old(f chat.Media) bool {
	made, _ := k.read(f.ID)
	return k.o.Clock().Sub(made) > giveUp
}

// fetch reads a medium as a whole. why is set when no other attempt can bring it.
func (k *Keeper) fetch(ctx context.Context, channel string, f chat.Media, tries int) (content []byte, why string, err error) {
	fetcher, ok := k.o.Fetcher(channel)
	if !ok {
		return nil, "", &chat.Failure{Kind: chat.Temporary, Err: fmt.Errorf("channel %s is not configured, or brings no media", channel)}
	}
	if f.Size > k.o.MaxBytes {
		return nil, chat.LostTooLarge, errors.New("too large")
	}
	body, err := fetcher.Open(ctx, f)
	if err == nil {
		content, err = io.ReadAll(io.LimitReader(body, k.o.MaxBytes+1))
		body.Close()
	}
	var failure *chat.Failure
	switch {
	case err == nil && int64(len(content)) > k.o.MaxBytes:
		return nil, chat.LostTooLarge, errors.New("too large")
	case err == nil && len(content) == 0:
		return nil, chat.LostExpired, errors.New("empty")
	case err == nil:
		return content, "", nil
	case errors.Is(err, outside.ErrRefused):
		return nil, chat.LostRefused, err
	case errors.As(err, &failure) && failure.Kind == chat.BadMedia && tries >= doubts:
		return nil, chat.LostExpired, err
	case errors.As(err, &failure) && (failure.Kind == chat.Refused || failure.Kind == chat.NoPush):
		return nil, chat.LostRefused, err
	case errors.As(err, &failure) && slices.Contains([]chat.FailureKind{chat.Rate, chat.Auth}, failure.Kind):
		again := *failure
		if again.Kind == chat.Rate && again.Retry <= 0 {
			again.Retry = storeAgain // or it would use the schedule up, and be dropped without a word
		}
		return nil, "", &again
	}
	// Others' words may hold an address that is signed: they are not passed on.
	return nil, "", &chat.Failure{Kind: chat.Temporary, Err: fmt.Errorf("channel %s does not give the medium now", channel)}
}

// put keeps a content, and takes it back when its conversation was forgotten meanwhile.
func (k *Keeper) put(ctx context.Context, m chat.Message, n, tries int, f chat.Media, content []byte) error {
	if err := k.store.Put(ctx, f, bytes.NewReader(content)); err != nil {
		return k.away(ctx, m, n, tries, err)
	}
	if known, err := k.o.Known(ctx, m.From); err != nil || !known {
		if e := k.store.Forget(ctx, f.ID); err == nil {
			err = e
		}
		if err != nil {
			return k.away(ctx, m, n, tries, err)
		}
		return nil
	}
	k.o.Count.Count("media_kept", m.From.Channel, f.Kind)
	return nil
}

// away lets a debt be paid later because a store is away.
func (k *Keeper) away(ctx context.Context, m chat.Message, n, tries int, err error) error {
	if k.old(m.Media[n]) {
		return k.tell(ctx, m, n, chat.LostUnavailable)
	}
	wait := storeMost
	if tries < 6 {
		wait = min(storeAgain<<tries, storeMost)
	}
	// Of kind Rate, so that no schedule is used up.
	return &chat.Failure{Kind: chat.Rate, Retry: wait, Err: fmt.Errorf("the store of media is away: %w", err)}
}

// lose tells the conversation that a medium is lost, and leaves a mark in its place.
func (k *Keeper) lose(ctx context.Context, m chat.Message, n, tries int, why string) error {
	if err := k.tell(ctx, m, n, why); err != nil {
		return err
	}
	k.o.Count.Count("media_lost", m.From.Channel, why)
	mark := chat.Media{ID: m.Media[n].ID, Kind: m.Media[n].Kind, Ref: why}
	return k.put(ctx, m, n, tries, mark, nil)
}

func (k *Keeper) tell(ctx context.Context, m chat.Message, n int, why string) error {
	f := m.Media[n]
	lost := chat.Message{
		ID: "lost:" + f.ID, Kind: chat.Lost, From: m.From, Of: m.ID, Event: why,
		Media: []chat.Media{{Kind: f.Kind, ID: f.ID}}, At: k.o.Clock(),
	}
	if err := k.o.Tell(ctx, lost); err != nil {
		return &chat.Failure{Kind: chat.Rate, Retry: storeAgain, Err: fmt.Errorf("telling of a lost medium: %w", err)}
	}
	return nil
}
