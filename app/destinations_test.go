package app_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"daybook/app"
	"daybook/app/destination/egress"
	"daybook/app/destination/knock/knocktest"
)

// caller asks an App for things by its API.
type caller struct {
	t      *testing.T
	client *http.Client
	url    string
}

func (c caller) ask(method, path, body string, into any) {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.url+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+adminToken)
	status, answer := do(c.t, c.client, request)
	if status >= http.StatusBadRequest {
		c.t.Fatalf("%s %s: %d %s", method, path, status, answer)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal([]byte(answer), into); err != nil {
		c.t.Fatal(err)
	}
}

// trigger sends a sample, and returns its actions once they have ended.
func (c caller) trigger(kind string) []actionShown {
	c.t.Helper()
	var sent struct{ Items []struct{ ID string } }
	c.ask(http.MethodPost, "/sources/stripe/trigger?environment=production", `{"type":"`+kind+`"}`, &sent)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		var shown struct {
			Status  string
			Actions []actionShown
		}
		c.ask(http.MethodGet, "/events/"+sent.Items[0].ID, "", &shown)
		if shown.Status != "processing" {
			return shown.Actions
		}
	}
	c.t.Fatalf("%s is not finished", kind)
	return nil
}

type actionShown struct {
	ID         string
	Status     string
	Error      string
	ActionType string `json:"action_type"`
	Result     json.RawMessage
}

// What an environment's destination is decides where the next action goes, at
// once; what http_request sends goes where it says; and nothing of it reaches
// what is private and was not allowed.
func TestActionsReachTheWorld(t *testing.T) {
	t.Parallel()
	fake := knocktest.New(t)
	posted := make(chan *http.Request, 4)
	bodies := make(chan []byte, 4)
	sink := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		posted <- r
		bodies <- body
	}))
	t.Cleanup(sink.Close)
	allowed, err := egress.ParseAllowed([]string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	c := config(t)
	c.AllowPrivate = allowed
	ask := withStripe(t, c)

	ask.ask(http.MethodPut, "/environments/production", `{"destination":{"kind":"knock","base_url":"`+fake.URL+`","api_key":"`+knocktest.Key+`"}}`, nil)
	for _, a := range ask.trigger("customer.created") {
		if a.Status != "succeeded" {
			t.Errorf("%+v", a)
		}
	}
	paid := ask.trigger("invoice.paid")
	if len(paid) != 1 || paid[0].Status != "succeeded" || !strings.Contains(string(paid[0].Result), "run-of-"+paid[0].ID) {
		t.Errorf("%+v", paid)
	}
	if calls := fake.Calls(); len(calls) != 2 || calls[0].Method != http.MethodPut || !strings.HasPrefix(calls[0].Path, "/v1/users/cus_") || calls[1].Path != "/v1/workflows/invoice-paid/trigger" {
		t.Errorf("%+v", calls)
	}

	var made struct {
		Destination struct {
			SigningSecret string `json:"signing_secret"`
		}
	}
	ask.ask(http.MethodPut, "/environments/production", `{"destination":{"kind":"endpoint","url":"`+sink.URL+`/actions"}}`, &made)
	library, err := standardwebhooks.NewWebhook(made.Destination.SigningSecret)
	if err != nil {
		t.Fatal(err)
	}
	created := ask.trigger("invoice.created")
	if len(created) != 1 || created[0].Status != "succeeded" || len(fake.Calls()) != 0 {
		t.Fatalf("%+v", created)
	}
	if err := library.Verify(<-bodies, (<-posted).Header); err != nil {
		t.Error(err)
	}

	ask.ask(http.MethodPut, "/sources/stripe?environment=production", `{"source":{"environment_settings":{"production":{"mappings":[
		{"key":"hook","event_type":"invoice.paid","action_type":"http_request","action_parameters":{"url":"`+sink.URL+`/hook","method":"PUT","body":"body.type"}},
		{"key":"cloud","event_type":"invoice.paid","action_type":"http_request","action_parameters":{"url":"http://169.254.169.254/latest/meta-data"}}]}}}}`, nil)
	both := ask.trigger("invoice.paid")
	if len(both) != 2 || both[0].Status != "succeeded" || both[1].Status != "parked" || !strings.Contains(both[1].Error, "link-local") {
		t.Errorf("%+v", both)
	}
	if r, body := <-posted, <-bodies; r.Method != http.MethodPut || r.URL.Path != "/hook" || string(body) != "invoice.paid" {
		t.Errorf("%s %s %s", r.Method, r.URL, body)
	}
}

// withStripe runs an App with a source of Stripe's in production.
func withStripe(t *testing.T, c app.Config) caller {
	t.Helper()
	ask := caller{t, newClient(t), run(t, c).URL()}
	ask.ask(http.MethodPut, "/sources/stripe?environment=production", `{"source":{}}`, nil)
	ask.ask(http.MethodPost, "/sources/stripe/secrets?environment=production", `{"secret":"whsec_of_the_destinations"}`, nil)
	return ask
}
