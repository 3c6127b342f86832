package redis

import (
	"context"
	"crypto/sha1" // what EVALSHA names scripts by
	"embed"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/likely"
	"github.com/xianda-bot/xianda/dialog/session"
)

//go:embed lua/*.lua
var sources embed.FS

// script is one atomic step: a file of lua/ behind the libraries that its first line names.
type script struct {
	name, source, sha string
	durable           bool // its effect must have reached the replicas before it counts
}

// scripts are all steps. They are made once per store, because the protocol's numbers are written into them.
type scripts struct {
	accept, claimReply, late, renew, checkpoint, commit, release   *script
	take, lend, settle, look, forget, replay, bury                 *script
	caseClaim, caseReply, caseTransfer, caseNote, caseClose, unset *script
	feedAppend, feedWithdraw, feedRead                             *script

	userProfile, userLink, userUnlink, userEvent, linkSet, linkDrop *script
}

func newScripts(lease time.Duration) (*scripts, error) {
	var failed error
	numbers := fmt.Sprintf("local LEASE, MAILBOX, KEPT, ALLIDS, REDELIVERY, DEBTS, LINES, KEEP, KEEPCLOSED, KEEPCOUNTS, DEADS, LEDGER, LONG, "+
		"LONGIDS, CASES, JITTER, SENTWITHIN = %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d\n"+
		"local KEEPUSER, KNOWN, KNOWNIDS, TRACE, LINKS = %d, %d, %d, %d, %d\n"+
		"local NAMES, LEARNED = %d, '%s'\nlocal KINDS = { %s }\n", lease.Milliseconds(), session.MaxMailbox, session.KeptIDs, session.MaxIDs,
		session.MinRedelivery.Milliseconds(), session.MaxDebts, session.Lines, session.KeepSession.Milliseconds(),
		session.KeepClosed.Milliseconds(), keepCounts.Milliseconds(), maxDeads, maxLedger,
		longKept.Milliseconds(), maxLong, maxCases, jitter.Milliseconds(), session.SentWithin.Milliseconds(),
		session.KeepUser.Milliseconds(), session.KnownAgain.Milliseconds(), session.MaxKnown, session.MaxTrace, session.MaxLinks,
		maxLearned, likely.Prefix, kinds())
	get := func(name string, durable bool) *script {
		body, err := sources.ReadFile("lua/" + name + ".lua")
		if err != nil {
			failed = err
			return nil
		}
		text := string(body)
		first, _, _ := strings.Cut(text, "\n")
		if libs, ok := strings.CutPrefix(first, "-- needs: "); ok {
			all := numbers
			for lib := range strings.FieldsSeq(libs) {
				b, err := sources.ReadFile("lua/lib_" + lib + ".lua")
				if err != nil {
					failed = err
					return nil
				}
				all += string(b)
			}
			text = all + text
		}
		sum := sha1.Sum([]byte(text))
		return &script{name: name, source: text, sha: hex.EncodeToString(sum[:]), durable: durable}
	}
	s := &scripts{
		accept: get("accept", true), claimReply: get("claim_reply", true), late: get("late", true), renew: get("renew", false),
		checkpoint: get("checkpoint", true), commit: get("commit", true), release: get("release", false),
		take: get("take", false), lend: get("lend", false), settle: get("settle", true), look: get("look", false),
		forget: get("forget", true), replay: get("replay", true), bury: get("bury", true),
		caseClaim: get("case_claim", true), caseReply: get("case_reply", true), caseTransfer: get("case_transfer", true),
		caseNote: get("case_note", true), caseClose: get("case_close", true), unset: get("drop", false),
		userProfile: get("user_profile", true), userLink: get("user_link", true), userUnlink: get("user_unlink", true),
		userEvent: get("user_event", true), linkSet: get("link_set", true), linkDrop: get("drop", true),
		feedAppend: get("feed_append", true), feedWithdraw: get("feed_withdraw", false), feedRead: get("feed_read", false),
	}
	return s, failed
}

// answer is what a script returned: its first element says which of the documented answers it is.
type answer struct {
	kind string
	rest []any
}

// text is element i after the kind; "" when it is absent.
func (a answer) text(i int) string { return text(a.rest, i) }

// number is element i after the kind; 0 when it is absent.
func (a answer) number(i int) int64 {
	if i < len(a.rest) {
		n, _ := a.rest[i].(int64)
		return n
	}
	return 0
}

// list is element i after the kind; nil when it is absent.
func (a answer) list(i int) []any {
	if i < len(a.rest) {
		l, _ := a.rest[i].([]any)
		return l
	}
	return nil
}

func text(list []any, i int) string {
	if i < len(list) {
		s, _ := list[i].(string)
		return s
	}
	return ""
}

// run makes one step in the conversation at pl: its hash and due index come before keys, its address and the tests' clock before args.
// With errShort it returns the answer too.
func (s *Store) run(ctx context.Context, sc *script, pl place, keys []string, args ...any) (answer, error) {
	v, err := s.call(ctx, sc, s.command(sc, pl, keys, args))
	list, ok := v.([]any)
	if err != nil && (!ok || len(list) == 0) {
		return answer{}, err
	}
	if err != nil {
		return answer{kind: text(list, 0), rest: list[1:]}, err
	}
	if !ok || len(list) == 0 {
		return answer{}, fmt.Errorf("redis: script %s: unexpected answer %T", sc.name, v)
	}
	return answer{kind: text(list, 0), rest: list[1:]}, nil
}

// command builds EVALSHA.
func (s *Store) command(sc *script, pl place, keys []string, args []any) []any {
	cmd := make([]any, 0, 7+len(keys)+len(args))
	cmd = append(cmd, "evalsha", sc.sha, 2+len(keys), pl.conv, pl.due)
	for _, k := range keys {
		cmd = append(cmd, k)
	}
	cmd = append(cmd, pl.address, s.skew())
	return append(cmd, args...)
}

// call runs EVALSHA, and EVAL once on a server that does not know the script yet (after a restart or a failover).
func (s *Store) call(ctx context.Context, sc *script, cmd []any) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	v, err := s.exec(ctx, sc, cmd)
	if err != nil && strings.HasPrefix(err.Error(), "NOSCRIPT") {
		cmd[0], cmd[1] = "eval", sc.source
		v, err = s.exec(ctx, sc, cmd)
	}
	if err != nil {
		err = classify("script "+sc.name, err)
	}
	return v, err
}

func (s *Store) exec(ctx context.Context, sc *script, args []any) (any, error) {
	if sc.durable && s.replicas > 0 {
		return s.execDurable(ctx, args)
	}
	cmd := redis.NewCmd(ctx, args...)
	_ = s.db.Process(ctx, cmd)
	return cmd.Result()
}

// kinds are the kinds of debts as Lua writes a list.
func kinds() string {
	var all []string
	for _, k := range chat.DebtKinds() {
		all = append(all, "'"+string(k)+"'")
	}
	return strings.Join(all, ", ")
}
