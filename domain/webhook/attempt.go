package webhook

import (
	"fmt"
	"math"
	"strings"
	"time"

	"daybook/domain/es"
)

// How often, and for how long, an action is tried.
const (
	// MaxAttempts is how often it is tried before it is parked.
	MaxAttempts = 15
	// MaxAge is for how long it is tried, from when it was planned or re-armed.
	MaxAge = 72 * time.Hour
	// MaxRetryAfter is the longest that a destination is left alone because it
	// asks for that; beyond it, only for as long as it would be anyway.
	MaxRetryAfter = time.Hour
	// RepeatMargin is taken off the time in which an action may be sent again:
	// for clocks that differ, and for what is under way.
	RepeatMargin = 10 * time.Minute

	firstWait  = 5 * time.Second
	waitFactor = 3
	mostWait   = 8 * time.Hour

	firstDeferral  = 30 * time.Second
	deferralFactor = 2
	mostDeferral   = 30 * time.Minute
)

// MayRepeat reports whether an action may be sent to a destination although it
// may have been carried out: if it is not in doubt, or has no second effect.
func (a Action) MayRepeat(at es.Time, destination string, repeats Repeats) bool {
	if !a.Doubt || repeats.Always {
		return true
	}
	return a.Destination == destination && repeats.covers(at, a.FirstSent)
}

func (r Repeats) covers(at, firstSent es.Time) bool {
	return r.Always || r.Within > 0 && at.Sub(firstSent) < r.Within-RepeatMargin
}

// wait returns a span that grows by a factor with each of n times, to a most,
// between half and all of it.
func wait(n int, first, most time.Duration, factor, chance float64) time.Duration {
	span := time.Duration(min(float64(most), float64(first)*math.Pow(factor, float64(n))))
	return span/2 + time.Duration(chance*float64(span/2))
}

func takeOver(s State, c TakeOver) ([]Event, error) {
	g := s.Generation(c.Generation)
	if g == nil {
		return nil, ErrNothingReceived
	}
	due, all := g.due(c.At)
	if len(due) == 0 {
		return nil, nil
	}
	if g.Claim != nil && !g.Resting() && (c.Lapsed == nil || g.Claim.Revision != *c.Lapsed) {
		return nil, ErrClaimed
	}
	claim := c.Claim.claim(c.Generation)
	if !all {
		claim.Actions = due
	}
	return []Event{claim}, nil
}

// due returns the actions that are to be carried out at a time, and whether
// those are all that are not done.
func (g *Generation) due(at es.Time) (due []string, all bool) {
	all = true
	for _, a := range g.Actions {
		switch {
		case a.Status.Done():
		case a.RetryAt > at:
			all = false
		default:
			due = append(due, a.ID)
		}
	}
	return due, all
}

func record(s State, c Record) ([]Event, error) {
	g := s.Generation(c.Generation)
	if g == nil {
		return nil, ErrNothingReceived
	}
	if g.Claim == nil || g.Claim.Revision != c.Claim {
		return nil, ErrFenced
	}
	var events []Event
	recorded := map[string]bool{}
	for _, o := range c.Outcomes {
		a := g.Action(o.Action)
		if a == nil || a.Status != StatusClaimed || recorded[o.Action] {
			continue
		}
		recorded[o.Action] = true
		events = append(events, a.outcome(c.Generation, c.At, o))
	}
	if b := c.Begin; b != nil && !recorded[b.Action] {
		if a := g.Action(b.Action); a != nil && a.Status == StatusClaimed && a.underWay() == nil {
			events = append(events, AttemptBegun{
				Generation: c.Generation, Action: b.Action, Attempt: a.nextAttempt(),
				Destination: b.Destination, RepeatableMS: b.Repeats.Within.Milliseconds(),
			})
		}
	}
	return events, nil
}

// nextAttempt returns the number of the attempt that is under way, or would be
// the next.
func (a *Action) nextAttempt() int {
	if begun := a.underWay(); begun != nil {
		return begun.Number
	}
	return len(a.Attempts) + 1
}

// outcome decides what follows from what came of an action.
func (a *Action) outcome(generation int, at es.Time, o ActionOutcome) Event {
	o.Exchange = o.Exchange.cut()
	attempt := a.nextAttempt()
	switch {
	case o.Deferred != "":
		return a.deferred(generation, at, o)
	case o.Reason != "":
		return ActionParked{Generation: generation, Action: a.ID, Reason: o.Reason, Error: o.Error}
	case o.Uncertain:
		return ActionUncertain{Generation: generation, Action: a.ID, Error: o.Error}
	case o.Class == "":
		return ActionSucceeded{Generation: generation, Action: a.ID, Attempt: attempt, Result: o.Result, Exchange: o.Exchange}
	case !o.Class.Retried():
		return ActionParked{
			Generation: generation, Action: a.ID, Attempt: attempt, Reason: ParkReason(o.Class), Error: o.Error,
			Class: o.Class, Exchange: o.Exchange,
		}
	}
	pause := max(wait(a.Failures, firstWait, mostWait, waitFactor, o.Chance), min(o.RetryAfter, MaxRetryAfter))
	retryAt := at.Add(pause)
	doubt := a.Doubt || o.Class == ClassUnknown
	switch {
	case doubt && !o.Repeats.covers(retryAt, a.FirstSent):
		return ActionUncertain{Generation: generation, Action: a.ID, Attempt: attempt, Error: o.Error, Exchange: o.Exchange}
	case a.Failures+1 >= MaxAttempts || retryAt.Sub(a.ArmedAt) > MaxAge:
		return a.exhausted(generation, attempt, o)
	default:
		return ActionFailed{
			Generation: generation, Action: a.ID, Attempt: attempt, Class: o.Class, Error: o.Error, RetryAt: retryAt, Exchange: o.Exchange,
		}
	}
}

func (a *Action) deferred(generation int, at es.Time, o ActionOutcome) Event {
	until := o.Until
	if until.IsZero() {
		until = at.Add(wait(a.Deferrals, firstDeferral, mostDeferral, deferralFactor, o.Chance))
	}
	if until.Sub(a.ArmedAt) > MaxAge {
		return a.exhausted(generation, 0, o)
	}
	return ActionDeferred{Generation: generation, Action: a.ID, Reason: o.Deferred, Error: o.Error, RetryAt: until}
}

// exhausted gives up. Where it may have been carried out, that is what matters.
func (a *Action) exhausted(generation, attempt int, o ActionOutcome) Event {
	if (a.Doubt || o.Class == ClassUnknown) && !o.Repeats.Always {
		return ActionUncertain{Generation: generation, Action: a.ID, Attempt: attempt, Error: o.Error, Exchange: o.Exchange}
	}
	tried := fmt.Sprintf("it was tried %d times", a.Failures)
	if attempt > 0 {
		tried = fmt.Sprintf("it was tried %d times", a.Failures+1)
	}
	return ActionParked{
		Generation: generation, Action: a.ID, Attempt: attempt, Reason: ParkExhausted, Class: o.Class, Exchange: o.Exchange,
		Error: tried + " and is not tried again by itself; the last time: " + o.Error,
	}
}

// cut keeps excerpts within what is kept.
func (e Exchange) cut() Exchange {
	for _, excerpt := range [...]*string{&e.Request, &e.Answer} {
		if len(*excerpt) > MaxExcerpt {
			*excerpt = strings.ToValidUTF8((*excerpt)[:MaxExcerpt], "")
		}
	}
	return e
}
