package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/xianda-bot/xianda/store/redis/redistest"
)

// The account that tools/acceptance configures.
const (
	benchToken = "acceptancetoken1"
	benchKey   = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	benchApp   = "wx1000000000000002"
)

// yard is what a benchmark of the whole program needs from ../shared: the load generator, the yardstick, the release.
type yard struct {
	b       *testing.B
	shared  string
	wxload  string
	wxlimit string
	xianda  string
}

func newYard(b *testing.B) *yard {
	b.Helper()
	shared := os.Getenv("SHARED")
	if shared == "" {
		b.Fatal("set SHARED to the folder that holds tools/wxload: make bench SHARED=../shared")
	}
	shared, err := filepath.Abs(shared)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(shared, "tools/wxload/main.go")); err != nil {
		b.Fatalf("SHARED=%s has no tools/wxload: %v", shared, err)
	}
	y := &yard{b: b, shared: shared}
	bin := b.TempDir()
	build := func(name, dir string) string {
		out := filepath.Join(bin, name)
		cmd := exec.Command("go", "build", "-o", out, ".")
		cmd.Dir = dir
		if text, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("building %s: %v\n%s", name, err, text)
		}
		return out
	}
	y.wxload = build("wxload", filepath.Join(shared, "tools/wxload"))
	y.wxlimit = build("wxlimit", filepath.Join(shared, "tools/wxlimit"))
	if y.xianda, err = binary(); err != nil {
		b.Fatal(err)
	}
	return y
}

// run starts a server and stops it when the benchmark is over; it returns when address answers.
func (y *yard) run(address string, env []string, name string, args ...string) (pid int, stop func()) {
	y.b.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	var out lockedBuffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		y.b.Fatal(err)
	}
	stop = func() { cmd.Process.Kill(); cmd.Wait() }
	y.b.Cleanup(stop)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return cmd.Process.Pid, stop
		}
		if time.Now().After(deadline) {
			y.b.Fatalf("%s does not listen on %s:\n%s", name, address, out.String())
		}
	}
}

// measured is what wxload prints.
type measured struct {
	Messages  int64              `json:"messages"`
	Verdicts  map[string]int64   `json:"verdicts"`
	RightPerS float64            `json:"right_per_s"`
	LatencyMS map[string]float64 `json:"latency_ms"`
	Reasons   map[string]int64   `json:"reasons"`
	Processes []struct {
		CPU float64 `json:"cpu_us_per_message"`
		RSS float64 `json:"rss_mib"`
	} `json:"processes"`
	Busy   float64 `json:"machine_busy_cores"`
	Others float64 `json:"other_processes_busy_cores"`
}

func (y *yard) load(url, expect string, pid int, args ...string) measured {
	y.b.Helper()
	all := append([]string{
		"--url", url, "--mode", "safe", "--token", benchToken, "--appid", benchApp, "--aes-key", benchKey,
		"--script", filepath.Join(y.shared, "tools/acceptance/bench/script.txt"), "--expect", expect, "--pid", strconv.Itoa(pid), "--json",
	}, args...)
	var out, talk bytes.Buffer
	cmd := exec.Command(y.wxload, all...)
	cmd.Stdout, cmd.Stderr = &out, &talk
	err := cmd.Run()
	var m measured
	if e := json.Unmarshal(out.Bytes(), &m); e != nil {
		y.b.Fatalf("wxload: %v %v\n%s%s", err, e, out.String(), talk.String())
	}
	for _, bad := range []string{"wrong", "late", "error"} {
		if m.Verdicts[bad] > 0 {
			y.b.Errorf("wxload %v: %d %s: %v", args, m.Verdicts[bad], bad, m.Reasons)
		}
	}
	return m
}

const (
	limitExpect  = `^第(?P<turn>\d+)轮：(?P<text>.*)$`
	xiandaExpect = `第(?P<turn>\d+)轮：(?P<text>.*)$`
)

// serve runs xianda with tools/acceptance's account and the release for speed.
func (y *yard) serve(store string) (hook string, pid int, stop func()) {
	listen, admin := free(y.b), free(y.b)
	config := filepath.Join(y.b.TempDir(), "xianda.yaml")
	text := fmt.Sprintf("listen: %s\nstore: %s\nrelease: %s\nadmin: {listen: \"%s\", token: bench}\nchannels:\n"+
		"  - {name: oa, kind: wechat, path: /oa, app_id: %s, app_secret: s, token: %s, aes_key: %s, verified: true, api_base: \"http://127.0.0.1:1\"}\n",
		listen, store, filepath.Join(y.shared, "tools/acceptance/bench"), admin, benchApp, benchToken, benchKey)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		y.b.Fatal(err)
	}
	pid, stop = y.run(listen, nil, y.xianda, "serve", "-c", config, "--log-level", "warn")
	return "http://" + listen + "/oa", pid, stop
}

