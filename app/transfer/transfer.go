package transfer

// Report says what came of it.
type Report struct {
	LogID        string `json:"log_id"`
	Events       uint64 `json:"events"`       // in the file, tombstones included
	Bytes        uint64 `json:"bytes"`        // of the file
	SHA256       string `json:"sha256"`       // of the file, without its last line
	Found        uint64 `json:"found"`        // import: were in the store already
	Appended     uint64 `json:"appended"`     // import
	Placeholders uint64 `json:"placeholders"` // import: were appended besides
	Later        uint64 `json:"later"`        // import: follow in the store, and are not in the file
	Differences  uint64 `json:"differences"`  // import: found at the end, when file and store were compared
}

// Step is one of the things that take time, in the order in which they come.
type Step string

// The steps: of an export the first two, of an import the others, where it looks
// at the store before it compares and before it verifies.
const (
	StepLook    Step = "look at the store"
	StepWrite   Step = "write"
	StepCheck   Step = "check the file"
	StepCompare Step = "compare with the store"
	StepAppend  Step = "append"
	StepVerify  Step = "verify"
)

// Progress is told how far a step is, in events; total is 0 while that is not
// known. It is called often, and always at the end of a step.
type Progress func(step Step, done, total uint64)

// every is after how many events Progress is called.
const every = 256

// counter counts the events of a step.
type counter struct {
	show        Progress
	step        Step
	done, total uint64
}

func (p Progress) count(step Step, total uint64) *counter {
	if p == nil {
		p = func(Step, uint64, uint64) {}
	}
	return &counter{show: p, step: step, total: total}
}

func (c *counter) add(n uint64) {
	before := c.done
	c.done += n
	if before/every != c.done/every {
		c.show(c.step, c.done, c.total)
	}
}

func (c *counter) next() { c.add(1) }

func (c *counter) end() { c.show(c.step, c.done, c.done) }
