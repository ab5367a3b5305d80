package webhook_test

import (
	"slices"
	"testing"
	"time"

	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/webhook"
)

const minute = 60 * second

// armed is a log with actions that are planned and claimed at its time.
func armed(t *testing.T, mappings ...string) *log {
	t.Helper()
	l := &log{at: 1_700_000_000_000}
	mustGive(t, l, received(l.at, `{}`, 0))
	var actions []rule.Planned
	for _, m := range mappings {
		actions = append(actions, planned(m, `{}`))
	}
	mustGive(t, l, webhook.Plan{Ref: ref(1), Evaluation: rule.Evaluation{Actions: actions}, Claim: claimant("one")})
	return l
}

func (l *log) action(i int) webhook.Action { return l.state().Current().Actions[i] }

// outcome records an outcome of the first action, under the newest claim.
func (l *log) outcome(t *testing.T, o webhook.ActionOutcome) []webhook.Event {
	t.Helper()
	o.Action = l.action(0).ID
	return mustGive(t, l, webhook.Record{Generation: 1, Claim: l.state().Current().Claim.Revision, At: l.at, Outcomes: []webhook.ActionOutcome{o}})
}

// begin says that the first action is about to be sent.
func (l *log) begin(t *testing.T, destination string, repeats webhook.Repeats) {
	t.Helper()
	mustGive(t, l, webhook.Record{Generation: 1, Claim: l.state().Current().Claim.Revision, At: l.at, Begin: &webhook.Begin{
		Action: l.action(0).ID, Destination: destination, Repeats: repeats,
	}})
}

// round waits until the first action is due, and claims it.
func (l *log) round(t *testing.T) {
	t.Helper()
	l.at = max(l.at, l.action(0).RetryAt)
	if events := mustGive(t, l, webhook.TakeOver{Generation: 1, At: l.at, Claim: claimant("one")}); len(events) != 1 {
		t.Fatalf("a round that is due gave %v", events)
	}
}

func failing(class webhook.Class, repeats webhook.Repeats) webhook.ActionOutcome {
	return webhook.ActionOutcome{Class: class, Error: "it failed", Repeats: repeats}
}

// What destinations make of an action sent again.
func always() webhook.Repeats { return webhook.Repeats{Always: true} }
func never() webhook.Repeats  { return webhook.Repeats{} }
func aDay() webhook.Repeats   { return webhook.Repeats{Within: 24 * time.Hour} }

// TestWaits: the waits grow threefold to eight hours, with chance over half of
// each, and end after fifteen attempts.
func TestWaits(t *testing.T) {
	t.Parallel()
	for _, chance := range []float64{0, 0.5, 0.999} {
		l := armed(t, "a")
		span := 5 * time.Second
		for n := 1; n < webhook.MaxAttempts; n++ {
			o := failing(webhook.ClassTemporary, always())
			o.Chance = chance
			l.outcome(t, o)
			a := l.action(0)
			want := span/2 + time.Duration(chance*float64(span/2))
			if got := a.RetryAt.Sub(l.at); a.Status != webhook.StatusWaiting || got != want.Truncate(time.Millisecond) {
				t.Fatalf("after attempt %d it is %s for %s, want %s", n, a.Status, got, want)
			}
			span = min(3*span, 8*time.Hour)
			l.round(t)
		}
		l.outcome(t, failing(webhook.ClassTemporary, always()))
		if a := l.action(0); a.Status != webhook.StatusParked || a.Reason != webhook.ParkExhausted || len(a.Attempts) != webhook.MaxAttempts {
			t.Fatalf("after %d attempts it is %s (%s)", len(a.Attempts), a.Status, a.Reason)
		}
	}
}

