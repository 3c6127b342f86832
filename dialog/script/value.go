package script

import (
	"strconv"
	"strings"
	"time"
)

// kind is the type of a value; of an expression it is what can be told before it runs.
type kind uint8

const (
	unset    kind = iota
	fault         // two values that cannot be compared or added
	anything      // only while compiling: what a backend or the product sent
	text
	number
	boolean
	list
	span  // a duration, n in seconds
	clock // an instant, in raw
)

// value is what a name or a part of an expression yields. It is passed by value: evaluating allocates nothing in the ordinary case.
type value struct {
	kind kind
	str  string
	n    float64
	raw  any
}

func textValue(s string) value    { return value{kind: text, str: s} }
func numberValue(n float64) value { return value{kind: number, n: n} }

func boolValue(b bool) value {
	if b {
		return value{kind: boolean, n: 1}
	}
	return value{kind: boolean}
}

func (v value) isTrue() bool { return v.kind == boolean && v.n != 0 }

// fromJSON takes what encoding/json decodes into any. An object has no value of its own.
func fromJSON(x any) value {
	switch x := x.(type) {
	case string:
		return textValue(x)
	case float64:
		return numberValue(x)
	case int:
		return numberValue(float64(x))
	case int64:
		return numberValue(float64(x))
	case bool:
		return boolValue(x)
	case []any:
		return value{kind: list, raw: x}
	case time.Time:
		return value{kind: clock, raw: x}
	}
	return value{}
}

// text is the value as switch compares it and as a text shows it.
func (v value) text(s *Scope) string {
	switch v.kind {
	case text:
		return v.str
	case number:
		return strconv.FormatFloat(v.n, 'f', -1, 64)
	case boolean:
		return strconv.FormatBool(v.n != 0)
	case span:
		return minutes(time.Duration(v.n * float64(time.Second)))
	case clock:
		return v.raw.(time.Time).In(zone(s)).Format("2006-01-02 15:04")
	case list:
		items := v.raw.([]any)
		parts := make([]string, 0, len(items))
		for _, item := range items {
			parts = append(parts, fromJSON(item).text(s))
		}
		return strings.Join(parts, "、")
	}
	return ""
}

// minutes is a waiting time as people say it.
func minutes(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "1 分钟"
	case d < 90*time.Minute:
		return strconv.Itoa(int((d+time.Minute/2)/time.Minute)) + " 分钟"
	default:
		return strconv.Itoa(int((d+time.Hour/2)/time.Hour)) + " 小时"
	}
}

func zone(s *Scope) *time.Location {
	if s.Zone != nil {
		return s.Zone
	}
	return time.UTC
}

// asNumber reads a numeric text; hexadecimal, infinities and exponents are words, not numbers.
func asNumber(s string) (float64, bool) {
	if s == "" || len(s) > 32 {
		return 0, false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && c != '.' && (i > 0 || (c != '-' && c != '+')) {
			return 0, false
		}
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil
}

func (v value) number() (float64, bool) {
	switch v.kind {
	case number, span:
		return v.n, true
	case text:
		return asNumber(v.str)
	}
	return 0, false
}

// compare orders two values: -1, 0, 1. ok is false when they cannot be compared; equality of different types is no fault but false.
func compare(s *Scope, a, b value) (order int, ok bool) {
	if a.kind == span || b.kind == span {
		x, okA := seconds(a)
		y, okB := seconds(b)
		return sign(x - y), okA && okB
	}
	if a.kind == clock || b.kind == clock {
		return strings.Compare(a.text(s), b.text(s)), true
	}
	if a.kind == boolean && b.kind == boolean {
		return sign(a.n - b.n), true
	}
	x, okA := a.number()
	y, okB := b.number()
	if okA && okB {
		return sign(x - y), true
	}
	if a.kind == text && b.kind == text {
		return strings.Compare(a.str, b.str), true
	}
	return 0, false
}

func equal(s *Scope, a, b value) bool {
	if a.kind == text && b.kind == text { // two texts: "01" is not "1"
		return a.str == b.str
	}
	order, ok := compare(s, a, b)
	return ok && order == 0
}

func seconds(v value) (float64, bool) {
	if v.kind == text {
		d, ok := parseSpan(v.str)
		return d.Seconds(), ok
	}
	return v.number()
}

func sign(f float64) int {
	switch {
	case f < 0:
		return -1
	case f > 0:
		return 1
	}
	return 0
}

// parseSpan reads "48h", "30m", "2d", "1h30m".
func parseSpan(s string) (time.Duration, bool) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseFloat(days, 64)
		if err != nil || n < 0 || n > 36500 {
			return 0, false
		}
		return time.Duration(n * 24 * float64(time.Hour)), true
	}
	d, err := time.ParseDuration(s)
	return d, err == nil && d >= 0
}
