package worker

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"daybook/app/command"
	"daybook/app/destination"
	"daybook/domain/es"
	"daybook/domain/webhook"
)

// stuck is a destination that does not answer before its context ends.
func stuck() *noted {
	return &noted{lane: "stuck", before: func(ctx context.Context, _ destination.Action) error {
		<-ctx.Done()
		return ctx.Err()
	}}
}

// claims returns how often the work of a webhook was claimed.
func (h *house) claims(key string) int { return h.count(key, webhook.TypeWorkClaimed) }

func TestWhatNobodyPlansIsTakenOnAfterASilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, trigger())
		h.receive("evt_1", paid) // by an instance that died at once
		h.run(h.worker("two"))
		pass(defaultSilence - jitter - time.Millisecond)
		if n := len(h.facts("evt_1")); n != 1 {
			t.Fatalf("taken on too early: %v", h.facts("evt_1"))
		}
		pass(2*jitter + lookPause)
		if h.state("evt_1").Current().Pending() {
			t.Errorf("not taken on: %v", h.facts("evt_1"))
		}
	})
}

// What came while the queue was full is found in the worklist: by whoever took
// it at once, by the others only when that one is silent.
func TestWhatTheQueueHadNoRoomForIsTakenOnAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, trigger())
		h.receiveAt("two", "evt_1", paid)
		h.run(h.worker("two"))
		pass(time.Millisecond)
		if h.state("evt_1").Current().Pending() {
			t.Errorf("not taken on: %v", h.facts("evt_1"))
		}
	})
}

func TestAClaimIsTakenOverWhenItsLeaseIsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, trigger())
		h.crashAfterPlan(h.receive("evt_1", paid))
		pass(time.Hour) // the lease counts from when it is seen
		h.run(h.worker("two"))
		pass(defaultLease - time.Millisecond)
		if n := h.claims("evt_1"); n != 1 {
			t.Fatalf("%d claims while the first is live", n)
		}
		pass(2 * lookPause)
		g := h.state("evt_1").Current()
		if g.Claim.WorkClaimed.Instance != "two" || g.Pending() {
			t.Errorf("claim %+v, pending %v", g.Claim, g.Pending())
		}
		if n := h.count("evt_1", webhook.TypeActionSucceeded); n != 1 {
			t.Errorf("the action succeeded %d times", n)
		}
	})
}

// As long as something moves, however slowly, the work is not taken over.
func TestProgressKeepsAClaim(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, trigger())
		work := h.receive("evt_1", paid)
		h.crashAfterPlan(work)
		h.run(h.worker("two", func(c *Config) { c.Lease = time.Second }))
		handler := h.worker("one").webhooks
		for range 20 {
			pass(defaultSilence - jitter - time.Second)
			claim := h.state("evt_1").Current().Claim
			if claim.WorkClaimed.Instance != "one" {
				t.Fatalf("taken over by %s although there was progress", claim.WorkClaimed.Instance)
			}
			_, err := handler.Handle(t.Context(), work.Ref.Stream(), webhook.TakeOver{
				Generation: 1, Lapsed: &claim.Revision, Claim: webhook.Claimant{Instance: "one", Start: "one-1", Lease: time.Second},
			}, command.Meta{})
			if err != nil {
				t.Fatal(err)
			}
		}
		pass(defaultSilence + jitter + 2*lookPause)
		if g := h.state("evt_1").Current(); g.Claim.WorkClaimed.Instance != "two" || g.Pending() {
			t.Errorf("not taken over after the last progress: %+v", g.Claim)
		}
	})
}

// A worker that was thought dead comes back: its outcome is not accepted.
func TestALateOutcomeIsFenced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, trigger())
		release := make(chan struct{})
		slow := &noted{lane: "slow", before: func(context.Context, destination.Action) error { <-release; return nil }}
		one := h.worker("one", to(slow))
		h.run(one)
		one.Hand(h.receive("evt_1", paid))
		h.run(h.worker("two"))
		pass(defaultLease + defaultSilence + 2*jitter)
		close(release)
		synctest.Wait()
		pass(time.Minute)
		if n := h.count("evt_1", webhook.TypeActionSucceeded); n != 1 {
			t.Errorf("the action succeeded %d times: %v", n, h.facts("evt_1"))
		}
		if g := h.state("evt_1").Current(); g.Claim.WorkClaimed.Instance != "two" {
			t.Errorf("claim %+v", g.Claim)
		}
		if len(slow.all()) != 1 {
			t.Errorf("the slow worker began %d times", len(slow.all()))
		}
	})
}

// What a destination does for an action ends before half of the lease.
func TestAStuckDestinationIsGivenHalfTheLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, trigger())
		dest := stuck()
		w := h.worker("one", alone, to(dest))
		h.run(w)
		w.Hand(h.receive("evt_1", paid))
		pass(defaultLease/2 - time.Millisecond)
		if w.queue.size() != 1 {
			t.Fatal("given up too early")
		}
		pass(2 * time.Millisecond)
		if w.queue.size() != 0 {
			t.Fatal("not given up")
		}
		pass(4 * 24 * time.Hour)
		a := h.state("evt_1").Current().Actions[0]
		if n := len(dest.all()); n != webhook.MaxAttempts || a.Status != webhook.StatusParked || a.Reason != webhook.ParkExhausted {
			t.Errorf("tried %d times, %s (%s)", n, a.Status, a.Reason)
		}
	})
}

