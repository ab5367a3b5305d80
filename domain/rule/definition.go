package rule

import "fmt"

// Definition is what the configuration of a source in one environment has that
// bears on what happens to its webhooks.
type Definition struct {
	Mappings           []Mapping
	DisabledEventTypes []string // exact types that are logged and lead to nothing
	// Livemode is what body.livemode must be; nil means that it does not matter.
	Livemode *bool
	// Preprocess is an expression that gives the object of preprocess.… paths;
	// empty: there is none.
	Preprocess string
	// Paused are the keys of mappings that are not asked until they are saved
	// again, changed.
	Paused []string
}

// Problem is something in a definition that cannot be used. It is meant for
// the person who wrote it.
type Problem struct {
	Mapping int    // the index of the mapping, or -1
	Key     string // the mapping's key, where it has one
	Field   string // as in mappings[0].when
	Message string // says what to do
	// Line and Column are where in an expression or path, from 1; 0 where the
	// whole field is meant.
	Line, Column int
}

// Placed says what is wrong, and where in an expression or path it is.
func (p Problem) Placed() string {
	if p.Line == 0 {
		return p.Message
	}
	return fmt.Sprintf("%s (line %d, column %d)", p.Message, p.Line, p.Column)
}
