package worker

import (
	"context"
	"errors"
	"fmt"

	"daybook/app/command"
	"daybook/app/destination"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/value"
	"daybook/domain/webhook"
)

// job is a webhook while it is worked.
type job struct {
	*Worker
	Work
	// evaluation is what the rules of revision asked say; nil if no rules were
	// asked yet.
	evaluation *rule.Evaluation
	asked      es.Revision
}

// work does whatever is to be done about a webhook, and returns the revision
// at which nothing more is. It returns [webhook.ErrClaimed] or
// [webhook.ErrFenced] if another does it.
func (w *Worker) work(ctx context.Context, work Work) (es.Revision, error) {
	j := &job{Worker: w, Work: work}
	if !j.Loaded.Exists {
		loaded, err := w.webhooks.Load(ctx, j.Ref.Stream())
		if err != nil {
			return 0, err
		}
		j.Loaded = loaded
	}
	for _, step := range []func(context.Context) error{j.plan, j.claim, j.carryOut} {
		if err := step(ctx); err != nil {
			return 0, fmt.Errorf("work %s: %w", j.Ref.ID(), err)
		}
	}
	return j.Loaded.Revision, nil
}

func (j *job) generation() *webhook.Generation { return j.Loaded.State.Generation(j.Ref.Generation) }

// handle has a command carried out; the job then stands where it led.
func (j *job) handle(ctx context.Context, c webhook.Command) error {
	meta := command.Meta{CorrelationID: j.Ref.ID()}
	if g := j.generation(); g != nil {
		meta.CausationID = g.EventID
	}
	result, err := j.webhooks.HandleFrom(ctx, j.Ref.Stream(), j.Loaded, c, meta)
	if err != nil {
		return err
	}
	j.Loaded = command.Loaded[webhook.State]{State: result.State, Revision: result.State.Revision, Exists: true}
	return nil
}

// plan asks the rules, and records what they said together with a claim.
func (j *job) plan(ctx context.Context) error {
	g := j.generation()
	if g == nil {
		return webhook.ErrNothingReceived
	}
	if g.Plan != nil || g.PlanParked != nil {
		return nil
	}
	revision := g.Received.Receipt.ConfigurationRevision
	if err := j.ask(ctx, revision); err != nil {
		return j.parkPlan(ctx, revision, err)
	}
	err := j.handle(ctx, webhook.Plan{
		Ref:                   j.Ref,
		ConfigurationRevision: revision,
		Evaluation:            *j.evaluation,
		Claim:                 j.claimant(),
	})
	if errors.Is(err, es.ErrTooLarge) {
		return j.parkPlan(ctx, revision, &cannotPlan{webhook.ParkTooLarge, err})
	}
	if err == nil {
		j.config.Metrics.Planned(len(j.evaluation.Actions))
		j.watchBudgets(ctx, revision, *j.evaluation)
	}
	return err
}

// parkPlan records why there is no plan, if that is something to be recorded.
func (j *job) parkPlan(ctx context.Context, revision es.Revision, reason error) error {
	cannot, ok := errors.AsType[*cannotPlan](reason)
	if !ok {
		return reason
	}
	j.config.Metrics.PlanParked(string(cannot.reason))
	return j.handle(ctx, webhook.ParkPlan{
		Generation:            j.Ref.Generation,
		ConfigurationRevision: revision,
		Reason:                cannot.reason,
		Error:                 cannot.err.Error(),
	})
}

// cannotPlan is why no plan can be made, however often it is tried.
type cannotPlan struct {
	reason webhook.ParkReason
	err    error
}

func (e *cannotPlan) Error() string { return e.err.Error() }
func (e *cannotPlan) Unwrap() error { return e.err }

// ask has the rules of a revision evaluated, if that was not done already.
func (j *job) ask(ctx context.Context, revision es.Revision) error {
	if j.evaluation != nil && j.asked == revision {
		return nil
	}
	g := j.generation()
	if j.Body == nil {
		decoded, err := value.Decode(g.Received.Body)
		if err != nil {
			return &cannotPlan{webhook.ParkUnreadable, err}
		}
		j.Body = decoded.Value
	}
	rules, err := j.config.Rules.Rules(ctx, j.Ref.Source, j.Ref.Environment, revision)
	switch {
	case isUnavailable(err), errors.Is(err, es.ErrUnknownType), errors.Is(err, es.ErrNewerSchema):
		return err // not now, or not here
	case err != nil:
		return &cannotPlan{webhook.ParkNoRules, err}
	}
	evaluation, err := j.evaluateWithin(rules, g.Input(j.Ref, j.Body))
	if err != nil {
		return &cannotPlan{webhook.ParkInterrupted, err}
	}
	j.evaluation, j.asked = &evaluation, revision
	return nil
}

