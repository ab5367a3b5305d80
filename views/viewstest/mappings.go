package viewstest

import (
	"time"

	"daybook/views"
	"daybook/views/ui"
)

// SourceMappings lists mappings in every state.
func SourceMappings() views.SourceMappings {
	key := func(text string) views.Field { return views.Field{Name: "key", Form: "value", Text: text} }
	recipients := views.Field{Name: "recipients", Form: "path", Text: "body.data.object.customer"}
	return views.SourceMappings{Page: page(), Source: source(), Mappings: []views.Mapping{
		{Key: "customer-created", EventType: "customer.created", ActionType: "users_identify", Active: true, Fields: []views.Field{{Name: "id", Form: "path", Text: "body.data.object.id"}}},
		{Key: "invoice-created", EventType: "invoice.created", ActionType: "workflows_trigger", Active: true, Fields: []views.Field{key("invoice-created"), recipients}},
		{
			Key: "dunning", EventType: "invoice.payment_failed", When: "(body.data.object.amount_due ?? 0) > 5000 && body.data.object.attempt_count < 4 && body.livemode",
			ActionType: "workflows_trigger", Active: true, Fields: []views.Field{key("dunning"), recipients},
			Paused: "it ran out of its budget 10 times in a row; what it computes costs too much, so change it",
		},
		{Key: "invoice-paid", EventType: "invoice.*", ActionType: "workflows_trigger", Fields: []views.Field{key("invoice-paid"), recipients}},
	}}
}

// SourceMappingsNone has none.
func SourceMappingsNone() views.SourceMappings {
	m := views.SourceMappings{Page: page(), Source: source()}
	m.Source.Mappings = 0
	return m
}

// MappingEdit is tried on a webhook that came, with mistakes in it.
func MappingEdit() views.MappingEditor {
	return views.MappingEditor{
		Page: page(), Source: source(),
		Form: views.MappingForm{
			Mapping: "dunning", Key: "dunning", EventType: "invoice.payment_failed", When: "(body.data.object.amount_due ?? 0) > 5000", Active: true,
			ActionType: "workflows_trigger", ActionTypes: []string{"users_identify", "workflows_cancel", "workflows_trigger", "http_request"},
			EventTypes: []string{"invoice.paid", "invoice.payment_failed"},
			Fields: []views.Field{
				{Name: "key", Required: true, Form: "value", Text: "dunning", Literal: true},
				{Name: "recipients", Required: true, Form: "path", Text: "body.data.object.customer"},
				{Name: "data", Form: "expr", Text: `{"amount": body.data.object.amount_due / 100}`},
				{Name: "tenant", Form: "path", Text: "body.acount"},
				{Name: "actor", Form: "path", Text: "body.actor", Default: "billing"},
				{Name: "cancellation_key", Form: "path", Text: "body..id"},
			},
		},
		Said: map[string]views.Said{
			"event_type":            {Text: "7 have come."},
			"action_type":           {Text: "Trigger a workflow."},
			"key":                   {Text: "What the log calls it."},
			"when":                  {Text: "False: amount_due is 1200, and 1200 > 5000 is false."},
			"text.key":              {Tone: "ok", Text: `"dunning"`, Value: true},
			"text.recipients":       {Tone: "ok", Text: `["cus_9f2"]`, Value: true},
			"text.data":             {Tone: "ok", Text: `{"amount":12}`, Value: true},
			"text.tenant":           {Tone: "wait", Text: "Nothing at body.acount; did you mean body.account?"},
			"text.actor":            {Tone: "wait", Text: `"billing", as there is nothing at body.actor`, Value: true},
			"text.cancellation_key": {Tone: "bad", Text: "A name is missing here (line 1, column 6)."},
		},
		Outcome: views.Outcome{Tone: "bad", Word: "cannot be used", Line: ui.Text("One field cannot be read; it says why.")},
		Sample: views.Sample{
			Kind: "stored", ID: "development.stripe.evt_1QXg2oLk", Label: "evt_1QXg2oLk", Type: "invoice.payment_failed", At: Now(),
			N: 2, Of: 7, Newer: "development.stripe.evt_1QXg2pLk", Older: "development.stripe.evt_1QXg2nLk",
			Body: []byte(stripeEvent), Hits: []string{"data.object.amount_due", "data.object.customer"},
			Paths: []string{"body", "body.data", "body.id", "body.type", "body.data.object", "body.data.object.customer"},
			Facts: []ui.Fact{
				{Label: "Type", Value: ui.Line{{Text: "invoice.payment_failed", Kind: ui.Code}}},
				{Label: "Key", Value: ui.Line{{Text: "evt_1QXg2oLk", Kind: ui.Code}}},
			},
		},
		Dry:          views.DryRun{Run: true, Problem: "Fill in what is missing and mend what cannot be read; then it can be run."},
		HistoryURL:   "/sources/stripe/development/history?mapping=dunning",
		DuplicateURL: "/sources/stripe/development/mappings?duplicate=dunning",
		RemoveURL:    "/sources/stripe/development/mappings/dunning/remove",
	}
}

