package eventlog

import (
	"slices"
	"unicode/utf8"

	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/rejection"
	"daybook/domain/rule"
	"daybook/domain/webhook"
	"daybook/projections"
)

// maxText is how much of a message or trace is kept for the list, in bytes.
const maxText = 300

// entry is an item's row while events change it.
type entry struct {
	position   es.Position
	changed    es.Position
	stream     es.Stream
	number     uint64 // the generation; of a rejection, the revision
	facet      facet  // Status and Duplicate are set when it is written
	receivedAt es.Time
	occurredAt es.Time
	workedAt   es.Time
	eventID    string
	objectID   string
	key        string
	related    []string
	deliveries int
	planned    bool
	planParked bool
	failed     bool // a condition failed
	actions    []entryAction
	secret     string // the fingerprint
	token      string
	note       note

	stored  bool  // the file holds it,
	facetID int64 // with this facet
	altered bool
	gone    bool // it is to be removed
}

// entryAction is an action as an item keeps it. The id goes when the action has
// succeeded: from then on nothing happens to it.
type entryAction struct {
	ID      string         `json:"id,omitempty"`
	Type    action.Type    `json:"type"`
	Mapping string         `json:"mapping"`
	Name    string         `json:"name,omitempty"`
	Target  string         `json:"target,omitempty"`
	Status  webhook.Status `json:"status"`
	Note    string         `json:"note,omitempty"`
}

// note is what an item says beside its actions.
type note struct {
	// KeyProblem is why it has no idempotency key of its own, where it should.
	KeyProblem  webhook.KeyProblem `json:"key_problem,omitempty"`
	Mapping     string             `json:"mapping,omitempty"`
	Because     string             `json:"because,omitempty"`
	Explanation string             `json:"explanation,omitempty"`
}

// received begins a generation of a webhook.
func received(e projections.Event, fact webhook.Received) *entry {
	receipt := fact.Receipt
	related := make([]string, 0, len(receipt.Related))
	for _, id := range receipt.Related {
		if id != "" && id != receipt.ObjectID && !slices.Contains(related, id) {
			related = append(related, id)
		}
	}
	n := &entry{
		position: e.Position, changed: e.Position, stream: e.Stream, number: uint64(receipt.Generation),
		facet: facet{
			Kind: KindWebhook, Environment: e.Ref.Environment, Source: e.Ref.Source, EventType: receipt.EventType,
		},
		receivedAt: e.At, occurredAt: receipt.OccurredAt,
		eventID: receipt.EventID, objectID: receipt.ObjectID, key: receipt.IdempotencyKey, related: related,
		deliveries: webhook.DeliveriesIn(fact),
		secret:     receipt.Verification.SecretFingerprint, token: receipt.OldToken,
	}
	if receipt.KeyProblem != webhook.KeyOff {
		n.note.KeyProblem = receipt.KeyProblem
	}
	return n
}

// rejected is the entry of a rejection; nil if the event is none.
func rejected(e projections.Event) *entry {
	ref, err := rejection.ParseStream(e.Stream)
	if err != nil {
		return nil
	}
	entry := &entry{
		position: e.Position, changed: e.Position, stream: e.Stream, number: uint64(e.Revision),
		facet:      facet{Kind: KindRejection, Environment: ref.Environment, Source: ref.Source},
		receivedAt: e.At,
	}
	switch fact := e.Rejection.(type) {
	case rejection.RequestRejected:
		entry.facet.Cause, entry.deliveries = fact.Cause, 1
		entry.note.Explanation = cut(fact.Message)
	case rejection.RejectionsCounted:
		entry.facet.Cause, entry.deliveries = fact.Cause, fact.N
	}
	return entry
}

// apply changes the entry by a fact, and reports whether it did.
func (n *entry) apply(e projections.Event) bool {
	switch fact := e.Webhook.(type) {
	case webhook.DuplicateReceived, webhook.DuplicatesCounted:
		n.deliveries += webhook.DeliveriesIn(fact)
	case webhook.ActionsPlanned:
		n.plan(fact)
		n.workedAt = e.At
	case webhook.PlanRearmed:
		n.planParked = false
		n.note = note{KeyProblem: n.note.KeyProblem}
	case webhook.WorkClaimed, webhook.AttemptBegun:
		return false // nothing that a list shows
	case webhook.PlanParked:
		n.planParked = true
		if !n.planned {
			n.note = note{KeyProblem: n.note.KeyProblem, Explanation: cut(fact.Error)}
		}
		n.workedAt = e.At
	default:
		if !n.settle(fact) {
			return false
		}
		n.workedAt = e.At
	}
	n.changed = e.Position
	return true
}

