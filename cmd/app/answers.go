package app

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/xianda-bot/xianda/dialog"
)

// answers are what the house itself answers to its turns, by the name of the question.
type answers map[string]func(ctx context.Context, c dialog.Call) (any, error)

var _ dialog.Caller = answers(nil)

// Call answers one question.
func (a answers) Call(ctx context.Context, c dialog.Call) (json.RawMessage, error) {
	answer := a[c.Name]
	if answer == nil {
		return nil, fmt.Errorf("%s is nothing that this house answers", c.Name)
	}
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.Timeout)
		defer cancel()
	}
	got, err := answer(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	return json.Marshal(got)
}

// answers of this house.
func (h *House) answers() answers {
	all := answers{dialog.AskFreeSeat: h.freeSeat, dialog.AskNative: h.nativeState}
	maps.Copy(all, h.people.Answers())
	return all
}
