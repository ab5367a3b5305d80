package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"daybook/app/destination"
	"daybook/domain/action"
	"daybook/domain/webhook"
)

// errStopping says that the worker is to stop: what is left is left.
var errStopping = errors.New("the worker is to stop")

// carryOut carries out what is claimed, in order. What takes effect by being
// recorded is recorded in one append; before anything is sent, what came of
// the action before it is.
func (j *job) carryOut(ctx context.Context, in *lane) (*lane, error) {
	for {
		a := j.nextAction()
		if a == nil {
			return nil, j.flush(ctx, nil)
		}
		next, err := j.turn(ctx, *a, in)
		if next != nil && err == nil {
			return next, j.flush(ctx, nil)
		}
		if err != nil {
			return nil, errors.Join(err, j.flush(ctx, nil))
		}
	}
}

// nextAction returns the action whose turn it is; nil if nothing is left that
// this job claimed.
func (j *job) nextAction() *webhook.Action {
	g := j.generation()
	if !j.owns(g) {
		return nil
	}
	for i := range g.Actions {
		a := &g.Actions[i]
		if a.Status == webhook.StatusClaimed && !j.hasOutcome(a.ID) {
			return a
		}
	}
	return nil
}

func (j *job) hasOutcome(action string) bool {
	return slices.ContainsFunc(j.outcomes, func(o webhook.ActionOutcome) bool { return o.Action == action })
}

// turn does what is to be done about one action, or returns the lane in which
// that is to be done.
func (j *job) turn(ctx context.Context, a webhook.Action, in *lane) (*lane, error) {
	if waits, err := j.waitsForAnother(ctx, a); waits || err != nil {
		return nil, err
	}
	payload, err := j.payload(ctx, a)
	if err != nil {
		return nil, fmt.Errorf("carry out action %s: %w", a.ID, err)
	}
	if !a.Matches(payload) {
		j.conclude(webhook.ActionOutcome{
			Action: a.ID, Reason: webhook.ParkChanged,
			Error: "the request rendered again is not the one that was planned, so it is not sent; replay the webhook to plan it anew",
		})
		return nil, nil
	}
	to := j.destination(a)
	if to == nil {
		return nil, nil
	}
	request := destination.Action{
		ID: a.ID, Type: a.ActionType, Payload: payload, Environment: j.Ref.Environment, LeftOut: a.Payload == nil,
		Webhook: j.Ref.ID(), Mapping: a.MappingKey, Attempt: len(a.Attempts) + 1,
	}
	terms := to.Terms(request)
	switch {
	case !a.MayRepeat(j.now(), terms.Lane, terms.Repeats):
		j.conclude(webhook.ActionOutcome{
			Action: a.ID, Uncertain: true,
			Error: "an earlier attempt may have carried it out, and sending it again might do so twice; look at the destination, then retry it or give it up",
		})
		return nil, nil
	case a.Failures >= webhook.MaxAttempts:
		j.conclude(webhook.ActionOutcome{Action: a.ID, Reason: webhook.ParkExhausted, Error: "it was tried as often as is tried by itself"})
		return nil, nil
	case terms.Lane == "":
		j.concludeAttempt(a, terms, to.CarryOut(ctx, request), 0)
		return nil, nil
	}
	mine := j.lanes.find(terms.Lane)
	switch {
	case mine == j.full:
		j.conclude(webhook.ActionOutcome{
			Action: a.ID, Deferred: webhook.DeferBusy, Error: fmt.Sprintf("%d webhooks wait for %s already", maxInLane, terms.Lane),
		})
		return nil, nil
	case mine != in:
		return mine, nil
	default:
		return nil, j.send(ctx, a, request, to, terms, in)
	}
}

// destination returns where an action goes. If that is nowhere at present, it
// waits.
func (j *job) destination(a webhook.Action) destination.Destination {
	to, err := j.config.Destinations.Find(j.Ref.Environment, a.ActionType)
	if err != nil {
		j.conclude(webhook.ActionOutcome{Action: a.ID, Deferred: webhook.DeferNowhere, Error: err.Error()})
		return nil
	}
	return to
}

// send makes an attempt over the network.
func (j *job) send(ctx context.Context, a webhook.Action, request destination.Action, to destination.Destination, terms destination.Terms, in *lane) error {
	if j.stopping() {
		return errStopping
	}
	done, until, ok := in.allow()
	if !ok {
		o := webhook.ActionOutcome{
			Action: a.ID, Deferred: webhook.DeferDown, Repeats: terms.Repeats,
			Error: terms.Lane + " failed too often of late, so it is left alone for a while",
		}
		if !until.IsZero() {
			o.Until = j.now().Add(time.Until(until) + time.Duration(j.config.Chance()*float64(afterPause)))
			o.Error = terms.Lane + " asked to be left alone for a while"
		}
		j.conclude(o)
		return nil
	}
	if ready, err := j.prepare(ctx, a, terms); !ready || err != nil {
		done(nil, 0)
		return err
	}
	sending, cancel := context.WithDeadline(ctx, j.claimed.Add(j.config.Lease/2))
	defer cancel()
	stop := context.AfterFunc(j.sends, cancel) //nolint:contextcheck // it does not begin anything, it ends what is being sent
	defer stop()
	began := time.Now()
	outcome := to.CarryOut(sending, request)
	took := time.Since(began)
	if j.sends.Err() != nil && outcome.Class != "" {
		done(nil, 0) // it was we who ended it
	} else {
		done(&outcome, took)
	}
	j.concludeAttempt(a, terms, outcome, took)
	return nil
}

