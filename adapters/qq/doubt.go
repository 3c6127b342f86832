package qq

import (
	"context"
	"encoding/json"
	"time"

	"github.com/xianda-bot/xianda/chat"
)

// doubtTime bounds the note of an attempt whose own time is over.
const doubtTime = time.Second

// doubt remembers what a reply answered when nobody heard what became of it. The platform knows a message again by msg_id and msg_seq
// together, and until the next attempt the person may have written, which brings another msg_id. It is in the vault, because any process
// may make that attempt; a vault that fails costs a message shown twice, no more.
type doubt struct {
	a   *Adapter
	key string
	why reason // of the earlier attempt; zero when there was none
	raw string // as kept
}

// doubt looks whether an earlier attempt at the reply key is in doubt.
func (a *Adapter) doubt(ctx context.Context, to chat.Address, key string) doubt {
	d := doubt{a: a, key: "qq/doubt/" + a.cfg.AppID + "/" + digest(to.Peer, to.Thread, key)}
	raw, err := a.deps.Vault.Get(ctx, d.key)
	if err == nil && raw != "" && json.Unmarshal([]byte(raw), &d.why) == nil {
		d.raw = raw
	}
	return d
}

// known tells whether there was an earlier attempt.
func (d *doubt) known() bool { return d.raw != "" }

// add notes that an attempt which answered why is in doubt.
func (d *doubt) add(ctx context.Context, why reason) {
	b, err := json.Marshal(why)
	if err != nil {
		return // two strings: it does not happen
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), doubtTime)
	defer cancel()
	_ = d.a.deps.Vault.Put(ctx, d.key, string(b), privateWindow) // as doubt says
}

// end forgets the earlier attempt.
func (d *doubt) end(ctx context.Context) {
	if d.known() {
		_ = d.a.deps.Vault.Drop(ctx, d.key, d.raw) // it ends by itself
	}
}
