// Package redistest starts private Redis servers for tests: a single one, a Sentinel, or a cluster of three masters, each in a folder of its own.
// It never touches a server that it did not start.
package redistest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// startWithin is how long a server may take until it accepts connections, and a cluster until it is whole.
const startWithin = 20 * time.Second

// Start runs a redis-server on a free port of 127.0.0.1 until the test ends and returns its URL, "redis://127.0.0.1:port/0". args are
// added to its command line ("--appendonly", "yes"); without them it writes nothing to disk.
func Start(t testing.TB, args ...string) string {
	t.Helper()
	return "redis://" + Server(t, args...) + "/0"
}

// Server is Start, but returns the bare address "127.0.0.1:port".
func Server(t testing.TB, args ...string) string {
	t.Helper()
	var err error
	for range 5 {
		// Another process can take the free port between our looking and the server's binding.
		port := freePort(t)
		if err = start(t, "Ready to accept connections", append([]string{"--port", strconv.Itoa(port), "--bind", "127.0.0.1",
			"--dir", t.TempDir(), "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction",
			"--repl-diskless-sync-delay", "0"}, args...)); err == nil {
			return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		}
	}
	t.Fatal(err)
	return ""
}

// Cluster runs three masters on 127.0.0.1 that share the slots, without replicas, and returns their URL.
func Cluster(t testing.TB) string {
	t.Helper()
	var addrs []string
	for range 3 {
		addrs = append(addrs, Server(t, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000",
			"--cluster-port", strconv.Itoa(freePort(t))))
	}
	ctx, cancel := context.WithTimeout(t.Context(), startWithin)
	defer cancel()
	var nodes []*redis.Client
	for i, addr := range addrs {
		c := redis.NewClient(&redis.Options{Addr: addr})
		t.Cleanup(func() { _ = c.Close() })
		nodes = append(nodes, c)
		if err := c.ClusterAddSlotsRange(ctx, i*16384/3, (i+1)*16384/3-1).Err(); err != nil {
			t.Fatalf("cluster node %s: %v", addr, err)
		}
	}
	for i, addr := range addrs[1:] {
		host, port, _ := net.SplitHostPort(addr)
		bus, err := nodes[i+1].ConfigGet(ctx, "cluster-port").Result()
		if err != nil {
			t.Fatalf("cluster node %s: %v", addr, err)
		}
		if err := nodes[0].Do(ctx, "cluster", "meet", host, port, bus["cluster-port"]).Err(); err != nil {
			t.Fatalf("cluster node %s: %v", addr, err)
		}
	}
	for _, c := range nodes {
		for {
			info, err := c.ClusterInfo(ctx).Result()
			if err != nil {
				t.Fatalf("the cluster is not whole after %v: %v", startWithin, err)
			}
			if strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:3") {
				break
			}
			time.Sleep(20 * time.Millisecond) // gossip gives no signal
		}
	}
	return "redis-cluster://" + strings.Join(addrs, ",")
}

// Sentinel runs one master and one Sentinel that watches it, and returns their URL. Nothing fails over: there is no replica.
func Sentinel(t testing.TB) string {
	t.Helper()
	host, port, _ := net.SplitHostPort(Server(t))
	var err error
	for range 5 {
		own := strconv.Itoa(freePort(t))
		conf := filepath.Join(t.TempDir(), "sentinel.conf") // it writes what it learns there
		text := "port " + own + "\nbind 127.0.0.1\ndir " + t.TempDir() + "\nsentinel monitor main " + host + " " + port + " 1\n"
		if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err = start(t, "Sentinel ID is", []string{conf, "--sentinel"}); err == nil {
			return "redis-sentinel://127.0.0.1:" + own + "/main?db=0"
		}
	}
	t.Fatal(err)
	return ""
}

// start runs a server and waits until it says ready.
func start(t testing.TB, says string, args []string) error {
	t.Helper()
	bin, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("redis-server is missing: apt-get install redis-server")
	}
	cmd := exec.Command(bin, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("redis-server: %w", err)
	}
	ready, done := make(chan bool, 1), make(chan struct{})
	go func() {
		defer close(done)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if strings.Contains(lines.Text(), says) {
				ready <- true
				break
			}
		}
		_, _ = io.Copy(io.Discard, out)
		close(ready)
	}()
	stop := func() {
		_ = cmd.Process.Kill()
		<-done
		_ = cmd.Wait()
	}
	select {
	case ok := <-ready:
		if !ok {
			stop()
			return fmt.Errorf("redis-server %v ended before it was ready", args)
		}
	case <-time.After(startWithin):
		stop()
		return fmt.Errorf("redis-server %v is not ready after %v", args, startWithin)
	}
	t.Cleanup(stop)
	return nil
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}