// prepare makes sure that what went before is recorded, that the claim stands
// for long enough, and, where a second effect is possible, that it is known
// that an attempt begins. If it is not ready, the stream was found to stand
// otherwise than was believed, and everything is to be asked again.
func (j *job) prepare(ctx context.Context, a webhook.Action, terms destination.Terms) (ready bool, err error) {
	if time.Since(j.claimed) > j.config.Lease/4 {
		if err := j.flush(ctx, nil); err != nil {
			return false, err
		}
		return false, j.takeOver(ctx, &j.generation().Claim.Revision)
	}
	if terms.Repeats.Always {
		err = j.flush(ctx, nil)
	} else {
		if j.sent == nil {
			j.sent = map[string]bool{}
		}
		j.sent[a.ID] = true
		err = j.flush(ctx, &webhook.Begin{Action: a.ID, Destination: terms.Lane, Repeats: terms.Repeats})
	}
	if err != nil {
		return false, err
	}
	g := j.generation()
	now := g.Action(a.ID)
	return j.owns(g) && now.Status == webhook.StatusClaimed && (terms.Repeats.Always || now.UnderWay()), nil
}

// waitsForAnother defers or parks an action that needs another, which has not
// been carried out. It reports whether it did.
func (j *job) waitsForAnother(ctx context.Context, a webhook.Action) (bool, error) {
	for _, earlier := range j.generation().Actions {
		if earlier.ID == a.ID {
			return false, nil
		}
		if !j.unmet(earlier) {
			continue
		}
		needed, err := j.needs(ctx, a, earlier)
		if err != nil {
			return false, err
		}
		if !needed {
			continue
		}
		if err := j.flush(ctx, nil); err != nil { // what came of the earlier one is decided there
			return false, err
		}
		return true, j.waitFor(a, *j.generation().Action(earlier.ID))
	}
	return false, nil
}

// unmet reports whether an action that others may need was not carried out.
// What cannot be, because its mapping leaves something out, holds nobody up.
func (j *job) unmet(a webhook.Action) bool {
	if a.Problem != nil || a.Status == webhook.StatusSucceeded || a.Status == webhook.StatusSkipped {
		return false
	}
	return !slices.ContainsFunc(j.outcomes, func(o webhook.ActionOutcome) bool { return o.Action == a.ID && o.Succeeded() })
}

func (j *job) needs(ctx context.Context, a, earlier webhook.Action) (bool, error) {
	payload, err := j.payload(ctx, a)
	if err != nil {
		return false, err
	}
	needed, err := j.payload(ctx, earlier)
	if err != nil {
		return false, err
	}
	return action.Needs(a.ActionType, payload, earlier.ActionType, needed), nil
}

func (j *job) waitFor(a, earlier webhook.Action) error {
	name := fmt.Sprintf("%s (%s)", earlier.ActionType, earlier.MappingKey)
	o := webhook.ActionOutcome{Action: a.ID}
	switch earlier.Status {
	case webhook.StatusWaiting:
		o.Deferred, o.Until = webhook.DeferNeeds, earlier.RetryAt
		o.Error = "it needs " + name + ", which is tried again first"
	case webhook.StatusParked, webhook.StatusUncertain:
		o.Reason = webhook.ParkNeeds
		o.Error = fmt.Sprintf("it needs %s, which is %s; retry that, and this follows", name, earlier.Status)
	default:
		return fmt.Errorf("action %s needs %s, which is %s", a.ID, earlier.ID, earlier.Status)
	}
	j.conclude(o)
	return nil
}

// concludeAttempt keeps what came of an attempt, to be recorded.
func (j *job) concludeAttempt(a webhook.Action, terms destination.Terms, o destination.Outcome, took time.Duration) {
	j.conclude(webhook.ActionOutcome{
		Action: a.ID, Result: o.Result, Class: o.Class, Error: o.Error, RetryAfter: o.RetryAfter, Repeats: terms.Repeats,
		Exchange: webhook.Exchange{HTTPStatus: o.HTTPStatus, DurationMS: took.Milliseconds(), Request: o.Request, Answer: o.Answer},
	})
}

func (j *job) conclude(o webhook.ActionOutcome) {
	if !o.Succeeded() {
		o.Chance = j.config.Chance()
	}
	j.outcomes = append(j.outcomes, o)
}

// flush records the outcomes that are not recorded yet, and that an attempt
// begins.
func (j *job) flush(ctx context.Context, begin *webhook.Begin) error {
	if len(j.outcomes) == 0 && begin == nil {
		return nil
	}
	g := j.generation()
	err := j.handle(ctx, webhook.Record{
		Generation: j.Ref.Generation, Claim: g.Claim.Revision, At: j.now(), Outcomes: j.outcomes, Begin: begin,
	})
	if err != nil {
		return err
	}
	for _, o := range j.outcomes {
		j.ended(ctx, o)
	}
	j.outcomes = nil
	return nil
}

// ended tells whoever counts how an action stands, and pauses a mapping whose
// destination is gone.
func (j *job) ended(ctx context.Context, o webhook.ActionOutcome) {
	g := j.generation()
	a := g.Action(o.Action)
	if a == nil {
		return
	}
	if a.Status.Done() {
		reason := string(a.Reason)
		if a.Status == webhook.StatusUncertain {
			reason = string(a.Status)
		}
		j.config.Metrics.ActionEnded(string(a.ActionType), reason)
	}
	if o.Class == webhook.ClassGone {
		j.pause(ctx, a.MappingKey, "its destination answered 410: it is gone for good; change where it leads, then resume it", g.Plan.ConfigurationRevision)
	}
}
