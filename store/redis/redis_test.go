package redis

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/store/redis/redistest"
)

var _ adapters.Vault = (*Vault)(nil)

func TestTwoScriptsATurn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	turn := func(id string) {
		m := b.message(id, "退款")
		m.ReplyBy = b.now().Add(4 * time.Second)
		m.Right = &chat.ReplyRight{Pool: "message", Left: 5, Expires: b.now().Add(time.Hour)}
		c := b.accept(m)
		b.commit(c, session.Outcome{Session: c.Session, Passive: []chat.Reply{{Key: "k" + id, Text: "好"}}, Instead: []chat.Debt{b.debt("k"+id, "好")},
			Lines: []chat.Line{{Text: "退款"}}, Ledger: [][]byte{[]byte("{}")}, Counts: map[string]int64{"answered": 1}})
	}
	turn("warm") // the first use of each script is an EVAL
	if err := b.s.db.ConfigResetStat(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	const turns = 20
	for i := range turns {
		turn(fmt.Sprint("m", i))
	}
	calls := b.calls()
	inside := map[string]bool{"time": true, "hmget": true, "hset": true, "hdel": true, "zadd": true, "zrem": true, "pexpire": true, "xadd": true, "hincrby": true, "zscore": true}
	for name, n := range calls {
		switch {
		case name == "evalsha" && n != fmt.Sprint(2*turns):
			t.Errorf("%s EVALSHA for %d turns, want %d", n, turns, 2*turns)
		case name == "evalsha" || inside[name] || strings.HasPrefix(name, "config") || strings.HasPrefix(name, "client") || name == "hello" || name == "info":
		default:
			t.Errorf("%s ran %s times in ordinary turns, want never", name, n)
		}
	}
	if calls["evalsha"] == "" {
		t.Errorf("no EVALSHA among %v", calls)
	}
}

func TestCluster(t *testing.T) {
	t.Parallel()
	b := openBench(t, redistest.Cluster(t))
	q := b.s.Queue()
	if err := b.s.Ping(t.Context()); err != nil {
		t.Errorf("Ping = %v", err)
	}
	for i := range 20 {
		b.a.Peer = fmt.Sprint("p", i)
		id := b.raise("m1", "default", "normal")
		if _, err := q.Claim(t.Context(), id, "alice"); err != nil {
			t.Fatalf("Claim = %v", err)
		}
		if _, err := q.Reply(t.Context(), id, "alice", "好", "k"); err != nil {
			t.Fatalf("Reply = %v", err)
		}
		m := b.message("m2", "")
		if _, err := b.s.Accept(t.Context(), m, session.Terms{Post: true}); err != nil {
			t.Fatalf("Accept = %v", err)
		}
		c, err := b.s.Take(t.Context(), b.a)
		if err != nil || c == nil {
			t.Fatalf("Take = %v, %v", c, err)
		}
		dead := chat.Dead{ID: session.DeadID(b.a, "m"), Message: m}
		next := b.commit(c, session.Outcome{Always: []chat.Debt{b.debt("d", "")}, Dead: &dead, Ledger: [][]byte{[]byte("e")},
			Counts: map[string]int64{"n": 1}, Timers: []session.Timer{{ID: "t", Name: "t", Due: b.now().Add(time.Hour)}}}).Next
		b.commit(next, session.Outcome{Recall: []string{id}})
		l := b.lend()
		for _, loan := range l.Loans {
			b.settle(session.Settlement{To: b.a, ID: loan.ID, Fence: loan.Fence, Verdict: session.Paid})
		}
		if _, err := q.Close(t.Context(), id, "solved"); err != nil {
			t.Fatalf("Close = %v", err)
		}
		if _, err := b.s.Replay(t.Context(), dead.ID); err != nil {
			t.Fatalf("Replay = %v", err)
		}
	}
	if all, err := b.s.Due(t.Context(), 100); err != nil || len(all) != 20 {
		t.Errorf("Due = %d, %v, want all 20 conversations", len(all), err)
	}
	for i := range 20 {
		b.a.Peer = fmt.Sprint("p", i)
		if err := b.s.Forget(t.Context(), b.a); err != nil {
			t.Errorf("Forget = %v", err)
		}
	}
	if all, err := b.s.Due(t.Context(), 100); err != nil || len(all) != 0 {
		t.Errorf("Due after Forget = %v, %v, want none", all, err)
	}
	vault(t, b)
}

