package adapterstest

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
)

// FeedHarness is one maker's feeds, empty.
type FeedHarness struct {
	Feeds adapters.Feeds
	// Second are the same feeds as another process has them; nil when there can be one process only.
	Second adapters.Feeds
	// Reopen closes Feeds without ceremony and opens them again; nil: nothing survives.
	Reopen func() adapters.Feeds
	// Forget erases a conversation in the store that keeps the feeds.
	Forget func(a chat.Address)
	// Advance moves the maker's clock; nil: nothing in it grows old.
	Advance func(d time.Duration)
}

// bellWithin is what a bell promises.
const bellWithin = 2 * time.Second

// RunFeeds checks every promise of adapters.Feeds on what open returns, a fresh one for each check.
func RunFeeds(t *testing.T, open func(t *testing.T) FeedHarness) {
	t.Helper()
	for _, c := range []struct {
		name  string
		check func(*feedRoom)
	}{
		{"posts keep their order", checkFeedOrder},
		{"a key is shown once", checkFeedOnce},
		{"many append at once", checkFeedCallers},
		{"reading goes on behind a post", checkFeedAfter},
		{"the number of posts is bounded", checkFeedPosts},
		{"the bytes of posts are bounded", checkFeedBytes},
		{"what is no post is refused", checkFeedRefused},
		{"a post is taken back", checkFeedWithdraw},
		{"conversations are apart", checkFeedApart},
		{"bells ring", checkFeedBells},
		{"a forgotten conversation has no posts", checkFeedForget},
		{"posts grow old", checkFeedAge},
		{"posts survive", checkFeedReopen},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := open(t)
			if h.Feeds == nil || h.Forget == nil {
				t.Fatal("the harness needs Feeds and Forget")
			}
			c.check(&feedRoom{T: t, FeedHarness: h, a: chat.Address{Channel: "site", Peer: "w|百%7C分", Thread: "x:{1}"}})
		})
	}
}

// feedRoom is one check under way.
type feedRoom struct {
	*testing.T
	FeedHarness
	a chat.Address
}

func post(key, text string) chat.Post {
	body, _ := json.Marshal(text) // a string is always JSON
	return chat.Post{Key: key, Body: body, At: time.UnixMilli(1764144000123).UTC()}
}

func (r *feedRoom) append(f adapters.Feeds, p chat.Post, want bool) {
	r.Helper()
	if fresh, err := f.Append(r.Context(), r.a, p); err != nil || fresh != want {
		r.Errorf("Append(%s) = %t, %v, want %t", p.Key, fresh, err, want)
	}
}

// read compares the keys that are read with want, "a b c".
func (r *feedRoom) read(f adapters.Feeds, after string, n int, want string, wantFound bool) []chat.Post {
	r.Helper()
	posts, found, err := f.Read(r.Context(), r.a, after, n)
	var keys []string
	for _, p := range posts {
		keys = append(keys, p.Key)
	}
	if got := strings.Join(keys, " "); err != nil || got != want || found != wantFound {
		r.Errorf("Read(after %q, %d) = %q, %t, %v, want %q, %t", after, n, got, found, err, want, wantFound)
	}
	return posts
}

// other are the feeds of another process, or the same ones.
func (r *feedRoom) other() adapters.Feeds {
	if r.Second != nil {
		return r.Second
	}
	return r.Feeds
}

func checkFeedOrder(r *feedRoom) {
	r.read(r.Feeds, "", 10, "", false)
	all := []chat.Post{post("a", "第一句 \x00 \u2028 </script>"), post("b", "👨\u200d👩\u200d👧"), {Key: "c", Body: json.RawMessage(`{"n":12345678901234567890,"f":1.0,"e":[]}`), At: time.UnixMilli(1).UTC()}}
	for i, p := range all {
		r.append([]adapters.Feeds{r.Feeds, r.other()}[i%2], p, true)
	}
	if d := cmp.Diff(all, r.read(r.other(), "", 10, "a b c", false)); d != "" {
		r.Errorf("posts changed on their way (-appended +read)\n%s", d)
	}
}

