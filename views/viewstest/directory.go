package viewstest

import (
	"time"

	"daybook/views"
)

// DirectoryUsers lists users.
func DirectoryUsers() views.Directory {
	return views.Directory{Page: page(), Tab: "users", Entries: []views.Entry{
		jo(),
		{
			URL: "/directory?id=cus_77a&tab=users", ID: "cus_77a", Name: "Ada Quill", Email: "ada@example.com",
			Properties: []byte(`{}`), UpdatedAt: Now().Add(-14 * time.Hour),
		},
	}}
}

func jo() views.Entry {
	return views.Entry{
		URL: "/directory?id=cus_9f2&tab=users", ID: "cus_9f2", Name: "Jo Ledger", Email: "jo@example.com", Phone: "+4915112345678",
		Properties: []byte(`{"plan":"team","seats":12}`), CreatedAt: Now().Add(-30 * time.Hour),
		UpdatedAt: Now().Add(-7 * time.Second), EventURL: "/events/development.stripe.evt_1QXg2kLk",
	}
}

// DirectoryObjects lists objects of one collection.
func DirectoryObjects() views.Directory {
	return views.Directory{Page: page(), Tab: "objects", Collection: "teams", OlderURL: "/directory?tab=objects&after=x", Entries: []views.Entry{red()}}
}

func red() views.Entry {
	return views.Entry{
		URL: "/directory?collection=teams&id=red&tab=objects", Collection: "teams", ID: "red", Name: "Team Red", Linked: 2,
		Properties: []byte(`{"size":3}`), CreatedAt: Now().Add(-time.Hour), UpdatedAt: Now().Add(-time.Minute), EventURL: "/events/development.stripe.evt_1QXg2kLm",
	}
}

// DirectoryAudiences lists audiences.
func DirectoryAudiences() views.Directory {
	return views.Directory{Page: page(), Tab: "audiences", Entries: []views.Entry{{
		URL: "/directory?id=beta&tab=audiences", ID: "beta", Linked: 1204, UpdatedAt: Now().Add(-time.Minute), EventURL: "/events/development.stripe.evt_1QXg2kLm",
	}}}
}

// DirectoryTenants lists none, as nobody has made one.
func DirectoryTenants() views.Directory { return views.Directory{Page: page(), Tab: "tenants"} }

// DirectoryRuns lists workflow runs.
func DirectoryRuns() views.Directory {
	return views.Directory{Page: page(), Tab: "runs", OlderURL: "/directory?tab=runs&after=x", Runs: []views.Run{
		{ID: "r1", Workflow: "invoice-paid", Recipient: "cus_9f2", RecipientURL: jo().URL, Status: "triggered", Data: []byte(`{"id":"evt_1QXg2pLk","type":"invoice.paid","data":{"object":{"id":"in_1QXg2p"}}}`), At: Now().Add(-time.Second), EventURL: "/events/development.stripe.evt_1QXg2pLk"},
		{ID: "r2", Workflow: "invoice-created", Recipient: "cus_unknown", Unknown: true, Status: "triggered", Tenant: "acme", CancellationKey: "in_1QXf9y", At: Now().Add(-14 * time.Hour)},
		{ID: "r3", Workflow: "dunning", Recipient: "cus_77a", Status: "cancelled", CancellationKey: "in_1QXf9y", At: Now().Add(-15 * time.Hour)},
	}}
}

// DirectoryUser is one user with all that belongs to it.
func DirectoryUser() views.DirectoryEntry {
	return views.DirectoryEntry{
		Page: page(), Tab: "users", Known: true, Entry: jo(), More: true,
		Subscriptions: []views.Link{{Name: "teams/red", URL: red().URL, Properties: []byte(`{"role":"lead"}`), UpdatedAt: Now().Add(-time.Minute), EventURL: red().EventURL}},
		Audiences:     []views.Link{{Name: "beta", URL: "/directory?id=beta&tab=audiences", Tenant: "acme", UpdatedAt: Now().Add(-time.Minute), EventURL: red().EventURL}},
		Runs:          DirectoryRuns().Runs[:1], RunsURL: "/directory?recipient=cus_9f2&tab=runs",
	}
}

// DirectoryObject is one object with who follows it.
func DirectoryObject() views.DirectoryEntry {
	return views.DirectoryEntry{
		Page: page(), Tab: "objects", Known: true, Entry: red(), OlderURL: "/directory?tab=objects&id=red&after=x",
		Linked: []views.Link{{Name: "cus_9f2", URL: jo().URL, Properties: []byte(`{}`), UpdatedAt: Now().Add(-time.Minute), EventURL: red().EventURL}},
	}
}

// DirectoryUnknown is a user that is not there.
func DirectoryUnknown() views.DirectoryEntry {
	return views.DirectoryEntry{Page: page(), Tab: "users", Entry: views.Entry{ID: "cus_unknown"}}
}
