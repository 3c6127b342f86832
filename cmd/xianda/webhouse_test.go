package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// newWebHouse is the program with the helpdesk that xianda init writes and a chat page called site. Nothing runs yet.
func newWebHouse(t *testing.T, store string, origins ...string) *house {
	t.Helper()
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, bin: bin, dir: filepath.Join(t.TempDir(), "demo"), listen: freePort(t), admin: freePort(t), out: &lockedBuffer{}}
	if out, err := exec.Command(bin, "init", h.dir).CombinedOutput(); err != nil {
		t.Fatalf("xianda init: %v\n%s", err, out)
	}
	if store == "" {
		store = "local:./data"
	}
	list, err := json.Marshal(append([]string{}, origins...))
	if err != nil {
		t.Fatal(err)
	}
	h.config = filepath.Join(h.dir, "xianda.yaml")
	text := fmt.Sprintf("listen: %s\nstore: %s\nrelease: ./helpdesk\nadmin: {listen: %q, token: chaos}\nchannels:\n  - {name: site, kind: web, title: 支付帮助, url: %q, origins: %s}\n",
		h.listen, store, h.admin, h.page(), list)
	if err := os.WriteFile(h.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.kill() })
	return h
}

// newDemo runs "xianda demo", which is what make run does, and takes it at its word: where the page is, and the way to the cases.
func newDemo(t *testing.T) *house {
	t.Helper()
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, bin: bin, out: &lockedBuffer{}}
	cmd := exec.Command(bin, "demo", filepath.Join(t.TempDir(), "demo"), "--json")
	cmd.Stderr = h.out
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	h.cmd, h.done = cmd, done
	var told struct{ Page, Admin, Token string }
	err = json.NewDecoder(out).Decode(&told)
	go func() { _, _ = io.Copy(io.Discard, out); _ = cmd.Wait(); close(done) }()
	t.Cleanup(func() { h.kill() })
	if err != nil || !strings.HasSuffix(told.Page, "/web/site/") {
		t.Fatalf("xianda demo told %+v, %v\n%s", told, err, h.out)
	}
	h.listen, h.admin, h.token = strings.TrimSuffix(strings.TrimPrefix(told.Page, "http://"), "/web/site/"), strings.TrimPrefix(told.Admin, "http://"), told.Token
	return h
}

func (h *house) page() string { return "http://" + h.listen + "/web/site/" }

// link is the page's link with a scene as "xianda channel link" signs it.
func (h *house) link(scene string) string {
	h.t.Helper()
	out, err := exec.Command(h.bin, "channel", "link", "site", "--scene", scene, "-c", h.config, "--json").Output()
	var l struct{ URL string }
	if err != nil || json.Unmarshal(out, &l) != nil || l.URL == "" {
		h.t.Fatalf("xianda channel link: %v\n%s", err, out)
	}
	return l.URL
}

// metrics is the page /metrics.
func (h *house) metrics() string {
	h.t.Helper()
	resp, err := http.Get("http://" + h.admin + "/metrics")
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return string(b)
}

// openCase waits for a case of the channel and returns its id.
func (h *house) openCase() string {
	h.t.Helper()
	for deadline := time.Now().Add(pagePatience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		var list struct {
			Cases []struct{ ID string } `json:"cases"`
		}
		if h.ask(http.MethodGet, "/v1/cases?state=waiting", nil, &list) == http.StatusOK && len(list.Cases) > 0 {
			return list.Cases[0].ID
		}
	}
	h.t.Fatal("no case was raised")
	return ""
}

// seat does something with a case, and wants it to succeed.
func (h *house) seat(id, act string, body any) {
	h.t.Helper()
	if status := h.ask(http.MethodPost, "/v1/cases/"+id+"/"+act, body, nil); status/100 != 2 {
		h.t.Fatalf("%s was answered with %d", act, status)
	}
}

// event is an operation that the product reports of a person on the page.
func (h *house) event(peer, kind string) {
	h.t.Helper()
	status := h.ask(http.MethodPost, "/v1/events", map[string]any{"events": []any{map[string]any{
		"id": "evt-" + kind + peer[:6], "kind": kind, "conversation": map[string]string{"channel": "site", "peer": peer},
	}}}, nil)
	if status != http.StatusAccepted {
		h.t.Fatalf("the event was answered with %d", status)
	}
}

// chats opens the page in a tab and waits until it is connected.
func (p *tab) chats(url string) {
	p.t.Helper()
	p.open(url)
	p.sees("document.querySelector('.up')")
}

// peer is who the person on the page is.
func (p *tab) peer() string {
	p.t.Helper()
	return value[string](p, "document.documentElement.dataset.peer")
}

// offers waits until the last offer has a label, and returns all of them.
func (p *tab) offers(label string) []string {
	p.t.Helper()
	p.sees(find(label))
	return p.offered()
}

// says types a text and sends it by Enter.
func (p *tab) says(text string) {
	p.t.Helper()
	p.types(text)
	p.press("\r")
	p.sees(fmt.Sprintf("[...document.querySelectorAll('.person .text')].at(-1)?.textContent === %s", quoted(text)))
}

// answered waits for a message of ours that was not there before do, and returns its text.
func (p *tab) answered(do func()) string {
	p.t.Helper()
	count := value[int](p, "document.querySelectorAll('.msg.bot:not(.typing), .msg.seat:not(.typing)').length")
	do()
	p.sees(fmt.Sprintf("document.querySelectorAll('.msg.bot:not(.typing), .msg.seat:not(.typing)').length > %d", count))
	return value[string](p, "[...document.querySelectorAll('.msg.bot:not(.typing), .msg.seat:not(.typing)')].at(-1).querySelector('.text').textContent")
}

func contains(list []string, part string) bool {
	return strings.Contains(strings.Join(list, "\n"), part)
}
