package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"daybook/app/store/embedded"
	"daybook/app/store/esdb"
	"daybook/app/transfer"
	"daybook/domain/es"
)

// ExportOffline writes the log of a store, as [Config.Store] and [Config.Data]
// name it, for [ImportOffline]. It returns [embedded.ErrLocked] if a server
// holds the directory, and [ErrNoLog] or [transfer.ErrNoLog] if there is none.
func ExportOffline(ctx context.Context, store, data string, w io.Writer, progress transfer.Progress) (report transfer.Report, err error) {
	if store == DefaultStore {
		if _, err := os.Stat(filepath.Join(data, embedded.FileName)); err != nil {
			return report, ErrNoLog
		}
	}
	log, err := openLog(ctx, store, data)
	if errors.Is(err, embedded.ErrLocked) {
		return report, fmt.Errorf("%w; or, while it runs with --esdb-addr HOST:PORT, export with --store 'esdb://HOST:PORT?tls=false'", err)
	}
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	return transfer.Export(ctx, log, w, progress)
}

// ImportOffline appends the log of a file to a store, as [transfer.Import] does.
func ImportOffline(ctx context.Context, store, data string, file io.ReadSeeker, progress transfer.Progress) (report transfer.Report, err error) {
	log, err := openLog(ctx, store, data)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	return transfer.Import(ctx, log, file, progress)
}

// openLog opens the log alone, without a Daybook on it.
func openLog(ctx context.Context, store, data string) (es.Store, error) {
	if store == DefaultStore {
		return embedded.Open(ctx, data, embedded.Options{})
	}
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	log, err := esdb.Open(ctx, store, esdb.Options{})
	if err != nil {
		return nil, fmt.Errorf("%w; see that it runs and can be reached from here, and that --store (DAYBOOK_STORE) is right", err)
	}
	return log, nil
}

// ValidateStore says what is wrong with the name of a store, without showing
// its password.
func ValidateStore(store string) error {
	if store != DefaultStore && !esdb.IsConnectionString(store) {
		return errNoStore(store)
	}
	return nil
}
