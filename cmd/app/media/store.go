package media

import (
	"context"
	"io"
	"time"

	"github.com/xianda-bot/xianda/chat"
)

// Store keeps contents with their descriptions. Its makers lie in store/; store/mediatest is their suite. Every method may be called
// concurrently and from any process. An id is 4 to 128 of [0-9a-z-] and does not begin with "-".
type Store interface {
	// Put keeps m and its content, body, under m.ID; the same id again replaces it. What cannot be read whole is not kept. It may block for
	// seconds, and is durable when it returns.
	Put(ctx context.Context, m chat.Media, body io.Reader) error
	// Open returns what was put under id, and when. The caller closes it; an error of reading says that it is not what was put.
	// fs.ErrNotExist: there is nothing.
	Open(ctx context.Context, id string) (m chat.Media, put time.Time, body io.ReadCloser, err error)
	// Forget removes everything whose id begins with prefix, of at least two characters. Nothing of that kind is no error.
	Forget(ctx context.Context, prefix string) error
	// Sweep removes what was put before t; n is how many.
	Sweep(ctx context.Context, t time.Time) (n int, err error)
}
