package worker

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"daybook/app/destination"
	"daybook/domain/action"
	"daybook/domain/webhook"
)

// answering is a destination over a network that answers as it is told.
type answering struct {
	repeats webhook.Repeats
	n       atomic.Int64

	mu      sync.Mutex
	outcome destination.Outcome
	last    destination.Action
}

// answer has it answer otherwise from now on.
func (a *answering) answer(o destination.Outcome) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.outcome = o
}

func (a *answering) Terms(destination.Action) destination.Terms {
	return destination.Terms{Lane: "there", Repeats: a.repeats}
}

func (a *answering) CarryOut(_ context.Context, given destination.Action) destination.Outcome {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.n.Add(1)
	a.last = given
	return a.outcome
}

// TestATriggerWaitsForItsRecipient: it says so, is not tried before, and shares
// the fate of what it needs.
func TestATriggerWaitsForItsRecipient(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		class webhook.Class
		while webhook.Status
		order []string
	}{
		"tried again": {webhook.ClassTemporary, webhook.StatusWaiting, []string{"users_identify", "users_identify", "workflows_trigger"}},
		"parked":      {webhook.ClassRefused, webhook.StatusParked, []string{"users_identify", "users_identify", "workflows_trigger"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, trigger(), identify())
				fails := &answering{outcome: destination.Outcome{Class: c.class, Error: "no"}, repeats: webhook.Repeats{Always: true}}
				well := &noted{lane: "there"}
				book := byType{action.UsersIdentify: fails, action.WorkflowsTrigger: well}
				w := h.worker("one", alone, func(config *Config) { config.Destinations = book })
				h.run(w)
				w.Hand(h.receive("evt_1", paid))
				synctest.Wait()
				g := h.state("evt_1").Current()
				waits := g.Actions[1]
				if waits.Status != c.while || !strings.Contains(waits.Error, "users_identify") || waits.RetryAt != g.Actions[0].RetryAt || len(waits.Attempts) != 0 {
					t.Errorf("it is %s, due at %s, after %d attempts: %s", waits.Status, waits.RetryAt, len(waits.Attempts), waits.Error)
				}
				fails.answer(destination.Outcome{})
				if c.while == webhook.StatusParked {
					h.receive("evt_1", paid) // delivered again
				}
				pass(10 * time.Second)
				if g := h.state("evt_1").Current(); g.Pending() || g.Outcome().Status() != webhook.StatusSucceeded {
					t.Errorf("%v", h.facts("evt_1"))
				}
				if fails.n.Load() != 2 || !slices.Equal(well.all(), []string{"workflows_trigger"}) {
					t.Errorf("identified %d times, then %v", fails.n.Load(), well.all())
				}
			})
		})
	}
}

// TestWhatMayHaveBeenSent: where a second effect is possible, it is not sent
// again, neither when the answer was lost nor when the process was.
func TestWhatMayHaveBeenSent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		repeats webhook.Repeats
		outcome destination.Outcome
		crash   int64 // the append at which the process ends
		sent    int64
		want    webhook.Status
	}{
		"no answer, never":       {webhook.Repeats{}, destination.Outcome{Class: webhook.ClassUnknown, Error: "timeout"}, 99, 1, webhook.StatusUncertain},
		"no answer, for a day":   {webhook.Repeats{Within: 24 * time.Hour}, destination.Outcome{Class: webhook.ClassUnknown, Error: "timeout"}, 99, 15, webhook.StatusParked},
		"no answer, always":      {webhook.Repeats{Always: true}, destination.Outcome{Class: webhook.ClassUnknown, Error: "timeout"}, 99, 15, webhook.StatusParked},
		"a crash, never":         {webhook.Repeats{}, destination.Outcome{}, 2, 1, webhook.StatusUncertain},
		"a crash before, never":  {webhook.Repeats{}, destination.Outcome{}, 1, 1, webhook.StatusSucceeded},
		"a crash, for a day":     {webhook.Repeats{Within: 24 * time.Hour}, destination.Outcome{}, 2, 2, webhook.StatusSucceeded},
		"a crash, always":        {webhook.Repeats{Always: true}, destination.Outcome{}, 1, 2, webhook.StatusSucceeded},
		"too late, within a day": {webhook.Repeats{Within: time.Minute}, destination.Outcome{}, 2, 1, webhook.StatusUncertain},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, trigger())
				dest := &answering{outcome: c.outcome, repeats: c.repeats}
				store := &crashing{Store: h.store}
				store.left.Store(c.crash)
				w := h.worker("one", alone, to(dest), func(c *Config) { c.Store = store })
				stop := h.run(w)
				w.Hand(h.receive("evt_1", paid))
				pass(time.Second)
				if c.crash < 99 {
					stop()
					h.run(h.worker("one", alone, to(dest), func(c *Config) { c.Start = "one-2" }))
				}
				pass(100 * time.Hour)
				a := h.state("evt_1").Current().Actions[0]
				// Fifteen unknown outcomes within a day are followed by one beyond it.
				if name == "no answer, for a day" {
					if a.Status != webhook.StatusUncertain || dest.n.Load() < 10 || dest.n.Load() > 14 {
						t.Errorf("it is %s, and was sent %d times", a.Status, dest.n.Load())
					}
					return
				}
				if a.Status != c.want || dest.n.Load() != c.sent {
					t.Errorf("it is %s, and was sent %d times, want %s and %d: %v", a.Status, dest.n.Load(), c.want, c.sent, h.facts("evt_1"))
				}
			})
		})
	}
}

