// Package detail reads one webhook, one rejection or one stream from the log
// itself, so that what is shown is what is stored, whatever a read model has
// heard of it yet.
package detail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/rejection"
	"daybook/domain/rule"
	"daybook/domain/signature"
	"daybook/domain/webhook"
	"daybook/projections/eventlog"
)

// Reader reads details from a store.
type Reader struct {
	Store es.Store
}

// Webhook is all that is known of one generation of a webhook. Its JSON is the
// API's.
type Webhook struct {
	eventlog.Item
	Headers               map[string]string
	Verification          signature.Verification
	ConfigurationRevision es.Revision
	Mappings              []rule.Verdict
	Explanation           string
	Actions               []Action
	Timeline              []Entry
	Payload               json.RawMessage
	// KeyProblem is why the idempotency key was generated, Flags are oddities
	// of the body; both empty for most.
	KeyProblem webhook.KeyProblem
	Flags      []string

	// Generation is what the detail was made from, and Ref what it is called.
	Generation *webhook.Generation
	Ref        webhook.Ref
	// Generations is how many lives the stream holds.
	Generations int
}

// Action is an action and what became of it.
type Action struct {
	ID         string             `json:"id"`
	Mapping    string             `json:"mapping"`
	ActionType action.Type        `json:"action_type"`
	Status     webhook.Status     `json:"status"`
	Parameters json.RawMessage    `json:"action_parameters"`
	Payload    json.RawMessage    `json:"action_payload"`
	Attempts   []webhook.Attempt  `json:"attempts"`
	Result     json.RawMessage    `json:"result"`
	Reason     webhook.ParkReason `json:"reason,omitempty"`
	Error      *string            `json:"error"`
	RetryAt    *es.Time           `json:"retry_at"`
}

// Entry is one step of the timeline.
type Entry struct {
	Revision es.Revision `json:"revision"`
	Type     string      `json:"type"`
	At       es.Time     `json:"at"`
	Summary  string      `json:"summary"`
	// Actor is who did it; empty for what happened by itself.
	Actor string `json:"actor,omitempty"`
	// Difference is how the body of a duplicate differs from the first one.
	Difference *webhook.BodyDifference `json:"difference,omitempty"`
}

// Rejection is all that is known of one rejection. Its JSON is the API's.
type Rejection struct {
	eventlog.Item
	Message     string
	Headers     map[string]string
	Excerpt     string
	Size        int64
	SkewSeconds *int64
	Remote      string
	// Signature is what the signature header had; nil if it was not read.
	Signature *rejection.SignatureHeader
	// OtherSecrets is how many secrets were tried that do not count there,
	// Matching the one among them that it was signed with.
	OtherSecrets int
	Matching     *rejection.OtherSecret
	// Entry is the one step of its timeline.
	Entry Entry
}

// Advice says what to do about a request that was signed with a secret that
// does not count where it came; empty if it was not.
func (r Rejection) Advice() string {
	if r.Matching == nil {
		return ""
	}
	return r.Matching.Advice(rejection.Ref{Environment: r.Environment, Source: r.Source})
}

// ErrNotFound says that there is no such webhook or rejection.
var ErrNotFound = &es.Refusal{Code: es.NotFound, Message: "there is no such webhook or rejection; ids are those of the event log"}

// Webhook reads the webhook with this id.
func (r *Reader) Webhook(ctx context.Context, id string) (Webhook, error) {
	ref, err := webhook.ParseID(id)
	if err != nil {
		return Webhook{}, ErrNotFound
	}
	codec := webhook.Codec()
	var state webhook.State
	var timeline []Entry
	for recorded, err := range r.Store.ReadStream(ctx, ref.Stream(), es.FirstRevision, es.Forward) {
		if err != nil {
			return Webhook{}, fmt.Errorf("read %s: %w", ref.Stream(), err)
		}
		fact, err := codec.Decode(recorded)
		if errors.Is(err, es.ErrUnknownType) || errors.Is(err, es.ErrNewerSchema) {
			timeline = append(timeline, Entry{
				Revision: recorded.Revision, Type: recorded.Type, At: RecordedOf(recorded).At, Summary: "written by a later version of Daybook",
			})
			continue
		}
		if err != nil {
			return Webhook{}, err
		}
		if n := webhook.GenerationOf(fact.Event); n == ref.Generation {
			timeline = append(timeline, entryOf(fact, recorded.Type, state))
		}
		state = webhook.Evolve(state, fact)
	}
	generation := state.Generation(ref.Generation)
	if generation == nil {
		return Webhook{}, ErrNotFound
	}
	w := webhookOf(ref, generation, timeline)
	w.Generations = len(state.Generations)
	return w, nil
}

