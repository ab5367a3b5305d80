package worker

import (
	"fmt"
	"sync"
	"time"

	"daybook/domain/es"
	"daybook/domain/webhook"
)

// checker looks at every fact.
type checker struct {
	world   *world
	history []string
	plans   map[string]int
	// allowed is how often a person had an action sent again.
	mu      sync.Mutex
	allowed map[string]int
	since   map[es.Stream]time.Time // when something last happened
}

func newChecker(w *world) *checker {
	return &checker{world: w, plans: map[string]int{}, allowed: map[string]int{}, since: map[es.Stream]time.Time{}}
}

func (c *checker) fact(r es.Recorded, f es.Fact[webhook.Event], before, after webhook.State) {
	c.history = append(c.history, fmt.Sprintf("%s %s@%d %s", time.Since(c.world.began), r.Stream, r.Revision, r.Type))
	c.mu.Lock()
	c.since[r.Stream] = time.Now()
	c.mu.Unlock()
	switch e := f.Event.(type) {
	case webhook.ActionsPlanned:
		key := fmt.Sprintf("%s %d", r.Stream, e.Generation)
		if c.plans[key]++; c.plans[key] > 1 {
			c.world.fail("%s was planned %d times", r.Stream, c.plans[key])
		}
	case webhook.ActionsRearmed:
		c.allow(e, before)
	default:
	}
	for _, a := range after.Current().Actions {
		c.action(a)
	}
}

// allow notes that a person took it on that an action may be done twice.
func (c *checker) allow(e webhook.ActionsRearmed, before webhook.State) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range e.Actions {
		if a := before.Current().Action(id); e.By == webhook.ByPerson && a != nil && a.Doubt {
			c.allowed[id]++
		}
	}
}

func (c *checker) allowance(id string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.allowed[id]
}

// action fails unless an action stands where one may stand.
func (c *checker) action(a webhook.Action) {
	w := c.world
	if (a.Status == webhook.StatusWaiting) != (a.RetryAt != 0) {
		w.fail("%s is %s, due at %s", a.ID, a.Status, a.RetryAt)
	}
	if a.Status.Done() || a.Status == webhook.StatusClaimed {
		return
	}
	if effects, repeatable := w.there.effects(a.ID); !repeatable && effects > c.allowance(a.ID) {
		w.fail("%s (%s) was done %d times, and is %s to be done again", a.ID, a.ActionType, effects, a.Status)
	}
}

// overdue fails if something is due for long, and there were instances to do it.
func (c *checker) overdue() {
	w := c.world
	w.mu.Lock()
	lived := false
	for _, since := range w.alive {
		lived = lived || time.Since(since) > overdueAfter
	}
	w.mu.Unlock()
	if !lived {
		return
	}
	w.list.mu.Lock()
	defer w.list.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	late := time.Now().Add(-overdueAfter)
	for _, e := range w.list.entries() {
		if e.Due.Time().Before(late) && c.since[e.Ref.Stream()].Before(late) {
			w.fail("%s is forgotten: due at %s, nothing happened since %s", e.Ref.ID(), e.Due, c.since[e.Ref.Stream()].Sub(w.began))
		}
	}
}

// end fails unless everything came to an end.
func (c *checker) end() {
	w := c.world
	w.list.mu.Lock()
	defer w.list.mu.Unlock()
	if len(w.list.states) != simulatedHooks {
		w.fail("%d webhooks of %d", len(w.list.states), simulatedHooks)
	}
	if most := 2*instances*len(c.history) + 200; int(w.list.asked.Load()) > most {
		w.fail("the worklist was asked %d times about %d facts", w.list.asked.Load(), len(c.history))
	}
	for stream, f := range w.list.states {
		g := f.state.Current()
		if g.Plan == nil || g.Pending() {
			w.fail("%s never came to an end", stream)
			continue
		}
		for _, a := range g.Actions {
			if effects, _ := w.there.effects(a.ID); a.Status == webhook.StatusSucceeded && effects == 0 {
				w.fail("%s is said to have succeeded, and was never done", a.ID)
			}
		}
	}
}
