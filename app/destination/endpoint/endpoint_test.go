package endpoint_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"go.uber.org/goleak"

	"daybook/app/destination"
	"daybook/app/destination/egress"
	"daybook/app/destination/endpoint"
	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/signature"
	"daybook/domain/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var _ destination.Destination = (*endpoint.Destination)(nil)

const (
	newest = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	older  = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
)

// received is a request as the endpoint took it.
type received struct {
	header http.Header
	body   []byte
}

// rig is an endpoint that keeps what it receives, and a destination that posts
// to it.
type rig struct {
	*endpoint.Destination
	url    string
	status atomic.Int32
	got    chan received
	live   []string
}

func open(t *testing.T, live ...string) *rig {
	t.Helper()
	r := &rig{got: make(chan received, 8), live: live}
	r.status.Store(http.StatusOK)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil || req.Method != http.MethodPost {
			t.Errorf("%s, %v", req.Method, err)
		}
		r.got <- received{req.Header, body}
		w.WriteHeader(int(r.status.Load()))
		_, _ = w.Write([]byte("thanks, " + newest + " and a-canary-token")) // who asks may be gone
	}))
	t.Cleanup(server.Close)
	allowed, err := egress.ParseAllowed([]string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	client := egress.New(egress.Config{Allowed: allowed, TLSOnly: true})
	t.Cleanup(client.Close)
	r.url = server.URL + "/actions"
	r.Destination = endpoint.New(endpoint.Config{
		Client: client, URL: r.url + "?token=a-canary-token", Now: time.Now, Repeats: webhook.Repeats{Within: time.Hour},
		Secrets: func(es.Time) []signature.Secret {
			var secrets []signature.Secret
			for _, text := range r.live {
				secret, err := signature.NewSecret(text)
				if err != nil {
					t.Error(err)
				}
				secrets = append(secrets, secret)
			}
			return secrets
		},
	})
	return r
}

func trigger() destination.Action {
	return destination.Action{
		ID: "bdedcbc6-d30c-59fd-a044-c430235ca495", Type: action.WorkflowsTrigger, Environment: "production",
		Webhook: "production.stripe.evt_1", Mapping: "paid", Attempt: 1, Payload: json.RawMessage(`{"key":"paid","recipients":["cus_1"]}`),
	}
}

// The public library of Standard Webhooks verifies what is posted, by each live
// secret, and by none else.
func TestThePublicLibraryVerifies(t *testing.T) {
	t.Parallel()
	r := open(t, newest, older)
	outcome := r.CarryOut(t.Context(), trigger())
	if outcome.Class != "" || outcome.HTTPStatus != http.StatusOK {
		t.Fatalf("%+v", outcome)
	}
	got := <-r.got
	for secret, want := range map[string]bool{newest: true, older: true, "whsec_" + strings.Repeat("A", 32): false} {
		library, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := library.Verify(got.body, got.header); (err == nil) != want {
			t.Errorf("by %s: %v", secret, err)
		}
		if err := library.Verify(append([]byte(" "), got.body...), got.header); err == nil {
			t.Error("a body that was altered is verified")
		}
	}
	var body struct {
		ID, Type, Environment, Webhook, Mapping string
		Data                                    struct {
			Key        string
			Recipients []string
		}
	}
	a := trigger()
	if err := json.Unmarshal(got.body, &body); err != nil {
		t.Fatal(err)
	}
	if body.ID != a.ID || body.Type != string(a.Type) || body.Environment != a.Environment || body.Webhook != a.Webhook || body.Mapping != a.Mapping || body.Data.Recipients[0] != "cus_1" {
		t.Errorf("%s", got.body)
	}
	if got.header.Get("Webhook-Id") != a.ID || got.header.Get("Idempotency-Key") != a.ID || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("%v", got.header)
	}
	if seconds, err := strconv.ParseInt(got.header.Get("Webhook-Timestamp"), 10, 64); err != nil || time.Since(time.Unix(seconds, 0)) > time.Minute {
		t.Errorf("the time is %v, %v", seconds, err)
	}
	if kept := outcome.Request + outcome.Answer; strings.Contains(kept, newest) || strings.Contains(kept, "canary") || !strings.Contains(kept, "thanks") {
		t.Errorf("kept is %s", kept)
	}
}

func TestARetryIsTheSameRequest(t *testing.T) {
	t.Parallel()
	r := open(t, newest)
	r.status.Store(http.StatusServiceUnavailable)
	first := trigger()
	if outcome := r.CarryOut(t.Context(), first); outcome.Class != webhook.ClassTemporary {
		t.Errorf("%+v", outcome)
	}
	again := first
	again.Attempt, again.LeftOut = 2, true
	r.status.Store(http.StatusGone)
	if outcome := r.CarryOut(t.Context(), again); outcome.Class != webhook.ClassGone {
		t.Errorf("%+v", outcome)
	}
	one, two := <-r.got, <-r.got
	if string(one.body) != string(two.body) || one.header.Get("Webhook-Id") != two.header.Get("Webhook-Id") {
		t.Errorf("%s\n%s", one.body, two.body)
	}
}

func TestTermsAndSecrets(t *testing.T) {
	t.Parallel()
	r := open(t)
	if outcome := r.CarryOut(t.Context(), trigger()); outcome.Class != webhook.ClassInvalid || len(r.got) != 0 {
		t.Errorf("without a secret: %+v", outcome)
	}
	if terms := r.Terms(trigger()); terms.Lane != "endpoint "+r.url || terms.Repeats.Within != time.Hour {
		t.Errorf("%+v", terms)
	}
}
