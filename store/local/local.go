// Package local is the embedded default store: every contract that needs keeping, durable in one bbolt file of one process, no server.
// It makes no decisions of its own, shares nothing with another process and copies nothing elsewhere.
package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/chat/bells"
	"github.com/xianda-bot/xianda/dialog/session"
	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

var _ session.Store = (*Store)(nil)

// Options of a Store. Every field may be left out.
type Options struct {
	Clock  func() time.Time // default time.Now; the clock of every promise
	Log    *slog.Logger     // default: discards
	Loaded int              // conversations kept in memory when nobody uses them; default 1024
}

// Store keeps everything in one folder. It is safe for concurrent use; one process has it open.
type Store struct {
	o      Options
	path   string // of the database
	remove string // folder that Close removes; empty: none
	noSync bool
	db     *bolt.DB
	log    *journal
	writes chan *write
	locks  leases
	bells  bells.Bells

	mu     sync.Mutex // guards closed, and under.Add against under.Wait
	closed bool
	under  sync.WaitGroup // operations under way

	cache cache
	looks atomic.Uint64 // at what is due

	learned learnedNames // of the writer
	numbers numberer
	stop    chan struct{} // ends the keeper
	kept    chan struct{} // the keeper ended
	written chan struct{} // the writer ended
}

// errClosed is what every method returns after Close.
var errClosed = errors.New("local store: closed")

// The files of a store.
const (
	databaseName = "xianda.db"
	journalName  = "xianda.journal"
)

// Open opens the store in dir, which it makes if need be. It fails within about a second when another process has it open, and
// with *DamagedError when what it finds cannot be trusted.
func Open(dir string, o Options) (*Store, error) { return open(dir, o, false) }

// Temporary opens a store in a fresh folder, which Close removes. It never waits for the disk.
func Temporary(o Options) (*Store, error) {
	dir, err := os.MkdirTemp("", "xianda-")
	if err != nil {
		return nil, fmt.Errorf("local store: %w", err)
	}
	s, err := open(dir, o, true)
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	s.remove = dir
	return s, nil
}

func open(dir string, o Options, noSync bool) (*Store, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Loaded <= 0 {
		o.Loaded = 1024
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("local store: %w", err)
	}
	s := &Store{
		o: o, path: filepath.Join(dir, databaseName), noSync: noSync, writes: make(chan *write, maxGroup),
		stop: make(chan struct{}), kept: make(chan struct{}), written: make(chan struct{}),
	}
	s.cache.init(o.Loaded)
	if err := s.openDatabase(); err != nil {
		return nil, err
	}
	if err := s.begin(filepath.Join(dir, journalName)); err != nil {
		_ = s.db.Close()
		return nil, err
	}
	go s.writer()
	go s.keeper()
	return s, nil
}

// lockWithin is how long Open waits for another process to end.
const lockWithin = time.Second

// openDatabase looks at the whole file read-only before it is opened for writing: what opening a damaged file for writing would leave
// behind, a lock included, could not be taken back.
func (s *Store) openDatabase() error {
	if info, err := os.Stat(s.path); err == nil && info.Size() > 0 {
		if err := s.openFile(bolt.Options{ReadOnly: true}); err != nil {
			return err
		}
		err := s.check()
		if closing := s.db.Close(); err == nil {
			err = closing
		}
		if err != nil {
			return &DamagedError{Path: s.path, What: "the database", Err: err}
		}
	}
	return s.openFile(bolt.Options{NoSync: s.noSync, FreelistType: bolt.FreelistMapType})
}

func (s *Store) openFile(o bolt.Options) error {
	o.Timeout = lockWithin
	err := guarded(func() (err error) {
		s.db, err = bolt.Open(s.path, 0o600, &o)
		return err
	})
	var path *fs.PathError
	var errno syscall.Errno
	switch {
	case err == nil:
		return nil
	case errors.Is(err, bolterrors.ErrTimeout):
		return fmt.Errorf("local store %s: another process has it open: ask the running server through the admin API (admin.listen), or stop it", s.path)
	case errors.As(err, &path), errors.As(err, &errno):
		return fmt.Errorf("local store %s: %w", s.path, err)
	}
	return &DamagedError{Path: s.path, What: "the database", Err: err}
}

// begin makes the buckets, replays the journal and empties it.
func (s *Store) begin(path string) error {
	var records []record
	var err error
	if s.log, records, err = openJournal(path); err != nil {
		return err
	}
	err = s.db.Update(func(tx *bolt.Tx) error {
		for _, name := range buckets {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		start := max(uint64(s.o.Clock().UnixMicro()), readNumber(tx)) + numberGap
		for _, r := range records {
			start = max(start, r.N+numbers)
		}
		s.numbers.last.Store(start)
		if err := s.replay(tx, records); err != nil {
			return err
		}
		return writeNumber(tx, start)
	})
	if err != nil {
		return fmt.Errorf("local store %s: %w", s.path, err)
	}
	return s.log.purge()
}

// replay applies what the journal has beyond the database.
func (s *Store) replay(tx *bolt.Tx, records []record) error {
	loaded := map[chat.Address]*entry{}
	var order []*entry
	for _, r := range records {
		e := loaded[r.To]
		if e == nil {
			e = &entry{address: r.To, key: []byte(r.To.String())}
			if err := s.read(tx, e); err != nil {
				return err
			}
			loaded[r.To] = e
			order = append(order, e)
		}
		if r.Rev != e.c.Rev+1 {
			if r.Rev > e.c.Rev {
				s.o.Log.Warn("the journal has a gap", "path", s.log.path, "conversation", name(r.To))
			}
			continue
		}
		if err := r.apply(e.c); err != nil {
			s.o.Log.Warn("the journal holds what cannot be done again", "path", s.log.path, "conversation", name(r.To), "error", err)
			continue
		}
		e.c.Rev = r.Rev
	}
	for _, e := range order {
		if !e.c.exists() {
			continue
		}
		w, err := s.prepare(e)
		if err != nil {
			return err
		}
		if err := w.apply(tx); err != nil {
			return err
		}
	}
	return nil
}

// Ping writes something small and waits until it is on disk.
func (s *Store) Ping(ctx context.Context) error {
	return s.update(ctx, func(tx *bolt.Tx) error { return writeNumber(tx, s.numbers.last.Load()) })
}

// Close ends what is under way and closes the files. Closing twice is no error.
func (s *Store) Close() error { return s.end(true) }

// end closes the files; without tidy they are left as the death of the process would leave them.
func (s *Store) end(tidy bool) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	s.under.Wait()
	close(s.stop)
	<-s.kept
	var errs []error
	if tidy {
		errs = append(errs, s.flush())
	}
	close(s.writes)
	<-s.written
	errs = append(errs, s.log.close(), s.db.Close())
	if s.remove != "" {
		errs = append(errs, os.RemoveAll(s.remove))
	}
	return errors.Join(errs...)
}

// enter begins an operation; leave ends it.
func (s *Store) enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed
	}
	s.under.Add(1)
	return nil
}

func (s *Store) leave() { s.under.Done() }

// now is the store's clock.
func (s *Store) now() int64 { return s.o.Clock().UnixMilli() }
