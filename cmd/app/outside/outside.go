// Package outside makes the HTTP client by which the house fetches what strangers name: media, pictures, whatever bears an address that
// no operator wrote. It reaches public addresses only and reads nothing itself: who asks bounds the answer.
package outside

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrRefused says that an address leads where strangers may not send us. Trying again is of no use.
var ErrRefused = errors.New("not an address that may be fetched")

// Bounds of one request.
const (
	total      = 20 * time.Second // from the name's resolution to the last byte of the answer
	connecting = 4 * time.Second  // resolution and TCP
	headers    = 8 * time.Second  // until the answer's header is there
	maxHeaders = 32 << 10         // bytes of the answer's header
)

// ports are those that web servers have; anything else is somebody's database.
var ports = []uint16{80, 443, 8080, 8443}

// Options of a client. The zero value reaches the public internet alone.
type Options struct {
	// Allow are the exact HOST:PORT of addresses ("files.corp.example:9000") that may lead into private networks and to any port. Addresses
	// of link-local and metadata services are refused even so.
	Allow    []string
	Resolver *net.Resolver // default: net.DefaultResolver
}

// New returns a client that
//
//   - takes http and https addresses without a user's name, at ports 80, 443, 8080 and 8443;
//   - checks the address that is dialled, after resolution and at the moment of connecting, so that a name whose answer changes in
//     between leads nowhere;
//   - follows no redirect (the caller sees 3xx), takes no proxy from the environment, keeps no cookies and unpacks nothing.
//
// Its errors are *url.Error and hold the address, which may be signed: who passes them on takes Err out of them.
func New(o Options) *http.Client {
	return newGuard(o).client()
}

// guard decides where requests may lead.
type guard struct {
	allow  map[string]bool // HOST:PORT in lower case
	ports  []uint16
	public net.Dialer // to what a stranger names
	named  net.Dialer // to what the operator allows
}

func newGuard(o Options) *guard {
	g := &guard{allow: map[string]bool{}, ports: ports}
	for _, a := range o.Allow {
		g.allow[strings.ToLower(a)] = true
	}
	g.public = net.Dialer{Timeout: connecting, Resolver: o.Resolver, Control: control(public)}
	g.named = net.Dialer{Timeout: connecting, Resolver: o.Resolver, Control: control(private)}
	return g
}

func (g *guard) client() *http.Client {
	return &http.Client{
		Timeout:       total,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &door{guard: g, next: &http.Transport{
			Proxy: nil, DialContext: g.dial, DisableCompression: true, ForceAttemptHTTP2: true,
			MaxIdleConns: 32, MaxIdleConnsPerHost: 4, MaxConnsPerHost: 8, IdleConnTimeout: 30 * time.Second,
			TLSHandshakeTimeout: connecting, ResponseHeaderTimeout: headers, MaxResponseHeaderBytes: maxHeaders,
		}},
	}
}

// door looks at a request before anything is resolved.
type door struct {
	guard *guard
	next  http.RoundTripper
}

// RoundTrip refuses what the address tells by itself.
func (d *door) RoundTrip(r *http.Request) (*http.Response, error) {
	if why := d.guard.reject(r); why != "" {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, fmt.Errorf("%w: %s", ErrRefused, why)
	}
	return d.next.RoundTrip(r)
}

// reject tells what is wrong with the address of a request; "" is nothing.
func (g *guard) reject(r *http.Request) string {
	u := r.URL
	port := u.Port()
	switch {
	case u.Scheme == "http" && port == "":
		port = "80"
	case u.Scheme == "https" && port == "":
		port = "443"
	case u.Scheme != "http" && u.Scheme != "https":
		return "only http and https are fetched"
	}
	host := u.Hostname()
	switch {
	case u.User != nil:
		return "it holds a user's name"
	case host == "" || strings.Contains(host, "%"):
		return "it names no host"
	case g.allow[strings.ToLower(net.JoinHostPort(host, port))]:
		return ""
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || !slices.Contains(g.ports, uint16(n)) {
		return "port " + strconv.Quote(port)
	}
	switch a, err := netip.ParseAddr(host); {
	case err == nil && (a.Is4In6() || !public(a)):
		return "the address is not public" // told without a connection; control would find it too
	case err != nil && numeric(host):
		return "the address has no common form"
	}
	return ""
}

// numeric tells whether a host ends in a number and so is an address for some resolvers and a name for others (WHATWG URL, "ends in a
// number"): 127.1, 2130706433, 0x7f000001.
func numeric(host string) bool {
	host = strings.TrimSuffix(host, ".")
	last := strings.ToLower(host[strings.LastIndex(host, ".")+1:])
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(last, "0123456789") == ""
}
