package dialog

import (
	"fmt"
	"testing"

	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/script"
)

func shelfRelease(t *testing.T, says string) *release.Release {
	t.Helper()
	r, findings := release.Build([]script.Source{{Name: "release.yaml", Data: []byte("name: 小\n")}, {Name: "dialogs/hi.yaml", Data: []byte(
		"dialog: hi\ntitle: 问好\ntriggers: {ask: [你好]}\nsteps:\n  - {id: say, say: " + says + "}\n  - {id: done, end: resolved}\n")}}, release.Options{})
	if r == nil {
		t.Fatal(findings)
	}
	return r
}

// TestShelfKeepsTheCurrent holds that earlier dialogs are found, and fall out before those in force.
func TestShelfKeepsTheCurrent(t *testing.T) {
	t.Parallel()
	now := shelfRelease(t, "您好")
	s := NewShelf(now)
	var earlier []*script.Dialog
	for i := range maxOlder + 10 {
		earlier = append(earlier, &script.Dialog{ID: "hi", Version: fmt.Sprint(i)})
	}
	s.Keep(earlier)
	if s.Current() != now || s.Dialog("hi", now.Dialogs[0].Version) == nil {
		t.Error("keeping earlier dialogs lost the one in force")
	}
	if s.Dialog("hi", fmt.Sprint(maxOlder+9)) == nil || s.Dialog("hi", "0") != nil {
		t.Error("of too many earlier dialogs the oldest do not fall out first")
	}
	next := shelfRelease(t, "您好呀")
	s.Swap(next)
	if s.Dialog("hi", now.Dialogs[0].Version) == nil || s.Dialog("hi", next.Dialogs[0].Version) == nil || s.Current() != next {
		t.Error("after a swap the dialog before, or the new one, is not there")
	}
}