func (w *Worker) claimant() webhook.Claimant {
	return webhook.Claimant{Instance: w.config.Instance, Start: w.config.Start, Lease: w.config.Lease}
}

// claim makes sure that the newest claim is ours, if there is something to do.
func (j *job) claim(ctx context.Context) error {
	g := j.generation()
	if !g.Pending() || j.isOurs(g.Claim) {
		return nil
	}
	lapsed := j.lapsed
	if g.Claim != nil && j.config.Alone {
		lapsed = &g.Claim.Revision // of another start: whoever made it is dead
	}
	err := j.handle(ctx, webhook.TakeOver{Generation: j.Ref.Generation, Claim: j.claimant(), Lapsed: lapsed})
	if err == nil {
		j.config.Metrics.TakenOver()
	}
	return err
}

func (w *Worker) isOurs(c *webhook.Claim) bool {
	return c != nil && c.WorkClaimed.Instance == w.config.Instance && c.WorkClaimed.Start == w.config.Start
}

// carryOut carries out what is due, in order, and records the outcomes in one
// append: at the local destination that append is the effect.
func (j *job) carryOut(ctx context.Context) error {
	g := j.generation()
	due := g.Due()
	if len(due) == 0 {
		return nil
	}
	var outcomes []webhook.ActionOutcome
	var failed error
	for _, a := range due {
		outcome, err := j.attempt(ctx, a)
		if err != nil {
			failed = fmt.Errorf("carry out action %s: %w", a.ID, err)
			break // the next ones may build on it
		}
		outcomes = append(outcomes, outcome)
	}
	if len(outcomes) > 0 {
		if err := j.handle(ctx, webhook.Record{Generation: j.Ref.Generation, Claim: g.Claim.Revision, Outcomes: outcomes}); err != nil {
			return err
		}
		for i, o := range outcomes {
			j.config.Metrics.ActionEnded(string(due[i].ActionType), string(o.Reason))
		}
	}
	return failed
}

// attempt carries out one action. It returns an error if nothing can be said
// about the outcome now.
func (j *job) attempt(ctx context.Context, a webhook.Action) (webhook.ActionOutcome, error) {
	payload, err := j.payload(ctx, a)
	if err != nil {
		return webhook.ActionOutcome{}, err
	}
	if !a.Matches(payload) {
		return webhook.ActionOutcome{
			Action: a.ID, Reason: webhook.ParkChanged,
			Error: "the request rendered again is not the one that was planned, so it is not sent; replay the webhook to plan it anew",
		}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, j.config.Lease/2)
	defer cancel()
	outcome := j.config.Destination.CarryOut(ctx, destination.Action{
		ID: a.ID, Type: a.ActionType, Payload: payload, Environment: j.Ref.Environment, LeftOut: a.Payload == nil,
		Webhook: j.Ref.ID(), Mapping: a.MappingKey, Attempt: len(a.Attempts) + 1,
	})
	if outcome.Class != "" && outcome.Class.Retried() {
		return webhook.ActionOutcome{}, errors.New(outcome.Error)
	}
	return webhook.ActionOutcome{Action: a.ID, Result: outcome.Result, Reason: webhook.ParkReason(outcome.Class), Error: outcome.Error}, nil
}

// payload returns the request of an action: as it was planned, or, where the
// plan left it out, rendered again under the plan's rules.
func (j *job) payload(ctx context.Context, a webhook.Action) ([]byte, error) {
	if a.Payload != nil {
		return a.Payload, nil
	}
	err := j.ask(ctx, j.generation().Plan.ConfigurationRevision)
	if _, never := errors.AsType[*cannotPlan](err); never {
		return nil, nil // matches nothing
	}
	if err != nil {
		return nil, err
	}
	for _, again := range j.evaluation.Actions {
		if again.MappingKey == a.MappingKey && again.Index == a.Index {
			return again.Payload, nil
		}
	}
	return nil, nil
}
