package worker

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"daybook/app/destination"
	"daybook/domain/action"
	"daybook/domain/webhook"
)

// byType is a book that leads each type of action to a destination of its own.
type byType map[action.Type]destination.Destination

func (b byType) Find(_ string, t action.Type) (destination.Destination, error) {
	if d, ok := b[t]; ok {
		return d, nil
	}
	return nil, errors.New("no destination is set up")
}

// TestADeadDestinationHoldsUpNoOther: many webhooks wait for one that hangs,
// and what is for others is carried out at once.
func TestADeadDestinationHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hangs := mapping("dead", action.WorkflowsTrigger, `{"key":"k","recipients":"body.user"}`)
		h := newHouse(t, hangs, mapping("well", action.UsersIdentify, `{"id":"body.user"}`), mapping("here", action.UsersDelete, `{"id":"body.user"}`))
		well := &noted{lane: "well"}
		w := h.worker("one", alone, func(c *Config) {
			c.Concurrency = 4
			c.Destinations = byType{action.WorkflowsTrigger: stuck(), action.UsersIdentify: well, action.UsersDelete: &noted{}}
		})
		h.run(w)
		for i := range 500 {
			w.Hand(h.receive(fmt.Sprintf("evt_%d", i), `{"type":"dead","user":"cus_1"}`))
		}
		synctest.Wait()
		for i := range 20 {
			w.Hand(h.receive(fmt.Sprintf("evt_well_%d", i), `{"type":"well","user":"cus_1"}`))
			w.Hand(h.receive(fmt.Sprintf("evt_here_%d", i), `{"type":"here","user":"cus_1"}`))
		}
		synctest.Wait() // no time goes by
		for i := range 20 {
			for _, key := range []string{"evt_well_", "evt_here_"} {
				if h.state(fmt.Sprint(key, i)).Current().Pending() {
					t.Fatalf("%s%d is held up: %v", key, i, h.facts(fmt.Sprint(key, i)))
				}
			}
		}
		lanes := w.Lanes()
		if len(lanes) != 2 || lanes[0].Name != "stuck" || lanes[0].Sending != sendsAtOnce || lanes[0].Waiting != 500-sendsAtOnce || lanes[1].Sent != 20 {
			t.Errorf("%+v", lanes)
		}
		pass(10 * time.Minute)
		waiting := 0
		for i := range 500 {
			if a := h.state(fmt.Sprintf("evt_%d", i)).Current().Actions[0]; a.Status == webhook.StatusWaiting && a.RetryAt != 0 {
				waiting++
			}
		}
		if waiting < 499 { // one may be the attempt that decides
			t.Errorf("%d of 500 wait", waiting)
		}
	})
}

// TestAnOpenBreakerCostsNoAttempts: after some failures the destination is left
// alone but for one attempt at a time, and what waits is not tried for nothing.
func TestAnOpenBreakerCostsNoAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, trigger())
		var down atomic.Bool
		down.Store(true)
		dest := &noted{lane: "there", before: func(context.Context, destination.Action) error {
			if down.Load() {
				return errors.New("connection refused")
			}
			return nil
		}}
		w := h.worker("one", alone, to(dest), func(c *Config) { c.Concurrency = 1 })
		h.run(w)
		const n = 200
		for i := range n {
			w.Hand(h.receive(fmt.Sprintf("evt_%d", i), paid))
			synctest.Wait()
		}
		if got := len(dest.all()); got != failuresInRow {
			t.Fatalf("%d attempts before the breaker opened, want %d", got, failuresInRow)
		}
		if lane := w.Lanes()[0]; lane.State != "open" || lane.Failed != failuresInRow || lane.LastError != "connection refused" {
			t.Errorf("%+v", lane)
		}
		a := h.state("evt_100").Current().Actions[0]
		if a.Status != webhook.StatusWaiting || a.Reason != webhook.ParkReason(webhook.DeferDown) || len(a.Attempts) != 0 {
			t.Errorf("what was not tried is %s (%s), with %d attempts", a.Status, a.Reason, len(a.Attempts))
		}
		pass(time.Hour)
		if got := len(dest.all()); got > failuresInRow+130 {
			t.Errorf("a destination that is down was asked %d times in an hour", got)
		}
		down.Store(false)
		pass(2 * time.Hour)
		for i := range n {
			if a := h.state(fmt.Sprintf("evt_%d", i)).Current().Actions[0]; a.Status != webhook.StatusSucceeded {
				t.Fatalf("evt_%d is %s, due at %s", i, a.Status, a.RetryAt)
			}
		}
	})
}

func TestALaneSendsSoManyAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, trigger())
		var now, most atomic.Int64
		dest := &noted{lane: "there", before: func(context.Context, destination.Action) error {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			time.Sleep(200 * time.Millisecond)
			now.Add(-1)
			return nil
		}}
		w := h.worker("one", to(dest))
		h.run(w)
		const n = 3*maxWarm + sendsAtOnce // some are read again
		for i := range n {
			w.Hand(h.receive(fmt.Sprintf("evt_%d", i), paid))
		}
		pass(n/sendsAtOnce*200*time.Millisecond + time.Millisecond)
		if most.Load() != sendsAtOnce {
			t.Errorf("%d were sent at once, want %d", most.Load(), sendsAtOnce)
		}
		for i := range n {
			key := fmt.Sprintf("evt_%d", i)
			if h.state(key).Current().Pending() || h.claims(key) != 1 {
				t.Fatalf("%s: %v", key, h.facts(key))
			}
		}
		if lane := w.Lanes()[0]; lane.Median != 200*time.Millisecond || lane.Waiting != 0 || lane.Sending != 0 || lane.warmth(w) != 0 {
			t.Errorf("%+v", lane)
		}
	})
}

// warmth is what is counted as kept in mind for a lane.
func (l Lane) warmth(w *Worker) int {
	of := w.lanes.find(l.Name)
	return of.warm + of.bytes
}

// TestAskedToWait: a destination that asks to be left alone is, for all that is
// for it.
func TestAskedToWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, trigger())
		dest := &answering{outcome: destination.Outcome{Class: webhook.ClassRateLimited, HTTPStatus: 429, RetryAfter: 40 * time.Second, Error: "429"}}
		w := h.worker("one", alone, to(dest))
		h.run(w)
		w.Hand(h.receive("evt_1", paid))
		synctest.Wait()
		w.Hand(h.receive("evt_2", paid))
		synctest.Wait()
		if a := h.state("evt_2").Current().Actions[0]; a.Status != webhook.StatusWaiting || len(a.Attempts) != 0 {
			t.Errorf("%s with %d attempts", a.Status, len(a.Attempts))
		}
		dest.answer(destination.Outcome{})
		pass(39 * time.Second)
		if n := dest.n.Load(); n != 1 {
			t.Fatalf("asked %d times before the time was over", n)
		}
		pass(12 * time.Second)
		if h.state("evt_1").Current().Pending() || h.state("evt_2").Current().Pending() {
			t.Errorf("asked %d times: %v, %v", dest.n.Load(), h.facts("evt_1"), h.facts("evt_2"))
		}
	})
}

func TestALaneIsBounded(t *testing.T) {
	t.Parallel()
	l := newLane("there")
	for range sendsAtOnce {
		if taken, now := l.enter(&job{}); !taken || !now {
			t.Fatal("nobody sends, and it has to wait")
		}
	}
	for range maxInLane {
		if taken, now := l.enter(&job{}); !taken || now {
			t.Fatal("it does not wait")
		}
	}
	if taken, _ := l.enter(&job{}); taken {
		t.Error("more wait than may")
	}
	for range maxInLane {
		if l.next() == nil {
			t.Fatal("one that waited is gone")
		}
	}
	for range sendsAtOnce {
		if l.next() != nil {
			t.Fatal("more came out than went in")
		}
	}
	if l.sending != 0 || l.warm != 0 || l.bytes != 0 {
		t.Errorf("%d send, %d warm with %d bytes", l.sending, l.warm, l.bytes)
	}
}

func TestLanesAreBounded(t *testing.T) {
	t.Parallel()
	all := newLanes()
	for i := range maxLanes {
		all.find(fmt.Sprint(i)).sending = 1
	}
	shared := all.find("one more")
	shared.sending = 1
	if shared.name != sharedLane || all.find("another") != shared || len(all.byName) != maxLanes+1 {
		t.Errorf("%d lanes, one more is %q", len(all.byName), shared.name)
	}
	all.byName["7"].sending, all.byName["8"].sending = 0, 0
	if l := all.find("yet another"); l.name != "yet another" || all.byName["7"] != nil {
		t.Errorf("a lane that is idle is in the way of %q", l.name)
	}
}
