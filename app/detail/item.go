package detail

import (
	"daybook/domain/es"
	"daybook/domain/rejection"
	"daybook/domain/webhook"
	"daybook/projections/eventlog"
)

// itemOf makes the item of the event log from the stream itself. It is equal
// to the one that the read model grew, once that has caught up.
func itemOf(ref webhook.Ref, g *webhook.Generation) eventlog.Item {
	receipt, outcome := g.Received.Receipt, g.Outcome()
	status := outcome.Status()
	item := eventlog.Item{
		ID:             ref.ID(),
		Kind:           eventlog.KindWebhook,
		Stream:         ref.Stream(),
		Source:         ref.Source,
		Environment:    ref.Environment,
		EventType:      receipt.EventType,
		EventID:        receipt.EventID,
		ObjectID:       receipt.ObjectID,
		IdempotencyKey: receipt.IdempotencyKey,
		Status:         eventlog.Status(status),
		ReceivedAt:     g.ReceivedAt,
		OccurredAt:     receipt.OccurredAt,
		Deliveries:     g.Deliveries,
		Actions:        outcome.Actions,
		Position:       g.Position,
	}
	if status == webhook.StatusIgnored {
		item.Reason = outcome.Reason
	}
	return item
}

// rejectionItem makes the item of a rejection.
func rejectionItem(ref rejection.Ref, fact es.Fact[rejection.Event]) eventlog.Item {
	item := eventlog.Item{
		ID:          ref.ID(),
		Kind:        eventlog.KindRejection,
		Stream:      ref.Stream(),
		Source:      ref.Source,
		Environment: ref.Environment,
		Status:      eventlog.StatusRejected,
		ReceivedAt:  fact.Metadata.At,
		Deliveries:  1,
		Position:    fact.Position,
	}
	switch e := fact.Event.(type) {
	case rejection.RequestRejected:
		item.Cause = e.Cause
	case rejection.RejectionsCounted:
		item.Cause, item.Deliveries = e.Cause, e.N
	}
	return item
}
