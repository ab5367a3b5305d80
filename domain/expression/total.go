package expression

// Total is what several budgets may use up together: those of all mappings that
// are asked about one webhook. It belongs to one goroutine.
type Total struct {
	steps, bytes int
	spent        error
}

// NewTotal returns a full total.
func NewTotal() *Total { return &Total{steps: MaxTotalSteps, bytes: MaxTotalBytes} }

// Budget returns a full budget that takes from the total what is taken from it.
func (t *Total) Budget() *Budget { return &Budget{steps: MaxSteps, bytes: MaxBytes, total: t} }

// Spent returns an [ErrTotal] once more was asked of t than there was. From then
// on nothing can be taken.
func (t *Total) Spent() error { return t.spent }

// TakeBytes uses up n bytes, or returns an [ErrTotal]. Nil has no limit.
func (t *Total) TakeBytes(n int) error {
	if t == nil {
		return nil
	}
	if t.bytes -= n; t.bytes < 0 && t.spent == nil {
		t.spent = errTotalBytes
	}
	return t.spent
}

func (t *Total) takeSteps(n int) error {
	if t == nil {
		return nil
	}
	if t.steps -= n; t.steps < 0 && t.spent == nil {
		t.spent = errTotalSteps
	}
	return t.spent
}
