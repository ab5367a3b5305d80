package webhook

import "daybook/domain/rule"

// Input returns what the rules see of a generation; body is its body, decoded
// by package value.
func (g *Generation) Input(ref Ref, body any) rule.Input {
	receipt := g.Received.Receipt
	key := receipt.IdempotencyKey
	if key == "" {
		key = ref.Key
	}
	return rule.Input{
		Body:        body,
		Headers:     receipt.Headers,
		TypeTooLong: receipt.EventTypeTooLong,
		Event: rule.Event{
			ID:          ref.ID(),
			Type:        receipt.EventType,
			Key:         key,
			Source:      ref.Source,
			Environment: ref.Environment,
			ReceivedAt:  g.ReceivedAt.String(),
		},
	}
}
