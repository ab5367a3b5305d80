package web

import (
	"context"
	"errors"
	"slices"

	"daybook/app/detail"
	"daybook/app/replay"
	"daybook/domain/es"
)

// renderAgain fills in the requests that the plan left out for their size: as
// the worker does it, and checked by the same hash. Where that is not possible
// any more, they are not shown.
func (s *Web) renderAgain(ctx context.Context, d *detail.Webhook) error {
	leftOut := func(a detail.Action) bool { return len(a.Payload) == 0 }
	if d.Generation.Plan == nil || !slices.ContainsFunc(d.Actions, leftOut) {
		return nil
	}
	result, err := s.Replay.Dry(ctx, d.ID, replay.AsReceived)
	if _, refused := errors.AsType[*es.Refusal](err); refused {
		return nil
	}
	if err != nil {
		return err
	}
	for i, planned := range d.Generation.Plan.Actions {
		for _, rendered := range result.Plan {
			if leftOut(d.Actions[i]) && rendered.ID == planned.ID && planned.Matches(rendered.Payload) {
				d.Actions[i].Payload = rendered.Payload
			}
		}
	}
	return nil
}
