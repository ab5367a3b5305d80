package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/google/uuid"

	"daybook/app"
	"daybook/app/longwork"
	"daybook/app/store/embedded"
	"daybook/domain/es"
)

type rebuildCommand struct {
	server
	Store string `env:"DAYBOOK_STORE" placeholder:"STORE" help:"The event store: embedded (default), or esdb://…, esdb+discover://…, kurrentdb://…"`
}

// Help says what the help of the flags does not.
func (rebuildCommand) Help() string {
	return `While no server holds the directory, the read models in it are made anew right
here, from the log there or the event store of --store; it needs the master key.
Otherwise, and with --server, the server does it, and serves meanwhile. On an
event store that several share, each has its own read models: the others'
stay as they are.`
}

// Run makes the read models anew: here, if no process holds the data and no
// server was named, else by the server that runs.
func (c rebuildCommand) Run(ctx context.Context, streams Streams) error {
	show := progress(streams)
	store := cmp.Or(c.Store, app.DefaultStore)
	if err := app.ValidateStore(store); err != nil {
		return usage("%s", err)
	}
	if c.Server != "" {
		return c.ask(ctx, streams, show)
	}
	work := longwork.Work{ID: uuid.NewString(), Status: longwork.Done, StartedAt: es.TimeOf(time.Now())}
	err := app.RebuildOffline(ctx, store, c.data(), os.Getenv(masterKeyVariable), slog.New(slog.DiscardHandler), func(done, total es.Position) {
		work.Progress = longwork.Progress{Done: uint64(done), Total: uint64(total)}
		show(done, total)
	})
	switch {
	case err == nil:
		work.FinishedAt = es.TimeOf(time.Now())
		return c.say(streams, work)
	case errors.Is(err, embedded.ErrLocked), isElsewhere(err) && c.Token != "":
		return c.ask(ctx, streams, show)
	default:
		return err
	}
}

// isElsewhere tells that the directory is not that of a Daybook: it may run on
// another machine.
func isElsewhere(err error) bool {
	return errors.Is(err, app.ErrNoLog) || errors.Is(err, app.ErrNoInstance)
}

// ask has the server rebuild, and waits for it.
func (c rebuildCommand) ask(ctx context.Context, streams Streams, show func(done, total es.Position)) error {
	var work longwork.Work
	if err := c.call(ctx, http.MethodPost, "/rebuild", nil, nil, &work); err != nil {
		return err
	}
	for work.Status == longwork.Running {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
		if err := c.call(ctx, http.MethodGet, "/rebuild/"+url.PathEscape(work.ID), nil, nil, &work); err != nil {
			return err
		}
		show(es.Position(work.Progress.Done), es.Position(work.Progress.Total))
	}
	return c.say(streams, work)
}

// say says what came of a rebuild.
func (c rebuildCommand) say(streams Streams, work longwork.Work) error {
	if c.JSON {
		if err := printLine(streams.Out, work); err != nil {
			return err
		}
	}
	if work.Status != longwork.Done {
		return fmt.Errorf("the rebuild ended as %s: %s", work.Status, or(work.Error))
	}
	_, err := fmt.Fprintln(streams.Err, "the read models were made anew")
	return err
}

// progress shows how far long work is, on a terminal and nowhere else.
func progress(streams Streams) func(done, total es.Position) {
	if !isTerminal(streams.Err) {
		return func(es.Position, es.Position) {}
	}
	return func(done, total es.Position) {
		percent := uint64(100)
		if total > 0 {
			percent = uint64(done) * 100 / uint64(total)
		}
		_, _ = fmt.Fprintf(streams.Err, "\r%3d %%", percent)
		if done == total {
			_, _ = fmt.Fprint(streams.Err, "\r      \r")
		}
	}
}
