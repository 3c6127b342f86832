package postman

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
)

type channel struct {
	caps chat.Caps
	sent []string
	err  error
}

func (c *channel) Name() string                              { return "shop" }
func (c *channel) Caps(chat.Address) chat.Caps               { return c.caps }
func (c *channel) Run(context.Context, adapters.Inbox) error { return nil }
func (c *channel) Send(_ context.Context, to chat.Address, r chat.Reply, _ *chat.ReplyRight) (string, error) {
	c.sent = append(c.sent, to.Peer+" "+r.Text)
	return "", c.err
}

func TestReplies(t *testing.T) {
	t.Parallel()
	right := &chat.ReplyRight{Left: 1}
	body, err := json.Marshal(chat.Reply{Key: "k", Text: "你好"})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)
	timed := func(until time.Time) json.RawMessage {
		b, err := json.Marshal(chat.Reply{Key: "k", Text: "欢迎", Until: until})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	tests := []struct {
		name    string
		channel channel
		loan    Loan
		want    string
		sent    []string
	}{
		{"sent", channel{caps: chat.Caps{Push: chat.Full}}, Loan{Debt: chat.Debt{To: who("ann"), Body: body}}, "", []string{"ann 你好"}},
		{"may only answer", channel{}, Loan{Debt: chat.Debt{To: who("ann"), Body: body}}, "nopush: channel shop may only answer", nil},
		{"answers by right", channel{}, Loan{Debt: chat.Debt{To: who("ann"), Body: body}, Right: right}, "", []string{"ann 你好"}},
		{"a greeting in time", channel{caps: chat.Caps{Push: chat.Full}}, Loan{Debt: chat.Debt{To: who("ann"), Body: timed(now.Add(1))}}, "", []string{"ann 欢迎"}},
		{"a greeting that comes late", channel{caps: chat.Caps{Push: chat.Full}}, Loan{Debt: chat.Debt{To: who("ann"), Body: timed(now)}}, "refused: it is too late for this reply", nil},
		{"other channel", channel{}, Loan{Debt: chat.Debt{To: chat.Address{Channel: "gone", Peer: "x"}, Body: body}}, "temporary: channel gone is not configured", nil},
		{"damaged", channel{}, Loan{Debt: chat.Debt{To: who("ann"), Body: json.RawMessage(`"秘密`)}}, "refused: the body of the debt is not a reply", nil},
		{"failure", channel{caps: chat.Caps{Push: chat.Full}, err: &chat.Failure{Kind: chat.Blocked, Err: errors.New("43004")}}, Loan{Debt: chat.Debt{To: who("ann"), Body: body}}, "channel shop: blocked: 43004", []string{"ann 你好"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := Replies(func(name string) (adapters.Adapter, bool) { return &tt.channel, name == "shop" }, ReplyOptions{Clock: func() time.Time { return now }})
			got := ""
			if err := p.Pay(t.Context(), tt.loan); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("Pay = %q, want %q", got, tt.want)
			}
			if d := cmp.Diff(tt.sent, tt.channel.sent); d != "" {
				t.Errorf("sent (-want +got)\n%s", d)
			}
		})
	}
}

func TestDroppedDebtIsLoggedWithoutItsText(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var log bytes.Buffer
		debts, payer := newLedger(), newShop(chat.Caps{})
		payer.script["a1"] = []error{&chat.Failure{Kind: chat.TooLong, Err: errors.New("45002")}}
		debts.owe(who("ann"), chat.ReplyDebt, "a1")
		var lost []string
		p, _, stop := start(t, debts, map[chat.DebtKind]Payer{chat.ReplyDebt: payer}, Options{
			Log: slog.New(slog.NewTextHandler(&log, nil)), Lost: func(l Loan, why chat.FailureKind) { lost = append(lost, l.ID+" "+string(why)) },
		})
		p.Wake(who("ann"))
		time.Sleep(time.Second)
		stop()
		line := log.String()
		for _, want := range []string{"level=ERROR", "kind=reply", "channel=shop", "debt=a1", "reason=toolong", "45002"} {
			if !strings.Contains(line, want) {
				t.Errorf("the log lacks %q: %s", want, line)
			}
		}
		if d := cmp.Diff([]string{"a1 toolong"}, lost); d != "" {
			t.Errorf("told as lost (-want +got)\n%s", d)
		}
		if strings.Contains(line, "text of") {
			t.Errorf("the log holds the text: %s", line)
		}
	})
}

// A seat of the platform that does not take somebody is nothing to wake an operator for.
func TestHandsOver(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{`{"native":"*"}`: true, `{"native":"-"}`: true, `{"text":"好"}`: false, `"`: false} {
		if got := handsOver(Loan{Debt: chat.Debt{Kind: chat.ReplyDebt, Body: json.RawMessage(body)}}); got != want {
			t.Errorf("handsOver(%s) = %t, want %t", body, got, want)
		}
	}
}