func TestSentinel(t *testing.T) {
	t.Parallel()
	b := openBench(t, redistest.Sentinel(t))
	b.turn("m1", session.Outcome{Instead: []chat.Debt{b.debt("d", "")}})
	if l := b.lend(); ids(l) != "d" {
		t.Errorf("Lend = %s, want d", ids(l))
	}
	if err := b.s.Ping(t.Context()); err != nil {
		t.Errorf("Ping = %v", err)
	}
}

func TestVault(t *testing.T) {
	t.Parallel()
	vault(t, newBench(t))
}

func vault(t *testing.T, b *bench) {
	t.Helper()
	v := b.s.Vault()
	get := func(want string) {
		t.Helper()
		if got, err := v.Get(t.Context(), "token"); err != nil || got != want {
			t.Errorf("Get = %q, %v, want %q", got, err, want)
		}
	}
	get("")
	if err := v.Put(t.Context(), "token", "a", time.Hour); err != nil {
		t.Fatal(err)
	}
	get("a")
	if err := v.Drop(t.Context(), "token", "b"); err != nil {
		t.Fatal(err)
	}
	get("a")
	if err := v.Drop(t.Context(), "token", "a"); err != nil {
		t.Fatal(err)
	}
	get("")
	unlock, ok, err := v.Lock(t.Context(), "token", time.Hour)
	if err != nil || !ok {
		t.Fatalf("Lock = %v, %v, want it", ok, err)
	}
	other, ok, err := v.Lock(t.Context(), "token", time.Hour)
	if err != nil || ok {
		t.Errorf("Lock again = %v, %v, want it refused", ok, err)
	}
	other()
	if _, ok, err := v.Lock(t.Context(), "token", time.Hour); err != nil || ok {
		t.Errorf("Lock after a stranger's unlock = %v, %v, want it refused", ok, err)
	}
	unlock()
	if _, ok, err := v.Lock(t.Context(), "token", time.Hour); err != nil || !ok {
		t.Errorf("Lock after unlock = %v, %v, want it", ok, err)
	}
}

func TestOpenChecksTheServer(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	url := redistest.Start(t, "--maxmemory-policy", "allkeys-lru")
	s, err := Open(t.Context(), url, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for _, want := range []string{"maxmemory-policy noeviction", "appendonly yes"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not warn of %q: %s", want, log.String())
		}
	}
	if err := s.db.Set(t.Context(), "xianda:partitions", 16, 0).Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), url, Options{Log: quiet}); err == nil || !strings.Contains(err.Error(), "16 partitions") {
		t.Errorf("Open of a database with 16 partitions = %v, want it refused", err)
	}
}

func TestErrorsSayTheRemedyAndNoSecret(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := l.Addr().String()
	_ = l.Close()
	locked := redistest.Server(t, "--requirepass", "canary-1")
	for _, tt := range []struct {
		url, want string
		down      bool
	}{
		{"redis://:canary@" + gone + "/0", "is it running?", true},
		{"redis://" + locked + "/0", "put it into the store's URL", true},
		{"redis://:canary@" + locked + "/0", "correct the store's URL", true},
		{"redis://:canary@h:port:x/0", "not of the form redis://", false},
		{"redis://:canary@h/0?replicas=x", "replicas", false},
		{"redis-sentinel://:canary@h1,h2/?db=0", "names no master", false},
		{"redis-sentinel://:canary@h1,h2/m?db=x", "db in the store's URL", false},
		{"redis-cluster://:canary%zz@h1,h2", "badly escaped", false},
		{"redis-cluster://:canary@h1,,h2", "empty host", false},
		{"http://:canary@h", `unknown scheme "http"`, false},
	} {
		_, err := Open(t.Context(), tt.url, Options{Log: quiet})
		if err == nil || !strings.Contains(err.Error(), tt.want) || errors.Is(err, ErrUnavailable) != tt.down {
			t.Errorf("Open(%s) = %v, want %q, unavailable %v", tt.url, err, tt.want, tt.down)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("Open(%s) = %v, want no password in it", tt.url, err)
		}
	}
}

func TestURLs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in   string
		want target
	}{
		{"redis-cluster://h1,h2:7000,[::1]:7001", target{hosts: []string{"h1:6379", "h2:7000", "[::1]:7001"}}},
		{"redis-sentinel://u:p%40ss@h1/master?db=2", target{hosts: []string{"h1:6379"}, user: "u", password: "p@ss", path: "master"}},
	} {
		got, err := parse(tt.in, "6379")
		got.query = nil
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(target{})); err != nil || diff != "" {
			t.Errorf("parse(%s): %v %s", tt.in, err, diff)
		}
	}
}