func TestAloneWhatIsLeftOverIsPickedUpAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, trigger())
		for i := range 50 {
			work := h.receive(fmt.Sprintf("evt_%d", i), paid)
			if i%2 == 0 {
				h.crashAfterPlan(work)
			}
		}
		h.run(h.worker("one", alone, func(c *Config) { c.Start = "one-2" }))
		synctest.Wait()
		if left, _ := h.list.all(t.Context()); len(left) != 0 {
			t.Fatalf("%+v was not picked up at once", left)
		}
		for i := range 50 {
			key := fmt.Sprintf("evt_%d", i)
			if n := h.count(key, webhook.TypeActionSucceeded); n != 1 {
				t.Errorf("%s succeeded %d times", key, n)
			}
		}
	})
}

// A crash at any append: what was acknowledged is carried out once.
func TestACrashAtAnyAppend(t *testing.T) {
	t.Parallel()
	for at := range 4 {
		for _, landed := range []bool{false, true} {
			t.Run(fmt.Sprintf("append %d, landed %v", at, landed), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					h := newHouse(t, trigger(), identify())
					store := &crashing{Store: h.store, landed: landed}
					store.left.Store(int64(at))
					dying := h.worker("one", alone, func(c *Config) { c.Store = store })
					stop := h.run(dying)
					dying.Hand(h.receive("evt_1", paid))
					dying.Hand(h.receive("evt_2", paid))
					synctest.Wait()
					stop()

					h.run(h.worker("one", alone, func(c *Config) { c.Start = "one-2" }))
					synctest.Wait()
					for _, key := range []string{"evt_1", "evt_2"} {
						if n := h.count(key, webhook.TypeActionSucceeded); n != 2 {
							t.Errorf("%s: %d successes of 2 actions: %v", key, n, h.facts(key))
						}
						if n := h.count(key, webhook.TypeActionsPlanned); n != 1 {
							t.Errorf("%s: %d plans", key, n)
						}
						if h.state(key).Current().Pending() {
							t.Errorf("%s is still pending", key)
						}
					}
				})
			})
		}
	}
}

// crashing is a store that takes so many appends and then no more; whether the
// last one landed, its caller never learns.
type crashing struct {
	es.Store
	left   atomic.Int64
	landed bool
}

func (c *crashing) Append(ctx context.Context, stream es.Stream, expected es.Expected, events ...es.Event) (es.Appended, error) {
	left := c.left.Add(-1)
	if left >= 0 {
		return c.Store.Append(ctx, stream, expected, events...)
	}
	if left == -1 && c.landed {
		_, _ = c.Store.Append(ctx, stream, expected, events...) // it landed, and nobody knows
	}
	<-ctx.Done() // the process is as good as dead
	return es.Appended{}, fmt.Errorf("%w: %w", es.ErrUnavailable, ctx.Err())
}

func TestAStoreThatIsAwayForAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, trigger())
		store := &flaky{Store: h.store}
		store.failWith(func(es.Stream, []es.Event) error { return unavailable("away") })
		w := h.worker("one", alone, func(c *Config) { c.Store = store })
		h.run(w)
		w.Hand(h.receive("evt_1", paid))
		pass(30 * time.Second)
		store.failWith(func(es.Stream, []es.Event) error { return nil })
		pass(retryMost)
		if g := h.state("evt_1").Current(); g.Pending() {
			t.Errorf("still pending: %v", h.facts("evt_1"))
		}
	})
}

// An append may have landed although the store could not say so: then our own
// claim stands, and the work goes on under it.
func TestAnAppendWhoseOutcomeIsUnknown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, trigger())
		store := &unsure{Store: h.store}
		w := h.worker("one", func(c *Config) { c.Store = store })
		h.run(w)
		w.Hand(h.receive("evt_1", paid))
		pass(time.Second)
		want := []string{webhook.TypeReceived, webhook.TypeActionsPlanned, webhook.TypeWorkClaimed, webhook.TypeActionSucceeded}
		if got := fmt.Sprint(h.facts("evt_1")); got != fmt.Sprint(want) {
			t.Errorf("%s, want %s", got, want)
		}
	})
}

// unsure is a store that takes each append and says each other time that it
// does not know.
type unsure struct {
	es.Store
	n atomic.Int64
}

func (u *unsure) Append(ctx context.Context, stream es.Stream, expected es.Expected, events ...es.Event) (es.Appended, error) {
	appended, err := u.Store.Append(ctx, stream, expected, events...)
	if u.n.Add(1)%2 == 1 && err == nil {
		return es.Appended{}, fmt.Errorf("%w: %w", es.ErrUnavailable, errors.New("no answer"))
	}
	return appended, err
}
