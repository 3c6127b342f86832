package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/config"
)

const (
	dialWithin = 3 * time.Second
	pageMost   = 4 << 20 // bytes of a metrics page that are read
)

// examineBackends looks whether somebody listens where dialogs call, without calling, and asks a running house which of them it leaves
// alone because they failed.
func examineBackends(ctx context.Context, cfg *config.Config) []Check {
	var checks []Check
	if len(cfg.Backends) == 0 {
		return nil
	}
	open := openBreakers(ctx, cfg.Admin.Listen)
	for _, name := range slices.Sorted(maps.Keys(cfg.Backends)) {
		k := Check{Name: "backend " + name}
		at, err := dialAt(ctx, string(cfg.Backends[name].URL))
		switch {
		case err != nil:
			k.Detail = fmt.Sprintf("%v: is it running, and does backends.%s.url name it?", err, name)
		case open[name]:
			k.Detail = "the running house leaves it alone for a few seconds, because its calls failed: see the log for how"
		default:
			k.OK, k.Detail = true, "somebody listens at "+at
		}
		checks = append(checks, k)
	}
	return checks
}

// dialAt connects to the host of raw and hangs up. Its error holds no more of the address than the host.
func dialAt(ctx context.Context, raw string) (host string, err error) {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		return "", errors.New("its url is not an address")
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443"}[u.Scheme]
	}
	if port == "" {
		port = "80"
	}
	host = net.JoinHostPort(u.Hostname(), port)
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", host)
	if err != nil {
		return host, err
	}
	return host, c.Close()
}

// openBreakers asks the house that runs at listen; without one nothing is known.
func openBreakers(ctx context.Context, listen string) map[string]bool {
	open := map[string]bool{}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return open
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/metrics", nil)
	if err != nil {
		return open
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return open
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(io.LimitReader(resp.Body, pageMost)); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "xianda_"+breakerMetric+`{backend="`); ok {
			name, value, _ := strings.Cut(rest, `"} `)
			open[name] = value == "1"
		}
	}
	return open
}
