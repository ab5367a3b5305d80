package egress

// RefusedError says that a request was not sent and never will be, as it stands.
// Its message is for people.
type RefusedError struct {
	Message string
	// Blocked says that it is the address to which nothing may be sent, and not
	// how the request is written.
	Blocked bool
}

func (e *RefusedError) Error() string { return e.Message }

// NotSentError says that no part of a request left: no name was resolved, no
// connection made.
type NotSentError struct{ Err error }

func (e *NotSentError) Error() string { return e.Err.Error() }
func (e *NotSentError) Unwrap() error { return e.Err }

// UnansweredError says that a request may have arrived, and that no answer says
// what came of it.
type UnansweredError struct{ Err error }

func (e *UnansweredError) Error() string { return e.Err.Error() }
func (e *UnansweredError) Unwrap() error { return e.Err }
