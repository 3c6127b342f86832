package main

import (
	"bytes"
	"io"
	"net"
	"sync"
	"testing"
)

// proxy stands between a house and its Redis, counts the scripts that are called, and lets something happen at one of them.
type proxy struct {
	address string
	target  string

	mu     sync.Mutex // guards all below
	seen   int        // scripts since arm
	at     int        // 0: nothing happens
	before bool       // it happens before the script reaches the server, else before its answer comes back
	act    func()
	fired  bool
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	p := &proxy{address: l.Addr().String(), target: target}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.carry(c)
		}
	}()
	return p
}

// arm lets act happen once, at the nth script from now.
func (p *proxy) arm(n int, before bool, act func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen, p.at, p.before, p.act, p.fired = 0, n, before, act, false
}

// hit counts the scripts in what a house sends and tells whether act is due now.
func (p *proxy) hit(b []byte) (now, before bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range bytes.Count(bytes.ToLower(b), []byte("evalsha")) {
		if p.seen++; p.seen == p.at && !p.fired {
			p.fired = true
			return true, p.before
		}
	}
	return false, false
}

func (p *proxy) carry(house net.Conn) {
	defer house.Close()
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer server.Close()
	stopped := make(chan struct{})
	var stop sync.Once
	go func() {
		buf := make([]byte, 64<<10)
		for {
			n, err := server.Read(buf)
			if err != nil {
				house.Close()
				return
			}
			select {
			case <-stopped: // the answer never comes back
				p.act()
				return
			default:
			}
			if _, err := house.Write(buf[:n]); err != nil {
				return
			}
		}
	}()
	buf := make([]byte, 64<<10)
	for {
		n, err := house.Read(buf)
		if err != nil {
			return
		}
		now, before := p.hit(buf[:n])
		if now && before {
			p.act()
			return
		}
		if now {
			stop.Do(func() { close(stopped) })
		}
		if _, err := io.Copy(server, bytes.NewReader(buf[:n])); err != nil {
			return
		}
	}
}
