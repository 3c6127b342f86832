package script

import (
	"regexp"
	"strconv"
	"strings"
)

const numberUnits = "个|位|件|次|天|人|岁|单|笔|张|条|台|份|月|年|小时|分钟|块|元|斤|公斤|克|米"

var (
	amountForm   = regexp.MustCompile(`^(?:约|大约|大概|一共|共|总共|是|有)?\s*([-+]?[0-9][0-9,]*(?:\.[0-9]+)?|[零〇一二两三四五六七八九十百千万亿半点]+)\s*(万|千|百|亿)?\s*(.{0,4}?)(?:左右|多)?[。.!,]?$`)
	kuaiForm     = regexp.MustCompile(`^([0-9]+)\s*块\s*([0-9])(?:毛|角)?$`)
	digitRun     = regexp.MustCompile(`[0-9]+(?:[ \-][0-9]+)*`)
	separators   = strings.NewReplacer(" ", "", "-", "", "\t", "")
	mobileForm   = regexp.MustCompile(`(?:\b86[ \-]?|\b)(1[3-9][0-9](?:[ \-]?[0-9]){8})\b`)
	thousandsSep = regexp.MustCompile(`^[-+]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?$`)
)

// readNumber reads "3", "3.5", "1,200", "大概3个", "三十". A longer sentence is no number: it may be another question.
func readNumber(plain, units string) (float64, bool) {
	m := amountForm.FindStringSubmatch(plain)
	if m == nil || m[3] != "" && !oneOf(m[3], units) {
		return 0, false
	}
	digits := m[1]
	if strings.Contains(digits, ",") {
		if !thousandsSep.MatchString(digits) {
			return 0, false
		}
		digits = strings.ReplaceAll(digits, ",", "")
	}
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		var ok bool
		if f, ok = hanNumber(digits); !ok {
			return 0, false
		}
	}
	switch m[2] {
	case "百":
		f *= 1e2
	case "千":
		f *= 1e3
	case "万":
		f *= 1e4
	case "亿":
		f *= 1e8
	}
	return f, f > -1e15 && f < 1e15
}

func oneOf(s, bars string) bool {
	for w := range strings.SplitSeq(bars, "|") {
		if s == w {
			return true
		}
	}
	return false
}

// readMoney reads "12.5元", "¥1,200", "12块5", "一百块钱", "3万".
func readMoney(plain string) (float64, bool) {
	plain = strings.TrimSpace(strings.TrimLeft(plain, "¥￥$"))
	if m := kuaiForm.FindStringSubmatch(plain); m != nil {
		f, err := strconv.ParseFloat(m[1]+"."+m[2], 64)
		return f, err == nil
	}
	f, ok := readNumber(plain, "元|块|块钱|圆|元钱|rmb|RMB|元整|人民币|CNY|cny")
	return f, ok && f >= 0
}

// readDigits reads a number that is no quantity: it keeps its leading zeros. With a length, a run of exactly that many digits counts
// wherever it stands; without, the answer is the digits with at most a few words around them.
func readDigits(plain string, length int) (string, bool) {
	runs := digitRun.FindAllString(plain, -1)
	if length > 0 {
		found, hits := "", 0
		for _, r := range runs {
			if d := separators.Replace(r); len(d) == length {
				found, hits = d, hits+1
			}
		}
		return found, hits == 1
	}
	if len(runs) != 1 {
		return "", false
	}
	around := []rune(strings.Replace(plain, runs[0], "", 1))
	return separators.Replace(runs[0]), len(around) <= 8
}

// readPhone reads a Chinese mobile number of 11 digits, with +86, spaces or hyphens.
func readPhone(plain string) (string, bool) {
	m := mobileForm.FindAllStringSubmatch(plain, -1)
	if len(m) != 1 {
		return "", false
	}
	return separators.Replace(m[0][1]), true
}

// hanNumber reads 十二, 一百零五, 两千三, 3 written 三; 半 alone is a half.
func hanNumber(s string) (float64, bool) {
	if s == "半" {
		return 0.5, true
	}
	whole, fraction, pointed := strings.Cut(s, "点")
	digits := map[rune]float64{'零': 0, '〇': 0, '一': 1, '二': 2, '两': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9}
	scales := map[rune]float64{'十': 10, '百': 100, '千': 1000}
	var total, section, digit, last float64
	pending, zero := false, false
	for _, r := range whole {
		if d, ok := digits[r]; ok {
			if pending && digit != 0 { // 一二三 is a row of digits, not a quantity
				return 0, false
			}
			digit, pending = d, true
			zero = zero || d == 0
			continue
		}
		if scale, ok := scales[r]; ok {
			if !pending {
				digit = 1
			}
			section += digit * scale
			digit, pending, last, zero = 0, false, scale, false
			continue
		}
		scale := 1e4
		if r == '亿' {
			scale = 1e8
		} else if r != '万' {
			return 0, false
		}
		total = (total + section + digit) * scale
		section, digit, pending, last, zero = 0, 0, false, scale, false
	}
	if pending && digit != 0 && last > 10 && !zero { // 两千三 is 2300
		digit *= last / 10
	}
	total += section + digit
	if pointed {
		place := 0.1
		for _, r := range fraction {
			d, ok := digits[r]
			if !ok {
				return 0, false
			}
			total += d * place
			place /= 10
		}
		total, _ = strconv.ParseFloat(strconv.FormatFloat(total, 'f', len([]rune(fraction)), 64), 64)
	}
	return total, whole != ""
}
