package viewstest

import (
	"time"

	"daybook/views"
	"daybook/views/ui"
)

// SourceTypes lists types in each state.
func SourceTypes() views.SourceTypes {
	return views.SourceTypes{
		Page: page(), Source: source(), Q: "in", Seen: 3, More: 120,
		Types: []views.EventType{
			{Name: "invoice.paid", Count: 1204, Succeeded: 1190, Failed: 12, Ignored: 1, Processing: 1, LastAt: Now().Add(-time.Second), Known: true, Mappings: 2, LogURL: "/?type=invoice.paid", NewURL: "/sources/stripe/development/mappings?new=1&event_type=invoice.paid"},
			{Name: "invoice.created", Count: 3, Ignored: 3, LastAt: Now().Add(-26 * time.Hour), Disabled: true, Known: true, LogURL: "/?type=invoice.created", NewURL: "/sources/stripe/development/mappings?new=1&event_type=invoice.created"},
			{Name: "internal.thing_of_a_very_long_name_that_goes_on", Count: 1, Succeeded: 1, LastAt: Now().Add(-50 * time.Hour), LogURL: "/?type=internal.thing", NewURL: "/sources/stripe/development/mappings?new=1"},
			{Name: "invoice.voided", Known: true, LogURL: "/?type=invoice.voided", NewURL: "/sources/stripe/development/mappings?new=1&event_type=invoice.voided"},
		},
	}
}

// SourceHistory lists changes of every kind.
func SourceHistory() views.SourceHistory {
	at := func(hours int) time.Time { return Now().Add(-time.Duration(hours) * time.Hour) }
	return views.SourceHistory{
		Page: page(), Source: source(), Mappings: []string{"customer-created", "dunning", "invoice-paid"},
		OlderURL: "/sources/stripe/development/history?after=12",
		Changes: []views.SourceChange{
			{Revision: 17, At: at(1), Actor: "admin", Type: "MappingsChanged", HasPast: true, Environment: "development", Summary: "dunning changed (action_parameters.tenant, when), refunds added and 1 more; as at revision 9", Restores: "9", Difference: views.SourceDifference{
				Mappings: []views.MappingDifference{
					{Key: "dunning", Change: "changed", Place: "from place 4 to 1", Fields: []views.FieldDifference{
						{Name: "action_parameters.tenant", After: `{"path":"body.account","default":"acme"}`},
						{Name: "when", Before: "(body.data.object.amount_due ?? 0) > 5000", After: "(body.data.object.amount_due ?? 0) > 9000 && body.livemode"},
					}},
					{Key: "refunds", Change: "added", Fields: []views.FieldDifference{{Name: "event_type", After: "charge.refunded"}, {Name: "active", After: "true"}}},
					{Key: "invoice-paid", Change: "removed", Fields: []views.FieldDifference{{Name: "event_type", Before: "invoice.paid"}}},
				},
			}},
			{Revision: 16, At: at(3), Type: "MappingPaused", HasPast: true, Environment: "development", Summary: "dunning paused: it ran out of its budget 10 times in a row", Difference: views.SourceDifference{
				Mappings: []views.MappingDifference{{Key: "dunning", Change: "paused", Reason: "it ran out of its budget 10 times in a row"}},
			}},
			{Revision: 15, At: at(30), Actor: "admin", Type: "SettingsChanged", HasPast: true, Environment: "development", Summary: "idempotency_window: \"24h\" → \"720h\"", Difference: views.SourceDifference{
				Fields: []views.FieldDifference{{Name: "idempotency_window", Before: "24h", After: "720h"}},
			}},
			{Revision: 14, At: at(50), Actor: "admin", Type: "SecretRevoked", Environment: "development", Summary: "secret 07aa1c9e revoked, ends 2026-11-24T19:02:12.000Z", Difference: views.SourceDifference{
				Keys: []ui.Line{{{Text: "secret "}, {Text: "07aa1c9e", Kind: ui.Code}, {Text: " revoked, ends 24 Nov 2026 at 19:02:12"}}},
			}},
		},
	}
}

// SourceHistoryAt looks at a revision that could not be restored.
func SourceHistoryAt() views.SourceHistory {
	m := SourceHistory()
	m.PastErrors = []string{"mappings[0].when: the function old() is unknown (line 1, column 1)."}
	m.Past = &views.SourcePast{
		Change: m.Changes[2], SinceThen: m.Changes[0].Difference,
		Settings: []views.FieldDifference{{Name: "event_type_path", After: "body.type"}, {Name: "livemode"}, {Name: "tolerance", After: "5m"}},
		Mappings: []views.MappingDifference{{Key: "dunning", Fields: []views.FieldDifference{{Name: "event_type", After: "invoice.payment_failed"}, {Name: "when", After: "old(body)"}}}},
	}
	return m
}

// EventRejectedOther was signed with the secret of another environment.
func EventRejectedOther() views.Event {
	m := EventRejected()
	m.Rejection.Advice = "It was signed with the secret 0a1b2c3d of this source in production: the provider sends to the URL of development what is meant for production. Correct the URL there, or add that secret here."
	m.Rejection.Tried = 3
	return m
}
