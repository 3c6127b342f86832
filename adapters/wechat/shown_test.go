package wechat

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestShownThoughThePlatformHangsUp: whoever has read the whole response may close the connection at once, as proxies do. The reply
// was shown all the same; unnoted, it would be shown a second time a minute later.
func TestShownThoughThePlatformHangsUp(t *testing.T) {
	t.Parallel()
	h := newHall(t, section(false, true, numbered))
	server := httptest.NewServer(h.door)
	t.Cleanup(server.Close)
	const rounds = 200
	for i := range rounds {
		r := h.seal(from("alice", "text", time.Now(), field{"Content", "你好"}, field{"MsgId", strconv.Itoa(1000 + i)}), time.Now()).Request()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		c, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		out, err := http.NewRequest(http.MethodPost, server.URL+r.URL.RequestURI(), strings.NewReader(string(body)))
		if err == nil {
			err = out.Write(c)
		}
		if err != nil {
			t.Fatal(err)
		}
		buf, got := make([]byte, 4096), ""
		for !strings.Contains(got, "</xml>") {
			n, err := c.Read(buf)
			if err != nil {
				t.Fatalf("round %d: %v after %q", i, err, got)
			}
			got += string(buf[:n])
		}
		_ = c.Close()
	}
	for deadline := time.Now().Add(5 * time.Second); len(h.record.Shown()) < rounds && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
	}
	if n := len(h.record.Shown()); n != rounds {
		t.Errorf("%d of %d replies that were read to the end count as shown", n, rounds)
	}
}
