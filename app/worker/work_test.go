package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"daybook/app/destination"
	"daybook/app/destination/local"
	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/webhook"
)

func TestAWebhookIsPlannedClaimedAndWorked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, trigger(), identify())
		dest := &noted{}
		w := h.worker("one", to(dest))
		h.run(w)
		w.Hand(h.receive("evt_1", paid))
		synctest.Wait()

		want := []string{webhook.TypeReceived, webhook.TypeActionsPlanned, webhook.TypeWorkClaimed, webhook.TypeActionSucceeded, webhook.TypeActionSucceeded}
		if diff := cmp.Diff(want, h.facts("evt_1")); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if diff := cmp.Diff([]string{"users_identify", "workflows_trigger"}, dest.all()); diff != "" {
			t.Errorf("not in the order of the catalogue (-want +got)\n%s", diff)
		}
		g := h.state("evt_1").Current()
		if g.Plan.ConfigurationRevision != 3 || g.Claim.WorkClaimed.Instance != "one" || g.Claim.WorkClaimed.Start != "one-1" || g.Claim.WorkClaimed.LeaseMS != 30_000 {
			t.Errorf("plan of revision %d, claim %+v", g.Plan.ConfigurationRevision, g.Claim)
		}
		run := fmt.Sprintf(`{"workflow_run_id":"%s"}`, local.RunID(g.Actions[1].ID))
		if string(g.Actions[1].Result) != run {
			t.Errorf("result %s, want %s", g.Actions[1].Result, run)
		}
		if payload := string(g.Actions[1].Payload); !strings.Contains(payload, `"recipients":["cus_1"]`) {
			t.Errorf("payload %s", payload)
		}
	})
}

func TestWhatIsNotCarriedOut(t *testing.T) {
	t.Parallel()
	never := identify()
	never.When = "false"
	broken := identify()
	broken.When = "body.user > 3"
	request := mapping("*", action.HTTPRequest, `{"url":"https://example.com"}`)
	nobody := mapping("*", action.UsersIdentify, `{"id":"body.nobody"}`)

	for name, c := range map[string]struct {
		mappings []rule.Mapping
		events   []string // after WebhookReceived
		status   webhook.Status
		reasons  []webhook.ParkReason
	}{
		"no mapping":         {nil, []string{webhook.TypeActionsPlanned}, webhook.StatusIgnored, nil},
		"a false condition":  {[]rule.Mapping{never}, []string{webhook.TypeActionsPlanned}, webhook.StatusIgnored, nil},
		"a failed condition": {[]rule.Mapping{broken}, []string{webhook.TypeActionsPlanned}, webhook.StatusFailed, nil},
		"a missing field": {
			[]rule.Mapping{nobody}, []string{webhook.TypeActionsPlanned}, webhook.StatusFailed, []webhook.ParkReason{"missing_field"},
		},
		"a missing field of one of two": {
			[]rule.Mapping{nobody, trigger()},
			[]string{webhook.TypeActionsPlanned, webhook.TypeWorkClaimed, webhook.TypeActionSucceeded},
			webhook.StatusFailed,
			[]webhook.ParkReason{"missing_field", ""},
		},
		"not supported yet": {
			[]rule.Mapping{request, trigger()},
			[]string{webhook.TypeActionsPlanned, webhook.TypeWorkClaimed, webhook.TypeActionSucceeded, webhook.TypeActionParked},
			webhook.StatusFailed,
			[]webhook.ParkReason{"", webhook.ParkNotSupported},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, c.mappings...)
				w := h.worker("one")
				h.run(w)
				w.Hand(h.receive("evt_1", paid))
				synctest.Wait()
				if diff := cmp.Diff(c.events, h.facts("evt_1")[1:]); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
				g := h.state("evt_1").Current()
				if got := g.Outcome().Status(); got != c.status {
					t.Errorf("status %s, want %s", got, c.status)
				}
				var reasons []webhook.ParkReason
				for _, a := range g.Actions {
					reasons = append(reasons, a.Reason)
				}
				if diff := cmp.Diff(c.reasons, reasons); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
			})
		})
	}
}

// A plan of over 256 KiB leaves its requests out: they are rendered again.
func TestARequestThatThePlanLeftOut(t *testing.T) {
	t.Parallel()
	large := fmt.Sprintf(`{"type":"invoice.paid","user":"cus_1","filler":%q}`, filled(300<<10))

	t.Run("is rendered again", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			h := newHouse(t, trigger())
			asked := 0
			rules := compile(t, trigger())
			h.rules = bookFunc(func() (*rule.Rules, error) { asked++; return rules, nil })
			dest := &noted{}
			w := h.worker("one", to(dest))
			h.run(w)
			w.Hand(h.receive("evt_1", large))
			synctest.Wait()
			g := h.state("evt_1").Current()
			if g.Actions[0].Payload != nil || g.Actions[0].Status != webhook.StatusSucceeded || len(dest.all()) != 1 {
				t.Errorf("a payload of %d bytes, %s, carried out %v", len(g.Actions[0].Payload), g.Actions[0].Status, dest.all())
			}
			if asked != 1 {
				t.Errorf("the rules were asked %d times, although what they said was at hand", asked)
			}
		})
	})
	t.Run("by another worker", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			g := planThenWork(t, large, trigger(), trigger())
			if g.Actions[0].Status != webhook.StatusSucceeded {
				t.Errorf("%s: %s", g.Actions[0].Status, g.Actions[0].Error)
			}
		})
	})
	t.Run("is not what was planned", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			other := trigger()
			other.ActionParameters["recipients"] = json.RawMessage(`"body.type"`)
			other.Key = rule.DeriveKeys([]rule.Mapping{trigger()})[0].Key
			g := planThenWork(t, large, trigger(), other)
			if g.Actions[0].Status != webhook.StatusParked || g.Actions[0].Reason != webhook.ParkChanged {
				t.Errorf("%s: %s", g.Actions[0].Status, g.Actions[0].Error)
			}
		})
	})
}

