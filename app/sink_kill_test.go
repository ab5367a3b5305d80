package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/webhook"
)

// TestKillSenders kills any of three instances that send actions to a sink over
// HTTP, at random moments, while that fails, hangs and answers late. Nothing is
// lost; where the sink knows a key that it has seen, nothing is done twice; and
// where it does not, whatever may have been done and is not known to have been
// is uncertain, and is not sent again.
func TestKillSenders(t *testing.T) {
	t.Parallel()
	n := kills(t, 10)
	to := newSink(t)
	f, p := newFleet(t, "DAYBOOK_ALLOW_PRIVATE=127.0.0.1")
	sendTo(t, f, to.URL)

	var acknowledged atomic.Int64
	stopped := make(chan struct{})
	wait := f.send(t, p, stopped, &acknowledged)
	for range n {
		f.killOne(t, &acknowledged)
	}
	close(stopped)
	wait()
	to.calm.Store(true)
	f.deliverRest(t, p)
	f.end(t)
	to.Close()

	c := sinkCheck{t: t, sink: to}
	c.log(f.store.Store, p.acknowledged)
	t.Logf("%d webhooks, %d instances killed, %d claims taken over: %d actions in %d requests, %d of them repeated at the sink that knows keys; %d uncertain at the other, %d of these were done",
		len(p.acknowledged), n, takeovers(t, f.store), c.actions, c.requests, c.repeated, c.uncertain, c.uncertainDone)
	if c.repeated == 0 || c.uncertainDone == 0 || c.uncertainDone == c.uncertain {
		t.Error("too little went wrong: the test proves little")
	}
	checkSame(t, f.store, f.directories())
}

// sendTo has every customer's webhook lead to both sides of the sink, and every
// paid invoice's to the one that forgets. It returns once all instances know.
func sendTo(t *testing.T, f *fleet, sink string) {
	t.Helper()
	url := f.slots[0].url
	call(t, http.MethodPut, url+"/api/v1/environments/development",
		fmt.Sprintf(`{"destination":{"kind":"endpoint","url":%q,"idempotency_window":"forever"}}`, sink+knowing), nil)
	hook := fmt.Sprintf(`"action_type":"http_request","action_parameters":{"url":%q,"method":"POST","body":"body.id"}`, sink+forgetting)
	call(t, http.MethodPut, url+"/api/v1/sources/stripe?environment=development", `{"source":{"environment_settings":{"development":{"mappings":[
		{"key":"customer","event_type":"customer.created","action_type":"users_identify","action_parameters":{"id":"body.data.object.id"}},
		{"key":"hook","event_type":"customer.created",`+hook+`},
		{"key":"paid","event_type":"invoice.paid",`+hook+`}]}}}}`, nil)
	for _, at := range f.slots {
		waitUntil(t, func() bool {
			var known struct {
				Source struct {
					EnvironmentSettings map[string]struct {
						Mappings []struct{ Key string }
					} `json:"environment_settings"`
				}
			}
			call(t, http.MethodGet, at.url+"/api/v1/sources/stripe?environment=development", "", &known)
			mappings := known.Source.EnvironmentSettings["development"].Mappings
			return len(mappings) == 3 && mappings[2].Key == "paid"
		})
	}
}

// sinkCheck compares the log with what came to a sink.
type sinkCheck struct {
	t    *testing.T
	sink *sink

	actions, requests, repeated, uncertain, uncertainDone int
}

// log looks at every webhook in the log, of which each was acknowledged, and at
// everything that came to the sink, which is in the log.
func (c *sinkCheck) log(store es.Store, acknowledged map[string]int) {
	c.t.Helper()
	states, plans := map[string]webhook.State{}, map[string]int{}
	for e, err := range store.ReadAll(c.t.Context(), es.Start, es.Forward) {
		if err != nil {
			c.t.Fatal(err)
		}
		id, ok := strings.CutPrefix(string(e.Stream), "webhook-")
		if !ok {
			continue
		}
		fact, err := webhook.Codec().Decode(e)
		if err != nil {
			c.t.Fatal(err)
		}
		states[id] = webhook.Evolve(states[id], fact)
		if e.Type == webhook.TypeActionsPlanned {
			plans[id]++
		}
	}
	known := map[string]bool{}
	for id := range acknowledged {
		g := states[id].Current()
		if g == nil || plans[id] != 1 {
			c.t.Errorf("%s was acknowledged, and planned %d times", id, plans[id])
			continue
		}
		if want := map[string]int{"customer.created": 2, "invoice.paid": 1}[g.Received.Receipt.EventType]; len(g.Actions) != want {
			c.t.Errorf("%s, %s, has %d actions", id, g.Received.Receipt.EventType, len(g.Actions))
		}
		for _, a := range g.Actions {
			known[a.ID] = true
			c.action(id, a)
		}
	}
	for key, came := range c.sink.came {
		c.requests += came.requests
		if !known[key] {
			c.t.Errorf("%s %s came under the key %q, which no action has", came.path, came.body, key)
		}
	}
}

// action looks at one action, and at what came of it.
func (c *sinkCheck) action(id string, a webhook.Action) {
	c.t.Helper()
	c.actions++
	var came sent
	if there := c.sink.came[a.ID]; there != nil {
		came = *there
	}
	path := knowing
	if a.ActionType == action.HTTPRequest {
		path = forgetting
	}
	switch {
	case came.requests > 0 && came.path != path:
		c.t.Errorf("%s: %s came to %s", id, a.ID, came.path)
	case a.Status == webhook.StatusSucceeded && came.effects == 1 && (path == knowing || !came.lost):
		if path == knowing && came.requests > 1 {
			c.repeated++
		}
	case a.Status == webhook.StatusUncertain && path == forgetting && came.effects <= 1 && len(a.Attempts) > 0:
		c.uncertain++
		c.uncertainDone += came.effects
	default:
		c.t.Errorf("%s: %s (%s) is %s after %d attempts, %s; it came %d times to %s and was done %d times (answer lost: %t)",
			id, a.ID, a.ActionType, a.Status, len(a.Attempts), a.Error, came.requests, path, came.effects, came.lost)
	}
}
