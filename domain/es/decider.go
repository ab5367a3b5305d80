package es

import "slices"

// Decider pairs the two functions of a stream kind. The zero S is the state of
// a stream without events.
type Decider[S, C, E any] struct {
	// Decide returns the events that follow from command c in state s; none
	// and no error if there is nothing to do. It returns a *[Refusal] (or
	// [Refusals]) if the command cannot be accepted.
	Decide func(s S, c C) ([]E, error)
	// Evolve returns the state after fact f. It never fails, and never alters
	// s or what s points to.
	Evolve func(s S, f Fact[E]) S
}

// Fold evolves s by each fact in turn.
func (d Decider[S, C, E]) Fold(s S, facts ...Fact[E]) S {
	for f := range slices.Values(facts) {
		s = d.Evolve(s, f)
	}
	return s
}
