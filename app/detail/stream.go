package detail

import (
	"context"
	"fmt"

	"daybook/domain/es"
)

// Stream reads recorded events of one stream, beginning with revision from, at
// most limit. More reports whether there are more in that direction.
func (r *Reader) Stream(ctx context.Context, name es.Stream, from es.Revision, dir es.Direction, limit int) (events []es.Recorded, more bool, err error) {
	for recorded, err := range r.Store.ReadStream(ctx, name, from, dir) {
		if err != nil {
			return nil, false, fmt.Errorf("read %s: %w", name, err)
		}
		if len(events) == limit {
			return events, true, nil
		}
		events = append(events, recorded)
	}
	return events, false, nil
}
