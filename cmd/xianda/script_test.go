package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/store/local"
)

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"xianda": main}) }

// patience is how long a script waits for what a running house does by itself: it looks at its files every two seconds, twice.
const patience = 30 * time.Second

// TestScripts runs testdata/script: the real program as its operators use it. cmd/cli's TestHelp holds that every example of its help
// is among the lines. Beside testscript's own commands there are:
//
//	ok ARGS, fails ARGS, misuse ARGS   run xianda: exit code 0, 1 or 2; a pipe gets no colours, --json is one JSON value
//	json PATH=VALUE …                  looks into the JSON of the last output: json cases.0.queue=支付
//	keep NAME PATTERN                  sets $NAME to the first group of PATTERN in the last output
//	replace FILE OLD NEW               edits a file in one step
//	house                              writes testdata/house here
//	start ARGS, serve ARGS             run xianda in the background, output in files out and err; serve waits until it is ready
//	await FILE PATTERN                 waits for PATTERN in the file, behind what was awaited before
//	enter TEXT                         types a line to what runs
//	signal NAME, ended CODE            sends TERM, INT, HUP or KILL; waits for the end
//	wechat PERSON TEXT                 lets WeChat deliver a message to channel shop; the output is its answer
//	scan PERSON ADDRESS|SCENE          lets a stranger scan a QR code of the account and follow it; the output is its answer
//	picture PERSON FILE                lets WeChat deliver a picture that it does not have any more if there is no such file
//	kept MEDIUM                        waits until what a person sent is kept, or known to be lost
//	told PERSON PATTERN TEXT           delivers a message right behind a push, whose answer may then be pushed too; waits for the answer
//	pushed PERSON PATTERN              waits for a message that was pushed to a person
//	admin METHOD PATH [BODY]           calls the admin API of what runs; the output is status and answer
//	get URL                            fetches a page; the output is status and body
//	deadletter PERSON TEXT             puts a dead letter of channel shop into ./data, its id into $DEAD
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"), RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			p := newPlatform(t)
			r := &running{platform: p, dir: env.WorkDir, admin: freePort(t), seen: map[string]int{}}
			listen := freePort(t)
			p.webhooks("http://" + listen + "/wechat/shop")
			env.Values["running"] = r
			env.Defer(r.kill)
			for name, value := range map[string]string{
				"LISTEN": listen, "ADMIN": r.admin, "ADMIN_TOKEN": "script-admin-token", "SHOP_SECRET": "script-shop-secret",
				"SHOP_TOKEN": p.token, "WECHAT_API": p.api.URL, "USER": "xiaowang", "TZ": "Asia/Shanghai",
				"GORACE": "atexit_sleep_ms=0", // else each command under go test -race waits a second at its end
			} {
				env.Setenv(name, value)
			}
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"ok":     func(ts *testscript.TestScript, _ bool, args []string) { xianda(ts, 0, args) },
			"fails":  func(ts *testscript.TestScript, _ bool, args []string) { xianda(ts, 1, args) },
			"misuse": func(ts *testscript.TestScript, _ bool, args []string) { xianda(ts, 2, args) },
			"until":  until,
			"json":   lookInto, "keep": keep, "replace": replace,
			"house": func(ts *testscript.TestScript, _ bool, _ []string) {
				ts.Check(os.CopyFS(ts.MkAbs("."), os.DirFS(filepath.Join(root, "cmd/xianda/testdata/house"))))
			},
			"start":  func(ts *testscript.TestScript, _ bool, args []string) { runningOf(ts).start(ts, args) },
			"serve":  serve,
			"await":  await,
			"enter":  enter,
			"signal": send,
			"ended":  ended,
			"admin":  admin, "get": get, "wechat": wechat, "scan": scan, "picture": picture, "kept": kept, "told": told, "pushed": pushed, "deadletter": deadletter,
		},
	})
}

// xianda runs the program and holds what every command keeps.
func xianda(ts *testscript.TestScript, want int, args []string) {
	code := 0
	if err := ts.Exec("xianda", args...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("xianda %s: %v", strings.Join(args, " "), err)
		}
		code = exit.ExitCode()
	}
	out, talk := ts.ReadFile("stdout"), ts.ReadFile("stderr")
	switch {
	case code != want:
		ts.Fatalf("xianda %s exits with %d, want %d", strings.Join(args, " "), code, want)
	case strings.Contains(out+talk, "\x1b"):
		ts.Fatalf("a pipe gets the control sequences of a terminal: %q", out+talk)
	case strings.Contains(talk, "panic") || strings.Contains(out+talk, "script-shop-secret") || strings.Contains(out+talk, "script-admin-token"):
		ts.Fatalf("a panic, or a secret, is shown: %q", out+talk)
	case want == 2 && (out != "" || !strings.HasPrefix(talk, "xianda: ") || strings.Count(talk, "\n") != 1):
		ts.Fatalf("wrong usage prints %q and says %q, want one line that begins with xianda:", out, talk)
	case want == 1 && out+talk == "":
		ts.Fatalf("it fails without a word")
	case want == 0 && slices.Contains(args, "--json") && !json.Valid([]byte(out)):
		ts.Fatalf("--json prints %q, want JSON", out)
	}
}

