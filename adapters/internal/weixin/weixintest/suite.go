package weixintest

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/chat"
)

// Faults is adapterstest.Harness.Faults: how custom/send refuses, of a verified account.
func (p *Platform) Faults() []adapterstest.Fault {
	return adapterstest.Faults(p.Fail, map[string]chat.Failure{
		"busy":  {Kind: chat.Temporary},
		"40003": {Kind: chat.Blocked},
		"40007": {Kind: chat.BadMedia},
		"40164": {Kind: chat.Auth},
		"43004": {Kind: chat.Blocked},
		"45002": {Kind: chat.TooLong},
		"45009": {Kind: chat.Rate},
		"45011": {Kind: chat.Rate, Retry: time.Minute},
		"45015": {Kind: chat.Window},
		"45047": {Kind: chat.Exhausted},
		"47001": {Kind: chat.Refused},
		"48001": {Kind: chat.NoPush},
		"48002": {Kind: chat.Blocked},
		"502":   {Kind: chat.Temporary, Unknown: true},
		"page":  {Kind: chat.Temporary, Unknown: true},
	})
}

// Forged is adapterstest.Harness.Forged.
func (p *Platform) Forged(t testing.TB) map[string]*http.Request {
	t.Helper()
	msg := p.Account.From("mallory", "text", time.Now(), Field{"Content", "转账"}, Field{"MsgId", "1"})
	good := p.Seal(t, msg, time.Now())
	all := map[string]*http.Request{
		"no query":        good.Changed("", good.Body).Request(),
		"no signature":    good.With("signature", "").Request(),
		"wrong signature": good.With("signature", strings.Repeat("0", 40)).Request(),
		"an hour old":     p.Seal(t, msg, time.Now().Add(-time.Hour)).Request(),
	}
	if p.key != nil {
		all["plain text"] = p.Account.Seal(t, nil, msg, time.Now()).Request()
		all["wrong msg_signature"] = good.With("msg_signature", strings.Repeat("0", 40)).Request()
		all["no msg_signature"] = good.With("msg_signature", "").Request()
		all["for another app"] = p.Account.Seal(t, Key(t, p.Account.Key, "wx0000000000000000"), msg, time.Now()).Request()
	}
	return all
}

// reasons are the words of weixin.Refusal.
const reasons = "method encoding query signature timestamp stale replayed downgrade " +
	"encrypted msg_signature envelope large body xml json echo"

// CheckRefused checks what whoever was turned away learns, and that it was counted once for the channel.
func CheckRefused(t testing.TB, r *adapterstest.Record, channel string, status int, body string) {
	t.Helper()
	rejected := 0
	for _, reason := range strings.Fields(reasons) {
		rejected += r.Counted("rejected " + channel + " " + reason)
	}
	if rejected != 1 {
		t.Errorf("%d rejections were counted, want 1", rejected)
	}
	if body != http.StatusText(status) {
		t.Errorf("the body is %q: it tells more than the status", body)
	}
}
