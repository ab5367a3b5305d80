package viewstest

import (
	"time"

	"daybook/views"
	"daybook/views/ui"
)

// Streams lists some streams of each kind.
func Streams() views.Streams {
	return views.Streams{
		Page: page(), OlderURL: "/streams?after=x",
		Streams: []views.StreamItem{
			{Name: "webhook-development.stripe.evt_1QXg2pLk", Events: 4, LastType: "ActionSucceeded", LastAt: Now().Add(-time.Second)},
			{Name: "webhook-development.stripe.~4be91f0c7a1e2d3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3", Events: 2, LastType: "ActionsPlanned", LastAt: Now().Add(-32 * time.Second)},
			{Name: "rejection-development.stripe", Events: 42, LastType: "RequestsRejected", LastAt: Now().Add(-4 * time.Second)},
			{Name: "source-stripe", Events: 17, LastType: "MappingsReplaced", LastAt: Now().Add(-26 * time.Hour)},
			{Name: "daybook-log", Events: 1, LastType: "LogCreated", LastAt: Now().Add(-90 * 24 * time.Hour)},
		},
	}
}

// StreamsNone is a prefix without streams.
func StreamsNone() views.Streams { return views.Streams{Page: page(), Prefix: "wehbook-"} }

// Stream is a webhook's stream at its third event.
func Stream() views.Stream {
	began := rows()[0].At
	records := []views.Record{
		{Revision: 0, Type: "WebhookReceived", At: began, Size: 2841, Summary: "invoice.paid, verified"},
		{Revision: 1, Type: "ActionsPlanned", At: began.Add(2 * time.Millisecond), Size: 612, Summary: "1 action"},
		{Revision: 2, Type: "WorkClaimed", At: began.Add(3 * time.Millisecond), Size: 58},
		{Revision: 3, Type: "ActionSucceeded", At: began.Add(38 * time.Millisecond), Size: 204, Summary: "trigger invoice-paid"},
	}
	return views.Stream{
		Page: page(), Name: "webhook-development.stripe.evt_1QXg2pLk", EventURL: "/events/development.stripe.evt_1QXg2pLk",
		Records: records, Last: 3,
		Selected: &views.Recorded{
			Record: records[1], ID: "01935d1c-6e1a-7c3e-9b0f-3c1d2e4f5a6b", Position: "184467",
			Data:     []byte(`{"configuration_revision":17,"actions":[{"id":"5b1c2f0e-8a51-5c0b-9f7e-0d2f3c4b5a69","mapping":"invoice-paid","request":{"key":"invoice-paid","recipients":["cus_9f2"]}}],"mappings":[{"key":"invoice-paid","matched":true}]}`),
			Metadata: []byte(`{"schema":1,"at":1795528931484,"$correlationId":"01935d1c-6e18-7a11-8c2d-4e5f60718293","$causationId":"01935d1c-6e18-7a11-8c2d-4e5f60718293","actor":"worker"}`),
		},
		State: []ui.Fact{
			{Label: "Status", Value: ui.Text("processing")},
			{Label: "Deliveries", Value: ui.Text("1")},
			{Label: "Actions", Value: ui.Line{{Text: "1 planned: "}, {Text: "trigger "}, {Text: "invoice-paid", Kind: ui.Strong}}},
		},
	}
}
