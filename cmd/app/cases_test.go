package app

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/handoff"
)

// oneCase is a queue with one case.
type oneCase struct {
	handoff.Queue
	k chat.Case
}

func (q oneCase) Case(context.Context, string) (*chat.Case, error) {
	k := q.k
	return &k, nil
}

// TestCasesShowElsewhere: a seat sees what the person did elsewhere while it is theirs, and it is gone from the case with the session's.
func TestCasesShowElsewhere(t *testing.T) {
	t.Parallel()
	at := chat.Address{Channel: "site", Peer: "p"}
	s := session.Session{
		Waiting: &session.Waiting{Case: "c1", Carried: map[string]session.Carried{"order": {From: "shop|a", Value: "4200"}}},
		Mates: []session.Mate{
			{At: chat.Address{Channel: "shop", Peer: "a"}, Known: &session.Known{
				Asked: "退款多久", Tried: []string{"refund.time"}, Given: map[string]session.Given{"phone": {Type: "phone", Value: "13812345678"}},
				Place: &session.Place{Dialog: "refund", Slots: map[string]string{"kind": "late"}}, Case: &session.OpenCase{Wanted: "退款"}, At: time.Unix(1, 0),
			}},
			{At: chat.Address{Channel: "tg", Peer: "b"}},
		},
	}
	q := cases{Queue: oneCase{k: chat.Case{ID: "c1", Conversation: at, State: chat.Waiting}}, look: func(context.Context, chat.Address) (*session.View, error) {
		return &session.View{Session: s}, nil
	}}
	got, err := q.Case(t.Context(), "c1")
	if err != nil {
		t.Fatal(err)
	}
	want := []chat.Elsewhere{{
		Conversation: chat.Address{Channel: "shop", Peer: "a"}, Dialog: "refund", Wanted: "退款", Asked: "退款多久", Tried: []string{"refund.time"},
		Slots: map[string]string{"phone": "13812345678", "kind": "late"},
	}}
	if d := cmp.Diff(want, got.Elsewhere); d != "" || got.Slots["order"] != "4200" {
		t.Errorf("the case has slots %v and, elsewhere, - want + got:\n%s", got.Slots, d)
	}
	s = session.Session{Waiting: &session.Waiting{Case: "c1"}}
	if got, err = q.Case(t.Context(), "c1"); err != nil || got.Elsewhere != nil || got.Slots != nil {
		text, _ := json.Marshal(got)
		t.Errorf("unlinked, the case is %s, %v, want nothing from elsewhere", text, err)
	}
}
