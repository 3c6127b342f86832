package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLawsCatch breaks each law on made-up imports: a law that catches nothing is no law.
func TestLawsCatch(t *testing.T) {
	t.Parallel()
	for _, c := range lawCases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(c.want, strings.Join(broken(parseGraph(c.graph)), "\n")); d != "" {
				t.Errorf("broken(%q), - want + got:\n%s", c.graph, d)
			}
		})
	}
	for i, l := range laws {
		if l.why == "" || slices.ContainsFunc(laws[:i], func(o law) bool { return o.why == l.why }) {
			t.Errorf("laws[%d].why = %q, want a reason of its own, so that the table tells which law spoke", i, l.why)
		}
		if !slices.ContainsFunc(lawCases(), func(c lawCase) bool { return strings.Contains(c.want, l.why) }) {
			t.Errorf("laws[%d] (%s): no graph of the table breaks it", i, l.why)
		}
	}
}

// A lawCase is a made-up graph and what must be said of it. A part of the graph is "package: import import …", parts are separated by
// semicolons; packages without a part import nothing.
type lawCase struct{ name, graph, want string }

func lawCases() []lawCase {
	return []lawCase{
		{"chat stands on nothing", "chat: kb", "chat -> kb: the ground stands on nothing"},
		{"config stands on nothing", "config: chat", "config -> chat: the ground stands on nothing"},
		{"config may have rooms", "config: config/schema", ""},

		{"a turn knows no store", "dialog: store/local", "dialog -> store/local: judging a turn knows no messenger and no store\n" +
			"dialog -> store/local: makers are named in cmd/app and cmd/cli alone"},
		{"a turn knows no messenger, the long way round", "dialog/script: kb; kb: chat; chat: adapters",
			"chat -> adapters: the ground stands on nothing\n" +
				"dialog/script -> kb -> chat -> adapters: judging a turn knows no messenger and no store\n" +
				"kb -> chat -> adapters: answers and seats do not know who asks"},
		{"a release's maker knows no messenger", "dialog/release/dir: adapters", "dialog/release/dir -> adapters: judging a turn knows no messenger and no store"},
		{"a turn knows no seat system, the long way round", "dialog/likely: handoff; handoff: handoff/webhook",
			"dialog/likely -> handoff -> handoff/webhook: judging a turn knows no seat system\n" +
				"handoff -> handoff/webhook: makers are named in cmd/app and cmd/cli alone"},
		{"a turn may know the contract of seats", "dialog: handoff chat dialog/session", ""},
		{"a turn does no network", "dialog/session: net/http", "dialog/session -> net/http: judging a turn does no I/O"},
		{"a turn opens no file", "dialog/likely: os", "dialog/likely -> os: judging a turn does no I/O"},
		{"a turn starts no program", "dialog: os/exec", "dialog -> os/exec: judging a turn does no I/O"},
		{"a turn speaks to no Redis", "dialog/script: github.com/redis/go-redis/v9", "dialog/script -> github.com/redis/go-redis/v9: judging a turn does no I/O"},
		{"a release reads no files", "dialog/release: os", "dialog/release -> os: judging a turn does no I/O"},
		{"what others import is theirs", "dialog: github.com/expr-lang/expr; github.com/expr-lang/expr: os", ""},
		{"the makers of releases bring files", "dialog/release/dir: os; dialog/release/cos: net/http", ""},

		{"a messenger knows no dialog", "adapters/wechat: dialog/session", "adapters/wechat -> dialog/session: a messenger knows no dialog, no answer, no seat, no store, no file"},
		{"a messenger knows no answer", "adapters/wechat: kb", "adapters/wechat -> kb: a messenger knows no dialog, no answer, no seat, no store, no file"},
		{"the postman knows no seat", "adapters/postman: handoff", "adapters/postman -> handoff: a messenger knows no dialog, no answer, no seat, no store, no file"},
		{"the contract knows no store", "adapters: store", "adapters -> store: a messenger knows no dialog, no answer, no seat, no store, no file"},
		{"a messenger knows no file", "adapters/internal/weixin: config", "adapters/internal/weixin -> config: a messenger knows no dialog, no answer, no seat, no store, no file"},
		{"messengers do not know each other", "adapters/kefu: adapters/wechat", "adapters/kefu -> adapters/wechat: a messenger knows no other messenger\n" +
			"adapters/kefu -> adapters/wechat: a messenger is named in adapters/all alone"},
		{"nor the long way round", "adapters/kefu: adapters/internal/weixin; adapters/internal/weixin: adapters/wechat",
			"adapters/internal/weixin -> adapters/wechat: a messenger is named in adapters/all alone\n" +
				"adapters/kefu -> adapters/internal/weixin -> adapters/wechat: a messenger knows no other messenger"},
		{"the program names no messenger", "cmd/app: adapters/console", "cmd/app -> adapters/console: a messenger is named in adapters/all alone"},
		{"the postman names no messenger", "adapters/postman: adapters/wechat", "adapters/postman -> adapters/wechat: a messenger is named in adapters/all alone"},
		{"the list names them", "adapters/all: adapters/wechat adapters/console; adapters/wechat: adapters adapters/internal/weixin adapters/wechat/wire", ""},
		{"what messengers share stays among them", "cmd/app: adapters/internal/weixin", "cmd/app -> adapters/internal/weixin: what messengers share stays among them"},

		{"answers do not know who asks", "kb/sheet: dialog/script", "kb/sheet -> dialog/script: answers and seats do not know who asks"},
		{"answers know no file", "kb: config", "kb -> config: answers and seats do not know who asks"},
		{"seats know no store", "handoff/webhook: store/redis", "handoff/webhook -> store/redis: answers and seats do not know who asks\n" +
			"handoff/webhook -> store/redis: makers are named in cmd/app and cmd/cli alone"},
		{"seats know no messenger", "handoff/desk: handoff; handoff: adapters", "handoff -> adapters: answers and seats do not know who asks\n" +
			"handoff/desk -> handoff -> adapters: answers and seats do not know who asks"},

		{"a store makes no decisions", "store/redis: dialog", "store/redis -> dialog: a store keeps contracts, it makes no decisions\n" +
			"store/redis -> dialog: a store is built of chat, handoff, dialog/session and the counts of dialog/likely only"},
		{"a store reads no configuration, the long way round", "store/local: dialog/session; dialog/session: config",
			"store/local -> dialog/session -> config: a store keeps contracts, it makes no decisions"},
		{"a store knows no answers", "store/local: kb", "store/local -> kb: a store is built of chat, handoff, dialog/session and the counts of dialog/likely only"},
		{"a store keeps contracts", "store/local: chat handoff dialog/session dialog/likely", ""},

		{"a store names no other", "store/local: store/redis", "store/local -> store/redis: makers are named in cmd/app and cmd/cli alone"},
		{"main names no maker", "cmd/xianda: store/redis", "cmd/xianda -> store/redis: makers are named in cmd/app and cmd/cli alone"},
		{"main names no list of messengers", "cmd/xianda: adapters/all", "cmd/xianda -> adapters/all: makers are named in cmd/app and cmd/cli alone"},
		{"nobody names what lies inside a maker", "dialog: dialog/release/cos/sign", "dialog -> dialog/release/cos/sign: makers are named in cmd/app and cmd/cli alone"},
		{"one room names them", "cmd/xianda: cmd/cli; cmd/cli: cmd/app store/local; cmd/app: store/redis adapters/all dialog/release/dir handoff/webhook; store/redis: store/redis/script", ""},

		{"the house does not know its remote control", "cmd/app/admin: cmd/cli", "cmd/app/admin -> cmd/cli: the house does not know its remote control"},
		{"nobody below knows the program", "dialog: cmd/app", "dialog -> cmd/app: nobody below knows the program"},

		{"a suite is for tests", "cmd/app: dialog/session/sessiontest", "cmd/app -> dialog/session/sessiontest: a suite is for tests"},
		{"also the long way round", "cmd/cli: cmd/app; cmd/app: adapters/adapterstest", "cmd/app -> adapters/adapterstest: a suite is for tests\n" +
			"cmd/cli -> cmd/app -> adapters/adapterstest: a suite is for tests"},
		{"testing stays out", "kb: testing", "kb -> testing: test helpers stay out of the binary"},
		{"and what belongs to it", "kb: testing/fstest", "kb -> testing/fstest: test helpers stay out of the binary"},
		{"and the test server", "cmd/app: net/http/httptest", "cmd/app -> net/http/httptest: test helpers stay out of the binary"},
		{"what lies in a suite is test code", "adapters/adapterstest/toy: testing adapters/adapterstest; cmd/app: adapters/adapterstest/toy", "cmd/app -> adapters/adapterstest/toy: a suite is for tests\n" +
			"cmd/app -> adapters/adapterstest/toy -> adapters/adapterstest: a suite is for tests"},
		{"test code may", "handoff/handofftest: testing store/local dialog/session", ""},
	}
}

func parseGraph(s string) graph {
	g := graph{}
	for line := range strings.SplitSeq(s, ";") {
		pkg, imports, _ := strings.Cut(strings.TrimSpace(line), ": ")
		g[pkg] = append(g[pkg], strings.Fields(imports)...)
	}
	return g
}
