package sources

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/source"
	"daybook/domain/value"
)

// Change is one change of a source. Its JSON is the API's.
type Change struct {
	Revision es.Revision `json:"revision"`
	At       es.Time     `json:"at"`
	Actor    string      `json:"actor"` // empty: Daybook itself
	Type     string      `json:"type"`
	// Environment is null for what is the same in all.
	Environment *string `json:"environment"`
	Summary     string  `json:"summary"`
	// Restores is the revision that the change brought back.
	Restores   *es.Revision      `json:"restores"`
	Difference source.Difference `json:"difference"`
}

// HistoryQuery selects changes of one source.
type HistoryQuery struct {
	Key string
	// Environment selects the changes there and those of the source itself;
	// empty: all.
	Environment string
	// Mapping selects the changes of one mapping.
	Mapping string
	// Before is the revision before which to begin; nil: the newest.
	Before *es.Revision
	Limit  int
}

// step is a fact and what the source was before it.
type step struct {
	before source.State
	fact   es.Fact[source.Event]
	kind   string // the wire name
	known  bool   // this version can read it
}

// History returns changes of a source, the newest first, and whether there are
// older ones. A source that is in no environment any more has its history all
// the same.
func (s *Sources) History(ctx context.Context, q HistoryQuery) (changes []Change, more bool, err error) {
	steps, err := s.steps(ctx, q.Key, q.Limit+1, q.selects)
	if err != nil {
		return nil, false, err
	}
	for _, st := range slices.Backward(steps) {
		if len(changes) == q.Limit {
			return changes, true, nil
		}
		changes = append(changes, st.change(q.Mapping))
	}
	return changes, false, nil
}

// selects reports whether a change is asked for.
func (q HistoryQuery) selects(st step) bool {
	if q.Before != nil && st.fact.Revision >= *q.Before {
		return false
	}
	if !st.known {
		return q.Mapping == ""
	}
	slug := source.EnvironmentOf(st.fact.Event)
	if q.Environment != "" && slug != "" && slug != q.Environment {
		return false
	}
	return q.Mapping == "" || len(st.difference().Of(q.Mapping).Mappings) > 0
}

// steps reads the stream of a source, and returns the last of its facts that are
// wanted, at most so many. It holds no more than twice as many: each may have all
// mappings of a source.
func (s *Sources) steps(ctx context.Context, key string, most int, wanted func(step) bool) ([]step, error) {
	var state source.State
	var steps []step
	exists := false
	for recorded, err := range s.handler.Store.ReadStream(ctx, source.Stream(key), es.FirstRevision, es.Forward) {
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", source.Stream(key), err)
		}
		exists = true
		fact, err := s.handler.Codec.Decode(recorded)
		st := step{before: state, fact: fact, kind: recorded.Type, known: err == nil}
		switch {
		case errors.Is(err, es.ErrUnknownType), errors.Is(err, es.ErrNewerSchema):
			st.fact.Revision = recorded.Revision
			if meta, err := es.DecodeMetadata(recorded.Metadata); err == nil {
				st.fact.Metadata = meta
			}
		case err != nil:
			return nil, err
		default:
			state = source.Evolve(state, fact)
		}
		if !wanted(st) {
			continue
		}
		if steps = append(steps, st); len(steps) == 2*most {
			steps = slices.Delete(steps, 0, most)
		}
	}
	if !exists {
		return nil, notFound(Place{Key: key})
	}
	return steps[max(0, len(steps)-most):], nil
}

func (st step) difference() source.Difference {
	if !st.known {
		return source.Compare(st.before, st.before, "")
	}
	return source.Compare(st.before, source.Evolve(st.before, st.fact), source.EnvironmentOf(st.fact.Event))
}

// change is the step as it is told; of one mapping, if that is not empty.
func (st step) change(mapping string) Change {
	c := Change{
		Revision: st.fact.Revision, At: st.fact.Metadata.At, Actor: st.fact.Metadata.Actor, Type: st.kind,
		Summary: "written by a later version of Daybook", Difference: st.difference(),
	}
	if st.known {
		c.Environment = value.OrNull(source.EnvironmentOf(st.fact.Event))
		c.Summary = st.before.Summarise(st.fact)
		c.Restores = source.RestoredBy(st.fact.Event)
	}
	if mapping != "" {
		c.Difference = c.Difference.Of(mapping)
	}
	return c
}

// Past is a source in one environment as it was at a revision.
type Past struct {
	Change   Change          `json:"change"` // what made it so
	Settings source.Settings `json:"settings"`
	Mappings []rule.Mapping  `json:"mappings"`
	// SinceThen is how what is in force today differs.
	SinceThen source.Difference `json:"since_then"`
}

// At returns a source as it was at a revision, and how it differs from today's.
func (s *Sources) At(ctx context.Context, at Place, revision es.Revision) (Past, error) {
	steps, err := s.steps(ctx, at.Key, 1, func(st step) bool { return st.fact.Revision == revision })
	if err != nil {
		return Past{}, err
	}
	if len(steps) == 0 {
		return Past{}, noRevision(at, revision)
	}
	then := steps[0].before
	if steps[0].known {
		then = source.Evolve(then, steps[0].fact)
	}
	env, connected := then.Environments[at.Environment]
	if !connected {
		return Past{}, noRevision(at, revision)
	}
	now, _ := s.configuration.Source(at.Key)
	since := source.Compare(then, now, at.Environment)
	return Past{
		Change:   steps[0].change(""),
		Settings: env.Settings, Mappings: append([]rule.Mapping{}, env.Mappings...),
		SinceThen: since,
	}, nil
}

func noRevision(at Place, revision es.Revision) error {
	return &es.Refusal{
		Code:    es.NotFound,
		Message: fmt.Sprintf("source %s was not in environment %s at a revision %d", at.Key, at.Environment, revision),
	}
}

// Parts are what of a revision is brought back.
type Parts struct{ Settings, Mappings bool }

// Restore makes the settings, the mappings or both what they were at a
// revision, as a new change; changed is false if they are that already. Secrets
// and tokens stay as they are. What today's version cannot use is refused, with
// all reasons.
func (s *Sources) Restore(ctx context.Context, at Place, revision es.Revision, parts Parts, actor string) (changed bool, err error) {
	past, err := s.At(ctx, at, revision)
	if err != nil {
		return false, err
	}
	c := source.Restore{Environment: at.Environment, Revision: revision}
	if parts.Settings {
		c.Settings = &past.Settings
	}
	if parts.Mappings {
		c.Mappings = &past.Mappings
	}
	result, err := s.handle(ctx, at, c, actor)
	return len(result.Facts) > 0, err
}
