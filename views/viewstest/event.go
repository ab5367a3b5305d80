package viewstest

import (
	"time"

	"daybook/views"
	"daybook/views/ui"
)

const stripeEvent = `{
  "id": "evt_1QXg2oLk", "object": "event", "api_version": "2026-03-25.dahlia", "created": 1795528928,
  "type": "invoice.payment_failed", "livemode": false, "pending_webhooks": 1,
  "data": {"object": {
    "id": "in_1QXg2o", "object": "invoice", "amount_due": 1200, "amount_paid": 0, "attempt_count": 1, "currency": "usd",
    "customer": "cus_9f2", "customer_email": "jo@example.com", "collection_method": "charge_automatically",
    "lines": {"object": "list", "data": [
      {"id": "il_1QXg2o", "amount": 1200, "description": "1 × Team plan (at $12.00 / month)", "price": {"id": "price_12", "unit_amount": 1200}}
    ], "has_more": false, "url": "/v1/invoices/in_1QXg2o/lines"},
    "metadata": {}, "subscription": "sub_7Hq", "status": "open", "total": 1200, "paid": false, "number": null
  }},
  "request": {"id": null, "idempotency_key": "0f0c9a8e-47e7-4b0d-9d2c-1f6a7f1f0b11"}
}`

// EventIgnored is a webhook whose only mapping did not match.
func EventIgnored() views.Event {
	began := rows()[1].At
	return views.Event{
		Page: page(), Row: rows()[1], EventID: "evt_1QXg2oLk",
		Stream: "webhook-development.stripe.evt_1QXg2oLk",
		Why: ui.Line{
			{Text: "Nothing was done because "},
			{Text: "dunning", Kind: ui.Strong},
			{Text: " did not match: "},
			{Text: "1200 > 5000", Kind: ui.Hit},
			{Text: " is false."},
		},
		WhyURL: "/sources/stripe/development/mappings?edit=dunning", WhyDo: "Edit the mapping",
		MappingURL: "/sources/stripe/development/mappings?event_type=invoice.payment_failed&new=1&sample=development.stripe.evt_1QXg2oLk",
		Facts: []ui.Fact{
			{Label: "Object", Value: ui.Line{{Text: "in_1QXg2o", Kind: ui.Code, Href: "/?object=in_1QXg2o"}, {Text: " · customer "}, {Text: "cus_9f2", Kind: ui.Code, Href: "/?object=cus_9f2"}}},
			{Label: "Source", Value: ui.Text("stripe · development · rules revision 17")},
			{Label: "Occurred", Value: ui.Text("24 Nov 2026 14:02:08 UTC, 1.1 s before it was received")},
			{Label: "Stream", Value: ui.Line{{Text: "webhook-development.stripe.evt_1QXg2oLk", Kind: ui.Code, Href: "/streams/webhook-development.stripe.evt_1QXg2oLk"}}},
		},
		Timeline: []views.Step{
			{Revision: 0, At: began, Title: "Received", State: "ok", Detail: ui.Text("2,841 bytes, verified by secret whsec_…91bd, signed 0.8 s before it arrived"), URL: "/streams/webhook-development.stripe.evt_1QXg2oLk?at=0"},
			{Revision: 1, At: began.Add(2 * time.Millisecond), Title: "Planned: nothing to do", Detail: ui.Line{{Text: "dunning", Kind: ui.Strong}, {Text: " did not match, under rules revision 17: "}, {Text: "1200 > 5000 is false", Kind: ui.Hit}}, URL: "/streams/webhook-development.stripe.evt_1QXg2oLk?at=1"},
			{Revision: 2, At: began.Add(64 * time.Minute), Title: "Second delivery", Detail: ui.Text("same body, byte for byte: a duplicate, nothing was done"), URL: "/streams/webhook-development.stripe.evt_1QXg2oLk?at=2"},
			{Revision: 3, At: began.Add(65 * time.Minute), Title: "Delivered again", Detail: ui.Text("third delivery, another body, SHA-256 44136fa3…, 2 values differ"), URL: "/streams/webhook-development.stripe.evt_1QXg2oLk?at=3", Differs: &views.BodyDifference{
				Fields: []views.FieldDifference{{Name: "body.data.object.amount_due", Before: "1200", After: "1300"}, {Name: "body.pending_webhooks", Before: "1"}}, More: true,
			}},
		},
		Mappings: []views.Verdict{
			{
				Key: "dunning", EventType: "invoice.payment_failed", ActionType: "workflows_trigger", Outcome: "false",
				Condition: ui.Line{{Text: "(body.data.object.amount_due ?? 0) > 5000", Kind: ui.Hit}, {Text: " && body.livemode"}},
				Because:   "1200 > 5000 is false", URL: "/sources/stripe/development/mappings?edit=dunning",
			},
			{Key: "invoice-failed-old", EventType: "invoice.*", ActionType: "workflows_trigger", Outcome: "inactive"},
		},
		Preprocess: &views.Preprocess{Output: []byte(`{"type":"invoice.payment_failed"}`)},
		Payload: views.Payload{
			Body: []byte(stripeEvent), Size: len(stripeEvent), RawURL: "/events/development.stripe.evt_1QXg2oLk/raw",
			TreeURL: "/events/development.stripe.evt_1QXg2oLk", TextURL: "/events/development.stripe.evt_1QXg2oLk?view=raw",
			Hits: []string{"data.object.amount_due", "livemode"},
		},
		Verification: views.Verification{Status: "verified", Scheme: "stripe v1", Fingerprint: "whsec_…91bd", Skew: "signed 0.8 s before it arrived"},
		Headers: []views.Header{
			{Name: "content-type", Value: "application/json; charset=utf-8"},
			{Name: "stripe-signature", Value: "t=1795528928,v1=6f1c0c2e5b8f4f0aa0c1d2e3f4a5b6c7d8e9f00112233445566778899aabbcc"},
			{Name: "user-agent", Value: "Stripe/1.0 (+https://stripe.com/docs/webhooks)"},
		},
		NewerURL: "/events/development.stripe.evt_1QXg2pLk", OlderURL: "/events/rejection.development.stripe.41",
	}
}

