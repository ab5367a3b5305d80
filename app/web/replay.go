package web

import (
	"context"
	"errors"
	"strconv"

	"daybook/app/replay"
	"daybook/app/sources"
	"daybook/domain/es"
	"daybook/domain/webhook"
	"daybook/views"
	"daybook/views/ui"
)

// dryReplay is what the rules would do with a webhook. What they refuse is
// said on the page.
func (s *Web) dryReplay(ctx context.Context, id string, rules replay.Rules, at sources.Place) (*views.Replay, error) {
	result, err := s.Replay.Dry(ctx, id, rules)
	if refusal, ok := errors.AsType[*es.Refusal](err); ok {
		return &views.Replay{Rules: string(rules), Error: sentence(refusal.Message)}, nil
	}
	if err != nil {
		return nil, err
	}
	j, _, err := s.judged(ctx, at, result.ConfigurationRevision)
	if err != nil {
		return nil, err
	}
	return replayModel(result, j), nil
}

func replayModel(result replay.Result, j judged) *views.Replay {
	model := &views.Replay{
		Rules:     string(result.Rules),
		Revision:  strconv.FormatUint(uint64(result.ConfigurationRevision), 10),
		Unchanged: result.Difference.Unchanged,
		Verdicts:  j.verdicts(result.Mappings),
	}
	for _, a := range result.Difference.Added {
		change := changeOf(a)
		change.After = a.Payload
		model.Added = append(model.Added, change)
	}
	for _, a := range result.Difference.Dropped {
		change := changeOf(a)
		change.Before = a.Payload
		model.Dropped = append(model.Dropped, change)
	}
	for _, c := range result.Difference.Changed {
		change := changeOf(c.After)
		change.Before, change.After = c.Before.Payload, c.After.Payload
		model.Changed = append(model.Changed, change)
	}
	return model
}

func changeOf(a webhook.PlannedAction) views.Change {
	change := views.Change{
		Mapping: a.MappingKey,
		Type:    string(a.ActionType),
		What:    actionLine(a.ActionType, a.Payload),
	}
	if a.Problem != nil {
		change.What = append(change.What, hit(" cannot be carried out: ", a.Problem.Message)...)
	}
	return change
}

// hit is words, and the machine text that decided it.
func hit(words, text string) ui.Line {
	return ui.Line{{Text: words}, {Text: text, Kind: ui.Hit}}
}
