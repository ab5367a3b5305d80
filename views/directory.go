package views

import "time"

// Directory is what the built-in destination holds, GET /directory?tab=&q=.
type Directory struct {
	Page
	Tab      string // users, runs, cancelled
	Q        string
	Users    []User
	Runs     []Run // workflow runs, or the cancelled ones
	OlderURL string
}

// User is a user that was identified.
type User struct {
	ID, Name, Email, Phone string
	Properties             []byte // JSON
	UpdatedAt              time.Time
	EventURL               string // the webhook that last changed it
}

// Run is one workflow run for one recipient.
type Run struct {
	ID, Workflow, Recipient string
	Unknown                 bool   // no such user was identified
	Status                  string // running, cancelled …
	Tenant, CancellationKey string
	Data                    []byte // JSON
	At                      time.Time
	EventURL                string // the webhook that began (or cancelled) it
}
