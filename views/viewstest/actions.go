package viewstest

import (
	"time"

	"daybook/views"
	"daybook/views/ui"
)

// Actions has one of each status, and a retry of many that runs.
func Actions() views.Actions {
	m := views.Actions{
		Page: page(), Path: "/actions?environment=development",
		Counts: views.ActionCounts{Total: 1208, Waiting: 1180, Parked: 24, Uncertain: 3, Lacking: 2},
		Filters: views.ActionFilters{
			Environment: "development", Class: "temporary",
			Sources: []string{"stripe", "shop"}, Mappings: []string{"invoice-paid", "crm"}, Actions: []string{"users_identify", "http_request"},
		},
		Retry: &views.ActionsRetry{
			LongWork: views.LongWork{ID: "w2", Kind: "Retry", Status: "running", Done: 310, Total: 1208, StartedAt: Now().Add(-4 * time.Second)},
			Retried:  301, Left: 9,
		},
		OlderURL: "/actions?after=x",
	}
	row := func(id, status, webhook string) views.OpenAction {
		return views.OpenAction{
			ID: id, Status: status, Mapping: "crm", Webhook: webhook, WebhookURL: "/events/development.stripe." + webhook, ChangedAt: Now().Add(-3 * time.Minute),
			What: views.ActionLine("http_request", "POST", "https://crm.example.com/hooks/customers", "", ""), Destination: "http crm.example.com:443",
		}
	}
	waiting := row("5b1c2f0e-8a51-5c0b-9f7e-0d2f3c4b5a69", "waiting", "evt_1QXg2iLk")
	waiting.Attempts, waiting.Class, waiting.HTTPStatus, waiting.RetryAt = 3, "temporary", 503, Now().Add(2*time.Minute+10*time.Second)
	waiting.Error = "it answered 503 Service Unavailable; it is tried again"
	parked := row("77d0b8a2-1f1c-5b44-8d0e-6a5b4c3d2e1f", "parked", "evt_1QXg2pLk")
	parked.Attempts, parked.Class, parked.HTTPStatus, parked.Error = 1, "refused", 422, "it answered 422: email is not an address"
	uncertain := row("0a8e9d1c-3b5f-5e77-9c00-112233445566", "uncertain", "evt_1QXg2qLk")
	uncertain.Attempts, uncertain.Class, uncertain.Error = 1, "unknown", "the connection was lost after the request was sent"
	lacking := row("1a8e9d1c-3b5f-5e77-9c00-112233445566", "parked", "evt_1QXg2rLk")
	lacking.What, lacking.Destination, lacking.Mapping, lacking.Lacking = views.ActionLine("workflows_trigger", "refund-notice", "", "", ""), "", "refund-notice", true
	lacking.Error = "recipients is missing: nothing at body.data.object.customer"
	claimed := row("2a8e9d1c-3b5f-5e77-9c00-112233445566", "claimed", "evt_1QXg2sLk")
	claimed.Attempts, claimed.Environment = 2, "production"
	m.Rows = []views.OpenAction{waiting, parked, uncertain, lacking, claimed}
	return m
}

// ActionsNone is when all is done.
func ActionsNone() views.Actions { return views.Actions{Page: page(), Path: "/actions"} }

// ActionsConfirm asks about many.
func ActionsConfirm() views.ActionsConfirm {
	m := Actions()
	return views.ActionsConfirm{Page: m.Page, Filters: m.Filters, Counts: m.Counts, Path: m.Path}
}

// Destination is an endpoint that is down, beside a host that is well.
func Destination() views.Destination {
	down := views.Health{Tone: "bad", Words: "down, left alone"}
	return views.Destination{
		Page: page(), Slug: "development", Kind: "endpoint", Address: "https://hooks.example.com/daybook", Key: "4e5f6071", Health: down,
		Counts: Actions().Counts, Since: Now().Add(-3 * time.Hour), Instance: "ledger-1",
		Own: []views.Lane{{
			Name: "endpoint https://hooks.example.com/daybook", Health: down, Sending: 1, Waiting: 1180, Sent: 4310, Failed: 96, PerMinute: "23",
			Median: 84 * time.Millisecond, Slowest: 12 * time.Second, LastError: "it answered 503 Service Unavailable",
			LastErrorAt: Now().Add(-20 * time.Second), LastSuccessAt: Now().Add(-11 * time.Minute),
		}},
		Others: []views.Lane{{
			Name: "http crm.example.com:443", Health: views.Health{Tone: "ok", Words: "well"}, Sent: 12, PerMinute: "0.1",
			Median: 40 * time.Millisecond, Slowest: 61 * time.Millisecond, LastSuccessAt: Now().Add(-time.Minute),
		}},
	}
}

// tried is an action's attempts: one that failed, one that is lost, one under
// way.
func tried() []views.Attempt {
	return []views.Attempt{
		{
			Number: 1, At: Now().Add(-time.Minute), Outcome: "failed", Class: "temporary", HTTPStatus: 503, Took: 84 * time.Millisecond,
			Request: "POST /hooks HTTP/1.1\nAuthorization: …\n\n{\"key\":\"ops\"}", Answer: "503 Service Unavailable\n\nback soon",
			Error: "it answered 503 Service Unavailable", RetryAt: Now().Add(-50 * time.Second),
		},
		{Number: 2, At: Now().Add(-50 * time.Second), Outcome: "failed", Class: "unknown", Error: "it was begun, and how it ended was not recorded"},
		{Number: 3, At: Now().Add(-time.Second), Outcome: "claimed"},
	}
}

// EventParkedPlan is a webhook that could not be planned.
func EventParkedPlan() views.Event {
	m := EventIgnored()
	m.Status, m.PlanParked, m.Mappings = "failed", true, nil
	m.Why = ui.Text("No action could be planned: the rules took too long.")
	return m
}
