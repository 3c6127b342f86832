package script

// Branch is one way on from a step.
type Branch struct {
	Name  string // "next", "goto", "solved", "unsolved", "on_fail", "on_skip", "on_error", "case" or "else"
	Value string // of a case
	To    string // step; empty: the end of the dialog
	Pos   Pos
}

// Branches are the ways on from a step of d, in the order in which they are written. A handoff and an end have none.
func (d *Dialog) Branches(s *Step) []Branch {
	var out []Branch
	put := func(name, to string) {
		if to != "" {
			out = append(out, Branch{Name: name, To: to, Pos: s.place(name)})
		}
	}
	next := func() { out = append(out, Branch{Name: "next", To: d.After(s.ID), Pos: s.Pos}) }
	switch s.Verb {
	case Say, Answer:
		if s.Then == nil {
			next()
			break
		}
		put("solved", s.Then.Solved)
		put("unsolved", s.Then.Unsolved)
	case Collect:
		next()
		put("on_skip", s.OnSkip)
		put("on_fail", s.OnFail)
	case Switch:
		for _, c := range s.Cases {
			out = append(out, Branch{Name: "case", Value: c.Value, To: c.Goto, Pos: c.Pos})
		}
		put("else", s.Else)
	case Call:
		next()
		put("on_error", s.OnError)
	case Goto:
		put("goto", s.Goto)
	case Set, Sub:
		next()
	}
	return out
}

// After is the id of the step that stands behind the one with this id; empty when it is the last, or there is none.
func (d *Dialog) After(id string) string {
	if _, at := d.Step(id); at >= 0 && at+1 < len(d.Steps) {
		return d.Steps[at+1].ID
	}
	return ""
}
