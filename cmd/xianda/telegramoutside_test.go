//go:build outside

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// emulator is telegram-test-api, a Bot API that others wrote, with a shim before it.
type emulator struct {
	t    *testing.T
	base string // of the emulator itself: what persons do
	shim *httptest.Server
}

const emulatedToken = "123:abc"

// newEmulator starts the emulator that make telegram installed.
func newEmulator(t *testing.T) *emulator {
	t.Helper()
	dir := os.Getenv("XIANDA_TELEGRAM")
	if dir == "" {
		t.Fatal("XIANDA_TELEGRAM names no folder with telegram-test-api: run make telegram, which installs it")
	}
	host, port, _ := strings.Cut(freePort(t), ":")
	script := fmt.Sprintf(`const Server = require('telegram-test-api')
new (Server.default || Server)({port: %s, host: '%s', storeTimeout: 600}).start()`, port, host)
	cmd := exec.Command("node", "-e", script)
	out := &lockedBuffer{}
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatalf("node does not start: %v", err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	e := &emulator{t: t, base: "http://" + host + ":" + port}
	e.until("the emulator listens", func() bool {
		res, err := http.Get(e.base + "/bot" + emulatedToken + "/getMe")
		if err != nil {
			return false
		}
		return res.Body.Close() == nil
	}, out)
	target, err := url.Parse(e.base)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); readable(r.Out) }}
	e.shim = httptest.NewServer(proxy)
	t.Cleanup(e.shim.Close)
	return e
}

// readable turns a multipart form into one that the emulator reads: it knows JSON and urlencoded forms only.
func readable(r *http.Request) {
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		return
	}
	values, parts := url.Values{}, multipart.NewReader(r.Body, params["boundary"])
	for part, err := parts.NextPart(); err == nil; part, err = parts.NextPart() {
		b, _ := io.ReadAll(part)
		values.Add(part.FormName(), string(b))
	}
	body := values.Encode()
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
}

func (e *emulator) until(what string, done func() bool, out *lockedBuffer) {
	e.t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if done() {
			return
		}
	}
	e.t.Fatalf("%s: not within 30 s\n%s", what, out.String())
}

// post makes a person, or one who looks over their shoulder, do something.
func (e *emulator) post(path string, in, out any) {
	e.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		e.t.Fatal(err)
	}
	res, err := http.Post(e.base+path, "application/json", bytes.NewReader(body))
	if err != nil {
		e.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 200 {
		b, _ := io.ReadAll(res.Body)
		e.t.Fatalf("%s: %d %s", path, res.StatusCode, b)
	}
	if out != nil {
		if err := json.NewDecoder(res.Body).Decode(out); err != nil {
			e.t.Fatal(err)
		}
	}
}

// reading is one message as the emulator shows it to a person.
type reading struct {
	Text   string `json:"text"`
	Markup struct {
		Rows [][]struct {
			Text string `json:"text"`
			Data string `json:"callback_data"`
		} `json:"inline_keyboard"`
	} `json:"reply_markup"`
}

// next waits for messages of which one holds text, and returns what came.
func (e *emulator) next(h *house, text string) (got []reading) {
	e.t.Helper()
	e.until("an answer with "+text, func() bool {
		var all struct {
			Result []struct {
				Message reading `json:"message"`
			} `json:"result"`
		}
		e.post("/getUpdates", map[string]any{"token": emulatedToken, "chatId": 7}, &all)
		found := false
		for _, u := range all.Result {
			got = append(got, u.Message)
		}
		for _, m := range got {
			found = found || strings.Contains(m.Text, text)
		}
		return found
	}, h.out)
	return got
}

// TestOutsideTelegram is a conversation of the true program with a Bot API that others wrote: hello is answered with an inline keyboard,
// a tap with an answer, and so is a question.
func TestOutsideTelegram(t *testing.T) {
	e := newEmulator(t)
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, bin: bin, dir: filepath.Join(t.TempDir(), "demo"), listen: freePort(t), admin: freePort(t), token: "chaos", out: &lockedBuffer{}}
	if out, err := exec.Command(bin, "init", h.dir).CombinedOutput(); err != nil {
		t.Fatalf("xianda init: %v\n%s", err, out)
	}
	h.config = filepath.Join(h.dir, "xianda.yaml")
	text := fmt.Sprintf(`listen: %s
store: local:./data
release: ./helpdesk
admin: {listen: "%s", token: chaos}
channels:
  - {name: tg, kind: telegram, token: "%s", api_base: "%s"}
`, h.listen, h.admin, emulatedToken, e.shim.URL)
	if err := os.WriteFile(h.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.kill() })
	h.start()

	person := map[string]any{"id": 7, "first_name": "A", "is_bot": false}
	chat := map[string]any{"id": 7, "type": "private"}
	say := func(text string) {
		e.post("/sendMessage", map[string]any{"botToken": emulatedToken, "date": time.Now().Unix(), "text": text, "from": person, "chat": chat}, nil)
	}
	say("hello")
	var data, label string
	for _, m := range e.next(h, "") {
		for _, row := range m.Markup.Rows {
			for _, b := range row {
				if data == "" && b.Data != "" {
					data, label = b.Data, b.Text
				}
			}
		}
		t.Logf("read: %q", m)
	}
	if data == "" || !strings.Contains(label, "red packet") {
		t.Fatalf("hello brought no inline keyboard\n%s", h.out.String())
	}
	e.post("/sendCallback", map[string]any{"botToken": emulatedToken, "date": time.Now().Unix(), "data": data, "from": person,
		"message": map[string]any{"message_id": 5, "date": time.Now().Unix(), "chat": chat}}, nil)
	t.Logf("tapped %q (%s): %q", label, data, e.next(h, "24 hours"))
	say("红包多久退")
	t.Logf("asked: %q", e.next(h, "24"))
	if log := h.out.String(); strings.Contains(log, "abc") {
		t.Errorf("the token shows in the log:\n%s", log)
	}
}
