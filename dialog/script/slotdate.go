package script

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

var (
	fullDate  = regexp.MustCompile(`\b(20[0-9]{2}|19[0-9]{2})\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\b`)
	tightDate = regexp.MustCompile(`^(20[0-9]{2})([0-9]{2})([0-9]{2})$`)
	monthDay  = regexp.MustCompile(`\b([0-9]{1,2})\s*月\s*([0-9]{1,2})\b`)
	shortDate = regexp.MustCompile(`^([0-9]{1,2})[-/.]([0-9]{1,2})$`)
	daysAgo   = regexp.MustCompile(`([0-9]{1,2}|[一两二三四五六七八九十]{1,3})\s*(?:天|日)(?:之?前|以前)`)
	weekDay   = regexp.MustCompile(`(上上|上|这|本|下)(?:个)?(?:周|星期|礼拜)\s*([一二三四五六日天1-6])`)
	dayOnly   = regexp.MustCompile(`^(上个?月|这个?月|本月)?\s*([0-9]{1,2})\s*[号日]$`)
)

// readDate reads 2026-01-28, 2026年1月28日, 20260128, 1月28日, 1-28, 今天 and its neighbours, as 2006-01-02 in loc. A day without a
// year is the one nearest to now.
func readDate(plain string, now time.Time, loc *time.Location) (string, bool) {
	if loc == nil {
		loc = time.UTC
	}
	now = now.In(loc)
	for _, d := range []struct {
		word string
		days int
	}{{"大前天", -3}, {"前天", -2}, {"昨天", -1}, {"昨日", -1}, {"今天", 0}, {"今日", 0}, {"大后天", 3}, {"后天", 2}, {"明天", 1}, {"明日", 1}} {
		if strings.Contains(plain, d.word) && len([]rune(plain)) <= 8 {
			return now.AddDate(0, 0, d.days).Format(time.DateOnly), true
		}
	}
	for _, re := range []*regexp.Regexp{fullDate, tightDate} {
		if m := re.FindAllStringSubmatch(plain, -1); len(m) == 1 {
			return realDay(atoi(m[0][1]), atoi(m[0][2]), atoi(m[0][3]))
		} else if len(m) > 1 {
			return "", false
		}
	}
	if day, ok := nearDate(plain, now); ok {
		return day, true
	}
	m := monthDay.FindAllStringSubmatch(plain, -1)
	if len(m) == 0 {
		m = shortDate.FindAllStringSubmatch(plain, -1)
	}
	if len(m) != 1 {
		return "", false
	}
	best, ok := "", false
	least := 400 * 24 * time.Hour
	for year := now.Year() - 1; year <= now.Year()+1; year++ {
		day, real := realDay(year, atoi(m[0][1]), atoi(m[0][2]))
		if t, err := time.ParseInLocation(time.DateOnly, day, loc); real && err == nil && t.Sub(now).Abs() < least {
			best, ok, least = day, true, t.Sub(now).Abs()
		}
	}
	return best, ok
}

// nearDate reads a day as people say it of the last weeks: 三天前, 上周五, 28号, 上个月28号. A bare 周五 may lie before or behind us, and
// is not guessed.
func nearDate(plain string, now time.Time) (string, bool) {
	if utf8.RuneCountInString(plain) > 10 {
		return "", false
	}
	if m := daysAgo.FindStringSubmatch(plain); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			f, ok := hanNumber(m[1])
			if n = int(f); !ok {
				return "", false
			}
		}
		return now.AddDate(0, 0, -n).Format(time.DateOnly), true
	}
	if m := weekDay.FindStringSubmatch(plain); m != nil {
		weeks := map[string]int{"上上": -2, "上": -1, "这": 0, "本": 0, "下": 1}[m[1]]
		day := slices.Index([]string{"一", "二", "三", "四", "五", "六", "日"}, strings.NewReplacer("天", "日").Replace(m[2]))
		if n, err := strconv.Atoi(m[2]); err == nil {
			day = n - 1
		}
		monday := now.AddDate(0, 0, -(int(now.Weekday())+6)%7)
		return monday.AddDate(0, 0, 7*weeks+day).Format(time.DateOnly), true
	}
	m := dayOnly.FindStringSubmatch(plain)
	if m == nil {
		return "", false
	}
	this := time.Date(now.Year(), now.Month(), 1, 12, 0, 0, 0, now.Location())
	months := []int{-1, 0, 1}
	switch {
	case strings.HasPrefix(m[1], "上"):
		months = []int{-1}
	case m[1] != "":
		months = []int{0}
	}
	best, found := "", false
	least := 100 * 24 * time.Hour
	for _, n := range months {
		in := this.AddDate(0, n, 0)
		day, real := realDay(in.Year(), int(in.Month()), atoi(m[2]))
		if away := in.AddDate(0, 0, atoi(m[2])-1).Sub(now).Abs(); real && away < least {
			best, found, least = day, true, away
		}
	}
	return best, found
}

// realDay refuses February 30.
func realDay(year, month, day int) (string, bool) {
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if t.Year() != year || int(t.Month()) != month || t.Day() != day {
		return "", false
	}
	return t.Format(time.DateOnly), true
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}
