package template

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"daybook/domain/es"
	"daybook/domain/nearest"
)

// Seed is what makes one sample differ from the next.
type Seed struct {
	Now es.Time
	// NewID returns a new id with the prefix, as [Template.IDs] makes them.
	NewID func(prefix string) string
	// Shared holds the values that related samples have in common, by name
	// (customer, invoice, amount, email, …; times in seconds since the epoch).
	// Values that are there are used, those that are made are added, so samples
	// made with the same map tell one story. Nil shares nothing.
	Shared map[string]string
}

// IDs returns a maker of ids that look like the provider's, drawn from random.
func (t Template) IDs(random func() uint64) func(prefix string) string {
	return func(prefix string) string { return t.ids(prefix, random) }
}

// Sample returns the body of a webhook of that event type, as the provider
// would send it at the time of the seed. It returns an [es.Refusal] for an event
// type without a sample, and for a shared value that cannot be used.
func (t Template) Sample(eventType string, seed Seed) ([]byte, error) {
	if !slices.Contains(t.SampleTypes, eventType) {
		return nil, t.noSample(eventType)
	}
	sample, err := fs.ReadFile(t.files, eventType+".json")
	if err != nil {
		return nil, fmt.Errorf("read sample %s: %w", eventType, err)
	}
	e := expansion{seed: seed, values: t.shared, shared: seed.Shared}
	if e.shared == nil {
		e.shared = map[string]string{}
	}
	if err := e.checkShared(); err != nil {
		return nil, err
	}
	body, err := e.expand(sample)
	if err != nil {
		return nil, fmt.Errorf("sample %s: %w", eventType, err)
	}
	return body, nil
}

// noSample refuses an event type, and says which one may have been meant.
func (t Template) noSample(eventType string) error {
	var message string
	switch known := t.EventTypes(); {
	case slices.Contains(known, eventType):
		message = fmt.Sprintf("%s sends %s, but there is no sample of it here", t.Name, eventType)
	default:
		message = fmt.Sprintf("there is no sample of %.100q", eventType)
	}
	if near := t.near(eventType); len(near) > 0 {
		message += ": did you mean " + strings.Join(near, " or ") + "?"
	} else {
		message += ": choose one of " + strings.Join(t.SampleTypes, ", ")
	}
	return &es.Refusal{Code: es.Invalid, Field: "type", Message: message}
}

// near returns the sample types that eventType may stand for: the one that it
// is a slip of, else those that speak of the same thing.
func (t Template) near(eventType string) []string {
	if slip, ok := nearest.Name(eventType, slices.Values(t.SampleTypes)); ok {
		return []string{slip}
	}
	thing, _, _ := strings.Cut(eventType, ".")
	var near []string
	for _, sample := range t.SampleTypes {
		if slices.Contains(strings.Split(sample, "."), thing) {
			near = append(near, sample)
		}
	}
	return near
}
