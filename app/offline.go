package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"daybook/app/identity"
	"daybook/app/readmodel"
	"daybook/app/store/embedded"
	"daybook/domain/es"
)

// ErrNoLog says that a directory holds no log.
var ErrNoLog = errors.New("there is no log in this directory; name another with --data")

// ErrNoInstance says that there is no directory where an instance whose log is
// elsewhere would keep its read models.
var ErrNoInstance = errors.New("there is no such directory, so no Daybook keeps its read models there; name another with --data")

// RebuildOffline makes the read models in a data directory anew, which no server
// holds, from a store as [Config.Store] names it. It returns
// [embedded.ErrLocked] if a server holds the directory, [ErrNoLog] or
// [ErrNoInstance] if it is not that of a Daybook, and [identity.ErrNoLog] for a
// store elsewhere that holds none. An empty master key is read from the
// directory.
func RebuildOffline(ctx context.Context, store, data, masterKey string, logger *slog.Logger, progress func(done, total es.Position)) (err error) {
	log, release, err := openForRebuild(ctx, store, data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	head, err := log.Head(ctx)
	if err != nil {
		return err
	}
	switch {
	case head == es.Start && store == DefaultStore:
		return ErrNoLog
	case head == es.Start: // and no master key is made for it
		return identity.ErrNoLog
	}
	keys, err := openKeyring(ctx, log, data, masterKey)
	if err != nil {
		return err
	}
	logID, err := identity.Find(ctx, log, keys)
	if err != nil {
		return err
	}
	runner, err := readmodel.Open(ctx, data, log, logID, logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, runner.Close()) }()
	if err := runner.Rebuild(ctx, progress); err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	return nil
}

// openForRebuild opens the log, and keeps others out of the directory until
// release. It makes no directory: one that is not there was misspelt.
func openForRebuild(ctx context.Context, store, data string) (log es.Store, release func() error, err error) {
	if store == DefaultStore {
		if _, err := os.Stat(filepath.Join(data, embedded.FileName)); err != nil {
			return nil, nil, ErrNoLog
		}
		if log, err = openLog(ctx, store, data); err != nil {
			return nil, nil, err
		}
		return log, log.Close, nil
	}
	if _, err := os.Stat(data); err != nil {
		return nil, nil, ErrNoInstance
	}
	unlock, err := embedded.Lock(data)
	if err != nil {
		return nil, nil, err
	}
	if log, err = openLog(ctx, store, data); err != nil {
		return nil, nil, errors.Join(err, unlock())
	}
	return log, func() error { return errors.Join(log.Close(), unlock()) }, nil
}
