package redis

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// Look shows a conversation.
func (s *Store) Look(ctx context.Context, a chat.Address) (*session.View, error) {
	ans, err := s.run(ctx, s.sc.look, s.k.place(a), nil)
	if err != nil {
		return nil, err
	}
	if ans.kind != "ok" {
		return nil, refusal(ans)
	}
	now, f := ans.number(0), map[string]string{}
	for i := 1; i+1 < len(ans.rest); i += 2 {
		f[ans.text(i)] = ans.text(i + 1)
	}
	v := &session.View{Hold: decodeHold(f["h"])}
	if v.Session, err = session.Decode([]byte(f["s"])); err != nil {
		return nil, fmt.Errorf("redis: conversation of %s: %w", a.Channel, err)
	}
	if v.Owed, err = unpaid(a, f["d"], now, ""); err != nil {
		return nil, err
	}
	if v.Rights, err = liveRights(f["g"], now); err != nil {
		return nil, err
	}
	var turns []string
	for i := range session.Lines {
		if t := f["y"+strconv.Itoa(i)]; t != "" {
			turns = append(turns, t)
		}
	}
	if v.Lines, err = decodeLines(turns); err != nil {
		return nil, err
	}
	if q := strings.SplitN(f["q"], "|", 11); len(q) == 11 { // lib_conv.lua tells what stands where
		first, _ := strconv.Atoi(q[3])
		last, _ := strconv.Atoi(q[4])
		v.Mailbox = last - first + 1
	}
	return v, nil
}

// decodeLines reads the lines of turns, each "number of the turn|[lines]", oldest first.
func decodeLines(turns []string) ([]chat.Line, error) {
	type turn struct {
		n    int
		text string
	}
	var all []turn
	for _, t := range turns {
		n, text, ok := strings.Cut(t, "|")
		number, err := strconv.Atoi(n)
		if !ok || err != nil {
			return nil, fmt.Errorf("redis: lines of a turn: %q is no number", n)
		}
		all = append(all, turn{number, text})
	}
	slices.SortFunc(all, func(a, b turn) int { return cmp.Compare(a.n, b.n) })
	var lines []chat.Line
	for _, t := range all {
		var some []chat.Line
		if err := json.Unmarshal([]byte(t.text), &some); err != nil {
			return nil, fmt.Errorf("redis: lines of a turn: %w", err)
		}
		lines = append(lines, some...)
	}
	return lines, nil
}

// Forget removes everything of a.
func (s *Store) Forget(ctx context.Context, a chat.Address) error {
	pl := s.k.place(a)
	return s.simple(ctx, s.sc.forget, a, []string{s.k.openCases(pl.p), s.k.closedCases(pl.p), s.k.deads(pl.p), s.k.ledger(pl.p),
		s.k.feed(pl.p, pl.address)}, s.k.caseHash(pl.p, ""), s.k.dead(pl.p, ""), s.k.bells(), notice("", a))
}
