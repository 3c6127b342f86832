package replay

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/dialog/likely"
)

// town is people of ten pages who want five things each, some more than others, half of them another thing once an operation failed.
func town() []Row {
	var rows []Row
	for page := range 10 {
		for n, times := range []int{40, 25, 15, 12, 8} {
			for i := range times {
				r := Row{Factors: []likely.Factor{{Name: "scene.page", Value: fmt.Sprint("page", page)}, {Name: "channel", Value: []string{"web", "wechat"}[i%2]}}, Want: fmt.Sprintf("p%d-%d", page, n)}
				if i%2 == 0 && n < 2 {
					r.Factors = append(r.Factors, likely.Factor{Name: "event", Value: "failed"})
					r.Want = fmt.Sprintf("p%d-failed", page)
				}
				rows = append(rows, r)
			}
		}
	}
	return rows
}

// TestSimulatedPeople is the short form of make simulate: a house that knew nothing in the morning offers at least twice as much of what
// people want as the best fixed menu, and more than the best menu for each page, because it sees what happened to them.
func TestSimulatedPeople(t *testing.T) {
	t.Parallel()
	c := Crowd{People: 1500, Every: time.Minute, Floor: .15, Seed: 7, Page: "scene.page"}
	got, err := Simulate(t.Context(), town(), c)
	if err != nil {
		t.Fatal(err)
	}
	ours, fixed, pages := Share(got.Ours), Share(got.Menus[1].Taken), Share(got.Menus[2].Taken)
	if ours < 2*fixed || Share(got.Ours[1000:]) < pages {
		t.Errorf("%.3f took an offer (of the last 500 %.3f), %.3f of the best fixed menu, %.3f of the best menu for each page: want twice as many as the first, and in the end more than the second",
			ours, Share(got.Ours[1000:]), fixed, pages)
	}
	if got.Ours[0] || got.Offered == got.People {
		t.Error("the first person was offered something, want nothing: nothing was learned yet")
	}
	again, err := Simulate(t.Context(), town(), c)
	if err != nil || !reflect.DeepEqual(got, again) {
		t.Errorf("the same crowd came out otherwise the second time (%v)", err)
	}
}