func TestTriesEndAfterThreeDays(t *testing.T) {
	t.Parallel()
	l := armed(t, "a")
	l.at += 71 * 60 * minute
	o := failing(webhook.ClassNetwork, always())
	o.RetryAfter = time.Hour
	l.outcome(t, o)
	l.round(t)
	l.outcome(t, o)
	if a := l.action(0); a.Status != webhook.StatusParked || a.Reason != webhook.ParkExhausted || len(a.Attempts) != 2 {
		t.Errorf("after three days it is %s (%s), %d attempts", a.Status, a.Reason, len(a.Attempts))
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for asked, want := range map[time.Duration]time.Duration{
		0:                2500 * time.Millisecond,
		time.Second:      2500 * time.Millisecond,
		10 * time.Minute: 10 * time.Minute,
		24 * time.Hour:   webhook.MaxRetryAfter,
		-time.Hour:       2500 * time.Millisecond,
	} {
		l := armed(t, "a")
		o := failing(webhook.ClassRateLimited, never())
		o.RetryAfter = asked
		l.outcome(t, o)
		if got := l.action(0).RetryAt.Sub(l.at); got != want {
			t.Errorf("asked for %s it waits %s, want %s", asked, got, want)
		}
	}
}

func TestClasses(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]webhook.Class{
		200: "", 204: "", 301: webhook.ClassRefused, 400: webhook.ClassRefused, 401: webhook.ClassRefused, 404: webhook.ClassRefused,
		408: webhook.ClassTemporary, 409: webhook.ClassTemporary, 410: webhook.ClassGone, 422: webhook.ClassRefused,
		425: webhook.ClassTemporary, 429: webhook.ClassRateLimited, 500: webhook.ClassTemporary, 503: webhook.ClassTemporary,
	} {
		class := webhook.ClassOfStatus(status)
		if class != want {
			t.Errorf("%d is of class %q, want %q", status, class, want)
		}
		if class == "" {
			continue
		}
		l := armed(t, "a")
		l.outcome(t, failing(class, never()))
		stands := l.action(0)
		if waits := stands.Status == webhook.StatusWaiting; waits != class.Retried() || !waits && stands.Reason != webhook.ParkReason(class) {
			t.Errorf("after %s it is %s (%s)", class, stands.Status, stands.Reason)
		}
	}
}

// TestAnUnknownOutcome is sent again only while that has no second effect.
func TestAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		repeats webhook.Repeats
		first   time.Duration // how long before it was first sent, failing for certain
		want    webhook.Status
	}{
		"never":                      {never(), 0, webhook.StatusUncertain},
		"always":                     {always(), 0, webhook.StatusWaiting},
		"within a day":               {aDay(), 0, webhook.StatusWaiting},
		"at the end of the day":      {aDay(), 23*time.Hour + 49*time.Minute, webhook.StatusWaiting},
		"too near the end of it":     {aDay(), 23*time.Hour + 50*time.Minute, webhook.StatusUncertain},
		"first sent before that day": {aDay(), 25 * time.Hour, webhook.StatusWaiting},
	} {
		l := armed(t, "a")
		if c.first > 0 {
			l.begin(t, "there", c.repeats)
			l.outcome(t, failing(webhook.ClassTemporary, c.repeats))
			l.at = l.at.Add(c.first)
			l.round(t)
		}
		l.begin(t, "there", c.repeats)
		l.outcome(t, failing(webhook.ClassUnknown, c.repeats))
		if a := l.action(0); a.Status != c.want || !a.Doubt {
			t.Errorf("%s: it is %s, in doubt: %v", name, a.Status, a.Doubt)
		}
	}
}

// TestAnAttemptWithoutOutcome: after a crash it is known what may have been sent.
func TestAnAttemptWithoutOutcome(t *testing.T) {
	t.Parallel()
	l := armed(t, "a", "b")
	l.begin(t, "there", aDay())
	l.begin(t, "there", aDay()) // said again
	if n := len(l.action(0).Attempts); n != 1 {
		t.Fatalf("one attempt was begun, %d are known", n)
	}
	began, lapsed := l.at, l.state().Current().Claim.Revision
	l.at += minute
	mustGive(t, l, webhook.TakeOver{Generation: 1, At: l.at, Claim: claimant("two"), Lapsed: &lapsed})
	a := l.action(0)
	attempt := a.Attempts[0]
	if !a.Doubt || attempt.Class != webhook.ClassUnknown || attempt.Outcome != webhook.StatusFailed || attempt.At != began {
		t.Errorf("after the crash: doubt %v, %+v", a.Doubt, attempt)
	}
	if l.action(1).Doubt {
		t.Error("what was not sent is in doubt")
	}
	for _, c := range []struct {
		at          es.Time
		destination string
		repeats     webhook.Repeats
		may         bool
	}{
		{l.at, "there", aDay(), true},
		{l.at, "there", never(), false},
		{l.at, "elsewhere", aDay(), false},
		{l.at, "elsewhere", always(), true},
		{l.at.Add(24 * time.Hour), "there", aDay(), false},
	} {
		if may := a.MayRepeat(c.at, c.destination, c.repeats); may != c.may {
			t.Errorf("to %s, %+v: may be sent again is %v", c.destination, c.repeats, may)
		}
	}
	l.outcome(t, webhook.ActionOutcome{Uncertain: true, Error: "an earlier attempt may have carried it out"})
	if a := l.action(0); a.Status != webhook.StatusUncertain || len(a.Attempts) != 1 {
		t.Errorf("it is %s, with %d attempts", a.Status, len(a.Attempts))
	}
}

