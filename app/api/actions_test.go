package api_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"daybook/app/access"
	"daybook/app/api"
	"daybook/app/keyring"
	"daybook/app/steer"
	"daybook/app/store/memory"
	"daybook/domain/webhook"
	"daybook/projections/actions"
	"daybook/projections/projectiontest"
)

// withParked opens a Daybook in which the actions of some webhooks are parked.
func withParked(t *testing.T, ids ...string) *house {
	t.Helper()
	h := withSource(t)
	h.want(200, h.put(stripe, `{"source":{"environment_settings":{"development":{"mappings":[
		{"key":"call","event_type":"invoice.paid","action_type":"http_request","action_parameters":{"url":"http://127.0.0.1:1/hook"}},
		{"key":"paid","event_type":"invoice.paid","action_type":"workflows_trigger","action_parameters":{"key":"paid","recipients":"body.nobody"}}]}}}}`))
	url := h.ingestURL("stripe", "development")
	for _, id := range ids {
		h.want(200, h.send(url, secretText, event(id, "invoice.paid")))
		h.settled("development.stripe." + id) // else a later one may be planned earlier
	}
	return h
}

func TestActionsAreListedRetriedAndSkipped(t *testing.T) {
	t.Parallel()
	h := withParked(t, "evt_1", "evt_2")
	all := items(t, h.want(200, h.get("/actions?limit=3")))
	if len(all) != 3 || all[0]["webhook"] != "development.stripe.evt_2" {
		t.Fatalf("%v", all)
	}
	next, _ := at(t, h.get("/actions?limit=3"), "next").(string)
	if rest := items(t, h.want(200, h.get("/actions?limit=3&after="+next))); len(rest) != 1 {
		t.Errorf("after the first three: %v", rest)
	}
	called := items(t, h.want(200, h.get("/actions?status=parked&mapping=call&webhook=development.stripe.evt_1")))
	lacking := items(t, h.want(200, h.get("/actions?reason=missing_field&action=workflows_trigger&source=stripe&environment=development")))
	if len(called) != 1 || len(lacking) != 2 || lacking[0]["attempts"] != 0.0 || called[0]["target"] != "http://127.0.0.1:1/hook" {
		t.Fatalf("called %v, lacking %v", called, lacking)
	}
	id, _ := called[0]["id"].(string)
	h.want(200, h.post("/actions/"+id+"/retry", ""))
	h.settled("development.stripe.evt_1")
	if shown := h.want(200, h.get("/events/development.stripe.evt_1")); len(items(t, h.get("/actions?mapping=call&webhook=development.stripe.evt_1"))) != 1 {
		t.Errorf("after it failed again it is not in the list: %s", shown.body)
	}
	without, _ := lacking[0]["id"].(string)
	h.refuses(t, []refused{
		{"a retry of what lacks something", call{"POST", "/actions/" + without + "/retry", "{}", nil, ""}, 409, "conflict", ""},
		{"a retry of nothing", call{"POST", "/actions/x/retry", "", nil, ""}, 404, "not_found", ""},
		{"a field that is not there", call{"POST", "/actions/" + id + "/retry", `{"force":true}`, nil, ""}, 422, "invalid", "force"},
		{"a note that is too long", call{"POST", "/actions/" + id + "/skip", `{"note":"` + strings.Repeat("n", 1001) + `"}`, nil, ""}, 422, "invalid", "note"},
		{"a status that is none", call{"GET", "/actions?status=done", "", nil, ""}, 422, "invalid", "status"},
	})
	skipped := h.want(200, h.post("/actions/"+id+"/skip", `{"note":"called by hand"}`))
	if at(t, skipped, "status") != "skipped" || len(items(t, h.get("/actions?mapping=call&webhook=development.stripe.evt_1"))) != 0 {
		t.Errorf("%s, and it is in the list still", skipped.body)
	}
}

