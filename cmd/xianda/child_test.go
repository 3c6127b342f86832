package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/dialog/session"
)

// binary builds the program once for all tests of this package.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "xianda-bin-*")
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "xianda")
	out, err := exec.Command("go", "build", "-o", name, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return name, nil
})

// house is the real program as a child process.
type house struct {
	t      *testing.T
	bin    string
	dir    string
	config string
	listen string
	admin  string
	token  string // of the admin API; "": chaos
	out    *lockedBuffer

	mu   sync.Mutex // guards cmd and done: tests kill and start from several goroutines
	cmd  *exec.Cmd  // nil: nothing runs
	done chan struct{}
}

// lockedBuffer keeps the last part of what a child prints.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.b.Len() > 1<<20 {
		l.b.Reset()
	}
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// freePort is a port that nobody listens on now.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// newHouse writes a configuration with one official account in plain mode and a release in which 轮次N says how many turns the
// conversation has had. Nothing runs yet.
func newHouse(t *testing.T, p *platform, store string) *house {
	t.Helper()
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, bin: bin, dir: t.TempDir(), listen: freePort(t), admin: freePort(t), out: &lockedBuffer{}}
	if store == "" {
		store = "local:" + filepath.Join(h.dir, "data")
	}
	h.config = filepath.Join(h.dir, "xianda.yaml")
	write := func(name, text string) {
		full := filepath.Join(h.dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("xianda.yaml", fmt.Sprintf(`listen: %s
store: %s
release: ./release
admin: {listen: "%s", token: chaos}
backends: {slow: {url: "%s/slow"}}
channels:
  - {name: oa, kind: wechat, path: /oa, app_id: wx1000000000000001, app_secret: secret, token: %s, verified: true, api_base: "%s"}
`, h.listen, store, h.admin, p.api.URL, p.token, p.api.URL))
	write("release/release.yaml", "name: 轮次\nlocale: zh-CN\ngreeting: 您好，我是机器人。\n")
	write("release/dialogs/rounds.yaml", `dialog: rounds
title: 轮次
owner: 测试
triggers:
  ask: [轮次, 第几轮, 几轮了, 现在几轮, 到第几轮]
steps:
  - id: tell
    say: 第{turn.number}轮：{user.text}
  - id: done
    end: resolved
`)
	write("release/dialogs/slow.yaml", `dialog: slow
title: 慢查询
owner: 测试
triggers:
  ask: [慢查询, 慢查, 查得慢, 慢慢查, 很慢的查询]
steps:
  - id: query
    call: slow.query
    timeout: 20s
    save: result
    on_error: failed
  - id: told
    say: 查到了{result.state}
  - id: done
    end: resolved
  - id: failed
    say: 没有查到
  - id: failed_done
    end: unresolved
`)
	write("release/kb/a.yaml", "- {id: a.b, question: 营业时间, phrasings: [几点开门, 几点关门, 周末营业吗, 今天营业吗, 什么时候开门], answer: 九点, owner: 测试}\n")
	t.Cleanup(func() { h.kill() })
	return h
}

func (h *house) hook() string { return "http://" + h.listen + "/oa" }

// start runs the program and waits until it is ready.
func (h *house) start() {
	h.t.Helper()
	h.launch()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		resp, err := http.Get("http://" + h.admin + "/readyz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-h.ended():
			h.t.Errorf("xianda ended at its start:\n%s", h.out)
			return
		default:
		}
		if time.Now().After(deadline) {
			h.t.Errorf("xianda is not ready after 20 s:\n%s", h.out)
			return
		}
	}
}

// launch runs the program and does not wait.
func (h *house) launch() {
	h.t.Helper()
	cmd := exec.Command(h.bin, "serve", "-c", h.config)
	cmd.Stdout, cmd.Stderr = h.out, h.out
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := cmd.Start(); err != nil {
		h.t.Error(err)
		return
	}
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }()
	h.cmd, h.done = cmd, done
}

// ended is closed when what runs now has ended.
func (h *house) ended() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.done
}

// kill is kill -9; it returns when the process is gone.
func (h *house) kill() {
	h.mu.Lock()
	cmd, done := h.cmd, h.done
	h.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = cmd.Process.Kill()
	<-done
}

// view is a conversation as the admin API shows it.
type view struct {
	Session session.Session `json:"session"`
	Mailbox int             `json:"mailbox"`
}

func (h *house) look(openid string) (v view, status int) {
	h.t.Helper()
	status = h.ask(http.MethodGet, "/v1/conversations/oa/"+openid, nil, &v)
	return v, status
}

func (h *house) ask(method, path string, body, into any) int {
	h.t.Helper()
	var payload io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			h.t.Fatal(err)
		}
		payload = bytes.NewReader(b)
	}
	req, err := http.NewRequest(method, "http://"+h.admin+path, payload)
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+cmp.Or(h.token, "chaos"))
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatalf("%s %s: %v\n%s", method, path, err, h.out)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	if into != nil && resp.StatusCode < 300 {
		if err := json.Unmarshal(b, into); err != nil {
			h.t.Fatalf("%s %s: %v in %s", method, path, err, b)
		}
	}
	return resp.StatusCode
}