func checkFeedOnce(r *feedRoom) {
	r.append(r.Feeds, post("a", "一"), true)
	r.append(r.other(), post("b", "二"), true)
	r.append(r.other(), post("a", "另一句"), false)
	got := r.read(r.Feeds, "", 10, "a b", false)
	if len(got) == 2 && string(got[0].Body) != `"一"` {
		r.Errorf("the second Append of a key changed the post to %s", got[0].Body)
	}
}

func checkFeedCallers(r *feedRoom) {
	const callers, keys = 8, 10
	var wait sync.WaitGroup
	var mu sync.Mutex
	fresh := map[string]int{}
	for c := range callers {
		wait.Go(func() {
			for k := range keys {
				key := fmt.Sprint("k", k)
				ok, err := []adapters.Feeds{r.Feeds, r.other()}[c%2].Append(r.Context(), r.a, post(key, key))
				if err != nil {
					r.Errorf("Append(%s) = %v", key, err)
				}
				if ok {
					mu.Lock()
					fresh[key]++
					mu.Unlock()
				}
			}
		})
	}
	wait.Wait()
	for k := range keys {
		if n := fresh[fmt.Sprint("k", k)]; n != 1 {
			r.Errorf("%d of %d callers appended k%d, want one", n, callers, k)
		}
	}
	if posts, _, err := r.Feeds.Read(r.Context(), r.a, "", 100); err != nil || len(posts) != keys {
		r.Errorf("Read = %d posts, %v, want %d", len(posts), err, keys)
	}
}

func checkFeedAfter(r *feedRoom) {
	for _, k := range []string{"a", "b", "c", "d"} {
		r.append(r.Feeds, post(k, k), true)
	}
	r.read(r.Feeds, "b", 10, "c d", true)
	r.read(r.Feeds, "d", 10, "", true)
	r.read(r.Feeds, "a", 2, "c d", true) // the last two of three
	r.read(r.Feeds, "", 2, "c d", false)
	r.read(r.Feeds, "never", 10, "a b c d", false)
}

func checkFeedPosts(r *feedRoom) {
	for i := range chat.MaxPosts + 5 {
		r.append(r.Feeds, post(fmt.Sprint("k", i), "一"), true)
	}
	posts, found, err := r.Feeds.Read(r.Context(), r.a, "k3", 10*chat.MaxPosts)
	if err != nil || found || len(posts) != chat.MaxPosts || posts[0].Key != "k5" {
		r.Errorf("Read behind what fell out = %d posts, %t, %v, want %d that begin with k5", len(posts), found, err, chat.MaxPosts)
	}
}

func checkFeedBytes(r *feedRoom) {
	const size = 40 << 10
	for i := range 10 {
		r.append(r.Feeds, post(fmt.Sprint("k", i), strings.Repeat("x", size)), true)
	}
	posts, _, err := r.Feeds.Read(r.Context(), r.a, "", 100)
	total := 0
	for _, p := range posts {
		total += len(p.Body)
	}
	if err != nil || total > chat.MaxPostBytes || len(posts) != chat.MaxPostBytes/size || posts[len(posts)-1].Key != "k9" {
		r.Errorf("Read = %d posts of %d bytes, %v, want the last %d", len(posts), total, err, chat.MaxPostBytes/size)
	}
}

func checkFeedRefused(r *feedRoom) {
	for name, body := range map[string]string{"empty": "", "no JSON": "{", "too long": `"` + strings.Repeat("x", chat.MaxPostBody) + `"`} {
		if _, err := r.Feeds.Append(r.Context(), r.a, chat.Post{Key: "k", Body: json.RawMessage(body)}); err == nil {
			r.Errorf("Append of a body that is %s = nil, want an error", name)
		}
	}
	r.read(r.Feeds, "", 10, "", false)
}

