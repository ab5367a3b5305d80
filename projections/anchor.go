package projections

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"daybook/domain/es"
)

// anchor is where one of the newest events stood that a file was made from. A
// log that moved to another store has the same id and other positions, which a
// checkpoint alone does not show.
type anchor struct {
	stream   es.Stream // empty: none yet
	revision es.Revision
	position es.Position
}

// anchorIn returns the newest event whose stream can be asked for it later; ok
// is false if there is none.
func anchorIn(events []Event) (a anchor, ok bool) {
	for i := len(events) - 1; i >= 0; i-- {
		e := &events[i]
		if !e.Deleted && !strings.HasPrefix(string(e.Stream), "$") {
			return anchor{e.Stream, e.Revision, e.Position}, true
		}
	}
	return anchor{}, false
}

// drifted says why a checkpoint means nothing in this store; it is empty if the
// anchor stands where it stood. One that was cut or deleted counts as moved: to
// rebuild for nothing is better than to go on at a wrong place.
func (r *Runner) drifted(ctx context.Context, a anchor) (string, error) {
	if a.stream == "" {
		return "", nil
	}
	for e, err := range r.config.Store.ReadStream(ctx, a.stream, a.revision, es.Forward) {
		switch {
		case errors.Is(err, es.ErrStreamDeleted):
		case err != nil:
			return "", fmt.Errorf("look whether the log has moved: %w", err)
		case e.Revision == a.revision && e.Position == a.position:
			return "", nil
		}
		break
	}
	return fmt.Sprintf("%s@%d no longer stands at position %d: the log has moved, or that was cut", a.stream, a.revision, a.position), nil
}
