package script

import "testing"

func TestAsksSecret(t *testing.T) {
	t.Parallel()
	for ask, want := range map[string]int{
		"请发 6 位支付密码。":          1,
		"麻烦回复一下收到的验证码":         1,
		"您的登录密码是多少？":           1,
		"短信验证码发给我就行":           1,
		"您是忘记密码，还是密码被锁定了？":     0,
		"验证码收不到的是哪个手机号？":       0,
		"请发订单号，不要发密码和验证码。":     0,
		"请发 28 位交易单号，密码请不要告诉我": 0,
		"改支付密码时，页面上的提示是哪一种？":   0,
	} {
		tpl, err := ParseTemplate(ask, Pos{})
		if err != nil {
			t.Fatal(err)
		}
		k := &checker{}
		k.asks(&Slot{Ask: tpl})
		if len(k.findings) != want {
			t.Errorf("%s: %v, want %d findings", ask, k.findings, want)
		}
	}
}