func checkFeedWithdraw(r *feedRoom) {
	for _, k := range []string{"a", "b", "c"} {
		r.append(r.Feeds, post(k, k), true)
	}
	for range 2 { // the second time there is none
		if err := r.other().Withdraw(r.Context(), r.a, "b"); err != nil {
			r.Errorf("Withdraw = %v", err)
		}
	}
	r.read(r.Feeds, "a", 10, "c", true)
	r.read(r.Feeds, "b", 10, "a c", false)
	r.append(r.Feeds, post("b", "again"), true)
	r.read(r.Feeds, "", 10, "a c b", false)
}

func checkFeedApart(r *feedRoom) {
	r.append(r.Feeds, post("a", "一"), true)
	mine := r.a
	for _, a := range []chat.Address{{Channel: "site", Peer: "w"}, {Channel: "site", Peer: mine.Peer}, {Channel: "other", Peer: mine.Peer, Thread: mine.Thread}, {Channel: "site", Peer: mine.Peer, Thread: mine.Thread + "2"}} {
		r.a = a
		r.read(r.Feeds, "", 10, "", false)
		r.append(r.Feeds, post("a", "二"), true)
	}
	r.a = mine
	r.read(r.Feeds, "", 10, "a", false)
}

// hears waits for a word at bell.
func (r *feedRoom) hears(bell <-chan string, want string) {
	r.Helper()
	late := time.NewTimer(bellWithin + 8*time.Second) // the machine may be busy; what is lost never rings
	defer late.Stop()
	for {
		select {
		case got := <-bell:
			if got == want {
				return
			}
		case <-late.C:
			r.Fatalf("the bell did not ring with %q", want)
		}
	}
}

func checkFeedBells(r *feedRoom) {
	bell, stop := r.Feeds.Watch(r.a)
	defer stop()
	second, stopSecond := r.other().Watch(r.a)
	r.append(r.other(), post("a", "一"), true)
	r.hears(bell, "")
	r.hears(second, "")
	// A word may be lost while bells are being hung up, so it is said until it is heard.
	for heard := false; !heard; {
		if err := r.other().Ring(r.Context(), r.a, "typing"); err != nil {
			r.Fatalf("Ring = %v", err)
		}
		select {
		case got := <-bell:
			heard = got == "typing"
		case <-time.After(100 * time.Millisecond):
		case <-r.Context().Done():
			r.Fatal("Ring was never heard")
		}
	}
	stopSecond()
	r.append(r.Feeds, post("b", "二"), true)
	r.hears(bell, "")
	r.read(r.Feeds, "a", 10, "b", true)
}

func checkFeedForget(r *feedRoom) {
	r.append(r.Feeds, post("a", "一"), true)
	bell, stop := r.other().Watch(r.a)
	defer stop()
	r.Forget(r.a)
	r.hears(bell, "")
	r.read(r.Feeds, "a", 10, "", false)
	r.append(r.Feeds, post("a", "二"), true)
	r.read(r.other(), "", 10, "a", false)
}

func checkFeedAge(r *feedRoom) {
	if r.Advance == nil {
		r.Skip("the harness has no Advance: nothing grows old")
	}
	r.append(r.Feeds, post("a", "一"), true)
	r.Advance(20 * 24 * time.Hour)
	r.append(r.Feeds, post("b", "二"), true)
	r.Advance(20 * 24 * time.Hour)
	r.read(r.Feeds, "", 10, "a b", false) // it was added to meanwhile
	r.Advance(11 * 24 * time.Hour)
	r.read(r.Feeds, "", 10, "", false)
	r.append(r.Feeds, post("a", "三"), true)
	r.read(r.Feeds, "", 10, "a", false)
}

func checkFeedReopen(r *feedRoom) {
	if r.Reopen == nil {
		r.Skip("the harness has no Reopen: nothing survives")
	}
	r.append(r.Feeds, post("a", "一"), true)
	r.append(r.Feeds, post("b", "二"), true)
	again := r.Reopen()
	r.read(again, "a", 10, "b", true)
	r.append(again, post("b", "二"), false)
	r.append(again, post("c", "三"), true)
	r.read(again, "", 10, "a b c", false)
}