func TestAServerThatRefusesWrites(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	// A master that lacks its replicas refuses writes; so does a full one.
	if err := b.s.db.ConfigSet(t.Context(), "min-replicas-to-write", "1").Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.s.Accept(t.Context(), b.message("m", ""), terms); !errors.Is(err, ErrUnavailable) {
		t.Errorf("Accept = %v, want ErrUnavailable", err)
	}
	if err := b.s.Ping(t.Context()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("Ping = %v, want ErrUnavailable", err)
	}
}

func TestWritesWaitForReplicas(t *testing.T) {
	t.Parallel()
	master := redistest.Server(t)
	b := openBench(t, "redis://"+master+"/0?replicas=1")
	if _, err := b.s.Accept(t.Context(), b.message("m", ""), terms); !errors.Is(err, ErrUnavailable) {
		t.Errorf("Accept without a replica = %v, want ErrUnavailable", err)
	}
	// A repeated step writes nothing, and must not count because of that.
	if _, err := b.s.Accept(t.Context(), b.message("m", ""), terms); !errors.Is(err, ErrUnavailable) {
		t.Errorf("Accept again without a replica = %v, want ErrUnavailable", err)
	}
	b.pass(refuseShort + time.Second)
	got, err := b.s.Accept(t.Context(), b.message("m", ""), terms)
	if err != nil || got.Claim == nil {
		t.Fatalf("Accept after %v without a replica = %+v, %v, want it accepted with an alarm", refuseShort, got, err)
	}
	// Who was refused never saw a claim: these were no attempts.
	if got.Claim.Tries != 0 {
		t.Errorf("Accept after two that were refused: tries %d, want 0", got.Claim.Tries)
	}
	host, port, _ := net.SplitHostPort(master)
	redistest.Server(t, "--replicaof", host, port)
	for i := 0; b.s.shortSince.Load() != 0; i++ {
		if i == 200 {
			t.Fatal("writes are still not confirmed, with a replica")
		}
		// Until the replica is in step these are accepted with an alarm.
		if _, err := b.s.Accept(t.Context(), b.message(fmt.Sprint("with", i%10), ""), terms); err != nil {
			t.Fatalf("Accept = %v", err)
		}
		time.Sleep(20 * time.Millisecond) // replication gives no signal
	}
}

func TestScriptsAreLoadedAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.turn("m1", session.Outcome{})
	if err := b.s.db.ScriptFlush(t.Context()).Err(); err != nil { // a server of our own
		t.Fatal(err)
	}
	b.turn("m2", session.Outcome{})
}

func BenchmarkTurn(b *testing.B) {
	s, err := Open(b.Context(), redistest.Start(b), Options{Log: quiet})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	b.SetParallelism(16)
	var people atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		a := chat.Address{Channel: "shop"}
		var shown []session.Settlement
		for i := 0; pb.Next(); i++ {
			if i%20 == 0 { // turns of one conversation
				a.Peer = fmt.Sprint(people.Add(1))
				if err := s.Settle(b.Context(), shown); err != nil {
					b.Fatal(err)
				}
				shown = shown[:0]
			}
			shown = append(shown, session.Settlement{To: a, Delivery: fmt.Sprint(i), Verdict: session.Shown})
			m := chat.Message{ID: fmt.Sprint(i), Kind: chat.Said, From: a, Text: "红包什么时候退回", At: time.Now(), ReplyBy: time.Now().Add(4 * time.Second),
				Right: &chat.ReplyRight{Pool: "message", Left: 5, Expires: time.Now().Add(time.Hour)}}
			got, err := s.Accept(b.Context(), m, terms)
			if err != nil || got.Claim == nil {
				b.Fatalf("Accept = %+v, %v", got, err)
			}
			sess := got.Claim.Session
			sess.Turn++
			if _, err := s.Commit(b.Context(), got.Claim, session.Outcome{Session: sess, Passive: []chat.Reply{{Key: "k", Text: "三个工作日内原路退回。"}},
				Lines: []chat.Line{{Text: m.Text}}, Counts: map[string]int64{"answered": 1}}); err != nil {
				b.Fatalf("Commit = %v", err)
			}
		}
	})
	if info, err := s.db.Info(b.Context(), "commandstats").Result(); err == nil {
		_, info, _ = strings.Cut(info, "cmdstat_evalsha:")
		_, info, _ = strings.Cut(info, "usec_per_call=")
		info, _, _ = strings.Cut(info, ",")
		if us, err := strconv.ParseFloat(info, 64); err == nil {
			b.ReportMetric(us, "server-µs/script")
		}
	}
}
