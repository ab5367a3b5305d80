package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/source"
	"daybook/domain/value"
	"daybook/domain/webhook"
)

// Limits of one backtest.
const (
	// MaxBacktest is how many webhooks are looked at.
	MaxBacktest = 100
	// MaxChanges is how many of those that change are told one by one.
	MaxChanges = 8
	// backtestFor is for how long it goes on before it says how far it came, if
	// the draft does not say.
	backtestFor = 2 * time.Second
	// backtestsAtOnce is how many run at once; others wait.
	backtestsAtOnce = 2
)

// Draft is a mapping that is not saved yet.
type Draft struct {
	Source, Environment string
	Mapping             rule.Mapping
	// Replaces is the key of the mapping that it would take the place of; empty
	// for a new one.
	Replaces string
	// Within is how long it may take; 0: two seconds.
	Within time.Duration
}

// Backtest is what a draft would have made of webhooks that came, and how that
// differs from what the rules in force make of them.
type Backtest struct {
	// Looked is how many webhooks were asked about. Stopped says that time ran
	// out before all of them were.
	Looked  int
	Stopped bool
	// Matched, Missed and Failed count webhooks by what the draft says of them: a
	// condition that is false or a type that it is not for is missed, an action
	// that lacks something has failed.
	Matched, Missed, Failed int
	// NewlyFailed counts those of Failed that do not fail today.
	NewlyFailed int
	// Added, Dropped, Changed and Unchanged count actions.
	Added, Dropped, Changed, Unchanged int
	// Changes are the first webhooks of which something else would become, and
	// Others the first of the rest; together at most [MaxChanges].
	Changes, Others []Judgement
}

// Judgement is what the rules in force and the draft say of one webhook.
type Judgement struct {
	ID            string
	EventType     string
	ReceivedAt    es.Time
	Before, After Outcome
}

// Outcome is what one mapping says of a webhook.
type Outcome struct {
	// Verdict is nil where the mapping was not asked, and Reason why then: the
	// webhook is of another type, or its type is switched off.
	Verdict *rule.Verdict
	Reason  rule.Reason
	// Planned is whether an action would be planned; Type and Subject are what
	// it would do, and Problem why it could not.
	Planned bool
	Type    action.Type
	Subject action.Subject
	Problem string
}

// Failed reports whether the condition failed, or the action could not be
// carried out.
func (o Outcome) Failed() bool { return o.Problem != "" || o.Verdict != nil && o.Verdict.Error != "" }

// Backtest asks a draft, and the rules in force, about webhooks of its source:
// those with these ids, in their order. It looks at [MaxBacktest] of them at
// most, and only for so long. Nothing is stored and nothing sent. It returns
// an [es.Refusal] if there is no such source or mapping, and [es.Refusals] for a
// draft that cannot be used.
func (r *Replayer) Backtest(ctx context.Context, d Draft, ids []string) (Backtest, error) {
	before, after, err := r.sides(d)
	if err != nil {
		return Backtest{}, err
	}
	select {
	case r.backtests <- struct{}{}:
		defer func() { <-r.backtests }()
	case <-ctx.Done():
		return Backtest{}, fmt.Errorf("wait for other backtests: %w", ctx.Err())
	}
	ids = ids[:min(len(ids), MaxBacktest)]
	var b Backtest
	began, within := time.Now(), cmp.Or(d.Within, backtestFor)
	for _, id := range ids {
		if b.Stopped = time.Since(began) >= within; b.Stopped {
			break
		}
		if err := r.judge(ctx, &b, before, after, id); err != nil {
			return Backtest{}, err
		}
	}
	return b, nil
}

