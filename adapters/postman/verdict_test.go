package postman

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/chat"
)

func TestVerdicts(t *testing.T) {
	t.Parallel()
	cause := errors.New("45015")
	fail := func(k chat.FailureKind) *chat.Failure { return &chat.Failure{Kind: k, Err: cause} }
	unknown := &chat.Failure{Kind: chat.Temporary, Unknown: true, Err: cause}
	image, _ := json.Marshal(chat.Reply{Key: "d", Text: "见图", Media: []chat.Media{{Kind: "image", Ref: "m"}}})
	tests := []struct {
		name    string
		script  []error
		body    json.RawMessage
		resend  bool
		want    []string
		counted string
	}{
		{"paid", nil, nil, false, []string{"d paid"}, "postman_paid reply shop"},
		{"rate with retry", []error{&chat.Failure{Kind: chat.Rate, Retry: 3 * time.Second, Err: cause}}, nil, false, []string{"d again after 3s giveback", "d paid"}, "postman_again reply shop rate"},
		{"rate without", []error{fail(chat.Rate)}, nil, false, []string{"d again after 1s giveback", "d paid"}, "postman_again reply shop rate"},
		{"window", []error{fail(chat.Window)}, nil, false, []string{"d park giveback"}, "postman_parked reply shop window"},
		{"no push", []error{fail(chat.NoPush)}, nil, false, []string{"d park giveback"}, "postman_parked reply shop nopush"},
		{"exhausted", []error{fail(chat.Exhausted)}, nil, false, []string{"d park spent"}, "postman_parked reply shop exhausted"},
		{"blocked", []error{fail(chat.Blocked)}, nil, false, []string{"d dropped giveback"}, "postman_dropped reply shop blocked"},
		{"too long", []error{fail(chat.TooLong)}, nil, false, []string{"d dropped giveback"}, "postman_dropped reply shop toolong"},
		{"refused", []error{fail(chat.Refused)}, nil, false, []string{"d dropped giveback"}, "postman_dropped reply shop refused"},
		{"auth", []error{fail(chat.Auth)}, nil, false, []string{"d again after 5m0s giveback", "d paid"}, "postman_auth shop"},
		{"media, then without", []error{fail(chat.BadMedia)}, image, false, []string{"d paid"}, "postman_without_media reply shop"},
		{"media, once", []error{fail(chat.BadMedia), fail(chat.BadMedia)}, image, false, []string{"d dropped giveback"}, "postman_dropped reply shop media"},
		{"media of a text", []error{fail(chat.BadMedia)}, nil, false, []string{"d dropped giveback"}, "postman_dropped reply shop media"},
		{"moved to nowhere", []error{fail(chat.Moved)}, nil, false, []string{"d dropped giveback"}, "postman_dropped reply shop moved"},
		{"moved", []error{&chat.Failure{Kind: chat.Moved, To: &chat.Address{Channel: "shop", Peer: "new"}, Err: cause}}, nil, false, []string{"d paid"}, "postman_moved reply shop"},
		{"moved for ever", slices.Repeat([]error{&chat.Failure{Kind: chat.Moved, To: &chat.Address{Channel: "shop", Peer: "new"}, Err: cause}}, 2), nil, false, []string{"d dropped giveback"}, "postman_dropped reply shop moved"},
		{"temporary", []error{fail(chat.Temporary)}, nil, false, []string{"d again after 1s giveback", "d paid"}, "postman_again reply shop temporary"},
		{"temporary with retry", []error{&chat.Failure{Kind: chat.Temporary, Retry: time.Minute, Err: cause}}, nil, false, []string{"d again after 1m0s giveback", "d paid"}, "postman_paid reply shop"},
		{"schedule used up", slices.Repeat([]error{fail(chat.Temporary)}, 3), nil, false, []string{"d again after 1s giveback", "d again after 10s giveback", "d dropped giveback"}, "postman_dropped reply shop given_up"},
		{"unknown", []error{unknown}, nil, false, []string{"d dropped"}, "postman_dropped reply shop unknown"},
		{"unknown, resend", []error{unknown}, nil, true, []string{"d again after 1s", "d paid"}, "postman_paid reply shop"},
		{"unknown, resend once", []error{unknown, fail(chat.Temporary), unknown}, nil, true, []string{"d again after 1s", "d again after 10s giveback", "d dropped"}, "postman_dropped reply shop unknown"},
		{"unclassified is unknown", []error{errors.New("reset")}, nil, false, []string{"d dropped"}, "postman_dropped reply shop unknown"},
		{"wrapped", []error{fmt.Errorf("channel shop: %w", fail(chat.Blocked))}, nil, false, []string{"d dropped giveback"}, "postman_dropped reply shop blocked"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				debts, payer := newLedger(), newShop(chat.Caps{Resend: tt.resend})
				payer.script["d"] = tt.script
				debts.owe(who("ann"), chat.ReplyDebt, "d")
				if tt.body != nil {
					debts.owed[who("ann")][0].Body = tt.body
				}
				p, count, stop := start(t, debts, map[chat.DebtKind]Payer{chat.ReplyDebt: payer}, Options{})
				p.Wake(who("ann"))
				time.Sleep(time.Hour)
				stop()
				if d := cmp.Diff(tt.want, debts.verdicts()); d != "" {
					t.Errorf("settled (-want +got)\n%s", d)
				}
				if count.all()[tt.counted] != 1 {
					t.Errorf("%q is not counted once: %v", tt.counted, count.all())
				}
			})
		})
	}
}

// TestUnknownIsTriedWhereItShowsOnce: a platform that knows a message again may be asked as often as the schedule says: nothing is lost and
// nothing shown twice (P2).
func TestUnknownIsTriedWhereItShowsOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		unknown := &chat.Failure{Kind: chat.Temporary, Unknown: true, Err: errors.New("no answer")}
		debts, payer := newLedger(), newShop(chat.Caps{Resend: true, Once: true})
		payer.script["d"] = []error{unknown, unknown}
		debts.owe(who("ann"), chat.ReplyDebt, "d")
		p, _, stop := start(t, debts, map[chat.DebtKind]Payer{chat.ReplyDebt: payer}, Options{})
		p.Wake(who("ann"))
		time.Sleep(time.Hour)
		stop()
		if d := cmp.Diff([]string{"d again after 1s", "d again after 10s", "d paid"}, debts.verdicts()); d != "" {
			t.Errorf("settled (-want +got)\n%s", d)
		}
	})
}
