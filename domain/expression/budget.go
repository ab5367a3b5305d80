package expression

// Limits of one expression, before it runs.
const (
	MaxSource  = 4096 // bytes
	MaxNesting = 100  // brackets within brackets
	MaxNodes   = 500
)

// Limits of one [Budget]. Expressions allocate less than twice MaxBytes in all,
// since not every byte is counted exactly.
const (
	MaxSteps = 100_000
	MaxBytes = 6 << 20
)

// Limits of one [Total].
const (
	MaxTotalSteps = 10 * MaxSteps
	MaxTotalBytes = 10 * MaxBytes
)

// Budget is what one or several evaluations may use up together. It belongs to
// one goroutine.
type Budget struct {
	steps, bytes int
	total        *Total // what it takes, it takes from there too; nil: from nowhere
}

// NewBudget returns a full budget.
func NewBudget() *Budget { return &Budget{steps: MaxSteps, bytes: MaxBytes} }

// Steps returns how many steps have been used.
func (b *Budget) Steps() int { return MaxSteps - b.steps }

// Bytes returns how many bytes have been used.
func (b *Budget) Bytes() int { return MaxBytes - b.bytes }

// TakeSteps uses up n steps. If there were not that many, it returns
// [ErrBudget], or [ErrTotal] if it is the total that is spent.
func (b *Budget) TakeSteps(n int) error {
	if n > b.steps || n < 0 {
		b.steps = 0
		return errSteps
	}
	b.steps -= n
	return b.total.takeSteps(n)
}

// TakeBytes uses up n bytes, as TakeSteps does steps.
func (b *Budget) TakeBytes(n int) error {
	if n > b.bytes || n < 0 {
		b.bytes = 0
		return errBytes
	}
	b.bytes -= n
	return b.total.TakeBytes(n)
}

// What one thing costs, in bytes of memory.
const (
	entryBytes  = 16  // an entry of a list whose length is known
	growBytes   = 48  // an entry of a list that grows
	objectBytes = 320 // an object, with room for eight members
	memberBytes = 96  // a member of a larger object
)

// What one step pays for.
const (
	scanned = 64  // bytes of text looked at
	matched = 128 // bytes of text, times the size of the regular expression
	written = 16  // bytes of JSON
)