func lookInto(ts *testscript.TestScript, neg bool, args []string) {
	var v any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &v))
	for _, arg := range args {
		path, want, _ := strings.Cut(arg, "=")
		at := v
		for key := range strings.SplitSeq(path, ".") {
			switch in := at.(type) {
			case map[string]any:
				at = in[key]
			case []any:
				n, err := strconv.Atoi(key)
				if at = nil; err == nil && n < len(in) {
					at = in[n]
				}
			default:
				at = nil
			}
		}
		if got := fmt.Sprint(at); (got == want) == neg {
			ts.Fatalf("%s is %s, want %s", path, got, want)
		}
	}
}

func keep(ts *testscript.TestScript, _ bool, args []string) {
	m := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if m == nil {
		ts.Fatalf("the last output does not hold %s", args[1])
	}
	ts.Setenv(args[0], m[1])
}

// replace writes beside and renames, as an editor does: the house must never read half a file.
func replace(ts *testscript.TestScript, _ bool, args []string) {
	name, text := ts.MkAbs(args[0]), ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(name+"~", []byte(strings.ReplaceAll(text, args[1], args[2])), 0o600))
	ts.Check(os.Rename(name+"~", name))
}

// running is what a script runs in the background, and the platform that its channel shop belongs to.
type running struct {
	platform *platform
	dir      string
	admin    string
	seen     map[string]int // how much of each file was awaited
	ids      atomic.Int64
	cmd      *exec.Cmd // nil: nothing was started
	in       io.WriteCloser
	done     chan struct{}
}

func runningOf(ts *testscript.TestScript) *running { return ts.Value("running").(*running) }

