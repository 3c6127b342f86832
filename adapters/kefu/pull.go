package kefu

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/internal/weixin"
	"github.com/xianda-bot/xianda/chat"
)

const (
	lookEvery = 400 * time.Millisecond // at callbacks that other processes took
	pollEvery = 30 * time.Second       // without a callback; without its token the platform allows few calls a minute
	endFor    = 3 * time.Second        // for giving the lease back
	askFor    = 8 * time.Second        // for a page to come
	firstWait = 500 * time.Millisecond // after a pull that failed; then twice as long …
	mostWait  = 30 * time.Second       // … up to this
	// maxPage is how many items we ask for (the platform allows 1000): an answer of a thousand long texts would be more than we read.
	maxPage = 200
	// still is how often a page may bring us no further before we wait: has_more with an empty list is allowed, for ever is not.
	still = 5
)

// Ages beyond which nobody waits for an answer any more.
const (
	// history is what was said before an account was connected: on the first start, only the last minutes count.
	history = 10 * time.Minute
	// stale is what a house that stood still does not answer any more when it comes back.
	stale = 12 * time.Hour
)

var errStill = errors.New(syncPath + ": has_more, and nothing comes")

var errLost = errors.New("another process pulls")

// mark is how far an account was pulled, as the vault keeps it.
type mark struct {
	Cursor string `json:"cursor"`
	Since  int64  `json:"since"` // Unix seconds: what is older was there before the account was connected
}

// pull pulls while this process has the lease, and tries to get it while another one has.
func (a *Adapter) pull(ctx context.Context, in adapters.Inbox) {
	for ctx.Err() == nil {
		mine := false
		if a.lease.Free(ctx) {
			var err error
			if mine, err = a.lease.Take(ctx, nil); err != nil {
				a.trouble("lease", err)
			}
		}
		if !mine {
			a.rest(ctx, time.Second)
			continue
		}
		a.lead(ctx, in)
	}
}

// rest waits for a callback, but at most for d.
func (a *Adapter) rest(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-a.bells.bell:
	case <-t.C:
	case <-ctx.Done():
	}
}

// lead pulls as long as the lease is kept.
func (a *Adapter) lead(ctx context.Context, in adapters.Inbox) {
	defer func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), endFor)
		defer cancel()
		a.lease.Drop(last)
	}()
	ctx, cancel := context.WithCancel(ctx)
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		defer cancel()
		a.lease.Keep(ctx)
	}()
	defer func() { cancel(); <-kept }()

	p := &puller{a: a, in: in}
	next, wait := a.deps.Clock(), firstWait // what came while nobody pulled is fetched at once
	for ctx.Err() == nil {
		a.bells.look(ctx)
		now := a.deps.Clock()
		rings := a.bells.waits() && wait == firstWait || a.bells.armed() && p.tooBare
		if !rings && now.Before(next) {
			a.rest(ctx, min(lookEvery, next.Sub(now)))
			continue
		}
		err := p.all(ctx)
		now = a.deps.Clock()
		switch {
		case err == nil:
			next, wait = now.Add(pollEvery), firstWait
		case ctx.Err() != nil || errors.Is(err, errLost):
			return
		default:
			a.trouble("pull", err)
			next, wait = now.Add(max(wait, pause(err))), min(2*wait, mostWait)
		}
	}
}

// trouble tells the operator once in a while why messages stay away.
func (a *Adapter) trouble(what string, err error) {
	a.deps.Count.Count("kefu_trouble", a.name, what)
	if a.notes.First(what) {
		a.deps.Log.Warn("messages cannot be fetched; tried again (said once a minute)", "channel", a.name,
			"error", a.porch.Scrub(explained(err).Error()))
	}
}

// puller fetches page after page. It belongs to one goroutine.
type puller struct {
	a    *Adapter
	in   adapters.Inbox
	at   mark
	read bool // at is known
	size int  // items to ask for; less after an answer that could not be read
	// tooBare: the last call had no token and was one too many (45009); calls with a callback's token are counted apart.
	tooBare bool

	done map[string]bool      // accepted since at
	busy map[string]time.Time // since when the house has no room for it
}

