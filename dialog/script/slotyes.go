package script

import (
	"regexp"
	"unicode/utf8"
)

// How people answer a yes-or-no question without 是 and 否: by what they did or did not do.
var (
	// askedBack is no answer: 有没有, 怎么, 不知道.
	askedBack = regexp.MustCompile(`吗|怎么|什么|哪|为何|几|没有?(?:收|绑|用|办|报)?没|有没有|能不能|可不可以|是不是|不(?:知|清|确|记|懂|明白|晓|太|一定|好说|想)`)
	didNot    = regexp.MustCompile(`^(?:我|他|她|对方|都|也|好像|应该|还|是)*(?:没|未|不|木有)|[收用打付登绑找](?:不|没)(?:到|了|上|成|通)?`)
	did       = regexp.MustCompile(`^(?:我|他|她|对方|都|也|早就|早|刚刚|刚|好像|应该|还|已经|已|是)*(?:收|绑|报|打|办|付|交|改|领|到|在用|有|能|可以)(?:收|用|绑|到|了|着|过|的|呢|款|卡|案|警|钱|账)*$`)
)

// longestYesNo is how many characters a yes or no may have beside the plain words: longer ones tell something else.
const longestYesNo = 8

func readYesNo(plain string) (string, bool) {
	answer := bare(plain)
	switch answer {
	case "是", "是的", "对", "对的", "好", "好的", "嗯", "嗯嗯", "恩", "行", "可以", "要", "需要", "没错", "有", "同意", "愿意", "当然", "确定", "确认", "yes", "y", "ok", "okay", "1", "一", "是是", "对对", "对对对", "好好":
		return "yes", true
	case "否", "不", "不是", "不是的", "不对", "不行", "不可以", "不要", "不用", "不用了", "不需要", "没", "没有", "没有的", "不同意", "不愿意", "不好", "不了", "别", "no", "n", "2", "二":
		return "no", true
	}
	switch {
	case utf8.RuneCountInString(answer) > longestYesNo || askedBack.MatchString(answer):
		return "", false
	case didNot.MatchString(answer):
		return "no", true
	case did.MatchString(answer):
		return "yes", true
	}
	return "", false
}
