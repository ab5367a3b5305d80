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

// folder folds the events of one stream kind. Events that this version cannot
// read change nothing.
type folder interface {
	// add folds one event, and returns what it says and which generation of a
	// webhook it is about; both may be empty.
	add(r es.Recorded) (summary string, generation int)
	// facts is the state, for people.
	facts() []ui.Fact
}

// folderOf returns what folds a stream; nil for kinds that have no state.
func folderOf(name es.Stream) folder {
	switch {
	case strings.HasPrefix(string(name), webhook.StreamPrefix):
		return &webhookFolder{codec: webhook.Codec()}
	case strings.HasPrefix(string(name), source.StreamPrefix):
		return &sourceFolder{codec: source.Codec()}
	case strings.HasPrefix(string(name), environment.StreamPrefix):
		return &environmentFolder{}
	default:
		return nil
	}
}

type webhookFolder struct {
	codec es.Codec[webhook.Event]
	state webhook.State
}

func (f *webhookFolder) add(r es.Recorded) (string, int) {
	decoded, err := f.codec.Decode(r)
	if err != nil {
		return "", 0
	}
	summary := f.state.Summarise(decoded)
	f.state = webhook.Evolve(f.state, decoded)
	return summary, webhook.GenerationOf(decoded.Event)
}

func (f *webhookFolder) facts() []ui.Fact {
	current := f.state.Current()
	if current == nil {
		return nil
	}
	outcome := current.Outcome()
	facts := []ui.Fact{{Label: "Status", Value: ui.Text(string(outcome.Status()))}}
	if n := len(f.state.Generations); n > 1 {
		facts = append(facts, ui.Fact{Label: "Life", Value: ui.Text(fmt.Sprint(n))})
	}
	facts = append(facts, ui.Fact{Label: "Deliveries", Value: ui.Text(ui.Count(current.Deliveries))})
	if outcome.Reason != "" {
		facts = append(facts, ui.Fact{Label: "Reason", Value: ui.Text(current.Plan.Explanation)})
	}
	if claim := current.Claim; claim != nil && !current.Resting() {
		facts = append(facts, ui.Fact{Label: "Taken on by", Value: ui.Line{{Text: claim.WorkClaimed.Instance, Kind: ui.Code}}})
	}
	for _, a := range current.Actions {
		line := actionLine(a.ActionType, a.Payload)
		facts = append(facts, ui.Fact{Label: string(a.Status), Value: line})
	}
	return facts
}

type sourceFolder struct {
	codec es.Codec[source.Event]
	state source.State
}

func (f *sourceFolder) add(r es.Recorded) (string, int) {
	decoded, err := f.codec.Decode(r)
	if err != nil {
		return "", 0
	}
	summary := f.state.Summarise(decoded)
	f.state = source.Evolve(f.state, decoded)
	if decoded.Metadata.Actor != "" {
		summary += ", by " + decoded.Metadata.Actor
	}
	return summary, 0
}

func (f *sourceFolder) facts() []ui.Fact {
	facts := []ui.Fact{
		{Label: "Name", Value: ui.Text(f.state.Name)},
		{Label: "Template", Value: ui.Text(f.state.Template)},
	}
	for _, slug := range slices.Sorted(maps.Keys(f.state.Environments)) {
		env := f.state.Environments[slug]
		facts = append(facts, ui.Fact{Label: slug, Value: ui.Text(fmt.Sprintf("%s, %d switched on; %s added",
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

func (f *environmentFolder) facts() []ui.Fact {
	return []ui.Fact{{Label: "Destination", Value: ui.Text(string(f.state.Destination.Kind))}}
}
