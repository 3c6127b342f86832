package redis

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/handoff"
)

// maxTranscript is how many lines a case shows.
const maxTranscript = 50

// decodeCase reads a case's hash: the case as it was raised, and what changed since.
func decodeCase(id string, f map[string]string) (*chat.Case, error) {
	if f["state"] == "" {
		return nil, handoff.ErrUnknown
	}
	c := &chat.Case{}
	if err := json.Unmarshal([]byte(f["j"]), c); err != nil {
		return nil, fmt.Errorf("redis: case %s: %w", id, err)
	}
	c.ID, c.State, c.Queue, c.Seat, c.Epoch, c.CloseReason = id, chat.CaseState(f["state"]), f["queue"], f["seat"], f["epoch"], f["reason"]
	c.Claimed, c.Closed = stamp(f["claimed"]), stamp(f["closed"])
	if c.Raised.IsZero() {
		c.Raised = stamp(f["raised"])
	}
	if f["notes"] != "" {
		var notes []string
		if err := json.Unmarshal([]byte(f["notes"]), &notes); err != nil {
			return nil, fmt.Errorf("redis: notes of case %s: %w", id, err)
		}
		for _, n := range notes {
			var l chat.Line
			if err := json.Unmarshal([]byte(n), &l); err != nil {
				return nil, fmt.Errorf("redis: note of case %s: %w", id, err)
			}
			c.Notes = append(c.Notes, l)
		}
	}
	return c, nil
}

// stamp reads milliseconds; the zero time when there are none.
func stamp(text string) time.Time {
	n, _ := strconv.ParseFloat(text, 64)
	return moment(n)
}

// Case returns one whole.
func (q *Queue) Case(ctx context.Context, id string) (*chat.Case, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	p, ok := session.PartitionOf(id)
	if !ok {
		return nil, handoff.ErrUnknown
	}
	f, err := q.s.db.HGetAll(ctx, q.s.k.caseHash(p, id)).Result()
	if err != nil {
		return nil, classify("case", err)
	}
	c, err := decodeCase(id, f)
	if err != nil {
		return nil, err
	}
	now, err := q.s.now(ctx)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, 1+session.Lines)
	names = append(names, "g")
	for i := range session.Lines {
		names = append(names, "y"+strconv.Itoa(i))
	}
	fields, err := q.s.db.HMGet(ctx, q.s.k.place(c.Conversation).conv, names...).Result()
	if err != nil {
		return nil, classify("case", err)
	}
	var turns []string
	if kept := f["y"]; kept != "" {
		if err := json.Unmarshal([]byte(kept), &turns); err != nil {
			return nil, fmt.Errorf("redis: transcript of case %s: %w", id, err)
		}
	} else if c.State != chat.Over {
		for i := range session.Lines {
			if t := text(fields, i+1); t != "" {
				turns = append(turns, t)
			}
		}
	}
	lines, err := decodeLines(turns)
	if err != nil {
		return nil, err
	}
	if len(lines) > 0 {
		c.Transcript = lines[max(0, len(lines)-maxTranscript):]
	}
	return c, quota(c, text(fields, 0), now.UnixMilli())
}

// quota is what may still be sent: the most that any live right allows, and until when.
func quota(c *chat.Case, rights string, now int64) error {
	c.QuotaLeft, c.QuotaUntil = -1, time.Time{}
	if rights == "" {
		return nil
	}
	live, err := liveRights(rights, now)
	if err != nil {
		return err
	}
	c.QuotaLeft = 0
	for _, r := range live {
		if r.Left == 0 {
			continue
		}
		if r.Left < 0 || c.QuotaLeft >= 0 && r.Left > c.QuotaLeft {
			c.QuotaLeft = r.Left
		}
		if r.Expires.After(c.QuotaUntil) {
			c.QuotaUntil = r.Expires
		}
	}
	return nil
}