// entryOf is the step of the timeline that follows on a state.
func entryOf(fact es.Fact[webhook.Event], kind string, state webhook.State) Entry {
	e := Entry{Revision: fact.Revision, Type: kind, At: fact.Metadata.At, Summary: state.Summarise(fact), Actor: fact.Metadata.Actor}
	if duplicate, ok := fact.Event.(webhook.DuplicateReceived); ok {
		e.Difference = duplicate.Difference
	}
	return e
}

func webhookOf(ref webhook.Ref, g *webhook.Generation, timeline []Entry) Webhook {
	receipt := g.Received.Receipt
	w := Webhook{
		Item:                  itemOf(ref, g),
		Headers:               receipt.Headers,
		Verification:          receipt.Verification,
		ConfigurationRevision: receipt.ConfigurationRevision,
		Mappings:              []rule.Verdict{},
		Actions:               []Action{},
		Timeline:              timeline,
		Payload:               Raw(g.Received.Body),
		KeyProblem:            receipt.KeyProblem,
		Flags:                 receipt.Flags,
		Generation:            g,
		Ref:                   ref,
	}
	if w.Headers == nil {
		w.Headers = map[string]string{}
	}
	if g.Plan != nil {
		w.Explanation = g.Plan.Explanation
		w.Mappings = append(w.Mappings, g.Plan.Mappings...)
	}
	for _, a := range g.Actions {
		w.Actions = append(w.Actions, actionOf(a))
	}
	return w
}

func actionOf(a webhook.Action) Action {
	shown := Action{
		ID:         a.ID,
		Mapping:    a.MappingKey,
		ActionType: a.ActionType,
		Status:     a.Status,
		Parameters: a.Parameters,
		Payload:    a.Payload,
		Attempts:   a.Attempts,
		Result:     a.Result,
		Reason:     a.Reason,
	}
	if shown.Attempts == nil {
		shown.Attempts = []webhook.Attempt{}
	}
	if a.Error != "" {
		shown.Error = &a.Error
	}
	if !a.RetryAt.IsZero() {
		shown.RetryAt = &a.RetryAt
	}
	return shown
}

// Rejection reads the rejection with this id.
func (r *Reader) Rejection(ctx context.Context, id string) (Rejection, error) {
	ref, err := rejection.ParseID(id)
	if err != nil {
		return Rejection{}, ErrNotFound
	}
	for recorded, err := range r.Store.ReadStream(ctx, ref.Stream(), ref.Revision, es.Forward) {
		if err != nil {
			return Rejection{}, fmt.Errorf("read %s: %w", ref.Stream(), err)
		}
		if recorded.Revision != ref.Revision {
			break
		}
		fact, err := rejection.Codec().Decode(recorded)
		if err != nil {
			return Rejection{}, err
		}
		shown := rejectionOf(ref, fact)
		shown.Entry = Entry{Revision: fact.Revision, Type: recorded.Type, At: fact.Metadata.At, Summary: shown.Message}
		return shown, nil
	}
	return Rejection{}, ErrNotFound
}

func rejectionOf(ref rejection.Ref, fact es.Fact[rejection.Event]) Rejection {
	shown := Rejection{Item: rejectionItem(ref, fact), Headers: map[string]string{}}
	switch e := fact.Event.(type) {
	case rejection.RequestRejected:
		maps.Copy(shown.Headers, e.Headers)
		shown.Message, shown.Excerpt = e.Message, e.Excerpt
		shown.Size, shown.SkewSeconds, shown.Remote = e.Size, e.SkewSeconds, e.Remote
		shown.Signature, shown.OtherSecrets, shown.Matching = e.Signature, e.OtherSecrets, e.Matching
	case rejection.RejectionsCounted:
		shown.Message = fmt.Sprintf("%d requests were refused between %s and %s; more than %d of one cause in a second are counted, not kept",
			e.N, e.FirstAt, e.LastAt, rejection.EachPerSecond)
	}
	return shown
}

// Body returns the body of a webhook, byte for byte.
func (r *Reader) Body(ctx context.Context, id string) ([]byte, error) {
	w, err := r.Webhook(ctx, id)
	if err != nil {
		return nil, err
	}
	return w.Generation.Received.Body, nil
}
