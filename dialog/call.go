package dialog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// Call is a question to the product's backend that a dialog asks.
type Call struct {
	Name         string // "pay.refund_status": the backend, a dot, the path
	Conversation chat.Address
	User         string            // the product's id of the person; "" when not linked
	With         map[string]string // rendered
	Timeout      time.Duration     // of each attempt
	Retry        int               // further attempts, after a failure that may pass
	Key          string            // idempotency key: the same for every attempt at this call
}

// RetryPause is the longest that a Caller waits before a further attempt.
const RetryPause = time.Second

// Most is how long a call may take, with all its attempts and the pauses between them.
func (c Call) Most() time.Duration {
	return time.Duration(1+c.Retry)*c.Timeout + time.Duration(c.Retry)*RetryPause
}

// identity tells a call from another of the same turn.
func (c *Call) identity() string {
	h := fnv.New64a()
	for _, name := range slices.Sorted(maps.Keys(c.With)) {
		h.Write([]byte(name + "\x00" + c.With[name] + "\x00"))
	}
	return fmt.Sprintf("%s-%x", c.Name, h.Sum64())
}

// Caller performs calls. It keeps Call.Timeout and ctx, and answers with a JSON object.
type Caller interface {
	Call(ctx context.Context, c Call) (json.RawMessage, error)
}

// result is what a checkpoint keeps of a call.
type result struct {
	Call        string          `json:"call"` // its name and what was sent with it
	OK          bool            `json:"ok"`
	Body        json.RawMessage `json:"body,omitempty"`
	Interrupted bool            `json:"interrupted,omitempty"`
}

var errInterrupted = errors.New("the person asked for something else")

// perform does the call that step asked for and appends its result to in. Before the first call of a turn, and after each, the turn
// is checkpointed, so that another attempt judges with the same clock and asks no backend twice for what it knows.
func (h *Host) perform(ctx context.Context, c *session.Claim, in *input, call *Call) error {
	cp := session.Checkpoint{Release: in.rel.Version, Clock: in.now, Seed: in.seed, Results: in.results}
	if len(in.results) == 0 && c.Resume == nil {
		if err := h.store.Checkpoint(ctx, c, cp); err != nil {
			return h.cause(ctx, fmt.Errorf("checkpoint: %w", err))
		}
	}
	call.Conversation, call.User = c.Message.From, c.Session.User
	call.Key = fmt.Sprintf("%s-%s-%d", session.CaseID(c.Message.From, c.Turn), c.Turn, len(in.results))
	if len(in.results) == 0 && !strings.HasPrefix(call.Name, housePrefix) { // the house answers at once
		h.o.Typing(c.Message.From)
	}
	started := time.Now()
	body, err := h.call(ctx, *call)
	if ctx.Err() != nil {
		return h.cause(ctx, ctx.Err())
	}
	r := result{Call: call.identity(), OK: err == nil, Body: body, Interrupted: errors.Is(err, errInterrupted)}
	h.o.Count("calls", call.Name, callEnd(err))
	if err != nil && !r.Interrupted { // people may change their mind: nothing to look after
		h.o.Log.Warn("a call did not succeed", "call", call.Name, "turn", c.Turn, "took", time.Since(started), "error", err)
	}
	kept, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("call %s: %w", call.Name, err)
	}
	in.results = append(in.results[:len(in.results):len(in.results)], kept)
	cp.Results = in.results
	c.Resume = &cp // judging again, after a seat came or a panic, must not ask the backend again
	if err := h.store.Checkpoint(ctx, c, cp); err != nil {
		return h.cause(ctx, fmt.Errorf("checkpoint: %w", err))
	}
	return nil
}

func callEnd(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, errInterrupted):
		return "interrupted"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	}
	return "error"
}

func (h *Host) call(ctx context.Context, call Call) (json.RawMessage, error) {
	caller := h.o.Call
	if strings.HasPrefix(call.Name, housePrefix) {
		caller = h.o.House
	}
	if caller == nil {
		return nil, errors.New("no backend is configured: see backends: in the configuration")
	}
	once, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if u, ok := ctx.Value(underwayKey{}).(*underway); ok {
		u.mu.Lock()
		u.interrupt = func() { cancel(errInterrupted) }
		u.mu.Unlock()
		defer func() {
			u.mu.Lock()
			u.interrupt = nil
			u.mu.Unlock()
		}()
	}
	limited, done := context.WithTimeout(once, call.Most())
	defer done()
	body, err := caller.Call(limited, call)
	if err != nil && errors.Is(context.Cause(once), errInterrupted) {
		return nil, errInterrupted
	}
	if err == nil && !isObject(body) {
		return nil, errors.New("the backend did not answer with a JSON object")
	}
	return body, err
}

func isObject(body json.RawMessage) bool {
	var o map[string]json.RawMessage
	return json.Unmarshal(body, &o) == nil && o != nil
}

// cause tells why the turn's context ended, if it did.
func (h *Host) cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
