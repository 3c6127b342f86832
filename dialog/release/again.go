package release

import "github.com/xianda-bot/xianda/dialog/script"

// Again is r as a later publication would bring it: the same words, but every dialog and the whole in a version of their own.
func (r *Release) Again() *Release {
	next := *r
	next.Version = script.Hash([]byte("again " + r.Version))
	next.Dialogs = make([]*script.Dialog, 0, len(r.Dialogs))
	next.dialogs = make(map[string]*script.Dialog, len(r.dialogs))
	for _, d := range r.Dialogs {
		d := *d
		d.Version = script.Hash([]byte("again " + d.Version))
		next.Dialogs = append(next.Dialogs, &d)
		next.dialogs[d.ID] = &d
	}
	return &next
}
