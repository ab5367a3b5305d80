package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"sort"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"daybook/app/destination"
	"daybook/domain/es"
	"daybook/domain/webhook"
	"daybook/projections/worklist"
)

// checkWorkedOnce fails unless every webhook of n was worked, by whomever, and
// each of its actions once.
func (h *house) checkWorkedOnce(n, actions int) {
	h.t.Helper()
	for i := range n {
		key := fmt.Sprintf("evt_%d", i)
		seen := map[string]int{}
		plans := 0
		for r, err := range h.store.ReadStream(h.t.Context(), es.Stream("webhook-development.stripe."+key), es.FirstRevision, es.Forward) {
			if err != nil {
				h.t.Fatal(err)
			}
			fact, err := webhook.Codec().Decode(r)
			if err != nil {
				h.t.Fatal(err)
			}
			if e, ok := fact.Event.(webhook.ActionSucceeded); ok {
				seen[e.Action]++
			}
			if _, ok := fact.Event.(webhook.ActionsPlanned); ok {
				plans++
			}
		}
		if len(seen) != actions || plans != 1 {
			h.t.Fatalf("%s: %d actions of %d succeeded, %d plans", key, len(seen), actions, plans)
		}
		for id, times := range seen {
			if times != 1 {
				h.t.Fatalf("%s: action %s succeeded %d times", key, id, times)
			}
		}
	}
}

func TestAThousandWebhooks(t *testing.T) {
	t.Parallel()
	const n = 1500 // more than the queue holds
	h := newHouse(t, trigger(), identify())
	w := h.worker("one", alone)
	for i := range n {
		w.Hand(h.receive(fmt.Sprintf("evt_%d", i), paid))
	}
	h.run(w)
	h.waitUntilDone()
	h.checkWorkedOnce(n, 2)
}

// Two workers are given the same webhooks at the same time.
func TestTwoWorkersOnOneStore(t *testing.T) {
	t.Parallel()
	const n = 300
	h := newHouse(t, trigger(), identify())
	one, two := h.worker("one"), h.worker("two")
	h.run(one)
	h.run(two)
	for i := range n {
		work := h.receive(fmt.Sprintf("evt_%d", i), paid)
		one.Hand(work)
		two.Hand(work)
	}
	h.waitUntilDone()
	h.checkWorkedOnce(n, 2)
	for i := range n {
		if claims := h.claims(fmt.Sprintf("evt_%d", i)); claims != 1 {
			t.Fatalf("evt_%d was claimed %d times", i, claims)
		}
	}
}

// A duplicate that arrives while a webhook is worked is a conflict, and no more.
func TestDuplicatesInBetween(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, trigger())
		again := func() { h.receive("evt_1", paid) }
		dest := &noted{before: func(context.Context, destination.Action) error { again(); return nil }}
		w := h.worker("one", to(dest))
		h.run(w)
		work := h.receive("evt_1", paid)
		h.receive("evt_1", paid) // what is handed over is behind already
		w.Hand(work)
		synctest.Wait()
		want := []string{
			webhook.TypeReceived, webhook.TypeDuplicateReceived, webhook.TypeActionsPlanned, webhook.TypeWorkClaimed,
			webhook.TypeDuplicateReceived, webhook.TypeActionSucceeded,
		}
		if got := fmt.Sprint(h.facts("evt_1")); got != fmt.Sprint(want) {
			t.Errorf("%s, want %s", got, want)
		}
	})
}

// A later version wrote to a stream: it is left alone, and others go on.
func TestAStreamOfALaterVersion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, trigger())
		h.receive("evt_1", paid)
		metadata, err := json.Marshal(es.Metadata{Schema: 1, At: 1})
		if err != nil {
			t.Fatal(err)
		}
		_, err = h.store.Append(t.Context(), "webhook-development.stripe.evt_1", es.Any(),
			es.Event{ID: uuid.UUID{1}, Type: "ActionPostponed", Data: []byte(`{}`), Metadata: metadata})
		if err != nil {
			t.Fatal(err)
		}
		reads := &countingReads{Store: h.store, of: map[es.Stream]int{}}
		w := h.worker("one", alone, func(c *Config) { c.Store = reads })
		h.run(w)
		for i := range 40 {
			w.Hand(h.receive(fmt.Sprintf("evt_2_%d", i), paid))
			pass(time.Minute)
		}
		if n := len(h.facts("evt_1")); n != 2 {
			t.Errorf("it was not left alone: %v", h.facts("evt_1"))
		}
		for i := range 40 {
			if h.state(fmt.Sprintf("evt_2_%d", i)).Current().Pending() {
				t.Fatalf("evt_2_%d was held up", i)
			}
		}
		if n := reads.of["webhook-development.stripe.evt_1"]; n < 5 || n > 12 {
			t.Errorf("it was looked at %d times in 40 minutes", n)
		}
	})
}

func TestAnIdleWorkerSleeps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, trigger())
		w := h.worker("one")
		h.run(w)
		w.Hand(h.receive("evt_1", paid))
		pass(time.Minute)
		before := h.list.asked.Load()
		pass(24 * time.Hour)
		if n := h.list.asked.Load() - before; n != 0 {
			t.Errorf("the worklist was asked %d times while nothing happened", n)
		}
		if before > 5 {
			t.Errorf("the worklist was asked %d times for one webhook", before)
		}
	})
}

