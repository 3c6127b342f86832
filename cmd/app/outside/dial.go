package outside

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
)

// dial connects to a host and port as the URL names them. The check is in the dialer's Control, which sees what the name came to.
func (g *guard) dial(ctx context.Context, _, address string) (net.Conn, error) {
	d := &g.public
	if g.allow[strings.ToLower(address)] {
		d = &g.named
	}
	return d.DialContext(ctx, "tcp", address)
}

// control is called with every resolved address before its socket connects.
func control(may func(netip.Addr) bool) func(network, address string, _ syscall.RawConn) error {
	return func(network, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || network != "tcp4" && network != "tcp6" {
			return fmt.Errorf("%w: %s is no TCP address", ErrRefused, network)
		}
		if !may(at.Addr().Unmap()) {
			return fmt.Errorf("%w: the name leads to an address that is not public", ErrRefused)
		}
		return nil
	}
}
