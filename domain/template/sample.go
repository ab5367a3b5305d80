package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"daybook/domain/es"
	"daybook/domain/nearest"
)

// maxNear is how many sample types are offered for one that is not there.
const maxNear = 5

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

// Request is a webhook as the provider would send it, but for its signature.
type Request struct {
	// Headers are what is sent beside the signature.
	Headers map[string]string
	Body    []byte
}

// Sample returns the body of a webhook of that event type; see
// [Template.Request].
func (t Template) Sample(eventType string, seed Seed) ([]byte, error) {
	request, err := t.Request(eventType, seed)
	return request.Body, err
}

// Request returns a webhook of that event type, as the provider would send it
// at the time of the seed. It returns an [es.Refusal] for an event type without
// a sample, and for a shared value that cannot be used.
func (t Template) Request(eventType string, seed Seed) (Request, error) {
	if !slices.Contains(t.SampleTypes, eventType) {
		return Request{}, t.noSample(eventType)
	}
	sample, err := t.written(eventType)
	if err != nil {
		return Request{}, fmt.Errorf("read sample %s: %w", eventType, err)
	}
	e := expansion{seed: seed, values: t.shared, shared: seed.Shared}
	if e.shared == nil {
		e.shared = map[string]string{}
	}
	if err := e.checkShared(); err != nil {
		return Request{}, err
	}
	body, err := e.expand(sample)
	if err != nil {
		return Request{}, fmt.Errorf("sample %s: %w", eventType, err)
	}
	headers, err := t.headers(eventType, &e)
	if err != nil {
		return Request{}, fmt.Errorf("headers of sample %s: %w", eventType, err)
	}
	return Request{Headers: headers, Body: body}, nil
}

func (t Template) headers(eventType string, e *expansion) (map[string]string, error) {
	headers := maps.Clone(t.RequestHeaders)
	if t.typeHeaders != nil {
		maps.Copy(headers, t.typeHeaders(eventType))
	}
	for name, text := range headers {
		expanded, err := e.expand([]byte(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		headers[name] = string(expanded)
	}
	return headers, nil
}

// written is a sample as it is written, with its placeholders.
func (t Template) written(eventType string) ([]byte, error) {
	sample, err := fs.ReadFile(t.files, sampleFile(eventType, ".json"))
	if !errors.Is(err, fs.ErrNotExist) {
		return sample, err
	}
	text, err := fs.ReadFile(t.files, sampleFile(eventType, ".like.json"))
	if err != nil {
		return nil, err
	}
	var differs struct {
		Like string         `json:"like"` // the event type of a sample that is written whole
		With map[string]any `json:"with"` // what differs, by path
	}
	if err := json.Unmarshal(text, &differs); err != nil {
		return nil, err
	}
	if sample, err = fs.ReadFile(t.files, sampleFile(differs.Like, ".json")); err != nil {
		return nil, err
	}
	return Override(sample, differs.With)
}

// sampleFile is the name of the file that holds the sample of an event type:
// what a file's name cannot have is a dot there.
func sampleFile(eventType, extension string) string {
	return strings.NewReplacer("/", ".", ":", ".", " ", ".").Replace(eventType) + extension
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
		message += ": choose one of " + listed(t.SampleTypes)
	}
	return &es.Refusal{Code: es.Invalid, Field: "type", Message: message}
}

// listed names some of many.
func listed(types []string) string {
	const most = 12
	if len(types) <= most {
		return strings.Join(types, ", ")
	}
	return fmt.Sprintf("%s, and %d more", strings.Join(types[:most], ", "), len(types)-most)
}

// near returns the sample types that eventType may stand for: the one that it
// is a slip of, else some of those that speak of the same thing.
func (t Template) near(eventType string) []string {
	if slip, ok := nearest.Name(eventType, slices.Values(t.SampleTypes)); ok {
		return []string{slip}
	}
	thing, _, _ := strings.Cut(eventType, ".")
	var near []string
	for _, sample := range t.SampleTypes {
		if len(near) < maxNear && slices.Contains(strings.Split(sample, "."), thing) {
			near = append(near, sample)
		}
	}
	return near
}