func TestManyActionsAreRetried(t *testing.T) {
	t.Parallel()
	h := withParked(t, "evt_1", "evt_2", "evt_3")
	preview := h.want(200, h.post("/actions/retry", `{"filter":{"status":"parked"},"dry":true}`))
	if at(t, preview, "total") != 6.0 || at(t, preview, "lacking") != 3.0 {
		t.Errorf("preview: %s", preview.body)
	}
	begun := h.want(202, h.post("/actions/retry", `{"filter":{"status":"parked"}}`))
	id, _ := at(t, begun, "id").(string)
	work := h.want(200, h.get("/actions/retry/"+id))
	for at(t, work, "status") == "running" {
		work = h.want(200, h.get("/actions/retry/"+id))
	}
	if at(t, work, "totals", "retried") != 3.0 || at(t, work, "totals", "left") != 3.0 || at(t, work, "progress", "done") != 6.0 {
		t.Errorf("%s", work.body)
	}
	h.refuses(t, []refused{
		{"no filter", call{"POST", "/actions/retry", "{}", nil, ""}, 422, "invalid", "filter"},
		{"a filter that is none", call{"POST", "/actions/retry", `{"filter":{"colour":"red"}}`, nil, ""}, 422, "invalid", "filter.colour"},
		{"a filter with a wrong value", call{"POST", "/actions/retry", `{"filter":{"action":"dance"}}`, nil, ""}, 422, "invalid", "filter.action"},
		{"another work", call{"GET", "/actions/retry/x", "", nil, ""}, 404, "not_found", ""},
	})
}

// What seldom happens is brought about in a log of its own.
func TestUncertainActionsAndParkedPlans(t *testing.T) {
	t.Parallel()
	store := memory.New(memory.Options{})
	log := projectiontest.New(t, store)
	runner := projectiontest.Runner(t, store, actions.Projection())
	steering := steer.New(steer.Config{Store: store, Actions: actions.New(runner), WaitFor: runner.WaitFor, Now: time.Now})
	t.Cleanup(steering.Close)
	keys, err := keyring.New(make([]byte, keyring.MasterKeySize))
	if err != nil {
		t.Fatal(err)
	}
	handler := http.StripPrefix("/api/v1", api.New(api.Config{
		Access: access.New(adminToken, keys, false, time.Now), Store: store, Actions: actions.New(runner), Steering: steering,
		Now: time.Now, Logger: slog.New(slog.DiscardHandler),
	}).Handler())
	post := func(path, body string) answer {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/api/v1"+path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+adminToken)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		a := answer{call: call{method: http.MethodPost, path: path}, status: w.Code, header: w.Header(), body: w.Body.Bytes()}
		described(t, r, a)
		return a
	}

	ref := webhook.Ref{Environment: "development", Source: "stripe", Key: "evt_1", Generation: 1}
	log.Receive(ref, "invoice.paid", "in_1")
	log.Do(ref, webhook.ParkPlan{Generation: 1, Reason: webhook.ParkInterrupted, Error: "the rules took too long"})
	for _, c := range []struct {
		path, body string
		want       int
	}{
		{"/events/development.stripe.evt_1/replan", "", 204},
		{"/events/development.stripe.evt_1/replan", "", 409},
		{"/events/development.stripe.evt_2/replan", "", 404},
	} {
		if a := post(c.path, c.body); a.status != c.want {
			t.Errorf("%s: %d %s, want %d", c.path, a.status, a.body, c.want)
		}
	}

	other := webhook.Ref{Environment: "development", Source: "stripe", Key: "evt_3", Generation: 1}
	log.Receive(other, "invoice.paid", "in_1")
	log.Plan(other, "", nil, projectiontest.Planned("call", "http_request", `{"method":"POST","url":"https://hooks.example.com/"}`))
	g := log.States[other.Stream()].Generation(1)
	id := g.Actions[0].ID
	log.Do(other, webhook.Record{Generation: 1, Claim: g.Claim.Revision, At: log.At, Outcomes: []webhook.ActionOutcome{
		{Action: id, Class: webhook.ClassUnknown, Error: "no answer came"},
	}})
	log.WaitFor(runner)
	if a := post("/actions/"+id+"/retry", ""); a.status != 422 || read[problem](t, a).Errors[0].Field != "may_repeat" {
		t.Errorf("without leave: %d %s", a.status, a.body)
	}
	if a := post("/actions/"+id+"/retry", `{"may_repeat":true}`); a.status != 200 || at(t, a, "status") != "planned" {
		t.Errorf("with leave: %d %s", a.status, a.body)
	}
	log.Delete(other.Stream())
	log.WaitFor(runner)
	if a := post("/actions/"+id+"/retry", ""); a.status != 404 {
		t.Errorf("of what was erased: %d %s", a.status, a.body)
	}
}