// EventFailed has one action done and one parked.
func EventFailed() views.Event {
	m := EventIgnored()
	m.Row = rows()[5]
	m.EventID = "evt_1QXg2iLk"
	m.Why = ui.Line{{Text: "refund-notice", Kind: ui.Strong}, {Text: " is parked: "}, {Text: "recipients", Kind: ui.Code}, {Text: " is missing, because "}, {Text: "body.data.object.customer is null", Kind: ui.Hit}, {Text: "."}}
	m.Mappings = []views.Verdict{
		{Key: "identify", EventType: "charge.*", ActionType: "users_identify", Outcome: "matched"},
		{Key: "refund-notice", EventType: "charge.refunded", ActionType: "workflows_trigger", Outcome: "matched", URL: "/sources/stripe/development/mappings?edit=refund-notice"},
		{Key: "big-refund", EventType: "charge.refunded", ActionType: "workflows_trigger", Outcome: "failed", Condition: ui.Line{{Text: "body.data.object.amount > "}, {Text: `"5000"`, Kind: ui.Hit}}, Error: "1:27: a number and a text cannot be compared"},
	}
	m.Actions = []views.Action{
		{
			ID: "5b1c2f0e-8a51-5c0b-9f7e-0d2f3c4b5a69", Type: "users_identify", Mapping: "identify", Status: "succeeded", Attempts: []views.Attempt{{Number: 1, At: rows()[5].At, Outcome: "succeeded"}},
			What:    ui.Line{{Text: "identify "}, {Text: "cus_9f2", Kind: ui.Code}},
			Payload: []byte(`{"id":"cus_9f2","name":"Jo","email":"jo@example.com"}`), Result: []byte(`{"id":"cus_9f2","created":true}`),
		},
		{
			ID: "77d0b8a2-1f1c-5b44-8d0e-6a5b4c3d2e1f", Type: "workflows_trigger", Mapping: "refund-notice", Status: "parked", Lacking: true,
			What:    ui.Line{{Text: "trigger "}, {Text: "refund-notice", Kind: ui.Strong}},
			Payload: []byte(`{"key":"refund-notice","recipients":null,"data":{"amount":12.5}}`), Error: "recipients is missing: nothing at body.data.object.customer",
		},
		{
			ID: "0a8e9d1c-3b5f-5e77-9c00-112233445566", Type: "workflows_trigger", Mapping: "ops", Status: "waiting", Attempts: tried(),
			What: ui.Line{{Text: "trigger "}, {Text: "ops", Kind: ui.Strong}}, RetryAt: Now().Add(2 * time.Minute),
			Payload: []byte(`{"key":"ops","recipients":["ops"]}`),
		},
	}
	m.Generations = []ui.Span{{Text: "first ", Href: "/events/development.stripe.evt_1QXg2iLk"}, {Text: "second (this one)"}}
	return m
}

// EventRaw shows the body as text.
func EventRaw() views.Event {
	m := EventIgnored()
	m.Payload.Raw = true
	m.OlderURL = ""
	return m
}

// EventReplay shows what today's rules would do.
func EventReplay() views.Event {
	m := EventIgnored()
	m.Replay = &views.Replay{
		Rules: "current", Revision: "19", Unchanged: 1,
		Added: []views.Change{{Mapping: "dunning", Type: "workflows_trigger", What: views.ActionLine("workflows_trigger", "dunning", "cus_9f2", "", ""), After: []byte(`{"key":"dunning","recipients":["cus_9f2"],"data":{"amount":12}}`)}},
		Changed: []views.Change{{
			Mapping: "invoice", Type: "workflows_trigger", What: views.ActionLine("workflows_trigger", "invoice-failed", "cus_9f2", "", ""),
			Before: []byte(`{"key":"invoice-failed","recipients":["cus_9f2"]}`), After: []byte(`{"key":"invoice-failed","recipients":["cus_9f2"],"tenant":"acme"}`),
		}},
		Verdicts: []views.Verdict{{Key: "dunning", EventType: "invoice.payment_failed", ActionType: "workflows_trigger", Outcome: "matched", Condition: ui.Line{{Text: "(body.data.object.amount_due ?? 0) > 1000"}}}},
	}
	return m
}

// EventRejected is a refused request.
func EventRejected() views.Event {
	return views.Event{
		Page: page(), Row: rows()[2], Stream: "rejection-development.stripe",
		Facts: []ui.Fact{
			{Label: "Source", Value: ui.Text("stripe · development")},
			{Label: "From", Value: ui.Line{{Text: "54.187.174.169", Kind: ui.Code}}},
		},
		Timeline: []views.Step{{Revision: 41, At: rows()[2].At, Title: "Refused", State: "bad", Detail: ui.Text("14 requests within a second, answered 401"), URL: "/streams/rejection-development.stripe?at=41"}},
		Rejection: &views.Rejection{
			Cause:   "signature_mismatch",
			Excerpt: []byte(`{"id":"evt_1QXg2nLk","object":"event","type":"invoice.paid","data":{"obj`), Cut: true, Size: 2841, Remote: "54.187.174.169",
		},
		Headers:  []views.Header{{Name: "stripe-signature", Value: "t=1795528928,v1=00"}},
		NewerURL: "/events/development.stripe.evt_1QXg2oLk",
	}
}