// TestAnAttemptIsKept as it was made.
func TestAnAttemptIsKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, trigger())
		dest := &answering{outcome: destination.Outcome{
			Class: webhook.ClassRefused, HTTPStatus: 422, Error: "it answered 422", Request: "POST /x", Answer: filled(3 << 10),
		}}
		w := h.worker("one", to(dest))
		h.run(w)
		w.Hand(h.receive("evt_1", paid))
		synctest.Wait()
		a := h.state("evt_1").Current().Actions[0]
		attempt := a.Attempts[0]
		if a.Reason != "refused" || attempt.Class != webhook.ClassRefused || attempt.HTTPStatus != 422 || attempt.Request != "POST /x" || len(attempt.Answer) != webhook.MaxExcerpt {
			t.Errorf("%s: %+v", a.Reason, attempt)
		}
		dest.mu.Lock()
		defer dest.mu.Unlock()
		if got := dest.last; got.ID != a.ID || got.Webhook != "development.stripe.evt_1" || got.Mapping != a.MappingKey || got.Attempt != 1 {
			t.Errorf("it was given %+v", got)
		}
	})
}

func TestADestinationThatIsGonePausesTheMapping(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, trigger())
		w := h.worker("one", to(&answering{outcome: destination.Outcome{Class: webhook.ClassGone, HTTPStatus: 410, Error: "it answered 410"}}))
		h.run(w)
		w.Hand(h.receive("evt_1", paid))
		synctest.Wait()
		if a := h.state("evt_1").Current().Actions[0]; a.Status != webhook.StatusParked || a.Reason != "gone" {
			t.Errorf("it is %s (%s)", a.Status, a.Reason)
		}
		if want := "stripe development any-workflows-trigger at 3"; len(h.pauses.given) != 1 || h.pauses.given[0] != want {
			t.Errorf("paused %q, want %q", h.pauses.given, want)
		}
	})
}

func TestWithoutADestinationItWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, trigger())
		w := h.worker("one", func(c *Config) { c.Destinations = byType{} })
		h.run(w)
		w.Hand(h.receive("evt_1", paid))
		synctest.Wait()
		a := h.state("evt_1").Current().Actions[0]
		if a.Status != webhook.StatusWaiting || a.Error != "no destination is set up" || len(a.Attempts) != 0 {
			t.Errorf("it is %s: %s", a.Status, a.Error)
		}
	})
}

// TestWaitingCostsNothing: until an action is due again, nobody asks.
func TestWaitingCostsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, trigger())
		dest := &noted{lane: "there", before: func(context.Context, destination.Action) error { return errors.New("not now") }}
		even := func(c *Config) { c.Chance = func() float64 { return 0.5 } }
		one := h.worker("one", to(dest), even)
		h.run(one)
		h.run(h.worker("two", to(dest), even))
		one.Hand(h.receive("evt_1", paid))
		pass(10 * time.Hour)
		a := h.state("evt_1").Current().Actions[0]
		rest := time.Until(a.RetryAt.Time()) - time.Second
		if rest < time.Hour {
			t.Fatalf("after ten hours it waits for %s more", rest)
		}
		before := h.list.asked.Load()
		if most := int64(8 * len(h.facts("evt_1"))); before > most {
			t.Errorf("the worklist was asked %d times by two about %d facts", before, len(h.facts("evt_1")))
		}
		pass(rest)
		if n := h.list.asked.Load() - before; n != 0 {
			t.Errorf("the worklist was asked %d times while it waited", n)
		}
		pass(time.Minute)
		again := h.state("evt_1").Current()
		if n := len(again.Actions[0].Attempts); n != len(a.Attempts)+1 || again.Claim.WorkClaimed.Instance != "one" {
			t.Errorf("%d attempts, claimed by %s", n, again.Claim.WorkClaimed.Instance)
		}
	})
}

// TestAnotherTakesTheNextRound when whoever made the last attempt is gone.
func TestAnotherTakesTheNextRound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, trigger())
		dest := &answering{outcome: destination.Outcome{Class: webhook.ClassTemporary, Error: "503"}, repeats: webhook.Repeats{Always: true}}
		one := h.worker("one", to(dest))
		stop := h.run(one)
		one.Hand(h.receive("evt_1", paid))
		synctest.Wait()
		stop()
		h.run(h.worker("two", to(dest)))
		pass(5*time.Second + defaultSilence + 2*jitter)
		if g := h.state("evt_1").Current(); g.Claim.WorkClaimed.Instance != "two" || dest.n.Load() != 2 {
			t.Errorf("claimed by %s, tried %d times", g.Claim.WorkClaimed.Instance, dest.n.Load())
		}
	})
}

// TestWhatAnotherDecidedMeanwhileIsNotSent: a job that waited for its lane for
// so long that another took over, and is done, finds that out before it sends.
func TestWhatAnotherDecidedMeanwhileIsNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, trigger(), identify())
		dest := &answering{}
		w := h.worker("one", func(c *Config) {
			c.Destinations = byType{action.WorkflowsTrigger: dest, action.UsersIdentify: &noted{}}
		})
		w.sends = t.Context()
		j := &job{Worker: w, Work: h.receive("evt_1", paid)}
		in, err := j.advance(t.Context(), nil)
		if err != nil || in == nil {
			t.Fatalf("it is to wait for a lane: %v", err)
		}

		other := h.worker("two", to(&answering{outcome: destination.Outcome{Class: webhook.ClassUnknown, Error: "timeout"}}))
		stop := h.run(other)
		pass(defaultLease + defaultSilence + 2*jitter)
		stop()
		if a := h.state("evt_1").Current().Actions[1]; a.Status != webhook.StatusUncertain {
			t.Fatalf("it is %s", a.Status)
		}
		if _, err := j.advance(t.Context(), in); err != nil {
			t.Error(err)
		}
		if n := dest.n.Load(); n != 0 {
			t.Errorf("it was sent %d times, although it may have been before", n)
		}
	})
}
