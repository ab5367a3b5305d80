package views

import (
	"net/url"
	"time"
)

// Directory is what the built-in destination holds,
// GET /directory?tab=&q=&collection=&recipient=.
type Directory struct {
	Page
	Tab        string // users, objects, tenants, audiences, runs, cancelled
	Q          string
	Collection string // only objects of this one
	Recipient  string // only runs for this one
	Entries    []Entry
	Runs       []Run // workflow runs, or the cancelled ones
	OlderURL   string
}

// Entry is a user, an object, a tenant or an audience.
type Entry struct {
	URL                  string // of its own page
	Collection           string // of an object
	ID, Name             string
	Email, Phone, Avatar string // of a user
	Properties           []byte // JSON
	Linked               int    // how many follow the object, or are in the audience
	CreatedAt, UpdatedAt time.Time
	EventURL             string // the webhook that last changed it
}

// Run is one workflow run.
type Run struct {
	ID, Workflow, Recipient string
	RecipientURL            string // of the recipient's own page
	Unknown                 bool   // a recipient was not known when it began
	Status                  string // triggered, cancelled
	Tenant, CancellationKey string
	Data                    []byte // JSON
	At                      time.Time
	EventURL                string // the webhook that began it
}

// DirectoryEntry is one entry with all that belongs to it,
// GET /directory?tab=&collection=&id=. What is not known may still be followed
// and reached.
type DirectoryEntry struct {
	Page
	Tab           string // users, objects, tenants, audiences
	Known         bool
	Entry         Entry
	Subscriptions []Link // of a user
	Audiences     []Link // of a user
	Linked        []Link // those who follow it, or are in it
	Runs          []Run  // for a user or an object, the newest
	RunsURL       string // all of its runs
	OlderURL      string // more of those linked
	More          bool   // of a user's subscriptions or audiences, not all are here
}

// Link is one subscription or membership, seen from one of its ends.
type Link struct {
	Name       string // of the other end
	URL        string
	Tenant     string // that a member belongs to
	Properties []byte // JSON
	UpdatedAt  time.Time
	EventURL   string // the webhook that last changed it
}

// The tabs of the directory, with the action that fills each.
type directoryTab struct{ name, title, one, filler string }

func directoryTabs() []directoryTab {
	return []directoryTab{
		{"users", "Users", "user", "users_identify"},
		{"objects", "Objects", "object", "objects_set"},
		{"tenants", "Tenants", "tenant", "tenants_set"},
		{"audiences", "Audiences", "audience", "audiences_add_member"},
		{"runs", "Workflow runs", "run", "workflows_trigger"},
		{"cancelled", "Cancelled", "run", "workflows_cancel"},
	}
}

func tabNamed(name string) directoryTab {
	tabs := directoryTabs()
	for _, t := range tabs {
		if t.name == name {
			return t
		}
	}
	return tabs[0]
}

// showsRuns says whether the tab lists runs.
func (m Directory) showsRuns() bool { return m.Tab == "runs" || m.Tab == "cancelled" }

// narrowed says whether something was looked for.
func (m Directory) narrowed() bool { return m.Q != "" || m.Collection != "" || m.Recipient != "" }

func directoryURL(tab, environment string) string {
	return "/directory?tab=" + url.QueryEscape(tab) + environmentQuery(environment)
}

// emptyNoun is what a tab without rows lacks.
func emptyNoun(tab string) string {
	if tab == "runs" || tab == "cancelled" {
		return "workflow run"
	}
	return tabNamed(tab).one
}

// plural is the end of a noun for n of it.
func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}
