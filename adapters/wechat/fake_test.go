package wechat

import (
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/wechat/wechattest"
)

// What a rotation leaves behind. The other secrets are those of wechattest.
const (
	testOldToken = "canarytoken0"
	testOldKey   = "canaryoldABCDEFGHIJKLMNOPQRSTUVWXYZ01234567"
)

var testAccount = wechattest.Account()

type field = wechattest.Field

// from begins a push of person.
func from(person, kind string, at time.Time, more ...field) []byte {
	return testAccount.From(person, kind, at, more...)
}

func newPlatform(t testing.TB, safe bool) *wechattest.Platform {
	t.Helper()
	if safe {
		return wechattest.New(t)
	}
	return wechattest.NewPlain(t)
}

// section is a channel's configuration; safe accounts have a key.
func section(safe, verified bool, menus string) Section {
	s := Section{AppID: testAccount.App, AppSecret: testAccount.Secret, Token: testAccount.Token, Verified: verified, Menus: menus, APIBase: "https://api.weixin.qq.com"}
	if safe {
		s.AESKey = testAccount.Key
	}
	return s
}

func mustNew(t testing.TB, s Section, d adapters.Deps) *Adapter {
	t.Helper()
	a, err := New("shop", adapterstest.Decode(s), d)
	if err != nil {
		t.Fatal(err)
	}
	return a.(*Adapter)
}
