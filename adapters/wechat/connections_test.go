package wechat

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestBadConnections is group E where it needs a socket: the handler behind a server with the house's limits, but shorter times.
func TestBadConnections(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1000)
	for _, c := range []struct {
		name string
		send func(h *hall, write func(string))
		want []int // 0: the connection was cut
	}{
		{"E3 Content-Length too small", func(h *hall, write func(string)) { write(head(h, "Content-Length: 10") + body()) }, []int{400}},
		{"E3 Content-Length negative", func(h *hall, write func(string)) { write(head(h, "Content-Length: -5") + body()) }, []int{400}},
		{"E3 two Content-Lengths", func(h *hall, write func(string)) {
			write(head(h, "Content-Length: 10\r\nContent-Length: 20") + body())
		}, []int{400}},
		{"E4 endless chunks", func(h *hall, write func(string)) {
			write(head(h, "Transfer-Encoding: chunked"))
			for range 100 {
				write(fmt.Sprintf("%x\r\n%s\r\n", len(long), long))
			}
		}, []int{413, 0}},
		{"E5 slow headers", func(_ *hall, write func(string)) { write("POST /wechat/shop HTTP/1.1\r\nHost: x\r\n") }, []int{408, 400, 0}},
		{"E6 slow body", func(h *hall, write func(string)) { write(head(h, "Content-Length: 1000") + "<xml>") }, []int{400, 0}},
		{"E9 header of 21 KB", func(h *hall, write func(string)) {
			write(head(h, "X-A: "+strings.Repeat(long, 21)+"\r\nContent-Length: 0"))
		}, []int{431, 0}},
		{"E9 10,000 headers", func(h *hall, write func(string)) {
			write(head(h, strings.Repeat("X-A: 1\r\n", 10_000)+"Content-Length: 0"))
		}, []int{431, 0}},
		{"E10 path traversal", func(_ *hall, write func(string)) { write(get("/x/../wechat/shop")) }, []int{301, 307, 404}},
		{"E10 double slash", func(_ *hall, write func(string)) { write(get("//wechat//shop")) }, []int{301, 307, 404}},
		{"E10 escaped dots", func(_ *hall, write func(string)) { write(get("/wechat/%2e%2e/shop")) }, []int{301, 307, 404}},
		{"E10 trailing dot", func(_ *hall, write func(string)) { write(get("/wechat/shop.")) }, []int{404}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHall(t, section(false, true, numbered))
			mux := http.NewServeMux()
			mux.Handle(h.Path(), h.door)
			srv := httptest.NewUnstartedServer(mux)
			srv.Config.ReadHeaderTimeout, srv.Config.ReadTimeout, srv.Config.MaxHeaderBytes = 100*time.Millisecond, 200*time.Millisecond, 16<<10
			srv.Start()
			t.Cleanup(srv.Close)
			conn, err := net.Dial("tcp", srv.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = conn.Close() })
			if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
				t.Fatal(err)
			}
			// The server may answer and cut the connection before it has read everything.
			go c.send(h, func(s string) { _, _ = io.WriteString(conn, s) })
			status := 0
			if res, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
				status = res.StatusCode
				_ = res.Body.Close()
			}
			ok := false
			for _, want := range c.want {
				ok = ok || status == want
			}
			if !ok || len(h.got) > 0 {
				t.Errorf("answered with %d and %d messages, want one of %v and none", status, len(h.got), c.want)
			}
		})
	}
}

func head(h *hall, headers string) string {
	return "POST /wechat/shop?" + h.seal(nil, time.Now()).Query + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n\r\n"
}

func body() string { return string(textOf("你好")) }

func get(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n" }
