package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/handoff"
	bolt "go.etcd.io/bbolt"
)

func ctx0() context.Context { return context.Background() }

// judged lets a person say something and commits a turn of it; the answer is the text of the session's Asked.
func judged(s *Store, a chat.Address, id, said string, cases ...chat.Case) error {
	got, err := s.Accept(ctx0(), chat.Message{ID: id, Kind: chat.Said, From: a, Text: said}, session.Terms{})
	if err != nil {
		return err
	}
	c := got.Claim
	if c == nil {
		if c, err = s.Take(ctx0(), a); err != nil || c == nil {
			return fmt.Errorf("no claim of %s: %w", id, err)
		}
	}
	for c != nil {
		next := c.Session
		next.Turn++
		next.Asked = said
		done, err := s.Commit(ctx0(), c, session.Outcome{Session: next, Cases: cases, Lines: []chat.Line{{From: "person", Text: said, Turn: c.Turn}}})
		if err != nil {
			if errors.Is(err, syscall.ENOSPC) {
				return errors.Join(err, s.Release(ctx0(), c))
			}
			return err
		}
		c = done.Next
	}
	return nil
}

func TestDiskFull(t *testing.T) {
	// Not parallel: it mounts a file system.
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Fatalf("mount -t tmpfs -o size=1m = %v: run this test as root, outside of a container that forbids mounting", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("umount %s = %v", dir, err)
		}
	})
	s := opened(t, dir, Options{})
	first := chat.Address{Channel: "shop", Peer: "first"}
	if err := judged(s, first, "m1", "红包"); err != nil {
		t.Fatal(err)
	}
	filler := filepath.Join(dir, "filler")
	if err := os.WriteFile(filler, make([]byte, 256<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("x", 4000)
	kept := map[string]chat.Address{}
	var full error
	for i := 0; full == nil && i < 1000; i++ {
		a := chat.Address{Channel: "shop", Peer: fmt.Sprint("p", i)}
		if full = judged(s, a, "m", text); full == nil {
			kept["m"+a.Peer] = a
		}
	}
	if !errors.Is(full, syscall.ENOSPC) {
		t.Fatalf("a turn on the full disk = %v, want ENOSPC", full)
	}
	if err := s.Ping(t.Context()); err == nil {
		// A page or two may be free still; what matters is that nothing is lost below.
		t.Log("Ping still finds a free page")
	}
	asked, askedErr := s.Accept(t.Context(), ask(first, "passive", time.Now()), session.Terms{})
	for _, a := range kept {
		if v, err := s.Look(t.Context(), a); err != nil || v.Session.Turn != 1 || v.Session.Asked != text {
			t.Errorf("Look(%v) on the full disk = %+v, %v, want the session as committed", a, v, err)
		}
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if err := judged(s, chat.Address{Channel: "shop", Peer: "later"}, "m", text); err != nil {
		t.Errorf("a turn when space returned = %v, want nil without a restart", err)
	}
	if askedErr == nil {
		if _, err := s.Commit(t.Context(), asked.Claim, session.Outcome{Session: asked.Claim.Session}); err != nil {
			t.Errorf("Commit when space returned = %v, want nil", err)
		}
	}
	if err := s.end(false); err != nil {
		t.Fatal(err)
	}
	s = opened(t, dir, Options{})
	for _, a := range kept {
		if v, err := s.Look(t.Context(), a); err != nil || v.Session.Turn != 1 {
			t.Errorf("Look(%v) after the disk was full = %+v, %v, want the session as committed", a, v, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestFailedGroupIsNotSeen(t *testing.T) {
	t.Parallel()
	w := newWatch()
	s := opened(t, t.TempDir(), Options{Clock: w.now})
	a := chat.Address{Channel: "shop", Peer: "p"}
	got, err := s.Accept(t.Context(), ask(a, "m1", w.now()), session.Terms{}) // in the journal alone
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("the disk is broken")
	started, release := make(chan struct{}), make(chan struct{})
	first := newWrite(func(*bolt.Tx) error { close(started); <-release; return nil })
	s.writes <- first
	<-started // what comes now makes one group
	bad := newWrite(func(*bolt.Tx) error { return broken })
	s.writes <- bad
	failed := make(chan error)
	go func() {
		_, err := s.Commit(context.WithoutCancel(t.Context()), got.Claim, session.Outcome{Session: session.Session{Turn: 7}})
		failed <- err
	}()
	for len(s.writes) < 2 {
		time.Sleep(time.Millisecond) // the writer is held, so that the queue is the only signal
	}
	close(release)
	if err := <-failed; !errors.Is(err, broken) {
		t.Fatalf("Commit in a group that fails = %v, want its error", err)
	}
	v, err := s.Look(t.Context(), a)
	if err != nil || v.Session.Turn != 0 || v.Mailbox != 1 {
		t.Errorf("Look after a failed commit = %+v, %v, want the message waiting and no turn", v, err)
	}
	if _, err := s.Commit(t.Context(), got.Claim, session.Outcome{Session: session.Session{Turn: 7}}); err != nil {
		t.Errorf("the same commit again = %v, want nil", err)
	}
}

func TestOneProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	opened(t, dir, Options{})
	_, err := Open(dir, Options{})
	if err == nil {
		t.Fatal("Open of an open store = nil, want an error")
	}
	for _, want := range []string{filepath.Join(dir, databaseName), "admin API", "stop it"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("Open of an open store = %q, want it to name %q", err, want)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	w := newWatch()
	s := quietStore(t, t.TempDir(), w)
	s.cache.most = 10
	for i := range 100 {
		if err := judged(s, chat.Address{Channel: "shop", Peer: fmt.Sprint("p", i)}, "m", fmt.Sprint("q", i)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.cache.all); n > 10 {
		t.Errorf("%d conversations are in memory, want at most 10", n)
	}
	for i := range 100 { // each is begun, so that the journal is ahead of the database
		a := chat.Address{Channel: "shop", Peer: fmt.Sprint("p", i)}
		if _, err := s.Accept(t.Context(), ask(a, "second", w.now()), session.Terms{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.flush(); err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		v, err := s.Look(t.Context(), chat.Address{Channel: "shop", Peer: fmt.Sprint("p", i)})
		if err != nil || v.Mailbox != 1 || v.Session.Asked != fmt.Sprint("q", i) {
			t.Errorf("Look(p%d) after eviction = %+v, %v, want its session and one message", i, v, err)
		}
	}
	if n := len(s.cache.all); n > 10 {
		t.Errorf("%d conversations are in memory, want at most 10", n)
	}
	if s.log.size != int64(len(journalMagic)) {
		t.Errorf("the journal holds %d bytes after everything was written, want none", s.log.size)
	}
}

func TestJournalIsWrittenAnew(t *testing.T) {
	t.Parallel()
	w := newWatch()
	s := quietStore(t, t.TempDir(), w)
	s.log.most = 1 << 10
	a := chat.Address{Channel: "shop", Peer: "p"}
	got, err := s.Accept(t.Context(), ask(a, "m0", w.now()), session.Terms{})
	if err != nil {
		t.Fatal(err)
	}
	for range 200 { // renewals of one turn
		if _, err := s.Renew(t.Context(), got.Claim); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.flush(); err != nil {
		t.Fatal(err)
	}
	s.log.most = 1 << 10
	for i := range 30 {
		if _, err := s.Accept(t.Context(), ask(a, fmt.Sprint("n", i), w.now()), session.Terms{}); err != nil {
			t.Fatal(err)
		}
	}
	dir := filepath.Dir(s.path)
	if err := s.end(false); err != nil {
		t.Fatal(err)
	}
	s = opened(t, dir, Options{Clock: w.now})
	if v, err := s.Look(t.Context(), a); err != nil || v.Mailbox != 31 {
		t.Errorf("Look after a death = %+v, %v, want 31 messages", v, err)
	}
}

func TestIdleConversationsAreForgotten(t *testing.T) {
	t.Parallel()
	w := newWatch()
	s := quietStore(t, t.TempDir(), w)
	idle, busy := chat.Address{Channel: "shop", Peer: "idle"}, chat.Address{Channel: "shop", Peer: "busy"}
	k := chat.Case{ID: session.CaseID(busy, "t"), Queue: "default"}
	for _, err := range []error{judged(s, idle, "m", "hello"), judged(s, busy, "m", "hello", k)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Queue().Close(t.Context(), k.ID, "solved"); err != nil {
		t.Fatal(err)
	}
	if err := judged(s, busy, "m2", "hello"); err != nil {
		t.Fatal(err)
	}
	w.advance(session.KeepClosed + time.Second)
	if _, err := s.Queue().Case(t.Context(), k.ID); !errors.Is(err, handoff.ErrUnknown) {
		t.Errorf("Case of one closed long ago = %v, want ErrUnknown", err)
	}
	w.advance(session.KeepSession / 2)
	if err := judged(s, busy, "m3", "hello"); err != nil {
		t.Fatal(err)
	}
	w.advance(session.KeepSession/2 + time.Hour)
	if err := s.expire(); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"conversations": 1, "expiry": 1, "cases": 0, "queue": 0, "dead": 0}
	err := s.view(func(tx *bolt.Tx) error {
		for bucket, n := range want {
			if got := tx.Bucket([]byte(bucket)).Stats().KeyN; got != n {
				t.Errorf("bucket %s holds %d keys, want %d", bucket, got, n)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Look(t.Context(), idle); !errors.Is(err, session.ErrUnknown) {
		t.Errorf("Look of an idle conversation = %v, want ErrUnknown", err)
	}
	if v, err := s.Look(t.Context(), busy); err != nil || v.Session.Turn != 4 {
		t.Errorf("Look of a busy conversation = %+v, %v, want 4 turns", v, err)
	}
}

func TestDueHidesNobody(t *testing.T) {
	t.Parallel()
	w := newWatch()
	s := quietStore(t, t.TempDir(), w)
	for i := range 10 {
		a := chat.Address{Channel: "shop", Peer: fmt.Sprint("p", i)}
		if _, err := s.Accept(t.Context(), chat.Message{ID: "m", From: a, Kind: chat.Said}, session.Terms{Post: true}); err != nil {
			t.Fatal(err)
		}
		w.advance(time.Second)
	}
	for _, want := range []string{"p0 p1 p2", "p9 p8 p7", "p0 p1 p2"} {
		all, err := s.Due(t.Context(), 3)
		var got []string
		for _, a := range all {
			got = append(got, a.Peer)
		}
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("Due(3) = %v, %v, want %s", got, err, want)
		}
	}
}

func TestTemporaryLeavesNothing(t *testing.T) {
	t.Parallel()
	s, err := Temporary(Options{})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(s.path)
	if err := judged(s, chat.Address{Channel: "shop", Peer: "p"}, "m", "hello"); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("Close = %v, want nil", err)
		}
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Stat(%s) after Close = %v, want that it is gone", dir, err)
	}
	if err := s.Ping(t.Context()); !errors.Is(err, errClosed) {
		t.Errorf("Ping after Close = %v, want %v", err, errClosed)
	}
}
