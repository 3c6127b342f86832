package release

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/dialog/script"
)

// Open tells whether the seats are open at now.
func (h Hours) Open(now time.Time) bool {
	if h.Always {
		return true
	}
	now = now.In(h.zone())
	minute := now.Hour()*60 + now.Minute()
	for _, s := range h.on(now) {
		if minute >= s.From && minute < s.To {
			return true
		}
	}
	return false
}

// NextOpen is now when the seats are open, otherwise the next opening within 400 days; zero when there is none.
func (h Hours) NextOpen(now time.Time) time.Time {
	if h.Open(now) {
		return now
	}
	local := now.In(h.zone())
	for day := range 400 {
		date := time.Date(local.Year(), local.Month(), local.Day()+day, 0, 0, 0, 0, h.zone())
		for _, s := range h.on(date) {
			at := time.Date(date.Year(), date.Month(), date.Day(), s.From/60, s.From%60, 0, 0, h.zone())
			if at.After(now) {
				return at
			}
		}
	}
	return time.Time{}
}

// on returns the openings of a day, in order.
func (h Hours) on(day time.Time) []Span {
	if h.Closed[day.Format(time.DateOnly)] {
		return nil
	}
	return h.Days[day.Weekday()]
}

func (h Hours) zone() *time.Location {
	if h.Zone == nil {
		return time.UTC
	}
	return h.Zone
}

// days are the keys of a week's days, by time.Weekday.
func days() []string { return []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} }

// readHours reads hours:. Without any day the seats are always open.
func readHours(n *script.Node, zone *time.Location) Hours {
	h := Hours{Zone: zone, Closed: map[string]bool{}, Always: true}
	for _, p := range n.Entries("hours") {
		v := p.Value
		switch p.Name {
		case "zone":
			if name, ok := v.Text("zone"); ok {
				z, err := loadZone(name)
				if err != nil {
					v.Fault("hours", "没有时区“"+name+"”", "例如 Asia/Shanghai")
					continue
				}
				h.Zone = z
			}
		case "closed":
			dates, _ := v.Texts("closed")
			for _, d := range dates {
				if _, err := time.Parse(time.DateOnly, d); err != nil {
					v.Fault("hours", "closed 里的“"+d+"”不是日期", "写成 2026-10-01")
					continue
				}
				h.Closed[d] = true
			}
		default:
			from, to, ok := dayRange(p.Name)
			if !ok {
				p.Key.Fault("unknown-key", "hours 里没有“"+p.Name+"”这个键", "可用的是 zone、closed、mon-fri、sat-sun、mon-sun 和 mon 到 sun")
				continue
			}
			spans, ok := readSpans(v)
			if !ok {
				continue
			}
			h.Always = false
			for d := from; ; d = (d + 1) % 7 {
				h.Days[d] = spans
				if d == to {
					break
				}
			}
		}
	}
	return h
}

// dayRange reads "mon", "mon-fri", "sat-sun".
func dayRange(key string) (from, to int, ok bool) {
	a, b, ranged := strings.Cut(strings.ToLower(key), "-")
	if !ranged {
		b = a
	}
	from, to = slices.Index(days(), a), slices.Index(days(), b)
	return from, to, from >= 0 && to >= 0
}

var spanForm = regexp.MustCompile(`^([0-9]{1,2}):([0-9]{2})\s*[-–~至]\s*([0-9]{1,2}):([0-9]{2})$`)

// readSpans reads "09:00-21:00", several as a list or separated by commas; "closed" is none.
func readSpans(n *script.Node) ([]Span, bool) {
	texts, _ := n.Texts("营业时间")
	var spans []Span
	for _, t := range texts {
		for part := range strings.SplitSeq(strings.ReplaceAll(t, "，", ","), ",") {
			part = strings.TrimSpace(part)
			if part == "closed" {
				continue
			}
			m := spanForm.FindStringSubmatch(part)
			if m == nil {
				n.Fault("hours", "“"+part+"”不是一段时间", `写成 "09:00-21:00"，休息写 closed`)
				return nil, false
			}
			s := Span{clock(m[1], m[2]), clock(m[3], m[4])}
			if s.From < 0 || s.To < 0 || s.From >= 1440 || s.From >= s.To {
				n.Fault("hours", "“"+part+"”的起止不对", `在同一天之内，结束最晚 24:00；跨午夜的写成两段，例如 "18:00-24:00" 和第二天的 "00:00-02:00"`)
				return nil, false
			}
			spans = append(spans, s)
		}
	}
	slices.SortFunc(spans, func(a, b Span) int { return a.From - b.From })
	return spans, len(texts) > 0
}

// clock is minutes after midnight; -1 when it is no time. 24:00 is 1440.
func clock(hour, minute string) int {
	h, errH := strconv.Atoi(hour)
	m, errM := strconv.Atoi(minute)
	if errH != nil || errM != nil || m > 59 || h > 24 || h == 24 && m > 0 {
		return -1
	}
	return h*60 + m
}
