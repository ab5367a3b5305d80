package viewstest

import (
	"time"

	"daybook/views"
)

// DirectoryUsers lists users.
func DirectoryUsers() views.Directory {
	return views.Directory{
		Page: page(), Tab: "users",
		Users: []views.User{
			{ID: "cus_9f2", Name: "Jo Ledger", Email: "jo@example.com", Phone: "+4915112345678", Properties: []byte(`{"plan":"team","seats":12}`), UpdatedAt: Now().Add(-7 * time.Second), EventURL: "/events/development.stripe.evt_1QXg2kLk"},
			{ID: "cus_77a", Name: "Ada Quill", Email: "ada@example.com", Properties: []byte(`{}`), UpdatedAt: Now().Add(-14 * time.Hour)},
		},
	}
}

// DirectoryRuns lists workflow runs.
func DirectoryRuns() views.Directory {
	m := DirectoryUsers()
	m.Tab, m.Users = "runs", nil
	m.OlderURL = "/directory?tab=runs&after=x"
	m.Runs = []views.Run{
		{ID: "r1", Workflow: "invoice-paid", Recipient: "cus_9f2", Status: "triggered", Data: []byte(`{"id":"evt_1QXg2pLk","type":"invoice.paid","data":{"object":{"id":"in_1QXg2p"}}}`), At: Now().Add(-time.Second), EventURL: "/events/development.stripe.evt_1QXg2pLk"},
		{ID: "r2", Workflow: "invoice-created", Recipient: "cus_unknown", Unknown: true, Status: "triggered", Tenant: "acme", CancellationKey: "in_1QXf9y", At: Now().Add(-14 * time.Hour)},
		{ID: "r3", Workflow: "dunning", Recipient: "cus_77a", Status: "cancelled", CancellationKey: "in_1QXf9y", At: Now().Add(-15 * time.Hour)},
	}
	return m
}

// System has one projection behind and a rebuild running.
func System() views.System {
	return views.System{
		Page: page(), Version: "0.1.0", Store: "embedded", StoreDetail: "./data/log.db", LogID: "01935d1c-0000-7000-8000-3c1d2e4f5a6b",
		Head: "184467", Instance: "ledger-1", StartedAt: Now().Add(-3*time.Hour - 12*time.Minute), PublicURL: "http://127.0.0.1:8080",
		Projections: []views.Projection{
			{Name: "eventlog", Version: 3, Position: "184467"},
			{Name: "directory", Version: 1, Position: "184467", Lag: 4 * time.Millisecond},
			{Name: "worklist", Version: 2, Position: "184001", Behind: 466, Lag: 1200 * time.Millisecond},
			{Name: "search", Version: 1, Position: "9", Behind: -1, Lag: 2 * time.Hour},
		},
		Work:   &views.LongWork{ID: "w1", Kind: "Rebuild", Status: "running", Done: 112000, Total: 184467, StartedAt: Now().Add(-6 * time.Second)},
		Counts: []views.Count{{Label: "webhooks", N: 2114}, {Label: "rejections", N: 42}, {Label: "streams", N: 2160}, {Label: "recorded events", N: 184467}},
	}
}