func TestRounds(t *testing.T) {
	t.Parallel()
	l := armed(t, "a", "b")
	first := l.state().Current().Claim.Revision
	l.outcome(t, failing(webhook.ClassTemporary, always()))
	if l.state().Current().Resting() {
		t.Fatal("the claim is over while an action is claimed")
	}
	mustGive(t, l, webhook.Record{Generation: 1, Claim: first, At: l.at, Outcomes: []webhook.ActionOutcome{{Action: l.action(1).ID}}})
	if g := l.state().Current(); !g.Resting() || !g.Pending() || g.Outcome().Status() != webhook.StatusProcessing {
		t.Fatalf("resting %v, pending %v", g.Resting(), g.Pending())
	}
	round := webhook.TakeOver{Generation: 1, At: l.at, Claim: claimant("two")}
	if events := mustGive(t, l, round); len(events) != 0 {
		t.Errorf("nothing is due, yet %v", events)
	}
	late := webhook.Record{Generation: 1, Claim: first, At: l.at, Outcomes: []webhook.ActionOutcome{{Action: l.action(0).ID}}}
	if events := mustGive(t, l, late); len(events) != 0 {
		t.Errorf("an action that waits has the outcome %v", events)
	}
	due, _ := l.state().Current().DueAt()
	round.At = due
	claim := mustGive(t, l, round)[0].(webhook.WorkClaimed)
	if !slices.Equal(claim.Actions, []string(nil)) && !slices.Equal(claim.Actions, []string{l.action(0).ID}) {
		t.Errorf("the round claims %v", claim.Actions)
	}
	if l.action(0).Status != webhook.StatusClaimed || l.action(1).Status != webhook.StatusSucceeded {
		t.Errorf("they are %s and %s", l.action(0).Status, l.action(1).Status)
	}
}

// TestARoundClaimsWhatIsDue and leaves what is not.
func TestARoundClaimsWhatIsDue(t *testing.T) {
	t.Parallel()
	l := armed(t, "a", "b")
	claim := l.state().Current().Claim.Revision
	mustGive(t, l, webhook.Record{Generation: 1, Claim: claim, At: l.at, Outcomes: []webhook.ActionOutcome{
		{Action: l.action(0).ID, Class: webhook.ClassNetwork, Error: "no"},
		{Action: l.action(1).ID, Deferred: webhook.DeferNeeds, Until: l.at.Add(time.Hour), Error: "it waits for a"},
	}})
	l.round(t)
	if l.action(0).Status != webhook.StatusClaimed || l.action(1).Status != webhook.StatusWaiting {
		t.Errorf("they are %s and %s", l.action(0).Status, l.action(1).Status)
	}
	if n := len(l.action(1).Attempts); n != 0 {
		t.Errorf("being deferred counts as %d attempts", n)
	}
}

func TestDeferralsGrow(t *testing.T) {
	t.Parallel()
	l := armed(t, "a")
	var waits []time.Duration
	for l.action(0).Status != webhook.StatusParked {
		l.outcome(t, webhook.ActionOutcome{Deferred: webhook.DeferDown, Error: "it is down"})
		if a := l.action(0); a.Status == webhook.StatusWaiting {
			waits = append(waits, a.RetryAt.Sub(l.at))
			l.round(t)
		}
	}
	if waits[0] != 15*time.Second || waits[1] != 30*time.Second || waits[len(waits)-1] != 15*time.Minute || len(waits) < 100 {
		t.Errorf("%d waits: %v", len(waits), waits[:3])
	}
	if a := l.action(0); a.Reason != webhook.ParkExhausted || len(a.Attempts) != 0 {
		t.Errorf("in the end it is parked for %s, after %d attempts", a.Reason, len(a.Attempts))
	}
}

