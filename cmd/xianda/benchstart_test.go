package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// BenchmarkStart measures how long a house with 10,000 entries of five phrasings takes until it is ready, and what it holds in memory
// then: from YAML (goal 3 s) and from a compiled release (goal 1 s), 150 MB resident.
func BenchmarkStart(b *testing.B) {
	xianda, err := binary()
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	written := filepath.Join(dir, "helpdesk")
	writeLarge(b, written, 10_000)
	store := filepath.Join(dir, "releases")
	began := time.Now()
	if out, err := exec.Command(xianda, "dialog", "publish", written, "--to", store).CombinedOutput(); err != nil {
		b.Fatalf("publish: %v\n%s", err, out)
	}
	b.Logf("published in %s", time.Since(began).Round(time.Millisecond))
	for _, c := range []struct{ name, release string }{{"yaml", written}, {"compiled", store}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				ready, resident := start(b, xianda, c.release)
				b.ReportMetric(float64(ready.Milliseconds()), "ms-to-ready")
				b.ReportMetric(float64(resident)/1024, "MB-resident")
			}
		})
	}
}

// start runs a house until it is ready and three seconds longer, and returns how long it took and its resident memory in KB.
func start(b *testing.B, xianda, release string) (time.Duration, int) {
	b.Helper()
	admin := free(b)
	config := filepath.Join(b.TempDir(), "xianda.yaml")
	text := fmt.Sprintf("listen: %s\nstore: local:%s\nrelease: %s\nadmin: {listen: \"%s\", token: bench}\n"+
		"channels:\n  - {name: oa, kind: wechat, app_id: wx1, app_secret: s, token: benchtoken, api_base: \"http://127.0.0.1:1\"}\n",
		free(b), filepath.Join(b.TempDir(), "data"), release, admin)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(xianda, "serve", "-c", config, "--log-level", "error")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	began := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	for !answers("http://" + admin + "/readyz") {
		if time.Since(began) > time.Minute {
			b.Fatalf("it is not ready after a minute\n%s", out.String())
		}
		time.Sleep(5 * time.Millisecond)
	}
	ready := time.Since(began)
	time.Sleep(3 * time.Second) // what loading left behind is given back by then, or it is what the house needs
	return ready, resident(b, cmd.Process.Pid)
}

func answers(url string) bool {
	resp, err := http.Get(url)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

var rss = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)

func resident(b *testing.B, pid int) int {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	m := rss.FindSubmatch(status)
	if m == nil {
		b.Fatalf("no VmRSS in\n%s", status)
	}
	kb, err := strconv.Atoi(string(m[1]))
	if err != nil {
		b.Fatal(err)
	}
	return kb
}

// writeLarge writes a release of n entries with five phrasings each, of words as unevenly spread as in real texts.
func writeLarge(b *testing.B, dir string, n int) {
	b.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	words := make([]string, 3000)
	for i := range words {
		words[i] = string([]rune{0x4E00 + r.Int32N(2000), 0x4E00 + r.Int32N(2000)})
	}
	say := func(n int) string {
		var s strings.Builder
		for range n {
			f := r.Float64()
			s.WriteString(words[int(f*f*f*float64(len(words)))])
		}
		return s.String()
	}
	files := map[string]*strings.Builder{"release.yaml": {}}
	files["release.yaml"].WriteString("name: 大\n")
	for i := range n {
		name := fmt.Sprintf("kb/part%02d.yaml", i/1000)
		if files[name] == nil {
			files[name] = &strings.Builder{}
		}
		phrasings := make([]string, 5)
		for j := range phrasings {
			phrasings[j] = say(3 + r.IntN(4))
		}
		fmt.Fprintf(files[name], "- id: e%05d\n  question: %s？\n  phrasings: [%s]\n  answer: %s。\n", i, say(3+r.IntN(4)), strings.Join(phrasings, ", "), say(30))
	}
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
			b.Fatal(err)
		}
	}
}
