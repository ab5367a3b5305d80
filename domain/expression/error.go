package expression

import (
	"errors"
	"fmt"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
)

// Error is an expression that cannot be compiled, or whose evaluation failed.
type Error struct {
	Line, Column int    // from 1
	Message      string // at most 700 bytes
	// Cause is [ErrBudget] or [ErrTotal] where a budget ran out, else nil.
	Cause error
}

// What it means that a budget ran out.
var (
	// ErrBudget is that of the expressions themselves: they cost too much.
	ErrBudget = errors.New("the rule ran out of its budget")
	// ErrTotal is what all mappings of a webhook have together: one that fails
	// for it need not be the one that costs too much.
	ErrTotal = errors.New("the mappings for this webhook ran out of what they have together")
)

// The same, with what it was that ran out.
var (
	errSteps      = fmt.Errorf("%w of %d steps", ErrBudget, MaxSteps)
	errBytes      = fmt.Errorf("%w of %d bytes", ErrBudget, MaxBytes)
	errTotalSteps = fmt.Errorf("%w, %d steps", ErrTotal, MaxTotalSteps)
	errTotalBytes = fmt.Errorf("%w, %d bytes", ErrTotal, MaxTotalBytes)
)

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

func (e *Error) Error() string { return fmt.Sprintf("%s (%d:%d)", e.Message, e.Line, e.Column) }

const maxMessage = 700

// errorAt places a message at a node of the source. Columns count characters.
func errorAt(source string, node ast.Node, format string, args ...any) *Error {
	return errorFrom(source, node.Location().From, fmt.Sprintf(format, args...))
}

func errorFrom(source string, from int, message string) *Error {
	e := &Error{Line: 1, Column: 1, Message: cut(message, maxMessage)}
	n := 0
	for _, r := range source {
		if n == from {
			break
		}
		n++
		e.Column++
		if r == '\n' {
			e.Line, e.Column = e.Line+1, 1
		}
	}
	return e
}

// spentAt places at a node that a budget ran out.
func spentAt(source string, node ast.Node, cause error) *Error {
	e := errorFrom(source, node.Location().From, cause.Error())
	e.Cause = cause
	return e
}

// errorOf translates an error of expr's parser or checker.
func errorOf(source string, err error) *Error {
	if located, ok := errors.AsType[*file.Error](err); ok {
		message := located.Message
		if strings.HasPrefix(message, "unexpected token EOF") {
			message = "the expression ends too early"
		}
		return errorFrom(source, located.From, message)
	}
	return errorFrom(source, 0, err.Error())
}

// cut shortens text to at most n bytes, at a character.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	end := 0
	for i := range text {
		if i > n-len("…") {
			break
		}
		end = i
	}
	return text[:end] + "…"
}