func TestADuplicateRearmsWhatIsParked(t *testing.T) {
	t.Parallel()
	l := armed(t, "a", "b", "c")
	mustGive(t, l, webhook.Record{Generation: 1, Claim: l.state().Current().Claim.Revision, At: l.at, Outcomes: []webhook.ActionOutcome{
		{Action: l.action(0).ID, Class: webhook.ClassRefused, Error: "no"},
		{Action: l.action(1).ID, Class: webhook.ClassUnknown, Error: "who knows"},
		{Action: l.action(2).ID},
	}})
	l.at += minute
	events := mustGive(t, l, received(l.at, `{}`, 0))
	if len(events) != 2 {
		t.Fatalf("a duplicate gave %v", events)
	}
	a := l.action(0)
	if a.Status != webhook.StatusPlanned || a.ArmedAt != l.at || a.Failures != 0 || len(a.Attempts) != 1 || a.ID != ref(1).ActionID("a", 0) {
		t.Errorf("it is %s, armed at %s, %d failures, %d attempts", a.Status, a.ArmedAt, a.Failures, len(a.Attempts))
	}
	if got := l.action(1).Status; got != webhook.StatusUncertain {
		t.Errorf("the uncertain one is %s", got)
	}
	l.record(webhook.ActionsRearmed{Generation: 1, Actions: []string{l.action(1).ID, l.action(2).ID}, By: webhook.ByDuplicate})
	if l.action(1).Status != webhook.StatusUncertain || l.action(2).Status != webhook.StatusSucceeded {
		t.Errorf("a fact that was decided on less than there is made them %s and %s", l.action(1).Status, l.action(2).Status)
	}
	l.round(t)
	l.outcome(t, webhook.ActionOutcome{})
	if a := l.action(0); a.Status != webhook.StatusSucceeded || a.Attempts[1].Number != 2 {
		t.Errorf("it is %s: %+v", a.Status, a.Attempts)
	}
	if events := mustGive(t, l, received(l.at, `{}`, 0)); len(events) != 1 {
		t.Errorf("a duplicate with nothing parked gave %v", events)
	}
}

func TestAPersonRearms(t *testing.T) {
	t.Parallel()
	l := armed(t, "a", "b", "c")
	mustGive(t, l, webhook.Record{Generation: 1, Claim: l.state().Current().Claim.Revision, At: l.at, Outcomes: []webhook.ActionOutcome{
		{Action: l.action(0).ID, Class: webhook.ClassUnknown, Error: "who knows"},
		{Action: l.action(1).ID, Reason: webhook.ParkNeeds, Error: "it needs a"},
		{Action: l.action(2).ID},
	}})
	for _, none := range [][]string{{l.action(2).ID}, {"no such action"}} {
		if events := mustGive(t, l, webhook.Rearm{Generation: 1, Actions: none}); len(events) != 0 {
			t.Errorf("re-arming %v gave %v", none, events)
		}
	}
	mustGive(t, l, webhook.Rearm{Generation: 1, Actions: []string{l.action(0).ID}})
	if a, b := l.action(0), l.action(1); a.Status != webhook.StatusPlanned || a.Doubt || b.Status != webhook.StatusPlanned {
		t.Errorf("they are %s (in doubt: %v) and, because it needs the first, %s", a.Status, a.Doubt, b.Status)
	}
	mustGive(t, l, webhook.Skip{Generation: 1, Actions: []string{l.action(0).ID, l.action(2).ID}, Note: "by hand"})
	if a, c := l.action(0), l.action(2); a.Status != webhook.StatusSkipped || c.Status != webhook.StatusSucceeded {
		t.Errorf("given up, they are %s and %s", a.Status, c.Status)
	}
}

func TestAPersonHasItPlannedAfterAll(t *testing.T) {
	t.Parallel()
	l := &log{at: second}
	mustGive(t, l, received(l.at, `{}`, 0))
	if events := mustGive(t, l, webhook.Replan{Generation: 1}); len(events) != 0 {
		t.Errorf("a plan that is not parked: %v", events)
	}
	mustGive(t, l, webhook.ParkPlan{Generation: 1, Reason: webhook.ParkInterrupted, Error: "it took too long"})
	mustGive(t, l, webhook.Replan{Generation: 1})
	if g := l.state().Current(); !g.Pending() || g.Outcome().Status() != webhook.StatusProcessing {
		t.Errorf("pending %v, %s", g.Pending(), g.Outcome().Status())
	}
}
