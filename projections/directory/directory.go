package directory

import (
	"encoding/json"
	"strings"

	"daybook/domain/es"
	"daybook/domain/webhook"
	"daybook/projections"
)

// Directory answers what the local destination holds. Its methods may be called
// by many goroutines at once.
type Directory struct {
	runner *projections.Runner
	store  es.Store
	codec  es.Codec[webhook.Event]
}

// New returns the directory that a runner keeps with [Projection]. The store is
// read for the data of runs.
func New(runner *projections.Runner, store es.Store) *Directory {
	return &Directory{runner: runner, store: store, codec: webhook.Codec()}
}

// Filter selects users, objects, tenants, audiences or runs. The zero value
// selects all.
type Filter struct {
	Environment string
	// Collection is that of objects.
	Collection string
	// ID is the whole id of what is looked for; of runs, of a recipient.
	ID string
	// Q is a part of an id, collection, name or email, or of a run's workflow or
	// recipients, in any case.
	Q string
	// Status selects runs: triggered or cancelled.
	Status RunStatus
}

func (f Filter) contains(texts ...string) bool {
	if f.Q == "" {
		return true
	}
	q := strings.ToLower(f.Q)
	for _, text := range texts {
		if strings.Contains(strings.ToLower(text), q) {
			return true
		}
	}
	return false
}

// webhookID is the id of the generation that something came from.
func webhookID(stream es.Stream, generation int) string {
	ref, err := webhook.ParseStream(stream)
	if err != nil {
		return string(stream)
	}
	ref.Generation = generation
	return ref.ID()
}

// RunStatus is where a workflow run stands.
type RunStatus string

// The statuses of runs.
const (
	Triggered RunStatus = "triggered"
	Cancelled RunStatus = "cancelled" // for all of its recipients
)

// Run is one workflow run: one trigger, for all of its recipients.
type Run struct {
	ID              string            `json:"id"`
	Action          string            `json:"action_id"`
	Environment     string            `json:"environment"`
	Workflow        string            `json:"key"`
	Recipients      []json.RawMessage `json:"recipients"`
	Data            json.RawMessage   `json:"data"`
	Tenant          json.RawMessage   `json:"tenant"`
	Actor           json.RawMessage   `json:"actor"`
	CancellationKey *string           `json:"cancellation_key"`
	Status          RunStatus         `json:"status"`
	// UnknownRecipients are those that were not known when the run began.
	UnknownRecipients []string `json:"unknown_recipients"`
	// CancelledRecipients are those for whom the run was cancelled since.
	CancelledRecipients []string `json:"cancelled_recipients"`
	WebhookID           string   `json:"webhook_id"`
	At                  es.Time  `json:"at"`
	// LeftOut says that the plan left the request out for its size: what is
	// not known of it is null or empty here.
	LeftOut bool `json:"request_left_out"`
	// Plan is the recorded event that holds the request, data included.
	Plan Plan `json:"-"`
	// Position is that of the outcome.
	Position es.Position `json:"position"`
}

// Plan names the recorded event of a plan.
type Plan struct {
	Stream   es.Stream
	Revision es.Revision
}
