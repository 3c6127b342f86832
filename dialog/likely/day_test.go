package likely

import (
	"strconv"
	"testing"
	"time"
)

// TestTheHourTells: what people want in the morning and what they want at night is learned from when they wanted it.
func TestTheHourTells(t *testing.T) {
	t.Parallel()
	web := Factor{Name: "channel", Value: "web"}
	var l *Learned
	begin := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	for day := range 60 {
		at := begin.AddDate(0, 0, day)
		l = Learn(l, []Hour{
			{At: at.Add(9 * time.Hour), Counts: counting(counting(nil, 12, "kb:a", web), 8, "kb:b", web)},
			{At: at.Add(21 * time.Hour), Counts: counting(counting(nil, 8, "kb:a", web), 12, "kb:b", web)},
		}, at.Add(23*time.Hour))
	}
	next := begin.AddDate(0, 0, 60)
	for hour, want := range map[int]string{9: "kb:a", 10: "kb:a", 21: "kb:b", 22: "kb:b"} {
		got := Rank(l, Query{Candidates: abc, Factors: []Factor{web, {Name: "hour", Value: strconv.Itoa(hour)}}, Now: next.Add(time.Duration(hour) * time.Hour), N: 2})
		if got[0].ID != want || got[0].Why[0].Factor != "hour" || got[0].Why[0].Value != strconv.Itoa(hour) {
			t.Errorf("at %d o'clock %+v is first, want %s because of the hour", hour, got[0], want)
		}
	}
}
