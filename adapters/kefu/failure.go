package kefu

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/adapters/internal/weixin"
	"github.com/xianda-bot/xianda/chat"
)

// code is the platform's errcode, 0 when it said none.
func code(err error) int {
	if e := (*weixin.Error)(nil); errors.As(err, &e) {
		return e.Code
	}
	return 0
}

// pause is how long the platform wants to be left alone after a call.
func pause(err error) time.Duration {
	switch code(err) {
	case 45009: // too many calls in a while
		return time.Minute
	case 45033: // too many at once
		return time.Second
	}
	return 0
}

// classify turns the error of a call into what the postman acts on. WeCom means other things by some codes than the rest of the family.
func classify(err error, now time.Time) *chat.Failure {
	if f := (*chat.Failure)(nil); errors.As(err, &f) {
		return f
	}
	f := weixin.Classify(err, now)
	f.Err = explained(err)
	switch code(err) {
	case 45009, 45033:
		f.Kind, f.Retry = chat.Rate, pause(err)
	case 48002, 60020, 95000, 95003, 95004, 95011, 95012, 95017: // the account's settings: keep, and alarm
		f.Kind = chat.Auth
	case 95001:
		f.Kind = chat.Exhausted
	case 95002:
		f.Kind = chat.Window
	}
	return f
}

// explained adds what the operator can do.
func explained(err error) error {
	if r := remedy(code(err)); r != "" {
		return fmt.Errorf("%w (%s)", err, r)
	}
	return err
}

func remedy(code int) string {
	switch code {
	case 40013:
		return "corp_id is wrong"
	case 48002:
		return "list the app under 微信客服 → 可调用接口的应用, and give it the account"
	case 60020:
		return "add this machine's address to the app's trusted addresses (企业可信IP)"
	case 95000, 95004:
		return "open_kfid is not an account of this corp"
	case 95003:
		return "the account serves as many people as an unverified corp may: have it verified"
	case 95011, 95012:
		return "secret is of the other mode of WeChat Kefu: use that of the app in WeCom"
	case 95017:
		return "have the account managed by API: 微信客服 → 客服账号 → 通过API管理"
	}
	return ""
}

// taken tells whether err says that a message with this id was taken before: then it needs no second attempt. The code is documented
// nowhere, so the text is asked; and what nobody answered an earlier attempt is believed to have arrived when the platform finds fault
// with the same message now.
func (a *Adapter) taken(err error, id string) bool {
	e := (*weixin.Error)(nil)
	if !errors.As(err, &e) || e.Code == 0 {
		return false
	}
	if e.Code == 40058 && a.doubt.has(id) {
		return true
	}
	text := strings.ToLower(e.Text)
	if !strings.Contains(text, "msgid") && !strings.Contains(text, "msg id") {
		return false
	}
	for _, word := range []string{"unique", "duplicate", "repeat", "exist", "重复"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// whyFailed is what a fail_type means for the house (path 94670).
func whyFailed(failType int) chat.FailureKind {
	switch failType {
	case 1, 2, 8, 11: // account deleted, app closed, corp unverified, nobody signed in to WeCom
		return chat.Auth
	case 4, 5: // 48 h are over, the session is
		return chat.Window
	case 6:
		return chat.Exhausted
	case 10:
		return chat.Blocked
	}
	return chat.Refused // 12 forbidden type, 13 security, 0 unknown, those of other products
}