func TestStopping(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, trigger())
		begun, release := make(chan struct{}), make(chan struct{})
		dest := &noted{before: func(context.Context, destination.Action) error { close(begun); <-release; return nil }}
		w := h.worker("one", to(dest), func(c *Config) { c.Concurrency = 1 })
		stop := h.run(w)
		w.Hand(h.receive("evt_1", paid))
		w.Hand(h.receive("evt_2", paid))
		<-begun
		ended := make(chan struct{})
		go func() { defer close(ended); stop() }()
		synctest.Wait()
		close(release)
		<-ended
		if h.state("evt_1").Current().Pending() {
			t.Error("what was begun was not finished")
		}
		if n := len(h.facts("evt_2")); n != 1 {
			t.Errorf("something was begun after the worker was told to stop: %v", h.facts("evt_2"))
		}
	})
}

// What is being sent is given up after a while, and its outcome recorded.
func TestStoppingTakesEightSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, trigger())
		w := h.worker("one", to(stuck()))
		stop := h.run(w)
		w.Hand(h.receive("evt_1", paid))
		synctest.Wait()
		began := time.Now()
		stop()
		if took := time.Since(began); took != sendWithin {
			t.Errorf("stopping took %s", took)
		}
		if a := h.state("evt_1").Current().Actions[0]; a.Status != webhook.StatusWaiting || a.Attempts[0].Class != webhook.ClassUnknown {
			t.Errorf("what was given up is %s: %+v", a.Status, a.Attempts)
		}
	})
}

// What was not handed over is found as soon as the worklist moves.
func TestAloneWhatWasNotHandedOverIsFound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, trigger())
		h.run(h.worker("one", alone))
		pass(time.Hour)
		h.receive("evt_1", paid)
		pass(time.Millisecond)
		if h.state("evt_1").Current().Pending() {
			t.Error("not found at once")
		}
		h.receive("evt_2", paid)
		pass(lookPause)
		if h.state("evt_2").Current().Pending() {
			t.Error("not found after a pause")
		}
	})
}

// The worklist is behind: it still shows what was finished.
func TestAWorklistThatIsBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, trigger())
		work := h.receive("evt_1", paid)
		list, err := h.list.all(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		reads := &countingReads{Store: h.store, of: map[es.Stream]int{}}
		w := h.worker("one", alone, func(c *Config) { c.Store, c.Worklist = reads, frozen(list) })
		w.Hand(work)
		h.run(w)
		pass(time.Hour)
		if n := reads.of[work.Ref.Stream()]; n != 0 {
			t.Errorf("the stream was read %d times, although it was known to be done", n)
		}
	})
}

// As many webhooks as fit wait for a slow destination. What falls due for
// another comes after them in the worklist, and is found all the same.
func TestWhatIsHeldHidesNothingInTheWorklist(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, trigger())
		list := make(paged, maxInLane+1)
		for i := range list {
			list[i] = worklist.Entry{Ref: numbered(i).Ref, Position: es.Position(i + 1)}
		}
		w := h.worker("one", alone, func(c *Config) { c.Worklist = list })
		for _, entry := range list[:maxInLane] {
			w.queue.held[entry.Ref] = struct{}{}
		}
		if _, err := w.look(t.Context(), sightings{}, time.Now()); err != nil {
			t.Fatal(err)
		}
		if _, held := w.queue.held[list[maxInLane].Ref]; !held {
			t.Error("what comes after all that is held was not taken on")
		}
	})
}

// paged is a worklist that does not move, and is given out in pages.
type paged []worklist.Entry

func (p paged) Pending(_ context.Context, _ es.Time, after worklist.Place, limit int) ([]worklist.Entry, error) {
	from := sort.Search(len(p), func(i int) bool { return p[i].Position > after.Position })
	return p[from:min(from+limit, len(p))], nil
}

func (paged) NextDue(context.Context, es.Time) (es.Time, error) { return 0, nil }

// frozen is a worklist that does not move.
type frozen []worklist.Entry

func (f frozen) Pending(_ context.Context, _ es.Time, after worklist.Place, _ int) ([]worklist.Entry, error) {
	if after.Position >= f[len(f)-1].Position {
		return nil, nil
	}
	return f, nil
}

func (f frozen) NextDue(context.Context, es.Time) (es.Time, error) { return 0, nil }

// A claim that the worklist does not show yet is void all the same, if it is
// of an earlier start and nobody else is there.
func TestClaimsOfEarlierStarts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, trigger())
		work := h.receive("evt_1", paid)
		h.crashAfterPlan(work)
		again := Work{Ref: work.Ref}
		later := func(c *Config) { c.Start = "one-2" }
		if err := h.worker("one", later).work(t.Context(), again); !errors.Is(err, webhook.ErrClaimed) {
			t.Errorf("where there may be others: %v", err)
		}
		if err := h.worker("one", later, alone).work(t.Context(), again); err != nil {
			t.Errorf("where there are none: %v", err)
		}
	})
}

// countingReads is a store that counts how often a stream is read.
type countingReads struct {
	es.Store
	mu sync.Mutex
	of map[es.Stream]int
}

func (c *countingReads) ReadStream(ctx context.Context, stream es.Stream, from es.Revision, dir es.Direction) iter.Seq2[es.Recorded, error] {
	c.mu.Lock()
	c.of[stream]++
	c.mu.Unlock()
	return c.Store.ReadStream(ctx, stream, from, dir)
}
