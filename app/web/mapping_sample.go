package web

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"daybook/app/detail"
	"daybook/app/rehearse"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/template"
	"daybook/domain/value"
	"daybook/projections/eventlog"
	"daybook/views"
	"daybook/views/ui"
)

// maxSamples is how many webhooks can be turned through.
const maxSamples = 20

// triedOn is what a mapping is tried on, as the page shows it and as the rules
// see it; nil if there is nothing.
type triedOn struct {
	views.Sample
	input *rule.Input
}

// sampleFor chooses what a mapping is tried on: a payload that was pasted, a
// webhook that came, or else the template's sample.
func (s *Web) sampleFor(ctx context.Context, at place, m rule.Mapping, e editing) (triedOn, error) {
	if strings.TrimSpace(e.pasted) != "" {
		return s.tryPayload(at, views.Sample{Kind: "pasted", Pasted: e.pasted}, rehearse.Payload{Body: []byte(e.pasted)}), nil
	}
	last, err := s.lastOf(ctx, at, m.EventType, maxSamples)
	if err != nil {
		return triedOn{}, err
	}
	stored, err := s.storedSample(ctx, at, m, last, e.sample)
	if err != nil || stored.input != nil {
		return stored, err
	}
	return s.templateSample(at, m), nil
}

// lastOf are the last webhooks of an event type, which may have wildcards; of
// any, if it is empty.
func (s *Web) lastOf(ctx context.Context, at place, eventType string, n int) ([]eventlog.Item, error) {
	page, err := s.Events.List(ctx, eventlog.Filter{Source: at.Key, Environment: at.Environment, Type: eventType}, n, "")
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(page.Items, func(i eventlog.Item) bool { return i.Kind != eventlog.KindWebhook }), nil
}

// storedSample is the webhook that was chosen, or else the last one. One that
// was chosen while the mapping was for another type gives way to those that it
// is for now.
func (s *Web) storedSample(ctx context.Context, at place, m rule.Mapping, last []eventlog.Item, chosen string) (triedOn, error) {
	i := slices.IndexFunc(last, func(item eventlog.Item) bool { return item.ID == chosen })
	if i < 0 && chosen != "" {
		found, err := s.readSample(ctx, at, chosen)
		if err != nil || found.input != nil && (len(last) == 0 || m.For(found.Type)) {
			return found, err
		}
	}
	for i = max(i, 0); i < len(last); i++ { // one may be erased that is still listed
		found, err := s.readSample(ctx, at, last[i].ID)
		if err != nil {
			return triedOn{}, err
		}
		if found.input == nil {
			continue
		}
		found.N, found.Of = i+1, len(last)
		if i > 0 {
			found.Newer = last[i-1].ID
		}
		if i+1 < len(last) {
			found.Older = last[i+1].ID
		}
		return found, nil
	}
	return triedOn{}, nil
}

// readSample reads a webhook of this source; nothing, if it is not of this
// source, or is gone, or cannot be read.
func (s *Web) readSample(ctx context.Context, at place, id string) (triedOn, error) {
	d, err := s.Details.Webhook(ctx, id)
	if _, gone := errors.AsType[*es.Refusal](err); gone {
		return triedOn{}, nil
	}
	if err != nil {
		return triedOn{}, err
	}
	body := d.Generation.Received.Body
	decoded, err := value.Decode(body)
	if err != nil || d.Source != at.Key || d.Environment != at.Environment {
		return triedOn{}, nil //nolint:nilerr // another one is taken
	}
	input := d.Generation.Input(d.Ref, decoded.Value)
	return triedOn{views.Sample{
		Kind: "stored", ID: d.ID, Label: ui.Short(sampleName(d)), Type: d.EventType, At: moment(d.ReceivedAt),
		Body: body, Facts: sampleFacts(input),
	}, &input}, nil
}

func sampleName(d detail.Webhook) string { return cmp.Or(d.EventID, d.IdempotencyKey, d.Ref.Key) }

func sampleFacts(in rule.Input) []ui.Fact {
	facts := []ui.Fact{{Label: "Type", Value: ui.Line{{Text: in.Event.Type, Kind: ui.Code}}}}
	if in.Event.Type == "" {
		facts[0].Value = ui.Line{{Text: "the event type path leads to no text", Kind: ui.Hit}}
	}
	return append(facts, ui.Fact{Label: "Key", Value: ui.Line{{Text: in.Event.Key, Kind: ui.Code}}})
}

// templateSample is the template's sample of the first event type that a mapping
// is for.
func (s *Web) templateSample(at place, m rule.Mapping) triedOn {
	tmpl, _ := template.Get(at.state.Template)
	for _, eventType := range tmpl.SampleTypes {
		if m.EventType != "" && !m.For(eventType) {
			continue
		}
		payload, err := s.Rehearse.Sample(at.Place, eventType)
		if err != nil {
			return triedOn{}
		}
		return s.tryPayload(at, views.Sample{Kind: "template", Label: eventType}, payload)
	}
	return triedOn{}
}

// tryPayload reads a payload as it would be read at the door.
func (s *Web) tryPayload(at place, shown views.Sample, p rehearse.Payload) triedOn {
	shown.Body = p.Body
	input, err := s.Rehearse.Input(at.Place, p)
	if err != nil {
		shown.Problem = sentence(err.Error())
		return triedOn{shown, nil}
	}
	shown.Type, shown.Facts = input.Event.Type, sampleFacts(input)
	return triedOn{shown, &input}
}
