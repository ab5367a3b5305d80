package projections

import (
	"context"
	"fmt"
	"time"

	"daybook/domain/es"
)

// Applied returns the position up to which the log is in the read models.
func (r *Runner) Applied() es.Position {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.applied
}

// Changed returns a channel that is closed when more has been applied. Take
// the channel first, then ask the read models, then wait: so nothing is missed.
func (r *Runner) Changed() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

// WaitFor returns when the event at position p is in the read models: after it
// one reads one's own writes. It returns ctx's error if ctx ends before, and
// [ErrClosed] if the runner does.
func (r *Runner) WaitFor(ctx context.Context, p es.Position) error {
	for {
		r.mu.Lock()
		applied, changed, closed := r.applied, r.changed, r.closed
		r.mu.Unlock()
		if applied >= p {
			return nil
		}
		if closed {
			return ErrClosed
		}
		select {
		case r.hurry <- struct{}{}:
		default: // it was said already
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for position %d of the log: %w", p, context.Cause(ctx))
		}
	}
}

// CatchUp returns when all that is in the log now is in the read models, or as
// [Runner.WaitFor] does.
func (r *Runner) CatchUp(ctx context.Context) error {
	head, err := r.config.Store.Head(ctx)
	if err != nil {
		return fmt.Errorf("read the head of the log: %w", err)
	}
	return r.WaitFor(ctx, head)
}

// Skipped returns how many events could not be decoded since the start.
func (r *Runner) Skipped() uint64 { return r.skipped.Load() }

// Lag says how far the read models are behind the log.
type Lag struct {
	Applied es.Position
	Head    es.Position
	// Behind is the age of the oldest event that is not applied yet, by its
	// own time; 0 if there is none.
	Behind time.Duration
}

// Lag asks the store how far the read models are behind.
func (r *Runner) Lag(ctx context.Context) (Lag, error) {
	head, err := r.config.Store.Head(ctx)
	if err != nil {
		return Lag{}, fmt.Errorf("read the head of the log: %w", err)
	}
	lag := Lag{Applied: r.Applied(), Head: head}
	if lag.Applied >= head {
		return lag, nil
	}
	for next, err := range r.config.Store.ReadAll(ctx, lag.Applied, es.Forward) {
		if err != nil {
			return Lag{}, fmt.Errorf("read the log: %w", err)
		}
		// An event of the store's own has no time of ours.
		if meta, err := es.DecodeMetadata(next.Metadata); err == nil && !meta.At.IsZero() {
			lag.Behind = max(time.Since(meta.At.Time()), 0)
			return lag, nil
		}
	}
	return lag, nil
}
