package demo

import (
	"context"
	"encoding/json"
	"maps"

	"daybook/app/trigger"
	"daybook/domain/action"
	"daybook/domain/rule"
)

// rules are the demo's mappings beside the template's: one with a condition,
// and one that lacks a recipient when somebody buys as a guest.
func rules() []rule.Mapping {
	return []rule.Mapping{
		{
			Key:        "dunning",
			EventType:  "invoice.payment_failed",
			When:       "body.data.object.amount_due > 5000",
			ActionType: action.WorkflowsTrigger,
			ActionParameters: rule.Parameters{
				"key":        json.RawMessage(`"dunning"`),
				"recipients": json.RawMessage(`"body.data.object.customer"`),
				"data":       json.RawMessage(`{"expr":"{\"amount\": body.data.object.amount_due / 100, \"currency\": body.data.object.currency}"}`),
			},
		},
		{
			Key:        "order-confirmation",
			EventType:  "checkout.session.completed",
			ActionType: action.WorkflowsTrigger,
			ActionParameters: rule.Parameters{
				"key":        json.RawMessage(`"order-confirmation"`),
				"recipients": json.RawMessage(`"body.data.object.customer"`),
				"data":       json.RawMessage(`"body.data.object"`),
			},
		},
	}
}

// step is one thing that arrives.
type step struct {
	name string
	do   func(context.Context, *Demo) error
}

// sample is a step that sends a sample of one type; those with the same shared
// values are about the same customer.
func sample(eventType string, shared map[string]string, overrides map[string]any) step {
	return step{eventType, func(ctx context.Context, d *Demo) error {
		return d.send(ctx, trigger.Sample{Type: eventType, Overrides: overrides}, shared)
	}}
}

func again() step {
	return step{"a second delivery", func(ctx context.Context, d *Demo) error { return d.again(ctx) }}
}

func forgery() step {
	return step{"a forgery", func(ctx context.Context, d *Demo) error { return d.forge(ctx) }}
}

// people are who the stories are about.
func people() []map[string]string {
	return []map[string]string{
		{"name": "Mara Lindqvist", "email": "mara@lindqvist.example"},
		{"name": "Tomás Ferreira", "email": "tomas@ferreira.example"},
		{"name": "Ines Okafor", "email": "ines@okafor.example"},
	}
}

// subscription is the story of one customer, from the beginning to a payment
// that fails and then succeeds. A large amount is more than 50.00, and the
// dunning rule matches it.
func subscription(person map[string]string, large bool) []step {
	shared := maps.Clone(person)
	shared["amount"] = "1200"
	if large {
		shared["amount"] = "9900"
	}
	return []step{
		sample("customer.created", shared, nil),
		sample("customer.subscription.created", shared, nil),
		sample("invoice.created", shared, nil),
		sample("invoice.payment_failed", shared, nil),
		sample("invoice.paid", shared, map[string]any{"data.object.attempt_count": 2}),
		sample("charge.succeeded", shared, nil),
		sample("customer.subscription.updated", shared, nil),
	}
}

// opening is what has happened by the time somebody looks.
func opening() []step {
	all := people()
	var steps []step
	steps = append(steps, subscription(all[0], true)...)
	steps = append(steps, sample("invoice.paid", maps.Clone(all[1]), nil), again(), forgery())
	steps = append(steps, sample("checkout.session.completed", maps.Clone(all[2]), map[string]any{"data.object.customer": nil}))
	steps = append(steps, subscription(all[1], false)...)
	steps = append(steps,
		sample("payment_intent.succeeded", nil, nil),
		sample("checkout.session.completed", maps.Clone(all[2]), nil),
		sample("charge.refunded", maps.Clone(all[0]), nil),
		sample("customer.updated", maps.Clone(all[2]), nil),
		sample("customer.subscription.deleted", maps.Clone(all[2]), nil),
	)
	return steps
}

// chapter is how the story goes on.
func chapter(large bool) []step {
	shared := map[string]string{}
	steps := subscription(shared, large)
	return append(steps,
		again(),
		sample("payment_intent.succeeded", nil, nil),
		sample("checkout.session.completed", nil, map[string]any{"data.object.customer": nil}),
		forgery(),
	)
}
