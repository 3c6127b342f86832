package outside

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// trap is a server of the house's own machine that counts who connects. P37: nobody does.
type trap struct {
	server *httptest.Server
	port   uint16
	hits   atomic.Int32
}

func newTrap(t *testing.T) *trap {
	t.Helper()
	tr := &trap{server: httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if to := r.URL.Query().Get("to"); to != "" {
			http.Redirect(w, r, to, http.StatusFound)
			return
		}
		io.WriteString(w, "inside")
	}))}
	tr.server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			tr.hits.Add(1)
		}
	}
	tr.server.Start()
	t.Cleanup(tr.server.Close)
	tr.port = netip.MustParseAddrPort(tr.server.Listener.Addr().String()).Port()
	return tr
}

// guard is one whose ports let the trap be asked, so that the address alone decides.
func (tr *trap) guard(o Options) *guard {
	g := newGuard(o)
	g.ports = append([]uint16{tr.port, 22}, ports...)
	return g
}

func get(t *testing.T, c *http.Client, url string) error {
	t.Helper()
	resp, err := c.Get(url)
	if err == nil {
		resp.Body.Close()
	}
	return err
}

// TestSSRF is P37: addresses that lead inside by all their names, and not one connection.
func TestSSRF(t *testing.T) {
	t.Parallel()
	tr := newTrap(t)
	dns := newNames(t, map[string][]string{
		"inside.test": {"127.0.0.1"}, "ten.test": {"10.0.0.5"}, "meta.test": {"169.254.169.254"}, "many.test": {"10.1.1.1", "127.0.0.1"},
		"localhost": {"127.0.0.1"}, "127.1": {"127.0.0.1"}, "2130706433": {"127.0.0.1"}, "0x7f000001": {"127.0.0.1"}, "017700000001": {"127.0.0.1"},
		"0177.0.0.1": {"127.0.0.1"}, "six.test": {"::1"}, "mapped.test": {"::ffff:127.0.0.1"}, "nat64.test": {"64:ff9b::7f00:1"},
	})
	port := ":" + strconv.Itoa(int(tr.port))
	urls := []string{
		"http://127.0.0.1" + port, "http://localhost" + port, "http://localhost." + port, "http://127.1" + port, "http://2130706433" + port,
		"http://0x7f000001" + port, "http://017700000001" + port, "http://0177.0.0.1" + port, "http://127.255.255.254" + port, "http://0.0.0.0" + port,
		"http://[::1]" + port, "http://[::]" + port, "http://[::ffff:127.0.0.1]" + port, "http://[::ffff:7f00:1]" + port, "http://[::127.0.0.1]" + port,
		"http://[64:ff9b::7f00:1]" + port, "http://[2002:7f00:1::]" + port, "http://[2001:0:7f00:1::]" + port, "http://[fe80::1%25lo]" + port,
		"http://[fc00::1]" + port, "http://[ff02::1]" + port, "http://10.0.0.1" + port, "http://172.31.255.255" + port, "http://192.168.1.1" + port,
		"http://169.254.169.254/latest/meta-data", "http://100.100.100.200/latest/meta-data", "http://100.64.0.1" + port, "http://198.18.0.1" + port,
		"http://192.0.0.192" + port, "http://224.0.0.1" + port, "http://255.255.255.255" + port, "http://168.63.129.16/machine", "http://[fd00:ec2::254]/latest",
		"http://inside.test" + port, "http://ten.test" + port, "http://meta.test/", "http://many.test" + port, "http://six.test" + port,
		"http://mapped.test" + port, "http://nat64.test" + port,
		"http://user:pass@127.0.0.1" + port, "http://93.184.216.34:6379/", "file:///etc/passwd", "gopher://127.0.0.1" + port, "ftp://127.0.0.1" + port,
		"//127.0.0.1" + port, "http://", "http://:80/", "http://[::1%25lo]" + port,
	}
	c := tr.guard(Options{Resolver: dns.resolver()}).client()
	for _, u := range urls {
		if err := get(t, c, u); err == nil {
			t.Errorf("%s was fetched", u)
		} else if !errors.Is(err, ErrRefused) && !unparsable(u) {
			t.Errorf("%s: %v, want ErrRefused", u, err)
		}
	}
	if n := tr.hits.Load(); n != 0 {
		t.Errorf("the listener counts %d connections, want 0", n)
	}
}

// unparsable are the addresses that net/http itself does not take up.
func unparsable(u string) bool {
	return strings.HasPrefix(u, "//") || u == "http://" || u == "http://:80/"
}