func free(b *testing.B) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// duration of one measurement: XIANDA_BENCH_TIME, default 10 s.
func duration() string {
	if d := os.Getenv("XIANDA_BENCH_TIME"); d != "" {
		return d
	}
	return "10s"
}

// BenchmarkAgainstLimit measures bot turns through the encrypted webhook with Redis on the same machine, as a share of what the least
// server (wxlimit) does in the same run: the goal is 0.5 at 32 connections, and a p99 of 50 ms at half of our own closed-loop rate.
func BenchmarkAgainstLimit(b *testing.B) {
	y := newYard(b)
	for b.Loop() {
		address := redisAddress(b)
		listen := free(b)
		pid, stop := y.run(listen, nil, y.wxlimit, "-addr", listen, "-redis", address, "-token", benchToken, "-aes-key", benchKey, "-appid", benchApp)
		least := y.load("http://"+listen+"/", limitExpect, pid, "--closed", "32", "--duration", duration())
		stop()

		hook, pid, stop := y.serve("redis://" + address + "/1")
		closed := y.load(hook, xiandaExpect, pid, "--closed", "32", "--duration", duration(), "--dup", "5", "--retry")
		plain := y.load(hook, xiandaExpect, pid, "--closed", "32", "--duration", duration())
		half := y.load(hook, xiandaExpect, pid, "--rate", fmt.Sprint(int(plain.RightPerS/2)), "--duration", duration())
		stop()

		b.ReportMetric(plain.RightPerS/least.RightPerS, "ratio")
		b.ReportMetric(half.LatencyMS["p99"], "p99ms@half")
		b.Logf("wxlimit   %6.0f right/s, cpu %v", least.RightPerS, least.Processes)
		b.Logf("xianda    %6.0f right/s, ratio %.2f, p50 %.1f ms, p99 %.1f ms, cpu %v, busy %.1f", plain.RightPerS, plain.RightPerS/least.RightPerS,
			plain.LatencyMS["p50"], plain.LatencyMS["p99"], plain.Processes, plain.Busy)
		b.Logf("with dup  %6.0f right/s, verdicts %v", closed.RightPerS, closed.Verdicts)
		b.Logf("half rate %6.0f right/s, p50 %.1f ms, p99 %.1f ms, verdicts %v", half.RightPerS, half.LatencyMS["p50"], half.LatencyMS["p99"], half.Verdicts)
	}
}

// BenchmarkScriptsPerTurn counts the scripts that the server ran for each turn: the protocol says exactly two.
func BenchmarkScriptsPerTurn(b *testing.B) {
	y := newYard(b)
	for b.Loop() {
		address := redisAddress(b)
		client := redis.NewClient(&redis.Options{Addr: address})
		defer client.Close()
		hook, pid, stop := y.serve("redis://" + address + "/0")
		before := scripts(b, client)
		m := y.load(hook, xiandaExpect, pid, "--closed", "8", "--count", "5000", "--warmup", "0", "--duration", "60s")
		after := scripts(b, client)
		stop()
		b.ReportMetric(float64(after-before)/float64(m.Messages), "evalsha/turn")
		b.Logf("%d EVALSHA for %d turns", after-before, m.Messages)
	}
}

// BenchmarkLocal measures turns through the encrypted webhook on the embedded default: the goal is 1,000 a second.
func BenchmarkLocal(b *testing.B) {
	y := newYard(b)
	for b.Loop() {
		hook, pid, stop := y.serve("local:" + filepath.Join(b.TempDir(), "data"))
		m := y.load(hook, xiandaExpect, pid, "--closed", "32", "--duration", duration())
		stop()
		b.ReportMetric(m.RightPerS, "turns/s")
		b.Logf("local %.0f right/s, p99 %.1f ms, cpu %v", m.RightPerS, m.LatencyMS["p99"], m.Processes)
	}
}

func redisAddress(b *testing.B) string {
	b.Helper()
	return strings.TrimSuffix(strings.TrimPrefix(redistest.Start(b), "redis://"), "/0")
}

var evalsha = regexp.MustCompile(`cmdstat_evalsha:calls=(\d+)`)

func scripts(b *testing.B, client *redis.Client) int64 {
	b.Helper()
	info, err := client.Info(b.Context(), "commandstats").Result()
	if err != nil {
		b.Fatal(err)
	}
	m := evalsha.FindStringSubmatch(info)
	if m == nil {
		return 0
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return n
}
