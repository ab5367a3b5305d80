package web

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"daybook/domain/environment"
	"daybook/domain/es"
	"daybook/domain/source"
	"daybook/domain/webhook"
	"daybook/views/ui"
)

type fact = ui.Fact

// folder folds the events of one stream kind. Events that this version cannot
// read change nothing.
type folder interface {
	// add folds one event, and returns what it says and which generation of a
	// webhook it is about; both may be empty.
	add(r es.Recorded) (summary string, generation int)
	// facts is the state, for people.
	facts() []fact
}

// folderOf returns what folds a stream; nil for kinds that have no state.
func folderOf(name es.Stream) folder {
	switch {
	case strings.HasPrefix(string(name), webhook.StreamPrefix):
		return &webhookFolder{}
	case strings.HasPrefix(string(name), source.StreamPrefix):
		return &sourceFolder{}
	case strings.HasPrefix(string(name), environment.StreamPrefix):
		return &environmentFolder{}
	default:
		return nil
	}
}

type webhookFolder struct{ state webhook.State }

func (f *webhookFolder) add(r es.Recorded) (string, int) {
	decoded, err := webhook.Codec().Decode(r)
	if err != nil {
		return "", 0
	}
	summary := f.state.Summarise(decoded)
	f.state = webhook.Evolve(f.state, decoded)
	return summary, webhook.GenerationOf(decoded.Event)
}

func (f *webhookFolder) facts() []fact {
	current := f.state.Current()
	if current == nil {
		return nil
	}
	outcome := current.Outcome()
	facts := []fact{{Label: "Status", Value: ui.Text(string(outcome.Status()))}}
	if n := len(f.state.Generations); n > 1 {
		facts = append(facts, fact{Label: "Life", Value: ui.Text(fmt.Sprint(n))})
	}
	facts = append(facts, fact{Label: "Deliveries", Value: ui.Text(ui.Count(current.Deliveries))})
	if outcome.Reason != "" {
		facts = append(facts, fact{Label: "Reason", Value: ui.Text(current.Plan.Explanation)})
	}
	if claim := current.Claim; claim != nil && current.Pending() {
		facts = append(facts, fact{Label: "Taken on by", Value: ui.Line{{Text: claim.WorkClaimed.Instance, Kind: ui.Code}}})
	}
	for _, a := range current.Actions {
		line := actionLine(a.ActionType, a.Payload)
		facts = append(facts, fact{Label: string(a.Status), Value: line})
	}
	return facts
}

type sourceFolder struct{ state source.State }

func (f *sourceFolder) add(r es.Recorded) (string, int) {
	decoded, err := source.Codec().Decode(r)
	if err != nil {
		return "", 0
	}
	f.state = source.Evolve(f.state, decoded)
	if decoded.Metadata.Actor == "" {
		return "", 0
	}
	return "by " + decoded.Metadata.Actor, 0
}

func (f *sourceFolder) facts() []fact {
	facts := []fact{
		{Label: "Name", Value: ui.Text(f.state.Name)},
		{Label: "Template", Value: ui.Text(f.state.Template)},
	}
	for _, slug := range slices.Sorted(maps.Keys(f.state.Environments)) {
		env := f.state.Environments[slug]
		facts = append(facts, fact{Label: slug, Value: ui.Text(fmt.Sprintf("%s, %d switched on; %s added",
			ui.Plural(len(env.Mappings), "mapping"), active(env.Mappings), ui.Plural(len(env.Secrets), "secret")))})
	}
	return facts
}

type environmentFolder struct{ state environment.State }

func (f *environmentFolder) add(r es.Recorded) (string, int) {
	decoded, err := environment.Codec().Decode(r)
	if err != nil {
		return "", 0
	}
	f.state = environment.Evolve(f.state, decoded)
	return "", 0
}

func (f *environmentFolder) facts() []fact {
	return []fact{{Label: "Destination", Value: ui.Text(string(f.state.Destination.Kind))}}
}
