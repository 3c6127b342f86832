package script

import (
	"strconv"
	"strings"
	"time"
)

// filterNamed returns a filter; nil when there is none of this name.
func filterNamed(name string) func(*Scope, value) (string, bool) {
	switch name {
	case "date":
		return showDate
	case "time":
		return showTime
	case "money":
		return showMoney
	case "mask":
		return func(s *Scope, v value) (string, bool) { return mask(v.text(s)), true }
	}
	return nil
}

// filterTakes tells whether a filter can ever show a value of kind k.
func filterTakes(filter string, k kind) bool {
	switch filter {
	case "date", "time":
		return k == clock || k == text || k == anything || k == number
	case "money":
		return k == number || k == text || k == anything
	}
	return k != boolean && k != list
}

// showDate says a day as people do: 1月28日, with the year unless it is this year.
func showDate(s *Scope, v value) (string, bool) {
	t, _, ok := instant(s, v)
	if !ok {
		return "", false
	}
	if t.Year() == s.Now.In(zone(s)).Year() {
		return t.Format("1月2日"), true
	}
	return t.Format("2006年1月2日"), true
}

// showTime says the hour, with the day unless it is today. A bare day has no hour and stays a day.
func showTime(s *Scope, v value) (string, bool) {
	t, bare, ok := instant(s, v)
	if !ok {
		return "", false
	}
	if bare {
		return showDate(s, v)
	}
	now := s.Now.In(zone(s))
	if t.Year() == now.Year() && t.YearDay() == now.YearDay() {
		return t.Format("15:04"), true
	}
	day, _ := showDate(s, v)
	return day + " " + t.Format("15:04"), true
}

// instant reads what backends send for a time: RFC 3339, a day, a day with an hour, or seconds or milliseconds since 1970.
func instant(s *Scope, v value) (t time.Time, bare, ok bool) {
	loc := zone(s)
	switch v.kind {
	case clock:
		return v.raw.(time.Time).In(loc), false, true
	case number:
		return unix(v.n, loc)
	case text:
		if t, err := time.Parse(time.RFC3339, v.str); err == nil {
			return t.In(loc), false, true
		}
		for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006/01/02 15:04:05", "2006/01/02 15:04"} {
			if t, err := time.ParseInLocation(layout, v.str, loc); err == nil {
				return t, false, true
			}
		}
		for _, layout := range []string{"2006-01-02", "2006/01/02"} {
			if t, err := time.ParseInLocation(layout, v.str, loc); err == nil {
				return t, true, true
			}
		}
		if n, ok := asNumber(v.str); ok {
			return unix(n, loc)
		}
	}
	return time.Time{}, false, false
}

// unix reads seconds, or milliseconds, between 2001 and 2286; other numbers are no times.
func unix(n float64, loc *time.Location) (time.Time, bool, bool) {
	switch {
	case n >= 1e9 && n < 1e10:
		return time.Unix(int64(n), 0).In(loc), false, true
	case n >= 1e12 && n < 1e13:
		return time.UnixMilli(int64(n)).In(loc), false, true
	}
	return time.Time{}, false, false
}

// showMoney shows two decimals and commas: 1,200.00. The currency is the operator's word around it.
func showMoney(_ *Scope, v value) (string, bool) {
	n, ok := v.number()
	if !ok || n > 1e15 || n < -1e15 {
		return "", false
	}
	s := strconv.FormatFloat(n, 'f', 2, 64)
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	whole, cents, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return sign + whole + "." + cents, true
}

// mask hides the middle: 138****5678; of short texts all but the first character.
func mask(s string) string {
	r := []rune(s)
	switch {
	case len(r) >= 10:
		return string(r[:3]) + "****" + string(r[len(r)-4:])
	case len(r) >= 6:
		return string(r[:1]) + "****" + string(r[len(r)-2:])
	case len(r) >= 2:
		return string(r[:1]) + "**"
	}
	return "*"
}
