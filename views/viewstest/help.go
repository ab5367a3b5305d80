package viewstest

import (
	"daybook/views"
	"daybook/views/ui"
)

// HelpActions is a catalogue of two actions.
func HelpActions() views.HelpActions {
	m := views.HelpActions{Page: page(), Actions: []views.HelpAction{
		{
			Type: "objects_subscribe", Summary: "subscribe recipients to an object",
			Fields: []views.HelpField{
				{Name: "collection", Holds: "an id", Required: true},
				{Name: "recipients", Holds: "recipients: ids, or objects with an id", Required: true, Max: 100},
				{Name: "properties", Holds: "an object"},
			},
			Example:   []byte("{\n  \"event_type\": \"project.*\"\n}"),
			ExampleOf: "Stripe",
			Local:     "Each recipient follows the object.",
		},
		{
			Type: "http_request", Summary: "send an HTTP request",
			Fields:  []views.HelpField{{Name: "url", Holds: "a URL", Required: true, Literal: true}},
			Example: []byte(`{"event_type": "*"}`),
		},
	}}
	m.Environments = nil
	return m
}

// HelpMappings has one of each.
func HelpMappings() views.HelpMappings {
	m := views.HelpMappings{
		Page:           page(),
		Forms:          []views.HelpExample{{Source: `{"path":"body.account","default":"acme"}`, Means: "the default where there is nothing"}},
		Body:           []byte(`{"id":"evt_1","data":{"object":{"customer":"cus_1"}}}`),
		Paths:          []views.HelpExample{{Source: "body.id", Gives: `"evt_1"`, Means: "a member"}},
		ExpressionBody: []byte(`{"amount":9900}`),
		Operators:      []views.HelpExample{{Name: "??", Source: `body.note ?? "none"`, Gives: `"none"`}},
		Functions:      []views.HelpGroup{{Name: "lists", Examples: []views.HelpExample{{Name: "len", Source: `len(["a"])`, Gives: "1"}}}},
		Wildcards:      []views.HelpExample{{Source: "invoice.*", Means: "all that begin so"}},
		Limits:         []ui.Fact{{Label: "steps", Value: ui.Line{{Text: "100,000"}}}},
		Reasons:        []views.HelpReason{{Code: "no_mapping", Means: "No mapping is for it.", Todo: "Map it."}},
		Templates: []views.HelpTemplate{{
			Key: "stripe", Name: "Stripe", Paths: []ui.Fact{{Label: "Type", Value: ui.Line{{Text: "body.type", Kind: ui.Code}}}},
			Mappings: []views.HelpMapping{{EventType: "customer.created", ActionType: "users_identify", Parameters: []byte(`{"id":"body.data.object.id"}`)}},
		}},
	}
	m.Environments = nil
	return m
}