// TestDNSFlip is P37 and G1: a name that is public when it is looked at and inside when it is dialled.
func TestDNSFlip(t *testing.T) {
	t.Parallel()
	tr := newTrap(t)
	dns := newNames(t, map[string][]string{"flip.test": {"93.184.216.34"}})
	g := tr.guard(Options{Resolver: dns.resolver()})
	var passed []string
	checked := g.public.Control
	g.public.Control = func(network, address string, c syscall.RawConn) error {
		if err := checked(network, address, c); err != nil {
			return err
		}
		passed = append(passed, address)
		return errors.New("the test connects to nobody outside")
	}
	c := g.client()
	for i := range 6 {
		if i%2 == 1 {
			dns.set("flip.test", "127.0.0.1")
		} else {
			dns.set("flip.test", "93.184.216.34")
		}
		err := get(t, c, "http://flip.test:"+strconv.Itoa(int(tr.port)))
		if refused := errors.Is(err, ErrRefused); refused != (i%2 == 1) {
			t.Errorf("answer %d: %v", i, err)
		}
	}
	if len(passed) != 3 {
		t.Errorf("passed the check: %v, want the public address three times", passed)
	}
	if n := tr.hits.Load(); n != 0 {
		t.Errorf("the listener counts %d connections, want 0", n)
	}
}

// TestRedirect is P37: a server outside sends us inside, and we do not go.
func TestRedirect(t *testing.T) {
	t.Parallel()
	outer, inner := newTrap(t), newTrap(t)
	g := outer.guard(Options{Allow: []string{outer.server.Listener.Addr().String()}})
	c := g.client()
	resp, err := c.Get(outer.server.URL + "/?to=" + inner.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusFound {
		t.Errorf("status %d, want the redirect itself", resp.StatusCode)
	}
	if n := inner.hits.Load(); n != 0 {
		t.Errorf("the listener counts %d connections, want 0", n)
	}
}

func TestAllow(t *testing.T) {
	t.Parallel()
	tr := newTrap(t)
	dns := newNames(t, map[string][]string{"files.test": {"127.0.0.1"}, "other.test": {"127.0.0.1"}, "meta.test": {"169.254.169.254"}, "ali.test": {"100.100.100.200"}})
	port := ":" + strconv.Itoa(int(tr.port))
	c := New(Options{Resolver: dns.resolver(), Allow: []string{"FILES.test" + port, "meta.test:80", "ali.test:80"}})
	if err := get(t, c, "http://files.TEST"+port); err != nil {
		t.Errorf("the host that the operator allows: %v", err)
	}
	for _, u := range []string{"http://other.test" + port, "http://127.0.0.1" + port, "http://files.test/", "http://meta.test/", "http://ali.test/", "http://u@files.test" + port} {
		if err := get(t, c, u); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v, want ErrRefused", u, err)
		}
	}
	if n := tr.hits.Load(); n != 1 {
		t.Errorf("the listener counts %d connections, want 1", n)
	}
}

func TestNoProxyNoCookies(t *testing.T) {
	tr := newTrap(t)
	t.Setenv("HTTP_PROXY", tr.server.URL)
	t.Setenv("HTTPS_PROXY", tr.server.URL)
	c := New(Options{Resolver: newNames(t, map[string][]string{"inside.test": {"10.0.0.1"}}).resolver()})
	if err := get(t, c, "http://inside.test/"); !errors.Is(err, ErrRefused) {
		t.Errorf("%v, want ErrRefused", err)
	}
	if c.Jar != nil {
		t.Error("the client keeps cookies")
	}
	if n := tr.hits.Load(); n != 0 {
		t.Errorf("the proxy counts %d connections, want 0", n)
	}
}

func TestPublic(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"8.8.8.8", "1.1.1.1", "119.29.29.29", "172.32.0.1", "100.128.0.1", "2400:3200::1", "2606:4700::1111"} {
		if !public(netip.MustParseAddr(s)) {
			t.Errorf("%s is not public", s)
		}
	}
	if public(netip.Addr{}) || private(netip.Addr{}) {
		t.Error("no address at all may be dialled")
	}
}

func FuzzReject(f *testing.F) {
	for _, s := range []string{"http://127.0.0.1/", "https://a.example/x", "http://[::ffff:1.2.3.4]/", "http://u:p@h/", "http://h:22/"} {
		f.Add(s)
	}
	g := newGuard(Options{})
	f.Fuzz(func(t *testing.T, s string) {
		r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, s, nil)
		if err != nil {
			return
		}
		if a, err := netip.ParseAddr(r.URL.Hostname()); err == nil && !public(a) && g.reject(r) == "" {
			t.Errorf("%q passes", s)
		}
	})
}