func (r *running) start(ts *testscript.TestScript, args []string) {
	if r.cmd != nil {
		ts.Fatalf("something runs already")
	}
	open := func(name string) *os.File {
		f, err := os.OpenFile(filepath.Join(r.dir, name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		ts.Check(err)
		return f
	}
	out, talk := open("out"), open("err")
	defer out.Close()
	defer talk.Close()
	path, err := exec.LookPath("xianda")
	ts.Check(err)
	cmd := exec.Command(path, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = ts.MkAbs("."), out, talk
	for _, name := range []string{"LISTEN", "ADMIN", "ADMIN_TOKEN", "SHOP_SECRET", "SHOP_TOKEN", "WECHAT_API", "USER", "TZ", "GORACE"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	r.in, err = cmd.StdinPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }()
	r.cmd, r.done = cmd, done
}

func (r *running) kill() {
	if r.cmd != nil {
		_ = r.cmd.Process.Kill()
		<-r.done
		r.cmd = nil
	}
}

// output is everything that was printed so far, for messages.
func (r *running) output() string {
	var b bytes.Buffer
	for _, name := range []string{"out", "err"} {
		text, err := os.ReadFile(filepath.Join(r.dir, name))
		fmt.Fprintf(&b, "[%s]\n%s", name, text)
		if err != nil {
			fmt.Fprintln(&b, err)
		}
	}
	return b.String()
}

// until asks again and again whether something is so.
func (r *running) until(ts *testscript.TestScript, what string, so func() bool) {
	for deadline := time.Now().Add(patience); !so(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("%s: not after %v\n%s", what, patience, r.output())
		}
	}
}

func serve(ts *testscript.TestScript, _ bool, args []string) {
	r := runningOf(ts)
	r.start(ts, append([]string{"serve"}, args...))
	r.until(ts, "ready", func() bool {
		select {
		case <-r.done:
			ts.Fatalf("xianda ended at its start\n%s", r.output())
		default:
		}
		resp, err := http.Get("http://" + r.admin + "/readyz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

func await(ts *testscript.TestScript, _ bool, args []string) {
	r, pattern := runningOf(ts), regexp.MustCompile(args[1])
	r.until(ts, "await "+strings.Join(args, " "), func() bool {
		text, err := os.ReadFile(filepath.Join(r.dir, args[0]))
		ts.Check(err)
		at := pattern.FindIndex(text[r.seen[args[0]]:])
		if at != nil {
			r.seen[args[0]] += at[1]
		}
		return at != nil
	})
}

func enter(ts *testscript.TestScript, _ bool, args []string) {
	_, err := io.WriteString(runningOf(ts).in, strings.Join(args, " ")+"\n")
	ts.Check(err)
}

func send(ts *testscript.TestScript, _ bool, args []string) {
	s, ok := map[string]syscall.Signal{"TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "HUP": syscall.SIGHUP, "KILL": syscall.SIGKILL}[args[0]]
	if !ok {
		ts.Fatalf("no signal %s", args[0])
	}
	ts.Check(runningOf(ts).cmd.Process.Signal(s))
}

func ended(ts *testscript.TestScript, _ bool, args []string) {
	r := runningOf(ts)
	r.until(ts, "ended", func() bool {
		select {
		case <-r.done:
			return true
		default:
			return false
		}
	})
	code := strconv.Itoa(r.cmd.ProcessState.ExitCode())
	r.cmd = nil
	output := r.output()
	switch {
	case code != args[0]:
		ts.Fatalf("it ended with %s, want %s\n%s", code, args[0], output)
	case strings.Contains(output, "\x1b"), strings.Contains(output, "script-shop-secret"), strings.Contains(output, "script-admin-token"):
		ts.Fatalf("it printed a secret, or control sequences into a file\n%q", output)
	}
}

func admin(ts *testscript.TestScript, _ bool, args []string) {
	body := ""
	if len(args) > 2 {
		body = args[2]
	}
	r, err := http.NewRequest(args[0], "http://"+runningOf(ts).admin+args[1], strings.NewReader(body))
	ts.Check(err)
	r.Header.Set("Authorization", "Bearer "+ts.Getenv("ADMIN_TOKEN"))
	resp, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%d\n%s", resp.StatusCode, answer)
}

func get(ts *testscript.TestScript, _ bool, args []string) {
	resp, err := http.Get(args[0])
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%d\n%s", resp.StatusCode, body)
}

func wechat(ts *testscript.TestScript, _ bool, args []string) {
	r := runningOf(ts)
	m := post{openid: args[0], text: strings.Join(args[1:], " "), id: 7_000_000_000_000_000_000 + r.ids.Add(1), at: time.Now()}
	text, answered := r.platform.deliver(m, time.Now().Add(patience))
	if !answered {
		ts.Fatalf("WeChat got no answer\n%s", r.output())
	}
	fmt.Fprintln(ts.Stdout(), text)
}

// scan delivers what WeChat does for a code that it made before, or for a scene.
func scan(ts *testscript.TestScript, _ bool, args []string) {
	r := runningOf(ts)
	r.platform.mu.Lock()
	scene := r.platform.codes[args[1]]
	r.platform.mu.Unlock()
	if scene == "" {
		scene = args[1]
	}
	text, answered := r.platform.deliver(post{openid: args[0], code: scene, id: r.ids.Add(1), at: time.Now()}, time.Now().Add(patience))
	if !answered {
		ts.Fatalf("WeChat got no answer\n%s", r.output())
	}
	fmt.Fprintln(ts.Stdout(), text)
}

// told is wechat where an earlier push may not be settled yet: what follows a reply that is on its way goes the same way, so that they
// arrive in order.
func told(ts *testscript.TestScript, _ bool, args []string) {
	r, pattern := runningOf(ts), regexp.MustCompile(args[1])
	m := post{openid: args[0], text: strings.Join(args[2:], " "), id: 7_000_000_000_000_000_000 + r.ids.Add(1), at: time.Now()}
	text, answered := r.platform.deliver(m, time.Now().Add(patience))
	if !answered {
		ts.Fatalf("WeChat got no answer\n%s", r.output())
	}
	if text == "" {
		pushed(ts, false, args[:2])
	} else if !pattern.MatchString(text) {
		ts.Fatalf("the answer is %q, want %s", text, args[1])
	}
}

func pushed(ts *testscript.TestScript, _ bool, args []string) {
	r, pattern := runningOf(ts), regexp.MustCompile(args[1])
	r.until(ts, "pushed "+strings.Join(args, " "), func() bool {
		return slices.ContainsFunc(r.platform.pushes(args[0]), func(s shown) bool { return pattern.MatchString(s.text) })
	})
}

// deadletter makes what the house makes of a message that killed it three times; TestP12KillingMessage kills it in earnest.
func deadletter(ts *testscript.TestScript, _ bool, args []string) {
	r := runningOf(ts)
	s, err := local.Open(ts.MkAbs("data"), local.Options{})
	ts.Check(err)
	defer func() { ts.Check(s.Close()) }()
	m := chat.Message{
		ID: fmt.Sprintf("dead-%d", r.ids.Add(1)), Kind: chat.Said, From: chat.Address{Channel: "shop", Peer: args[0]},
		Text: strings.Join(args[1:], " "), At: time.Now(),
	}
	got, err := s.Accept(context.Background(), m, session.Terms{})
	ts.Check(err)
	if got.Claim == nil {
		ts.Fatalf("the conversation is busy")
	}
	d := chat.Dead{ID: session.DeadID(m.From, m.ID), Message: m, Turn: got.Claim.Turn, Tries: session.MaxTries, Why: "its turn died this often", At: got.Claim.Now}
	_, err = s.Commit(context.Background(), got.Claim, session.Outcome{Session: got.Claim.Session, Dead: &d})
	ts.Check(err)
	ts.Setenv("DEAD", d.ID)
}