// sides are the rules to be compared: the mapping that is to be replaced, if
// there is one, and the draft. Mappings do not bear on one another, so the
// others need not be asked.
func (r *Replayer) sides(d Draft) (before, after *rule.Rules, err error) {
	state, _ := r.configuration.Source(d.Source)
	env, connected := state.Environments[d.Environment]
	if !connected {
		return nil, nil, &es.Refusal{Code: es.NotFound, Message: fmt.Sprintf("there is no source %q in environment %q", d.Source, d.Environment)}
	}
	was, draft, err := place(env, d)
	if err != nil {
		return nil, nil, err
	}
	definition := env.Definition()
	definition.Mappings = was
	before, _ = rule.Compile(definition)
	definition.Mappings, definition.Paused = []rule.Mapping{draft}, nil // what is saved changed is asked again
	after, problems := rule.Compile(definition)
	var refusals es.Refusals
	for _, p := range problems {
		refusals = append(refusals, &es.Refusal{Code: es.Invalid, Field: p.Field, Message: p.Placed()})
	}
	if len(refusals) > 0 {
		return nil, nil, refusals
	}
	return before, after, nil
}

// place returns the mapping that a draft replaces, if any, and the draft with
// the key that it would have, active.
func place(env source.Environment, d Draft) (was []rule.Mapping, draft rule.Mapping, err error) {
	draft = d.Mapping
	draft.Active = rule.On
	if d.Replaces != "" {
		i := slices.IndexFunc(env.Mappings, func(m rule.Mapping) bool { return m.Key == d.Replaces })
		if i < 0 {
			return nil, draft, &es.Refusal{Code: es.NotFound, Message: "there is no mapping " + d.Replaces}
		}
		was = env.Mappings[i : i+1]
		if draft.Key == "" {
			draft.Key = d.Replaces
		}
	}
	keyed := rule.DeriveKeys(append(slices.Clone(env.Mappings), draft))
	return was, keyed[len(keyed)-1], nil
}

// judge asks both sides about one webhook. One that is gone, or that a later
// version wrote, is passed over.
func (r *Replayer) judge(ctx context.Context, b *Backtest, before, after *rule.Rules, id string) error {
	ref, g, err := r.load(ctx, id)
	if _, gone := errors.AsType[*es.Refusal](err); gone || errors.Is(err, es.ErrUnknownType) || errors.Is(err, es.ErrNewerSchema) {
		return nil
	}
	if err != nil {
		return err
	}
	body, err := value.Decode(g.Received.Body)
	if err != nil {
		return nil //nolint:nilerr // no rules can be asked about it, so nothing changes
	}
	in := g.Input(ref, body.Value)
	was, is := before.Evaluate(in), after.Evaluate(in)
	d := webhook.Compare(ref.PlanActions(was), ref.PlanActions(is))
	j := Judgement{ID: id, EventType: g.Received.Receipt.EventType, ReceivedAt: g.ReceivedAt, Before: outcome(was), After: outcome(is)}
	b.count(j, d)
	return nil
}

func (b *Backtest) count(j Judgement, d webhook.Difference) {
	b.Looked++
	switch {
	case j.After.Failed():
		b.Failed++
		if !j.Before.Failed() {
			b.NewlyFailed++
		}
	case j.After.Planned:
		b.Matched++
	default:
		b.Missed++
	}
	b.Added += len(d.Added)
	b.Dropped += len(d.Dropped)
	b.Changed += len(d.Changed)
	b.Unchanged += d.Unchanged
	changed := len(d.Added)+len(d.Dropped)+len(d.Changed) > 0 || j.Before.Failed() != j.After.Failed()
	switch {
	case changed && len(b.Changes) < MaxChanges:
		b.Changes = append(b.Changes, j)
		b.Others = b.Others[:min(len(b.Others), MaxChanges-len(b.Changes))]
	case !changed && len(b.Changes)+len(b.Others) < MaxChanges:
		b.Others = append(b.Others, j)
	}
}

// outcome is what the one mapping of an evaluation says.
func outcome(e rule.Evaluation) Outcome {
	o := Outcome{Reason: e.Reason}
	if len(e.Verdicts) > 0 {
		o.Verdict, o.Reason = &e.Verdicts[0], e.Verdicts[0].Reason
	}
	if len(e.Actions) == 0 {
		return o
	}
	planned := e.Actions[0]
	o.Planned, o.Type, o.Subject = true, planned.ActionType, action.SubjectOf(planned.Payload)
	if planned.Problem != nil {
		o.Problem = planned.Problem.Message
	}
	return o
}
