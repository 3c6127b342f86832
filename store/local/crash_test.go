package local

import (
	"bufio"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

const (
	childFolder = "XIANDA_LOCAL_TEST_CHILD"
	childClock  = "XIANDA_LOCAL_TEST_CLOCK" // how far its clock is ahead, so that the leases of the process before ran out
)

// TestMain lets the test binary play the process that is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		child(dir)
		return
	}
	os.Exit(m.Run())
}

// child judges turns and writes a line for each thing that it would have acknowledged, until it is killed.
func child(dir string) {
	ahead, err := time.ParseDuration(os.Getenv(childClock))
	if err != nil {
		fmt.Println("error", err)
		return
	}
	s, err := Open(dir, Options{Clock: func() time.Time { return time.Now().Add(ahead) }})
	if err != nil {
		fmt.Println("error", err)
		return
	}
	lines := make(chan string)
	for caller := range 4 {
		go func() {
			a := chat.Address{Channel: "shop", Peer: "p" + strconv.Itoa(caller)}
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d-%d", os.Getpid(), caller, i)
				m := chat.Message{ID: "post-" + id, Kind: chat.Said, From: a, Text: "hello"}
				if i%3 == 0 {
					if _, err := s.Accept(ctx0(), m, session.Terms{Post: true}); err == nil {
						lines <- "accepted " + a.Peer + " " + m.ID
					} else if !errors.Is(err, chat.ErrBusy) {
						lines <- "error " + err.Error()
					}
				}
				m.ID, m.ReplyBy = "ask-"+id, time.Now().Add(24*time.Hour)
				got, err := s.Accept(ctx0(), m, session.Terms{})
				if err != nil {
					if !errors.Is(err, chat.ErrBusy) {
						lines <- "error " + err.Error()
					}
				}
				c := got.Claim
				if c == nil {
					c, _ = s.Take(ctx0(), a)
				}
				for c != nil {
					next := c.Session
					next.Turn++
					next.Chain = session.Next(next.Chain, c.Message.ID)
					done, err := s.Commit(ctx0(), c, session.Outcome{Session: next, Ledger: [][]byte{[]byte(c.Message.ID)}})
					if err != nil {
						lines <- "error " + err.Error()
						break
					}
					lines <- fmt.Sprintf("committed %s %s %d", a.Peer, c.Message.ID, next.Turn)
					c = done.Next
				}
			}
		}()
	}
	for l := range lines {
		fmt.Println(l)
	}
}

// TestKill kills the process at random instants: what it would have acknowledged is there, and sessions never go back.
func TestKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	accepted, turns := map[string]string{}, map[string]int{} // delivery → peer; peer → turns
	committed := map[string]bool{}
	for round := range 25 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
		cmd.Env = append(os.Environ(), childFolder+"="+dir, childClock+"="+(time.Duration(round)*time.Minute).String())
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		enough := rand.IntN(200) + 1
		for in := bufio.NewScanner(out); in.Scan(); {
			f := strings.Fields(in.Text())
			switch f[0] {
			case "accepted":
				accepted[f[2]] = f[1]
			case "committed":
				n, _ := strconv.Atoi(f[3])
				if n <= turns[f[1]] {
					t.Errorf("round %d: a turn of %s has number %d after %d, want it to grow", round, f[1], n, turns[f[1]])
				}
				turns[f[1]], committed[f[2]] = n, true
			case "error":
				t.Errorf("round %d: the process reported %q", round, in.Text())
			}
			if enough--; enough == 0 {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait()
	}
	w := newWatch()
	w.at = time.Now().Add(time.Hour) // every lease ran out
	s := opened(t, dir, Options{Clock: w.now})
	for _, peer := range slices.Sorted(maps.Keys(turns)) {
		a := chat.Address{Channel: "shop", Peer: peer}
		v, err := s.Look(t.Context(), a)
		if err != nil || v.Session.Turn < turns[peer] {
			t.Errorf("%s after the kills: %+v, %v, want at least %d turns", peer, v, err, turns[peer])
		}
		for c, err := s.Take(t.Context(), a); c != nil || err != nil; {
			if err != nil {
				t.Fatal(err)
			}
			done, err := s.Commit(t.Context(), c, session.Outcome{Session: c.Session, Ledger: [][]byte{[]byte(c.Message.ID)}})
			if err != nil {
				t.Fatal(err)
			}
			c = done.Next
		}
	}
	ledger, err := s.Ledger(t.Context(), maxLedger)
	if err != nil {
		t.Fatal(err)
	}
	judged := map[string]int{}
	for _, id := range ledger {
		if judged[string(id)]++; judged[string(id)] > 1 {
			t.Errorf("%s was judged %d times, want once", id, judged[string(id)])
		}
	}
	for id, peer := range accepted {
		if judged[id] == 0 {
			t.Errorf("the accepted message %s of %s got no turn", id, peer)
		}
	}
	for id := range committed {
		if judged[id] == 0 {
			t.Errorf("the committed turn of %s is gone", id)
		}
	}
	if len(accepted) == 0 || len(committed) == 0 {
		t.Errorf("%d accepted and %d committed, want some", len(accepted), len(committed))
	}
}