// all fetches everything there is.
func (p *puller) all(ctx context.Context) error {
	if err := p.find(ctx); err != nil {
		return err
	}
	token := p.a.bells.answer()
	for idle := 0; ; {
		pg, err := p.page(ctx, &token)
		if err != nil {
			return err
		}
		if err := p.accept(ctx, pg.List); err != nil {
			return err
		}
		moved := pg.Next != "" && pg.Next != p.at.Cursor
		if moved {
			if err := p.save(ctx, mark{pg.Next, p.at.Since}); err != nil {
				return err
			}
		}
		switch {
		case pg.More == 0:
			return nil
		case !moved || len(pg.List) == 0:
			if idle++; idle > still {
				return errStill
			}
		default:
			idle = 0
		}
	}
}

// find reads how far we are. Nothing known is the first start, which is noted before anything is fetched.
func (p *puller) find(ctx context.Context) error {
	if p.read {
		return nil
	}
	kept, err := p.a.deps.Vault.Get(ctx, p.a.vaultKey("cursor", p.a.cfg.OpenKFID))
	if err != nil {
		return err
	}
	p.at, p.size = readMark(kept), maxPage
	if p.at.Since == 0 {
		if err := p.save(ctx, mark{"", p.a.deps.Clock().Add(-history).Unix()}); err != nil {
			return err
		}
	}
	p.read, p.done, p.busy = true, map[string]bool{}, map[string]time.Time{}
	return nil
}

// readMark reads what save kept; what cannot be read counts as nothing.
func readMark(kept string) (m mark) {
	if json.Unmarshal([]byte(kept), &m) != nil || m.Since < 0 || len(m.Cursor) > 64 {
		return mark{}
	}
	return m
}

// save keeps how far we are, unless another process pulls by now: it may be further.
func (p *puller) save(ctx context.Context, m mark) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	mine, err := p.a.lease.Take(ctx, func(ctx context.Context) error {
		return p.a.deps.Vault.Put(ctx, p.a.vaultKey("cursor", p.a.cfg.OpenKFID), string(b), 0)
	})
	switch {
	case err != nil:
		return err
	case !mine:
		return errLost
	}
	p.at, p.done, p.busy = m, map[string]bool{}, map[string]time.Time{}
	return nil
}

// page fetches the page behind where we are. A token that is refused is not used again; a cursor that is refused leads back to the
// beginning of what the platform keeps, where the house knows what it had already.
func (p *puller) page(ctx context.Context, token *string) (pg page, err error) {
	for {
		pg = page{}
		err = p.ask(ctx, *token, &pg)
		p.tooBare = *token == "" && code(err) == 45009
		e := (*weixin.Error)(nil)
		switch {
		case err == nil:
			p.size = min(maxPage, p.size+p.size/2+1)
			return pg, nil
		case !errors.As(err, &e):
			return pg, err
		case e.Code == 95007 && *token != "":
			p.a.bells.refused(*token)
			*token = ""
		case e.Code == 40058 && p.at.Cursor != "":
			p.a.deps.Log.Warn("the platform does not know our cursor any more: everything it keeps is read again", "channel", p.a.name)
			if err := p.save(ctx, mark{"", p.at.Since}); err != nil {
				return pg, err
			}
		case e.Garbled && p.size > 1:
			p.size /= 2
		default:
			return pg, err
		}
	}
}

// ask makes one call. It ends in time though nobody answers.
func (p *puller) ask(ctx context.Context, token string, into *page) error {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	return p.a.api.Call(ctx, syncPath, asked{Cursor: p.at.Cursor, Token: token, Limit: p.size, OpenKFID: p.a.cfg.OpenKFID}, into)
}

// worth tells whether somebody still waits for an answer to m.
func (p *puller) worth(m chat.Message, now time.Time) bool {
	return m.At.Unix() >= p.at.Since && now.Sub(m.At) < stale
}
