package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"daybook/app/identity"
	"daybook/app/readmodel"
	"daybook/app/store/embedded"
	"daybook/domain/es"
)

// ErrNoLog says that a directory holds no log.
var ErrNoLog = errors.New("there is no log in this directory; name another with --data")

// RebuildOffline makes the read models of a data directory anew that no server
// holds. It returns [embedded.ErrLocked] if one does, and [ErrNoLog] if there
// is nothing to rebuild from. An empty master key is read from the directory.
func RebuildOffline(ctx context.Context, data, masterKey string, logger *slog.Logger, progress func(done, total es.Position)) (err error) {
	if _, err := os.Stat(filepath.Join(data, embedded.FileName)); err != nil {
		return ErrNoLog
	}
	store, err := embedded.Open(ctx, data, embedded.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	head, err := store.Head(ctx)
	if err != nil {
		return err
	}
	if head == es.Start {
		return ErrNoLog
	}
	keys, err := openKeyring(ctx, store, data, masterKey)
	if err != nil {
		return err
	}
	logID, err := identity.Open(ctx, store, keys, time.Now)
	if err != nil {
		return err
	}
	runner, err := readmodel.Open(ctx, data, store, logID, logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, runner.Close()) }()
	if err := runner.Rebuild(ctx, progress); err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	return nil
}
