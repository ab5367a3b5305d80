package projections

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"daybook/domain/es"
)

// Config is what a [Runner] needs. Every field is required.
type Config struct {
	// Dir is the folder of the read models, made if it is absent. Nothing else
	// lies in it, and one process at a time uses it.
	Dir   string
	Store es.Store
	// LogID is the identity of the log that Store holds.
	LogID       string
	Projections []Projection
	Logger      *slog.Logger
}

// Runner keeps the read models up with the log. All its methods may be called
// by many goroutines at once.
type Runner struct {
	config   Config
	decoder  decoder
	versions string
	skipped  atomic.Uint64
	hurry    chan struct{} // somebody waits for the read models; room for one message

	// applying is held while a batch is applied to the current file, and while
	// files are swapped. It comes before mu.
	applying   sync.Mutex
	rebuilding sync.Mutex
	retiring   sync.WaitGroup // files that are closed and deleted once nobody views them

	mu       sync.Mutex
	current  *file
	applied  es.Position
	caughtUp bool          // the log held nothing more when the last batch was made
	changed  chan struct{} // closed and replaced when applied moves
	closed   bool
}

// How the runner tries again.
const (
	retryFirst = 50 * time.Millisecond
	retryMost  = 5 * time.Second
	// writeAttempts is how often a batch is tried that the file does not take:
	// for about a quarter of a minute.
	writeAttempts = 10
)

// ErrClosed is returned once the runner is closed.
var ErrClosed = errors.New("the read models are closed")

// Open opens the read models that fit the log and the projections, or begins
// an empty file. It does not read the log yet: [Runner.Run] does.
func Open(ctx context.Context, c Config) (*Runner, error) {
	r := &Runner{
		config:   c,
		decoder:  newDecoder(),
		versions: versionsOf(c.Projections),
		changed:  make(chan struct{}),
		hurry:    make(chan struct{}, 1),
	}
	current, err := r.openCurrent(ctx)
	if err != nil {
		return nil, fmt.Errorf("open the read models: %w", err)
	}
	r.current, r.applied = current, current.checkpoint
	return r, nil
}

// Projections returns the projections that the runner keeps.
func (r *Runner) Projections() []Projection { return slices.Clone(r.config.Projections) }

// Close ends the runner after [Runner.Run] and [Runner.Rebuild] have returned.
// Views under way are waited for.
func (r *Runner) Close() error {
	r.applying.Lock()
	defer r.applying.Unlock()
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil
	}
	r.closed = true
	close(r.changed)
	r.mu.Unlock()
	r.retiring.Wait()
	return r.current.close()
}

// Run applies what is in the log and what comes to it, until ctx ends; then it
// returns nil. While the store is unavailable it waits and tries again. It
// returns an error if the store gives another one, or if the file does not
// take a batch although it was tried several times, as on a full disk.
func (r *Runner) Run(ctx context.Context) error {
	wait := retryFirst
	for {
		before := r.Applied()
		err := r.follow(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // to be told to stop is no fault
		}
		if err != nil && !errors.Is(err, es.ErrUnavailable) {
			return fmt.Errorf("keep the read models: %w", err)
		}
		if r.Applied() > before {
			wait = retryFirst
		}
		r.config.Logger.Warn("the event store is not available; the read models wait", slog.Any("error", err), slog.Duration("wait", wait))
		if !sleep(ctx, wait) {
			return nil
		}
		wait = min(2*wait, retryMost)
	}
}

// follow applies batches until the subscription ends.
func (r *Runner) follow(ctx context.Context) error {
	for b, err := range r.feed(ctx, r.Applied()) {
		if err != nil {
			return err
		}
		if err := r.applyRetrying(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

func (r *Runner) applyRetrying(ctx context.Context, b batch) error {
	wait := retryFirst
	for attempt := 1; ; attempt++ {
		err := r.applyOnce(ctx, b)
		if err == nil || errors.Is(err, ErrClosed) || attempt == writeAttempts {
			return err
		}
		r.config.Logger.Warn("the read models did not take a batch", slog.Any("error", err), slog.Int("attempt", attempt))
		if !sleep(ctx, wait) {
			return err
		}
		wait = min(2*wait, retryMost)
	}
}

// applyOnce applies a batch to the current file. A write that has begun is
// finished, whatever becomes of ctx.
func (r *Runner) applyOnce(ctx context.Context, b batch) error {
	r.applying.Lock()
	defer r.applying.Unlock()
	r.mu.Lock()
	current, closed := r.current, r.closed
	r.mu.Unlock()
	if closed {
		return ErrClosed
	}
	if err := current.write(context.WithoutCancel(ctx), b); err != nil {
		return err
	}
	r.advance(current.checkpoint, b.caughtUp)
	return nil
}

// advance tells who waits that the read models have come further.
func (r *Runner) advance(to es.Position, caughtUp bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.caughtUp = caughtUp
	if to == r.applied || r.closed {
		return
	}
	r.applied = to
	close(r.changed)
	r.changed = make(chan struct{})
}

// sleep waits, and reports whether ctx is still good.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
