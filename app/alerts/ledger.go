package alerts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"daybook/app/command"
	"daybook/domain/alert"
	"daybook/domain/es"
)

// ledger is the streams of alerts, folded in memory and kept live.
type ledger struct {
	store  es.Store
	logger *slog.Logger

	mu       sync.Mutex
	scopes   map[alert.Scope]command.Loaded[alert.State]
	applied  es.Position
	complete bool
	moved    chan struct{} // closed and replaced when anything changes
}

func newLedger(store es.Store, logger *slog.Logger) *ledger {
	return &ledger{store: store, logger: logger, scopes: map[alert.Scope]command.Loaded[alert.State]{}, moved: make(chan struct{})}
}

// How a lost store is tried again.
const (
	retryFirst = 100 * time.Millisecond
	retryMost  = 10 * time.Second
)

// run follows the store until ctx ends.
func (l *ledger) run(ctx context.Context) {
	for wait := retryFirst; ; wait = min(2*wait, retryMost) {
		began := l.position()
		err := l.follow(ctx)
		if ctx.Err() != nil {
			return
		}
		if l.position() > began {
			wait = retryFirst
		}
		l.logger.Warn("alerts lost the event store, trying again", "error", err, "in", wait)
		if !sleep(ctx, wait) {
			return
		}
	}
}

func (l *ledger) follow(ctx context.Context) error {
	for batch, err := range l.store.Subscribe(ctx, l.position(), es.Filter{StreamPrefixes: []string{alert.StreamPrefix}}) {
		if err != nil {
			return err
		}
		l.apply(batch)
	}
	return errors.New("the subscription ended")
}

func (l *ledger) apply(batch es.Batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, recorded := range batch.Events {
		scope, ok := alert.ParseStream(recorded.Stream)
		if !ok {
			continue
		}
		fact, err := alert.Codec().Decode(recorded)
		if err != nil {
			l.logger.Error("an event about an alert cannot be read, it is passed over", "error", err)
			continue
		}
		known := l.scopes[scope]
		l.scopes[scope] = command.Loaded[alert.State]{State: alert.Evolve(known.State, fact), Revision: recorded.Revision, Exists: true}
	}
	l.applied, l.complete = batch.Next, l.complete || batch.CaughtUp
	close(l.moved)
	l.moved = make(chan struct{})
}

func (l *ledger) position() es.Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.applied
}

// changed returns a channel that is closed when anything changes. Take it first,
// then ask, then wait.
func (l *ledger) changed() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.moved
}

// waitFor returns when the stream of a scope is known up to a revision.
func (l *ledger) waitFor(ctx context.Context, scope alert.Scope, revision es.Revision) error {
	return l.wait(ctx, func() bool { known := l.scopes[scope]; return known.Exists && known.Revision >= revision })
}

// waitLoaded returns when everything is known that was there at the start.
func (l *ledger) waitLoaded(ctx context.Context) error {
	return l.wait(ctx, func() bool { return l.complete })
}

func (l *ledger) wait(ctx context.Context, reached func() bool) error {
	for {
		l.mu.Lock()
		ok, moved := reached(), l.moved
		l.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fmt.Errorf("wait for what is known of alerts: %w", context.Cause(ctx))
		}
	}
}

func (l *ledger) loaded(scope alert.Scope) command.Loaded[alert.State] {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.scopes[scope]
}

func (l *ledger) state(scope alert.Scope) alert.State { return l.loaded(scope).State }

// known returns the scopes that have a stream, sorted.
func (l *ledger) known() []alert.Scope {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Sorted(maps.Keys(l.scopes))
}

// find returns whose alert that is.
func (l *ledger) find(id string) (alert.Scope, bool) {
	for _, scope := range l.known() {
		if _, ok := l.state(scope).Alert(id); ok {
			return scope, true
		}
	}
	return "", false
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