func (n *entry) plan(plan webhook.ActionsPlanned) {
	n.planned, n.planParked = true, false
	n.failed = plan.ConditionFailed()
	n.facet.Reason = string(plan.Reason)
	n.actions = make([]entryAction, len(plan.Actions))
	var pairs []pair
	for i, planned := range plan.Actions {
		standing := planned.Standing()
		about := action.SubjectOf(planned.Payload)
		n.actions[i] = entryAction{
			ID: planned.ID, Type: planned.ActionType, Mapping: planned.MappingKey,
			Name: cut(about.Name), Target: cut(about.Target), Status: standing.Status, Note: cut(standing.Error),
		}
		pairs = append(pairs, pair{planned.MappingKey, string(planned.ActionType)})
	}
	n.note = note{KeyProblem: n.note.KeyProblem, Explanation: cut(plan.Explanation)}
	for _, verdict := range plan.Mappings {
		if verdict.Error != "" {
			pairs = append(pairs, pair{verdict.Key, ""})
		}
	}
	if verdict, ok := decisive(plan.Mappings); ok {
		n.note.Mapping, n.note.Because = verdict.Key, cut(verdict.Error)
		if n.note.Because == "" {
			n.note.Because = cut(verdict.Trace)
		}
	}
	n.facet.Actions = pairsOf(pairs)
}

// decisive returns the verdict that a person wants to see first: one that
// failed; else, if nothing matched, the first that is paused, or was false.
func decisive(verdicts []rule.Verdict) (rule.Verdict, bool) {
	if i := slices.IndexFunc(verdicts, func(v rule.Verdict) bool { return v.Error != "" }); i >= 0 {
		return verdicts[i], true
	}
	if slices.ContainsFunc(verdicts, func(v rule.Verdict) bool { return v.Matched }) {
		return rule.Verdict{}, false
	}
	for _, reason := range [...]rule.Reason{rule.MappingPaused, rule.ConditionFalse} {
		if i := slices.IndexFunc(verdicts, func(v rule.Verdict) bool { return v.Reason == reason }); i >= 0 {
			return verdicts[i], true
		}
	}
	return rule.Verdict{}, false
}

// settle records where a fact leads actions, and reports whether it leads any.
func (n *entry) settle(fact webhook.Event) bool {
	settled := false
	for i := range n.actions {
		a := &n.actions[i]
		standing, ok := webhook.StandingAfter(fact, a.ID, a.Status)
		if a.ID == "" || !ok {
			continue
		}
		settled = true
		a.Status, a.Note = standing.Status, cut(standing.Error)
		if standing.Status == webhook.StatusSucceeded {
			a.ID = ""
		}
	}
	return settled
}

func (n *entry) outcome() webhook.Outcome {
	o := webhook.Outcome{
		Planned: n.planned, PlanParked: n.planParked, ConditionFailed: n.failed, Reason: rule.Reason(n.facet.Reason),
	}
	for _, a := range n.actions {
		o.Actions = o.Actions.Add(a.Status)
	}
	return o
}

// seal sets what follows from the rest.
func (n *entry) seal() {
	if n.facet.Kind == KindRejection {
		n.facet.Status = StatusRejected
		return
	}
	n.facet.Status = Status(n.outcome().Status())
	n.facet.Duplicate = n.deliveries > 1
}

// item returns the entry as the event log shows it.
func (n *entry) item() Item {
	item := Item{
		ID: idOf(n.stream, n.number), Kind: n.facet.Kind, Stream: n.stream, Source: n.facet.Source, Environment: n.facet.Environment,
		EventType: n.facet.EventType, EventID: n.eventID, ObjectID: n.objectID, IdempotencyKey: n.key,
		Status: n.facet.Status, Cause: n.facet.Cause, Reason: rule.Reason(n.facet.Reason),
		ReceivedAt: n.receivedAt, OccurredAt: n.occurredAt, Deliveries: n.deliveries, Actions: n.outcome().Actions,
		Position: n.position, Changed: n.changed, WorkedAt: n.workedAt,
		Summary: Summary{
			Mapping: n.note.Mapping, Because: n.note.Because, Explanation: n.note.Explanation, KeyProblem: n.note.KeyProblem,
		},
	}
	for _, a := range n.actions[:min(len(n.actions), summaryActions)] {
		item.Summary.Actions = append(item.Summary.Actions, ActionSummary{
			Type: a.Type, Mapping: a.Mapping, Name: a.Name, Target: a.Target, Status: a.Status, Note: a.Note,
		})
	}
	return item
}

// idOf returns the id of the item that stands at a place in the log.
func idOf(stream es.Stream, number uint64) string {
	if ref, err := rejection.ParseStream(stream); err == nil {
		ref.Revision = es.Revision(number)
		return ref.ID()
	}
	ref, err := webhook.ParseStream(stream)
	if err != nil {
		return string(stream)
	}
	ref.Generation = int(number)
	return ref.ID()
}

// placeOf reads what [idOf] wrote.
func placeOf(id string) (place, bool) {
	if rejection.IsID(id) {
		ref, err := rejection.ParseID(id)
		return place{ref.Stream(), uint64(ref.Revision)}, err == nil
	}
	ref, err := webhook.ParseID(id)
	return place{ref.Stream(), uint64(max(ref.Generation, 0))}, err == nil
}

// summaryActions is how many actions a summary names.
const summaryActions = 3

// cut shortens a text to what a line can hold.
func cut(text string) string {
	if len(text) <= maxText {
		return text
	}
	text = text[:maxText]
	for !utf8.ValidString(text) && len(text) > maxText-utf8.UTFMax {
		text = text[:len(text)-1]
	}
	return text + "…"
}
