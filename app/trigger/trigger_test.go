package trigger_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"daybook/app/trigger"
	"daybook/domain/es"
	"daybook/domain/signature"
	"daybook/domain/template"
)

const secretText = "whsec_the_secret_of_the_tests"

func now() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) }

func secret(t *testing.T) signature.Secret {
	t.Helper()
	s, err := signature.NewSecret(secretText)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sender sends to a handler over the network.
func sender(t *testing.T, handler http.HandlerFunc) trigger.Sender {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	tmpl, ok := template.Get("stripe")
	if !ok {
		t.Fatal("there is no template stripe")
	}
	return trigger.Sender{Client: server.Client(), URL: server.URL + "/in/token", Template: tmpl, Secret: secret(t), Now: now}
}

// provider answers as Daybook's ingest does, to what Stripe would send.
func provider(t *testing.T) http.HandlerFunc {
	t.Helper()
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		_, failure := signature.Stripe{}.Verify(r.Header, body, []signature.Secret{secret(t)}, es.TimeOf(now()), signature.DefaultTolerance)
		var envelope struct{ ID string }
		if err := json.Unmarshal(body, &envelope); err != nil {
			t.Error(err)
		}
		answer := any(trigger.Sent{Status: "accepted", ID: envelope.ID, Stream: r.URL.Path})
		if failure != nil {
			w.WriteHeader(http.StatusUnauthorized)
			answer = map[string]any{"error": map[string]any{"code": failure.Cause, "message": failure.Message}}
		}
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Error(err)
		}
	}
}

func TestSamplesAreSignedAndDiffer(t *testing.T) {
	t.Parallel()
	s := sender(t, provider(t))
	sent, err := s.Send(t.Context(), trigger.Sample{Type: "invoice.paid", Count: 3})
	if err != nil || len(sent) != 3 {
		t.Fatalf("%v (%v)", sent, err)
	}
	ids := map[string]bool{}
	for _, one := range sent {
		ids[one.ID] = true
		if one.Status != "accepted" || !strings.HasPrefix(one.ID, "evt_") || one.Stream != "/in/token" {
			t.Errorf("%+v", one)
		}
	}
	if len(ids) != 3 {
		t.Errorf("3 samples have %d ids", len(ids))
	}
	if sent, err := s.Send(t.Context(), trigger.Sample{Type: "invoice.paid"}); err != nil || len(sent) != 1 {
		t.Errorf("without a count: %v (%v)", sent, err)
	}
	body, err := s.Make(trigger.Sample{Type: "invoice.paid", Overrides: map[string]any{"data.object.customer": "cus_mine"}})
	if err != nil || !bytes.Contains(body.Body, []byte("cus_mine")) {
		t.Errorf("overridden: %.200s (%v)", body, err)
	}
}

func TestAForgedSampleHasToBeRefused(t *testing.T) {
	t.Parallel()
	if err := sender(t, provider(t)).Forge(t.Context(), template.Request{Body: []byte(`{"id":"evt_1"}`)}); err != nil {
		t.Errorf("refused as it should be, and yet: %v", err)
	}
	lax := sender(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"status":"accepted"}`) })
	if err := lax.Forge(t.Context(), template.Request{Body: []byte(`{"id":"evt_1"}`)}); err == nil {
		t.Error("a forged sample was accepted, and that is no error")
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	s := sender(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, `{"error":{"code":"overloaded","message":"send it again"}}`)
	})
	_, err := s.Send(t.Context(), trigger.Sample{Type: "invoice.paid", Count: 5})
	var refused *trigger.Refused
	if !errors.As(err, &refused) || refused.Status != 503 || refused.Code != "overloaded" || asked.Load() != 1 {
		t.Errorf("%v after %d requests", err, asked.Load())
	}
	for _, sample := range []trigger.Sample{
		{Type: "invoice.paid", Count: -1},
		{Type: "invoice.paid", Count: trigger.MaxCount + 1},
		{Type: "moon.rise"},
		{},
		{Type: "invoice.paid", Overrides: map[string]any{"a..b": 1}},
	} {
		var refusal *es.Refusal
		if _, err := s.Send(t.Context(), sample); !errors.As(err, &refusal) || refusal.Field == "" {
			t.Errorf("%+v: %v", sample, err)
		}
	}
	if asked.Load() != 1 {
		t.Error("a sample that cannot be made was sent")
	}
}

func TestWhatIsNotDaybook(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"<html>", "", "[]"} {
		s := sender(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) })
		if _, err := s.Send(t.Context(), trigger.Sample{Type: "invoice.paid"}); err == nil || !strings.Contains(err.Error(), "Daybook") {
			t.Errorf("%q: %v", answer, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sender(t, provider(t)).Send(ctx, trigger.Sample{Type: "invoice.paid"}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
