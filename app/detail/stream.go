package detail

import (
	"context"
	"fmt"

	"daybook/domain/es"
)

// ErrNoStream says that there is no such stream.
var ErrNoStream = &es.Refusal{Code: es.NotFound, Message: "there is no such stream"}

// Newest reads the newest recorded event of a stream. It returns [ErrNoStream]
// if there is none.
func (r *Reader) Newest(ctx context.Context, name es.Stream) (es.Recorded, error) {
	events, _, err := r.Stream(ctx, name, es.LastRevision, es.Backward, 1)
	if err != nil {
		return es.Recorded{}, err
	}
	if len(events) == 0 {
		return es.Recorded{}, ErrNoStream
	}
	return events[0], nil
}

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
