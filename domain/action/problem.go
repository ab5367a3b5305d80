package action

// Problem is why an action cannot be carried out as its mapping asks. It parks
// the action, and leaves the others alone.
type Problem struct {
	Code    ProblemCode `json:"code"`
	Field   string      `json:"field"`   // the field of the action
	Message string      `json:"message"` // what is wrong and where it came from
}

// ProblemCode is the kind of a problem.
type ProblemCode string

// The kinds of problems.
const (
	MissingField ProblemCode = "missing_field" // a required field has no value
	TypeMismatch ProblemCode = "type_mismatch" // a field holds what it may not hold
	TooMany      ProblemCode = "too_many"      // a list has more entries than it may have
	TooLarge     ProblemCode = "too_large"     // the request is larger than a request may be
	RuleFailed   ProblemCode = "rule_failed"   // the expression of a field failed
)

func (p *Problem) Error() string { return p.Message }
