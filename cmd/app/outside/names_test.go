package outside

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
)

// names is a name server of the test's own: it answers A and AAAA questions over TCP as it is told, with no time to live.
type names struct {
	l  net.Listener
	mu sync.Mutex // guards at
	at map[string][]string
}

func newNames(t *testing.T, at map[string][]string) *names {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	n := &names{l: l, at: at}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go n.serve(c)
		}
	}()
	return n
}

func (n *names) set(name string, to ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.at[name] = to
}

func (n *names) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", n.l.Addr().String())
	}}
}

func (n *names) serve(c net.Conn) {
	defer c.Close()
	for {
		var size [2]byte
		if _, err := io.ReadFull(c, size[:]); err != nil {
			return
		}
		q := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(c, q); err != nil {
			return
		}
		a := n.answer(q)
		if _, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(a))), a...)); err != nil {
			return
		}
	}
}

// answer builds the response to a query of one question (RFC 1035, 4.1).
func (n *names) answer(q []byte) []byte {
	var labels []string
	at := 12
	for q[at] != 0 {
		labels = append(labels, string(q[at+1:at+1+int(q[at])]))
		at += 1 + int(q[at])
	}
	kind := binary.BigEndian.Uint16(q[at+1:])
	end := at + 5
	n.mu.Lock()
	to := slices.Clone(n.at[strings.ToLower(strings.Join(labels, "."))])
	n.mu.Unlock()
	var records []byte
	count := 0
	for _, s := range to {
		ip := netip.MustParseAddr(s)
		if ip.Is4() != (kind == 1) || !ip.Is4() && kind != 28 {
			continue
		}
		records = append(records, 0xc0, 12) // the name of the question
		records = binary.BigEndian.AppendUint16(records, kind)
		records = append(records, 0, 1, 0, 0, 0, 0)
		records = binary.BigEndian.AppendUint16(records, uint16(len(ip.AsSlice())))
		records = append(records, ip.AsSlice()...)
		count++
	}
	out := append([]byte{}, q[:2]...)
	out = append(out, 0x81, 0x80, 0, 1, 0, byte(count), 0, 0, 0, 0)
	return append(append(out, q[12:end]...), records...)
}