// copyStore copies the files of a store that nothing writes just now.
func copyStore(t *testing.T, from string) string {
	t.Helper()
	to := t.TempDir()
	for _, name := range []string{databaseName, journalName} {
		b, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

func ask(a chat.Address, id string, now time.Time) chat.Message {
	return chat.Message{ID: id, Kind: chat.Said, From: a, Text: "text of " + id, ReplyBy: now.Add(4500 * time.Millisecond)}
}

// quietStore is a store whose keeper does not write, so that the journal stays as operations made it.
func quietStore(t *testing.T, dir string, w *watch) *Store {
	t.Helper()
	s := opened(t, dir, Options{Clock: w.now})
	close(s.stop)
	<-s.kept
	s.stop, s.kept = make(chan struct{}), make(chan struct{})
	close(s.kept)
	return s
}

func TestJournalTornAtEveryByte(t *testing.T) {
	t.Parallel()
	w, dir := newWatch(), t.TempDir()
	s := quietStore(t, dir, w)
	a := chat.Address{Channel: "shop", Peer: "p"}
	var ends []int64 // of the journal after each message
	for i := range 3 {
		if _, err := s.Accept(t.Context(), ask(a, fmt.Sprint("m", i), w.now()), session.Terms{}); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, s.log.size)
	}
	if err := s.end(false); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(dir, journalName))
	if err != nil {
		t.Fatal(err)
	}
	copied := copyStore(t, dir)
	db, err := os.ReadFile(filepath.Join(dir, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(whole) + 1 {
		if err := os.WriteFile(filepath.Join(copied, databaseName), db, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(copied, journalName), whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := open(copied, Options{Clock: w.now}, true)
		if err != nil {
			t.Fatalf("Open with %d of %d bytes of the journal = %v, want nil", cut, len(whole), err)
		}
		want := 0
		for _, end := range ends {
			if int64(cut) >= end {
				want++
			}
		}
		got := 0
		if v, err := s.Look(t.Context(), a); err == nil {
			got = v.Mailbox
		}
		if got != want {
			t.Errorf("with %d of %d bytes of the journal the mailbox holds %d, want %d", cut, len(whole), got, want)
		}
		if err := s.end(false); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatSurvives(t *testing.T) {
	t.Parallel()
	w, dir := newWatch(), t.TempDir()
	s := quietStore(t, dir, w)
	asked, posted := chat.Address{Channel: "shop", Peer: "asked"}, chat.Address{Channel: "shop", Peer: "posted"}
	if _, err := s.Accept(t.Context(), ask(asked, "m", w.now()), session.Terms{}); err != nil {
		t.Fatal(err)
	}
	m := ask(posted, "m", w.now())
	m.ReplyBy = time.Time{}
	if _, err := s.Accept(t.Context(), m, session.Terms{}); err != nil {
		t.Fatal(err)
	}
	if err := s.end(false); err != nil {
		t.Fatal(err)
	}
	machine := copyStore(t, dir)
	if err := os.Remove(filepath.Join(machine, journalName)); err != nil { // an unsynced file may be lost with the machine
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, dir string
		a         chat.Address
		want      error
	}{
		{"process died, answered within its request", dir, asked, nil},
		{"process died, acknowledged at once", dir, posted, nil},
		{"machine died, answered within its request", machine, asked, session.ErrUnknown},
		{"machine died, acknowledged at once", machine, posted, nil},
	} {
		s := opened(t, tt.dir, Options{Clock: w.now})
		if _, err := s.Look(t.Context(), tt.a); !errors.Is(err, tt.want) {
			t.Errorf("%s: Look = %v, want %v", tt.name, err, tt.want)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAttemptsAreCountedOverDeaths(t *testing.T) {
	t.Parallel()
	w, dir := newWatch(), t.TempDir()
	a := chat.Address{Channel: "shop", Peer: "p"}
	s := opened(t, dir, Options{Clock: w.now})
	if _, err := s.Accept(t.Context(), ask(a, "poison", w.now()), session.Terms{}); err != nil {
		t.Fatal(err)
	}
	for want := 1; want <= session.MaxTries; want++ {
		if err := s.end(false); err != nil {
			t.Fatal(err)
		}
		s = opened(t, dir, Options{Clock: w.now})
		w.advance(session.Lease + time.Second)
		due, err := s.Due(t.Context(), 10)
		if err != nil || len(due) != 1 {
			t.Fatalf("Due after death %d = %v, %v, want the conversation", want, due, err)
		}
		c, err := s.Take(t.Context(), a)
		if err != nil || c == nil || c.Tries != want {
			t.Fatalf("Take after death %d = %+v, %v, want a claim with as many tries", want, c, err)
		}
	}
}

func TestForgottenStaysForgotten(t *testing.T) {
	t.Parallel()
	w, dir := newWatch(), t.TempDir()
	a := chat.Address{Channel: "shop", Peer: "forget-me"}
	s := quietStore(t, dir, w)
	got, err := s.Accept(t.Context(), ask(a, "canary-1", w.now()), session.Terms{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Forget(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(t.Context(), got.Claim, session.Outcome{}); !errors.Is(err, session.ErrLost) {
		t.Errorf("Commit of a forgotten conversation = %v, want ErrLost", err)
	}
	journal, err := os.ReadFile(filepath.Join(dir, journalName))
	if err != nil || strings.Contains(string(journal), "canary") {
		t.Errorf("the journal after Forget = %q, %v, want nothing of the person", journal, err)
	}
	if err := s.end(false); err != nil {
		t.Fatal(err)
	}
	s = opened(t, dir, Options{Clock: w.now})
	if v, err := s.Look(t.Context(), a); !errors.Is(err, session.ErrUnknown) {
		t.Errorf("Look after Forget and a death = %+v, %v, want ErrUnknown", v, err)
	}
	again, err := s.Accept(t.Context(), ask(a, "canary-1", w.now()), session.Terms{})
	if err != nil || again.Claim == nil || again.Claim.Token <= got.Claim.Token {
		t.Errorf("Accept afterwards = %+v, %v, want a claim with a greater token than %s", again, err, got.Claim.Token)
	}
}
