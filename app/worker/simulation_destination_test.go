package worker

import (
	"context"
	"fmt"
	"sync"
	"time"

	"daybook/app/destination"
	"daybook/domain/action"
	"daybook/domain/webhook"
)

// seededDestination is three destinations: one where a request may be repeated
// always, one where it may for a day, and one where each has an effect.
type seededDestination struct {
	world *world

	mu   sync.Mutex
	came map[string]*requests // by action
}

// requests are those that came for one action.
type requests struct {
	n       int // attempts
	sha256  string
	repeats webhook.Repeats
	keys    map[string]time.Time // by which something was done, since when
	effects int
}

// simulatedBook leads an instance to the destinations.
type simulatedBook struct {
	there *seededDestination
	from  *instance
}

func (b simulatedBook) Find(_ string, t action.Type) (destination.Destination, error) {
	s := seededLane{b.there, b.from, "always", webhook.Repeats{Always: true}}
	switch t {
	case action.WorkflowsTrigger:
		s.name, s.repeats = "a day", webhook.Repeats{Within: 24 * time.Hour}
	case action.HTTPRequest:
		s.name, s.repeats = "never", webhook.Repeats{}
	default:
	}
	return s, nil
}

type seededLane struct {
	*seededDestination
	from    *instance
	name    string
	repeats webhook.Repeats
}

func (s seededLane) Terms(destination.Action) destination.Terms {
	return destination.Terms{Lane: s.name, Repeats: s.repeats}
}

// down reports whether the destination is down, which it is for some hours of
// each day.
func (s seededLane) down() bool {
	return s.world.chance("down", s.name, int(time.Since(s.world.began).Hours())) < 0.2
}

func (s seededLane) CarryOut(ctx context.Context, a destination.Action) destination.Outcome {
	w := s.world
	if ctx.Err() != nil {
		return destination.Outcome{Class: webhook.ClassNetwork, Error: "there was no time left to send it"}
	}
	n := s.request(a)
	about := []any{"request", a.ID, n}
	roll := func(what string) float64 { return w.chance(append(about, what)...) }
	if w.calm() {
		time.Sleep(w.between(time.Millisecond, time.Second, append(about, "takes")...))
		s.effect(a, n)
		return destination.Outcome{}
	}
	if roll("crash") < 0.04 {
		defer s.from.crash()
	}
	most := time.Second
	if roll("slow") < 0.1 {
		most = time.Minute
	}
	took := w.between(time.Millisecond, most, append(about, "takes")...)
	if s.down() {
		time.Sleep(took / 60)
		return destination.Outcome{Class: webhook.ClassNetwork, Error: "connection refused"}
	}
	fate := roll("fate")
	if fate < 0.15 { // it happens, and nobody hears of it
		s.wait(ctx, took/2)
		s.effect(a, n)
		s.wait(ctx, took/2)
		return destination.Outcome{Class: webhook.ClassUnknown, Error: "the answer was lost"}
	}
	if !s.wait(ctx, took) {
		if roll("late") < 0.5 {
			s.effect(a, n)
		}
		return destination.Outcome{Class: webhook.ClassUnknown, Error: "no answer came in time"}
	}
	switch {
	case fate < 0.25:
		return destination.Outcome{Class: webhook.ClassUnknown, Error: "the connection broke"}
	case fate < 0.40:
		return destination.Outcome{Class: webhook.ClassTemporary, HTTPStatus: 503, Error: "it answered 503"}
	case fate < 0.45:
		return destination.Outcome{Class: webhook.ClassRateLimited, HTTPStatus: 429, Error: "it answered 429", RetryAfter: time.Duration(roll("after") * float64(2*time.Hour))}
	case fate < 0.50:
		return destination.Outcome{Class: webhook.ClassRefused, HTTPStatus: 422, Error: "it answered 422"}
	case fate < 0.51:
		return destination.Outcome{Class: webhook.ClassGone, HTTPStatus: 410, Error: "it answered 410"}
	default:
		s.effect(a, n)
		return destination.Outcome{}
	}
}

// wait reports whether there was time enough.
func (s seededLane) wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// request notes that a request came, and which it is.
func (s seededLane) request(a destination.Action) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.came[a.ID]
	sum := action.SHA256(a.Payload)
	if r == nil {
		r = &requests{sha256: sum, repeats: s.repeats, keys: map[string]time.Time{}}
		s.came[a.ID] = r
	}
	if r.sha256 != sum {
		s.world.fail("the key %s came with two different requests", a.ID)
	}
	r.n++
	return r.n
}

// effect does what is asked, unless the key says that it was done.
func (s seededLane) effect(a destination.Action, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.came[a.ID]
	key := a.ID
	if s.world.newKeys {
		key = fmt.Sprint(a.ID, n)
	}
	if s.repeats.Always && r.effects > 0 && !s.world.newKeys {
		return // it is as it was
	}
	if done, ok := r.keys[key]; ok && time.Since(done) < s.repeats.Within {
		return
	}
	r.keys[key] = time.Now()
	r.effects++
	if allowed := s.world.check.allowance(a.ID); r.effects > 1+allowed {
		s.world.fail("%s (%s, %s) was done %d times, %d of them taken on by a person", a.ID, a.Type, s.name, r.effects, allowed)
	}
}

// effects returns how often an action was done, and whether doing it again
// would have an effect at any time.
func (s *seededDestination) effects(id string) (n int, repeatable bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.came[id]
	if r == nil {
		return 0, true
	}
	return r.effects, r.repeats != webhook.Repeats{}
}
