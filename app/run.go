package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Run serves until ctx ends or a part fails, then stops within 10 s and closes
// the App. It calls ready, which must not block, once webhooks are taken. The
// end of ctx is no error.
func (a *App) Run(ctx context.Context, ready func()) (err error) {
	defer func() { err = errors.Join(err, a.Close()) }()
	// The parts stop in an order of their own: not all at once when ctx ends.
	parts, stopParts := context.WithCancel(context.WithoutCancel(ctx))
	defer stopParts()
	group, parts := errgroup.WithContext(parts)
	group.Go(func() error { return a.configuration.Run(parts) })
	group.Go(func() error { return a.readModels.Run(parts) })

	err = a.load(ctx)
	if err == nil {
		err = a.applyFile(ctx)
	}
	if err != nil || ctx.Err() != nil {
		stopParts()
		return errors.Join(err, group.Wait())
	}
	working, stopWorking := context.WithCancel(parts)
	defer stopWorking()
	group.Go(func() error { return a.worker.Run(working) })
	group.Go(func() error { return a.alerts.Run(working) })
	group.Go(a.serve)
	if a.protocol != nil {
		a.config.Logger.Info("speaking the EventStoreDB protocol", "addr", a.EsdbAddr())
		group.Go(a.protocol.serve)
	}
	ready()

	select {
	case <-ctx.Done():
	case <-parts.Done():
	}
	// Nothing more is claimed. What takes requests still answers those under
	// way: it needs the configuration and the read models until then.
	stopWorking()
	a.drain()
	stopParts()
	return group.Wait()
}

// load waits for the configuration: without it every webhook would be refused.
func (a *App) load(ctx context.Context) error {
	loading, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	if err := a.configuration.WaitLoaded(loading); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

func (a *App) serve() error {
	if err := a.server.Serve(a.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// drain takes no new connections, ends what would never end by itself, waits
// for the other requests under way, and cuts off those that take too long.
func (a *App) drain() {
	ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	a.endLive()
	var clients sync.WaitGroup
	if a.protocol != nil {
		clients.Go(func() { a.protocol.stop(ctx) })
	}
	err := a.server.Shutdown(ctx)
	a.cutRequests()
	clients.Wait()
	if err != nil {
		a.config.Logger.Warn("requests that took too long were cut off at the stop")
		_ = a.server.Close() // the listener is closed already; connections are only dropped
	}
}

// Close releases what New took; [App.Run] has called it when it returns. What
// ingest has counted is written down, and the store is closed last.
func (a *App) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	var errs []error
	if a.listener != nil {
		if err := a.listener.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if a.protocol != nil {
		errs = append(errs, a.protocol.close())
	}
	if a.ingest != nil {
		errs = append(errs, a.ingest.Close(ctx))
	}
	if a.destinations != nil {
		a.destinations.Close()
	}
	if a.rebuild != nil {
		a.rebuild.Close()
	}
	if a.steering != nil {
		a.steering.Close()
	}
	if a.messenger != nil {
		a.messenger.Close()
	}
	if a.readModels != nil {
		errs = append(errs, a.readModels.Close())
	}
	return errors.Join(append(errs, a.closeStore())...)
}