// planThenWork has a webhook planned under one mapping, and carried out after
// a crash under another.
func planThenWork(t *testing.T, body string, planned, worked rule.Mapping) *webhook.Generation {
	t.Helper()
	h := newHouse(t, planned)
	h.crashAfterPlan(h.receive("evt_1", body))
	h.rules = book{compile(t, worked)}
	h.run(h.worker("one", alone, func(c *Config) { c.Start = "one-2" }))
	h.waitUntilDone()
	return h.state("evt_1").Current()
}

// crashAfterPlan leaves a webhook planned and claimed by a worker that is gone.
func (h *house) crashAfterPlan(work Work) {
	h.t.Helper()
	w := h.worker("one")
	job := &job{Worker: w, Work: work}
	if err := job.plan(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

func TestAPlanThatCannotBeMade(t *testing.T) {
	t.Parallel()
	noRules := errors.New("the rules of revision 3 do not compile")
	for name, c := range map[string]struct {
		body    string
		rules   RuleBook
		prepare func(*flaky, *Worker)
		reason  webhook.ParkReason
		message string
	}{
		"no rules": {
			paid, bookFunc(func() (*rule.Rules, error) { return nil, noRules }), nil,
			webhook.ParkNoRules, "do not compile",
		},
		"no JSON": {`{`, nil, nil, webhook.ParkUnreadable, "JSON"},
		"an evaluation without an end": {
			paid, nil,
			func(_ *flaky, w *Worker) {
				w.evaluate = func(*rule.Rules, rule.Input) rule.Evaluation { time.Sleep(time.Hour); return rule.Evaluation{} }
			},
			webhook.ParkInterrupted, "10s",
		},
		"a plan that is too large": {
			paid, nil,
			func(f *flaky, _ *Worker) {
				f.failWith(func(stream es.Stream, events []es.Event) error {
					if events[0].Type == webhook.TypeActionsPlanned {
						return &es.TooLargeError{Stream: stream, Size: 2, Max: 1}
					}
					return nil
				})
			},
			webhook.ParkTooLarge, "at most 1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, trigger())
				store := &flaky{Store: h.store}
				w := h.worker("one", alone, func(config *Config) {
					config.Store = store
					if c.rules != nil {
						config.Rules = c.rules
					}
				})
				if c.prepare != nil {
					c.prepare(store, w)
				}
				h.run(w)
				w.Hand(h.receive("evt_1", c.body))
				pass(time.Minute)

				if diff := cmp.Diff([]string{webhook.TypeReceived, webhook.TypePlanParked}, h.facts("evt_1")); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
				g := h.state("evt_1").Current()
				if g.PlanParked == nil || g.PlanParked.Reason != c.reason || !strings.Contains(g.PlanParked.Error, c.message) {
					t.Errorf("%+v", g.PlanParked)
				}
				pass(2 * time.Hour) // the evaluation ends by itself
				if n := len(h.facts("evt_1")); n != 2 {
					t.Errorf("an evaluation that was given up still led to something: %v", h.facts("evt_1"))
				}
			})
		})
	}
}

func TestAnActionThatFailsIsTriedAgainAndHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, trigger(), identify(), mapping("*", action.UsersDelete, `{"id":"body.user"}`))
		var down atomic.Bool
		down.Store(true)
		dest := &noted{lane: "there", before: func(_ context.Context, a destination.Action) error {
			if down.Load() && a.Type == action.UsersDelete {
				return errors.New("not now")
			}
			return nil
		}}
		w := h.worker("one", alone, to(dest))
		h.run(w)
		w.Hand(h.receive("evt_1", paid))
		synctest.Wait()
		if n := h.count("evt_1", webhook.TypeActionSucceeded); n != 2 {
			t.Errorf("%d actions succeeded beside the one that failed, want 2: %v", n, h.facts("evt_1"))
		}
		if w.queue.size() != 0 {
			t.Error("what waits for its next try is held")
		}
		pass(2 * time.Second)
		if n := len(dest.all()); n != 3 {
			t.Errorf("tried again at once: %v", dest.all())
		}
		down.Store(false)
		pass(4 * time.Second)
		if n := h.count("evt_1", webhook.TypeActionSucceeded); n != 3 {
			t.Errorf("%d of 3 actions succeeded: %v", n, h.facts("evt_1"))
		}
		if n := h.count("evt_1", webhook.TypeWorkClaimed); n != 2 {
			t.Errorf("%d claims for two rounds", n)
		}
		if !slices.Equal(dest.all(), []string{"users_identify", "users_delete", "workflows_trigger", "users_delete"}) {
			t.Errorf("carried out %v", dest.all())
		}
	})
}
