package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"daybook/app/command"
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

	// from is the revision at which the job began: newer claims of ours are its
	// own. claimed is when it began to claim, by the monotonic clock.
	begun   bool
	from    es.Revision
	claimed time.Time
	// sent are the actions whose attempt this job began to record.
	sent map[string]bool
	// outcomes are not recorded yet.
	outcomes []webhook.ActionOutcome
	// full is a lane that had no room.
	full *lane
	warm bool // it waits in a lane, with all that is known
}

// advance does whatever is to be done about a webhook, as far as that goes: if
// the next action is for a destination other than the one of lane in, it
// returns the lane to go on in. It returns [webhook.ErrClaimed] or
// [webhook.ErrFenced] if another does it. If the store is not available, it may
// be called again.
func (j *job) advance(ctx context.Context, in *lane) (*lane, error) {
	if err := j.load(ctx); err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) error{j.plan, j.claim} {
		if err := step(ctx); err != nil {
			return nil, fmt.Errorf("work %s: %w", j.Ref.ID(), err)
		}
	}
	next, err := j.carryOut(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("work %s: %w", j.Ref.ID(), err)
	}
	return next, nil
}

// load reads the stream, unless it is known.
func (j *job) load(ctx context.Context) error {
	if !j.Loaded.Exists {
		loaded, err := j.webhooks.Load(ctx, j.Ref.Stream())
		if err != nil {
			return err
		}
		j.Loaded = loaded
	}
	if !j.begun {
		j.begun, j.from = true, j.Loaded.Revision
	}
	return nil
}

// cool lets go of what can be read again.
func (j *job) cool() {
	j.Loaded, j.Body, j.evaluation = command.Loaded[webhook.State]{}, nil, nil
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
	j.claimed = time.Now()
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

// claim makes sure that the newest claim is this job's, if something is due.
func (j *job) claim(ctx context.Context) error {
	g := j.generation()
	if g.Plan == nil || !g.Pending() || j.owns(g) {
		return nil
	}
	lapsed := j.lapsed
	if g.Claim != nil && (j.config.Alone || j.isOurs(g.Claim)) {
		lapsed = &g.Claim.Revision // of a start or a job that is over
	}
	takesOver := !g.Resting()
	if err := j.takeOver(ctx, lapsed); err != nil {
		return err
	}
	if takesOver {
		j.config.Metrics.TakenOver()
	}
	return nil
}

func (j *job) takeOver(ctx context.Context, lapsed *es.Revision) error {
	began := time.Now()
	err := j.handle(ctx, webhook.TakeOver{Generation: j.Ref.Generation, At: j.now(), Claim: j.claimant(), Lapsed: lapsed})
	if err == nil {
		j.claimed = began
	}
	return err
}

// owns reports whether the newest claim was made by this job, and stands.
func (j *job) owns(g *webhook.Generation) bool {
	if g.Resting() || !j.isOurs(g.Claim) || g.Claim.Revision <= j.from {
		return false
	}
	for _, a := range g.Claimed() {
		if a.UnderWay() && !j.sent[a.ID] {
			return false // begun by one that was here before
		}
	}
	return true
}

func (w *Worker) isOurs(c *webhook.Claim) bool {
	return c != nil && c.WorkClaimed.Instance == w.config.Instance && c.WorkClaimed.Start == w.config.Start
}

// now is the time of the facts.
func (w *Worker) now() es.Time { return es.TimeOf(w.config.Now()) }

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
