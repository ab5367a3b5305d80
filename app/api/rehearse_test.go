package api_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"daybook/domain/es"
	"daybook/domain/signature"
)

const rehearsedBody = `{"id":"evt_r1","type":"invoice.paid","data":{"object":{"id":"in_1","customer":"cus_1"}}}`

const rehearsePath = "/sources/stripe/rehearse?environment=development"

func TestRehearse(t *testing.T) {
	t.Parallel()
	h := withSource(t)
	a := h.want(200, h.post(rehearsePath, `{"payload":{"body":`+rehearsedBody+`,"headers":{"X-Thing":"a","Authorization":"b"}}}`))
	for name, want := range map[string]any{
		"status": "accepted", "error": nil, "id": "development.stripe.evt_r1", "stream": "webhook-development.stripe.evt_r1",
		"event_type": "invoice.paid", "event_id": "evt_r1", "object_id": "in_1", "idempotency_key": "evt_r1",
		"duplicate_of": nil, "verification": nil, "reason": nil, "preprocess": nil,
	} {
		if got := at(t, a, name); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if got := fmt.Sprint(at(t, a, "headers")); got != "map[x-thing:a]" {
		t.Errorf("kept headers: %s", got)
	}
	if !strings.Contains(string(a.body), `"action_payload":{"data":{"data"`) || !strings.Contains(string(a.body), `"recipients":["cus_1"]`) {
		t.Errorf("the request: %s", a.body)
	}
	for _, stream := range []string{"webhook-development.stripe.evt_r1", "rejection-development.stripe"} {
		h.want(404, h.get("/streams/"+stream))
	}

	// The sample of the template, under a draft.
	draft := `{"type":"invoice.paid","mappings":[{"event_type":"invoice.*","when":"body.type != \"invoice.paid\"","action_type":"users_delete","action_parameters":{"id":"body.id"}}]}`
	a = h.want(200, h.post(rehearsePath, draft))
	if at(t, a, "reason") != "condition_false" || !strings.Contains(string(a.body), "users-delete") {
		t.Errorf("under a draft: %s", a.body)
	}
}

func TestRehearsedSignatures(t *testing.T) {
	t.Parallel()
	h := withSource(t)
	secret, err := signature.NewSecret(secretText)
	if err != nil {
		t.Fatal(err)
	}
	spaced := strings.ReplaceAll(rehearsedBody, ",", " ,\n ")
	rehearse := func(raw any, signedAt time.Time, body string) answer {
		header := http.Header(signature.Stripe{}.Sign(secret, nil, []byte(body), es.TimeOf(signedAt))).Get("Stripe-Signature")
		request, err := json.Marshal(map[string]any{"verify": true, "payload": map[string]any{"raw": raw, "headers": map[string]string{"stripe-signature": header}}})
		if err != nil {
			t.Fatal(err)
		}
		return h.want(200, h.post(rehearsePath, string(request)))
	}
	for name, raw := range map[string]any{
		"as text":   spaced,
		"in base64": map[string]string{"base64": base64.StdEncoding.EncodeToString([]byte(spaced))},
	} {
		a := rehearse(raw, h.now(), spaced)
		if at(t, a, "status") != "accepted" || at(t, a, "verification", "status") != "verified" {
			t.Errorf("%s: %s", name, a.body)
		}
	}
	if a := rehearse(rehearsedBody, h.now(), spaced); at(t, a, "status") != "refused" || at(t, a, "error", "code") != "signature_mismatch" {
		t.Errorf("other bytes: %s", a.body)
	}
	a := rehearse(spaced, h.now().Add(-time.Hour), spaced)
	if at(t, a, "error", "code") != "signature_expired" || at(t, a, "error", "skew_seconds") != -3600.0 && at(t, a, "error", "skew_seconds") != -3601.0 {
		t.Errorf("an hour old: %s", a.body)
	}
}

func TestRehearsedDuplicatesAndRefusals(t *testing.T) {
	t.Parallel()
	h := withSource(t)
	sent := h.want(200, h.post("/sources/stripe/trigger?environment=development", `{"type":"invoice.paid","overrides":{"id":"evt_r1"}}`))
	if !strings.Contains(string(sent.body), "development.stripe.evt_r1") {
		t.Fatalf("%s", sent.body)
	}
	a := h.want(200, h.post(rehearsePath, `{"payload":{"body":`+rehearsedBody+`}}`))
	if at(t, a, "status") != "duplicate" || at(t, a, "duplicate_of") != "development.stripe.evt_r1" || !strings.Contains(string(a.body), "cus_1") {
		t.Errorf("a duplicate: %s", a.body)
	}
	h.advance(25 * time.Hour) // the window is over
	a = h.want(200, h.post(rehearsePath, `{"payload":{"body":`+rehearsedBody+`}}`))
	if at(t, a, "status") != "accepted" || at(t, a, "id") != "development.stripe.evt_r1~2" {
		t.Errorf("a later life: %s", a.body)
	}
	for body, code := range map[string]string{
		`{"payload":{"raw":""}}`:                                                            "malformed_json",
		`{"payload":{"raw":"[]"}}`:                                                          "not_an_object",
		`{"payload":{"raw":"{\"id\":1,\"id\":2}"}}`:                                         "duplicate_field",
		`{"payload":{"raw":"{}","headers":{"content-encoding":"gzip"}}}`:                    "content_encoding_unsupported",
		`{"verify":true,"payload":{"raw":"{}"}}`:                                            "signature_missing",
		`{"verify":true,"payload":{"raw":"{}","headers":{"stripe-signature":"nothing"}}}`:   "signature_malformed",
		`{"payload":{"raw":"` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `"}}`: "too_deep",
	} {
		if a := h.want(200, h.post(rehearsePath, body)); at(t, a, "status") != "refused" || at(t, a, "error", "code") != code {
			t.Errorf("%.80s: %s", body, a.body)
		}
	}
	for body, field := range map[string]string{
		`{}`:                                 "payload",
		`{"payload":{}}`:                     "payload.body",
		`{"payload":{"body":{},"raw":"{}"}}`: "payload.raw",
		`{"payload":{"raw":5}}`:              "payload.raw",
		`{"payload":{"raw":{"base64":"?"}}}`: "payload.raw.base64",
		`{"payload":{"body":{}},"type":"x"}`: "type",
		`{"type":"invoice.piad"}`:            "type",
		`{"payload":{"body":{}},"mappings":[{"event_type":"x","when":"1 +","action_type":"users_delete","action_parameters":{"id":"a"}}]}`: "mappings[0].when",
	} {
		a := h.want(422, h.post(rehearsePath, body))
		if p := read[problem](t, a); len(p.Errors) != 1 || p.Errors[0].Field != field {
			t.Errorf("%s: %s", body, a.body)
		}
	}
	h.want(404, h.post("/sources/nobody/rehearse?environment=development", `{"payload":{"body":{}}}`))
	h.want(404, h.post("/sources/stripe/rehearse?environment=production", `{"type":"invoice.paid"}`))
	h.want(422, h.post("/sources/stripe/rehearse", `{"payload":{"body":{}}}`))
	if a := h.want(200, h.post(rehearsePath, `{"payload":{"body":{"type":"`+strings.Repeat("é", 128)+`"}}}`)); at(t, a, "reason") != "event_type_missing" ||
		at(t, a, "explanation") != "the event type has over 255 bytes, more than are taken" {
		t.Errorf("a type that is too long: %s", a.body)
	}
	if a := h.want(200, h.post(rehearsePath, `{"payload":{"body":{}}}`)); at(t, a, "key_problem") != "missing" || at(t, a, "reason") != "event_type_missing" {
		t.Errorf("an empty body: %s", a.body)
	}
}