// MappingDry is ready to be saved: a dry run says what would be otherwise.
func MappingDry() views.MappingEditor {
	m := MappingEdit()
	m.Form.Paused = "it ran out of its budget 10 times in a row; what it computes costs too much, so change it"
	m.Form.Fields[3].Text, m.Form.Fields[5].Text = "body.account", ""
	m.Said["when"] = views.Said{Tone: "ok", Text: "True: amount_due is 9900, and 9900 > 5000 is true."}
	m.Said["text.tenant"] = views.Said{Tone: "ok", Text: `"acct_1Nk"`, Value: true}
	delete(m.Said, "text.cancellation_key")
	m.Outcome = views.Outcome{
		Tone: "ok", Word: "matched", Line: views.ActionLine("workflows_trigger", "dunning", "cus_9f2", "", ""),
		Request: []byte(`{"actor":"billing","data":{"amount":99},"key":"dunning","recipients":["cus_9f2"],"tenant":"acct_1Nk"}`),
	}
	m.Dry = views.DryRun{
		Run: true, Looked: 100, Matched: 12, Missed: 86, Failed: 2, NewlyFailed: 1, Added: 2, Dropped: 1, Changed: 1, Stopped: true,
		Rows: []views.DryRow{
			{
				URL: "/events/development.stripe.evt_1", At: Now(), Type: "invoice.payment_failed", Changed: true, Tone: "mute", Word: "would not",
				Line: ui.Line{{Text: "amount_due is 1200, and 1200 > 5000 is false", Kind: ui.Code}}, Before: views.ActionLine("workflows_trigger", "dunning", "cus_9f2", "", ""),
			},
			{
				URL: "/events/development.stripe.evt_2", At: Now().Add(-11 * time.Minute), Type: "invoice.payment_failed", Changed: true, Tone: "bad", Word: "would fail",
				Line: ui.Line{{Text: "recipients is required; body.data.object.customer is null", Kind: ui.Code}}, Before: ui.Text("not asked"),
			},
			{
				URL: "/events/development.stripe.evt_3", At: Now().Add(-50 * time.Minute), Type: "invoice.payment_failed", Tone: "ok", Word: "would match",
				Line: views.ActionLine("workflows_trigger", "dunning", "cus_77a", "", ""),
			},
		},
	}
	return m
}

// MappingNew is a new one, of which nothing is written yet.
func MappingNew() views.MappingEditor {
	m := MappingEdit()
	m.Form = views.MappingForm{
		EventType: "charge.refunded", Active: true, ActionType: "workflows_trigger", ActionTypes: m.Form.ActionTypes,
		Fields: []views.Field{
			{Name: "key", Required: true, Form: "value", Literal: true},
			{Name: "recipients", Required: true, Form: "path"},
			{Name: "data", Form: "path"},
			{Name: "tenant", Form: "path"},
			{Name: "actor", Form: "path"},
			{Name: "cancellation_key", Form: "path"},
		},
	}
	m.Said = map[string]views.Said{
		"event_type": {Text: "None has come yet."}, "when": {Text: "Always."}, "action_type": {Text: "Run a workflow for recipients."},
		"text.key": {Text: "Required."}, "text.recipients": {Text: "Required."},
		"text.data": {Text: "Left out."}, "text.tenant": {Text: "Left out."}, "text.actor": {Text: "Left out."}, "text.cancellation_key": {Text: "Left out."},
		"key": {Text: "What the log calls it."},
	}
	m.Outcome = views.Outcome{Tone: "mute", Word: "not complete", Line: ui.Text("Fill in what is required.")}
	m.Sample.Kind, m.Sample.ID, m.Sample.N, m.Sample.Label, m.Sample.Hits = "template", "", 0, "charge.refunded", nil
	m.Dry, m.HistoryURL, m.DuplicateURL, m.RemoveURL = views.DryRun{}, "", "", ""
	return m
}

// MappingRefused is tried on a payload that was pasted and is none, and was not
// saved.
func MappingRefused() views.MappingEditor {
	m := MappingNew()
	m.Form.Errors = map[string]string{"": "There are 200 mappings; at most 200 can be used.", "text.key": "workflows_trigger needs key."}
	m.Said["text.key"] = views.Said{Tone: "bad", Text: "workflows_trigger needs key."}
	m.Sample = views.Sample{Kind: "pasted", Pasted: `{"id"`, Problem: "The body is cut off: send one JSON object, whole and with nothing after it."}
	return m
}
