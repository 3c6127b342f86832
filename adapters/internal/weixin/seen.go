package weixin

import (
	"crypto/sha256"
	"strconv"
	"sync"
	"time"
)

// MaxSeen is how many pushes Seen remembers. Fresh pushes beyond it (870 a second for five minutes) displace the oldest.
const MaxSeen = 1 << 18

// Seen remembers which body came with a signed timestamp and nonce: the same body again is the platform's retry, another body is
// forged with a captured signature, for the signature of a plain push does not cover the body. It may be shared.
//
// A timestamp is accepted from Fresh before to Fresh after, so what is remembered until then (600 s at most) can never be replayed.
type Seen struct {
	mu      sync.Mutex // guards all below
	minutes map[int64]map[[16]byte][16]byte
	count   int
}

// Again remembers body for timestamp (Unix seconds) and nonce. ok is false if another body came with them before.
func (s *Seen) Again(now time.Time, timestamp int64, nonce string, body []byte) (ok bool) {
	k := digest([]byte(strconv.FormatInt(timestamp, 10) + "|" + nonce))
	v := digest(body)
	minute := timestamp / 60
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(now)
	if s.minutes == nil {
		s.minutes = map[int64]map[[16]byte][16]byte{}
	}
	m := s.minutes[minute]
	if m == nil {
		m = map[[16]byte][16]byte{}
		s.minutes[minute] = m
	}
	if had, found := m[k]; found {
		return had == v
	}
	m[k] = v
	s.count++
	return true
}

// forget drops the minutes that are no longer fresh, and the oldest one when there are too many.
func (s *Seen) forget(now time.Time) {
	oldest, full := int64(0), s.count >= MaxSeen
	for minute, m := range s.minutes {
		if now.Unix() > minute*60+59+int64(Fresh/time.Second) {
			s.count -= len(m)
			delete(s.minutes, minute)
		} else if oldest == 0 || minute < oldest {
			oldest = minute
		}
	}
	if full && s.count >= MaxSeen {
		s.count -= len(s.minutes[oldest])
		delete(s.minutes, oldest)
	}
}

func digest(b []byte) (d [16]byte) {
	sum := sha256.Sum256(b)
	copy(d[:], sum[:])
	return d
}
