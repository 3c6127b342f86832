package admin

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/handoff"
)

// maxList is how many cases or dead letters one call returns at most.
const maxList = 1000

func (a *api) listCases(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	f := handoff.Filter{State: chat.CaseState(q.Get("state")), Queue: q.Get("queue")}
	if !slices.Contains([]chat.CaseState{"", chat.Waiting, chat.Held, chat.Over}, f.State) {
		a.fail(w, r, badField("state", "want waiting, held or closed"))
		return
	}
	var err error
	if f.Limit, err = limit(r); err != nil {
		a.fail(w, r, err)
		return
	}
	found, err := a.Cases.Cases(r.Context(), f)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.answer(w, http.StatusOK, map[string][]chat.Case{"cases": append([]chat.Case{}, found...)})
}

func limit(r *http.Request) (int, error) {
	s := r.URL.Query().Get("limit")
	if s == "" {
		return 100, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > maxList {
		return 0, badField("limit", fmt.Sprintf("want a number from 1 to %d", maxList))
	}
	return n, nil
}

func (a *api) showCase(w http.ResponseWriter, r *http.Request) {
	c, err := a.Cases.Case(r.Context(), r.PathValue("id"))
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.answer(w, http.StatusOK, c)
}

func (a *api) claimCase(w http.ResponseWriter, r *http.Request) {
	var seat string
	if err := first(readBody(r, fields{"seat": &seat}), seatName(&seat)); err != nil {
		a.fail(w, r, err)
		return
	}
	c, err := a.Cases.Claim(r.Context(), r.PathValue("id"), seat)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.seen(r.Context(), seat, c.Queue)
	a.Wake(c.Conversation)
	a.answer(w, http.StatusOK, c)
}

func (a *api) replyCase(w http.ResponseWriter, r *http.Request) {
	var seat, text, key string
	err := first(readBody(r, fields{"seat": &seat, "text": &text, "key": &key}), seatName(&seat),
		func() error { return words("text", text, chat.MaxText) },
		func() error {
			if key == "" {
				key = rand.Text()
			}
			return name("key", key)
		})
	if err != nil {
		a.fail(w, r, err)
		return
	}
	to, err := a.Cases.Reply(r.Context(), r.PathValue("id"), seat, text, key)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.present(r.Context(), seat, r.PathValue("id"))
	a.Wake(to)
	a.answer(w, http.StatusAccepted, map[string]string{"key": key})
}

func (a *api) transferCase(w http.ResponseWriter, r *http.Request) {
	var queue, seat string
	err := first(readBody(r, fields{"queue": &queue, "seat": &seat}), func() error {
		switch {
		case (queue == "") == (seat == ""):
			return badField("queue", "give exactly one of queue and seat")
		case queue != "" && a.Queues != nil && !slices.Contains(a.Queues(), queue):
			return badField("queue", "there is no such queue: a case would wait where nobody looks; there are "+strings.Join(a.Queues(), ", "))
		case queue != "":
			return name("queue", queue)
		}
		return seatName(&seat)()
	})
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.act(w, r, func(ctx context.Context, id string) (*chat.Case, error) {
		return a.Cases.Transfer(ctx, id, queue, seat)
	})
}

func (a *api) closeCase(w http.ResponseWriter, r *http.Request) {
	reason := "closed"
	err := first(readBody(r, fields{"reason": &reason}), func() error { return words("reason", reason, 200) })
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.act(w, r, func(ctx context.Context, id string) (*chat.Case, error) { return a.Cases.Close(ctx, id, reason) })
}

func (a *api) noteCase(w http.ResponseWriter, r *http.Request) {
	var seat, text string
	err := first(readBody(r, fields{"text": &text, "seat": &seat}), func() error { return words("text", text, chat.MaxText) }, func() error {
		if seat == "" {
			return nil
		}
		return seatName(&seat)()
	})
	if err != nil {
		a.fail(w, r, err)
		return
	}
	if err := a.Cases.Note(r.Context(), r.PathValue("id"), seat, text); err != nil {
		a.fail(w, r, err)
		return
	}
	if seat != "" {
		a.present(r.Context(), seat, r.PathValue("id"))
	}
	w.WriteHeader(http.StatusNoContent)
}

// act changes a case, lets its conversation be judged and answers 204.
func (a *api) act(w http.ResponseWriter, r *http.Request, change func(ctx context.Context, id string) (*chat.Case, error)) {
	c, err := change(r.Context(), r.PathValue("id"))
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.Wake(c.Conversation)
	w.WriteHeader(http.StatusNoContent)
}

// present notes that seat acted on a case, so that it counts as there for the case's queue.
func (a *api) present(ctx context.Context, seat, id string) {
	c, err := a.Cases.Case(ctx, id)
	if err != nil {
		a.Log.Warn("a seat's presence was not noted", "seat", seat, "error", err)
		return
	}
	a.seen(ctx, seat, c.Queue)
}

// seen notes presence; the act itself is done already, so that an error here is only told.
func (a *api) seen(ctx context.Context, seat string, queues ...string) {
	if err := a.Cases.Seen(ctx, seat, queues...); err != nil {
		a.Log.Warn("a seat's presence was not noted", "seat", seat, "error", err)
	}
}

// seatName checks a seat's name. The two words that a transcript uses for others cannot name one.
func seatName(seat *string) func() error {
	return func() error {
		if *seat == "person" || *seat == "bot" {
			return badField("seat", *seat+" is what transcripts call somebody else")
		}
		return name("seat", *seat)
	}
}

// first returns the first error: of decoding the body, then of the checks in their order.
func first(err error, checks ...func() error) error {
	for _, check := range checks {
		if err != nil {
			return err
		}
		err = check()
	}
	return err
}
