package script

import (
	"regexp"
	"strings"

	"github.com/xianda-bot/xianda/kb"
)

// secretAsked is a question for what no service asks a person for; a sentence that speaks of a password asks for none yet.
var (
	secretAsked = regexp.MustCompile(`(?:发|回复|提供|输入|填|告诉|报|给)[^，。？]{0,8}?(密码|验证码|校验码|动态码|CVV|安全码)|(密码|验证码|校验码|动态码|CVV|安全码)[^，。？]{0,4}(?:是多少|是什么|发来|发给|发一下|给我)`)
	warnWord    = regexp.MustCompile(`不要|请勿|切勿|别|不需要|不用|不会|无需|收不到|没收到`)
)

// promises are words that a helpdesk should not say: what nobody can promise (and what advertising law forbids), and what offends. They are
// looked for as they stand: a release of ten thousand answers is checked at every start.
var promises = []string{
	"100%能", "100%会", "100%成功", "100%到账", "100%安全", "百分之百", "绝对安全", "绝对没问题", "绝对不会", "绝对可以",
	"保证到账", "保证成功", "保证安全", "保证赔", "保证能", "肯定能", "包赔", "稳赚", "零风险", "国家级", "全网最", "史上最",
	"傻瓜", "笨蛋", "白痴", "蠢货", "闭嘴", "有病吧", "自己看", "无可奉告",
}

// asks warns of a question for something that must stay secret.
func (k *checker) asks(s *Slot) {
	if s.Ask == nil {
		return
	}
	for _, sentence := range sentenceEnd.Split(s.Ask.literal(), -1) {
		if m := secretAsked.FindStringSubmatch(sentence); m != nil && !warnWord.MatchString(sentence) {
			k.warn(s.Ask.Pos, "asks-secret", "这句话在要“"+m[1]+m[2]+"”，客服不能要", "改问订单号这样不怕别人知道的东西")
			return
		}
	}
}

// sensitive warns of words that a helpdesk should not say, and of those that the operators banned.
func (k *checker) sensitive(at Pos, text string) {
	for _, w := range promises {
		if strings.Contains(text, w) {
			k.warn(at, "sensitive-word", "“"+w+"”不该对用户说", "换成说得到、做得到的话")
			return
		}
	}
	if len(k.Banned) == 0 {
		return
	}
	folded := kb.Fold(text)
	for _, w := range k.Banned {
		if f := kb.Fold(w); f != "" && strings.Contains(folded, f) {
			k.warn(at, "sensitive-word", "“"+w+"”在 release.yaml 的 banned 里，不能对用户说", "换个说法")
			return
		}
	}
}
