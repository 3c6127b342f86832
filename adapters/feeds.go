package adapters

import (
	"context"

	"github.com/xianda-bot/xianda/chat"
)

// Feeds keeps what was shown in conversations, for a messenger whose page we serve ourselves: any process can show it again, and is told
// of what another one adds. It has five methods because what is kept and who is told of it must be one promise. All may be called
// concurrently and from any process; those with a context block for no more than about three seconds.
type Feeds interface {
	// Append adds p behind the other posts. When a post with its key is kept already nothing changes and fresh is false. The oldest fall
	// out beyond the limits of chat.Post; what nobody added to for 30 days is forgotten, and so is what session.Store.Forget erases. A
	// body that is no JSON or longer than chat.MaxPostBody is refused.
	Append(ctx context.Context, to chat.Address, p chat.Post) (fresh bool, err error)
	// Withdraw takes a post back that turned out not to have happened. It is no error when there is none.
	Withdraw(ctx context.Context, to chat.Address, key string) error
	// Read returns the posts behind the one with key after, oldest first, but at most the last n of them. found is false when that one
	// is not kept: then, and when after is "", they are the last n of all.
	Read(ctx context.Context, to chat.Address, after string, n int) (posts []chat.Post, found bool, err error)
	// Watch returns a bell that rings until stop is called: with "" when the posts changed, with the word of a Ring. A change rings
	// mostly at once, and within two seconds though a notice is lost on its way. A bell that nobody listens to leaves words out, so
	// whoever hears any word reads again.
	Watch(to chat.Address) (bell <-chan string, stop func())
	// Ring tells those who watch a word that is not kept, such as "typing". It may be lost.
	Ring(ctx context.Context, to chat.Address, word string) error
}
