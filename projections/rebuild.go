package projections

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"daybook/domain/es"
)

// ErrRebuilding is returned by [Runner.Rebuild] while another one is under way.
var ErrRebuilding = errors.New("a rebuild is under way; wait until it is done")

// Rebuild makes the read models anew from the log, in a file beside the one in
// use, and then puts it in its place. The old one serves and grows meanwhile;
// views under way end on the file on which they began. It works whether
// [Runner.Run] runs or not, and leaves the read models at the head of the log.
//
// Progress is told, after every batch, how far it is in positions of the log:
// done of total, for a bar and nothing else. If ctx ends, or anything fails,
// the old file stays.
func (r *Runner) Rebuild(ctx context.Context, progress func(done, total es.Position)) error {
	if !r.rebuilding.TryLock() {
		return ErrRebuilding
	}
	defer r.rebuilding.Unlock()
	r.mu.Lock()
	number, closed := r.current.number+1, r.closed
	r.mu.Unlock()
	if closed {
		return ErrClosed
	}
	fresh, err := r.createFile(ctx, number, false)
	if err != nil {
		return fmt.Errorf("rebuild the read models: %w", err)
	}
	if err = fresh.hurry(ctx); err == nil {
		err = r.fill(ctx, fresh, progress)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("rebuild the read models: %w", err), fresh.discard())
	}
	return nil
}

// fill applies the log to a fresh file until it is as far as the one in use,
// and swaps them.
func (r *Runner) fill(ctx context.Context, fresh *file, progress func(done, total es.Position)) error {
	total, err := r.config.Store.Head(ctx)
	if err != nil {
		return fmt.Errorf("read the head of the log: %w", err)
	}
	holding := false // once it is nearly as far, the file in use waits
	defer func() {
		if holding {
			r.applying.Unlock()
		}
	}()
	for b, err := range r.feed(ctx, es.Start) {
		if err != nil {
			return err
		}
		if err := fresh.write(context.WithoutCancel(ctx), b); err != nil {
			return err
		}
		total = max(total, b.next)
		progress(fresh.checkpoint, total)
		if b.caughtUp && !holding {
			r.applying.Lock()
			holding = true
		}
		if holding && fresh.checkpoint >= r.Applied() {
			return r.swap(context.WithoutCancel(ctx), fresh, b.caughtUp)
		}
	}
	return context.Cause(ctx)
}

// swap puts a filled file in the place of the current one.
func (r *Runner) swap(ctx context.Context, fresh *file, caughtUp bool) error {
	if err := fresh.serve(ctx); err != nil {
		return err
	}
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return ErrClosed
	}
	old := r.current
	r.current = fresh
	r.mu.Unlock()
	r.advance(fresh.checkpoint, caughtUp)
	// The rebuild has succeeded. A file that cannot be deleted now is deleted at
	// the next start.
	r.retiring.Go(func() {
		if err := old.discard(); err != nil {
			r.config.Logger.Warn("the earlier read models could not be deleted; the next start does it", slog.Any("error", err))
		}
	})
	return nil
}
