package apply

import (
	"context"
	"errors"
	"fmt"

	"daybook/app/declaration"
	"daybook/app/sources"
	"daybook/domain/es"
)

// ErrStale is the end of a plan that somebody else's change has overtaken.
var ErrStale = errors.New("it was changed in the meantime, and nothing of that was overwritten; apply again to see what is to be done now")

// errPartly is said of a plan that ended in the middle.
var errPartly = errors.New("what stands before it in the plan was done; apply again for the rest")

// CarryOut makes the changes, in order, and stops at the first that is refused.
func (p Plan) CarryOut(ctx context.Context, server Server) error {
	done := false
	matches := map[string]*sources.Match{}
	for _, part := range p.Parts {
		match, ok := matches[part.Source]
		if !ok {
			match = &sources.Match{Revision: part.from}
			matches[part.Source] = match
		}
		for _, do := range part.steps {
			err := do(ctx, server, match)
			if err != nil && done {
				return errors.Join(part.failed(err), errPartly)
			}
			if err != nil {
				return part.failed(err)
			}
			done = true
		}
	}
	return nil
}

// failed says what could not be done, and where in the file that stands.
func (p Part) failed(err error) error {
	refusals := es.RefusalsOf(err)
	if len(refusals) == 0 {
		return fmt.Errorf("%s in %s: %w", p.Source, p.Environment, err)
	}
	var problems declaration.Problems
	for _, r := range refusals {
		made := r.Code == es.Exists && r.Field == "key" // what was to be new
		if r.Code == es.Stale || made {
			return fmt.Errorf("%s in %s: %w", p.Source, p.Environment, ErrStale)
		}
		if len(p.declared.Environments) > 0 {
			problems = append(problems, p.declared.Locate(p.Environment, r.Field, r.Message))
		}
	}
	if len(problems) == 0 {
		return fmt.Errorf("%s in %s: %w", p.Source, p.Environment, err)
	}
	return problems.Sorted()
}
