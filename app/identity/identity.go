// Package identity makes sure that a log and a master key belong together.
package identity

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"daybook/app/keyring"
	"daybook/domain/es"
	"daybook/domain/logbook"
)

// ErrWrongMasterKey says that the log was begun with another master key.
var ErrWrongMasterKey = errors.New("the master key does not open this log: give the DAYBOOK_MASTER_KEY (or the master.key) with which it was begun")

// ErrNoLog says that a store holds no log.
var ErrNoLog = errors.New("there is no log in this store")

// Find returns the id of the log as [Open] does, and [ErrNoLog] where Open would
// begin one.
func Find(ctx context.Context, store es.Store, keys *keyring.Keyring) (logID string, err error) {
	created, begun, err := read(ctx, store)
	if err != nil {
		return "", err
	}
	if !begun {
		return "", ErrNoLog
	}
	return created.LogID, check(created, keys)
}

// Open returns the id of the log, and begins one in a store that has none. It
// returns [ErrWrongMasterKey] for a key that does not belong to the log.
func Open(ctx context.Context, store es.Store, keys *keyring.Keyring, now func() time.Time) (logID string, err error) {
	created, begun, err := read(ctx, store)
	if err == nil && !begun {
		// Whoever loses the race to begin the log uses the winner's.
		if err = begin(ctx, store, keys, now); err == nil || errors.Is(err, es.ErrConflict) {
			created, begun, err = read(ctx, store)
		}
	}
	if err != nil {
		return "", err
	}
	if !begun {
		return "", fmt.Errorf("%s does not say which log this is: Daybook did not begin it", logbook.Stream)
	}
	return created.LogID, check(created, keys)
}

func check(created logbook.Created, keys *keyring.Keyring) error {
	id, err := keys.Open(logbook.KeyCheckContext, created.KeyCheck)
	if err != nil || id != created.LogID {
		return ErrWrongMasterKey
	}
	return nil
}

func read(ctx context.Context, store es.Store) (logbook.Created, bool, error) {
	for recorded, err := range store.ReadStream(ctx, logbook.Stream, es.FirstRevision, es.Forward) {
		if err != nil {
			return logbook.Created{}, false, fmt.Errorf("read %s: %w", logbook.Stream, err)
		}
		fact, err := logbook.Codec().Decode(recorded)
		if err != nil {
			return logbook.Created{}, false, err
		}
		if created, ok := fact.Event.(logbook.Created); ok {
			return created, true, nil
		}
	}
	return logbook.Created{}, false, nil
}

func begin(ctx context.Context, store es.Store, keys *keyring.Keyring, now func() time.Time) error {
	id, err := uuid.NewRandom()
	if err != nil {
		return fmt.Errorf("make log id: %w", err)
	}
	event, err := logbook.Codec().Encode(logbook.Created{
		LogID:    id.String(),
		KeyCheck: keys.Seal(logbook.KeyCheckContext, id.String()),
	}, es.Metadata{At: es.TimeOf(now())})
	if err != nil {
		return err
	}
	if event.ID, err = uuid.NewV7(); err != nil {
		return fmt.Errorf("make event id: %w", err)
	}
	_, err = store.Append(ctx, logbook.Stream, es.NoStream(), event)
	return err
}
