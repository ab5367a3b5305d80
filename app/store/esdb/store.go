package esdb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"daybook/domain/es"
)

// DefaultMaxAppend is the largest append in bytes unless [Options] say
// otherwise: what EventStoreDB takes by default (1 MiB), less what it counts
// that [es.Event.Size] does not.
const DefaultMaxAppend = 1<<20 - 64<<10

// Options may be left zero.
type Options struct {
	// MaxAppend is the largest append in bytes, [DefaultMaxAppend] if 0. Raise
	// it only together with the server's MaxAppendSize, and stay 64 KiB below.
	MaxAppend int
	// Logger hears, at level debug, what the client says, and of settings that
	// it ignores; nobody if nil. No password is ever logged.
	Logger *slog.Logger

	timing timing // the tests' own
}

// Store is an event store on a server. Make one with [Open].
type Store struct {
	connections *connections
	doubts      *doubts
	maxAppend   int
	close       func()
}

var _ es.Store = (*Store)(nil)

// Open connects to the server that a connection string names, as KurrentDB's
// documentation describes it (see [Redacted] for showing it to people), and
// reads the end of the log to see that it may. It tries until ctx ends; ctx
// bounds only the opening.
func Open(ctx context.Context, connectionString string, o Options) (*Store, error) {
	s, err := open(ctx, connectionString, o)
	if err != nil {
		return nil, fmt.Errorf("open EventStoreDB at %s: %w", Redacted(connectionString), err)
	}
	return s, nil
}

func open(ctx context.Context, connectionString string, o Options) (*Store, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.MaxAppend == 0 {
		o.MaxAppend = DefaultMaxAppend
	}
	if o.MaxAppend < 0 {
		return nil, errors.New("the largest append must be a positive number of bytes")
	}
	if o.timing == (timing{}) {
		o.timing = defaultTiming()
	}
	config, err := parse(connectionString, o.Logger)
	if err != nil {
		return nil, err
	}
	if config.DefaultDeadline != nil {
		o.timing.attempt = *config.DefaultDeadline
	}
	config.DefaultDeadline = &o.timing.attempt
	s := &Store{
		connections: newConnections(config, o.timing, o.Logger),
		doubts:      newDoubts(maxDoubts),
		maxAppend:   o.MaxAppend,
	}
	s.close = sync.OnceFunc(s.connections.closeAll)
	if _, err := s.Head(ctx); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// MaxAppend is described by the port.
func (s *Store) MaxAppend() int { return s.maxAppend }

// Close is described by the port. It waits for appends under way, at most twice
// as long as one may take, and never returns an error.
func (s *Store) Close() error {
	s.close()
	return nil
}
