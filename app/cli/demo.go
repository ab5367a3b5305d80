package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sync/errgroup"

	"daybook/app"
	"daybook/app/demo"
)

type demoCommand struct {
	running
	Count *int `placeholder:"N" help:"End after N webhooks (default: go on)."`
}

// Run serves, and fills the log with a life that can be watched.
func (c demoCommand) Run(ctx context.Context, streams Streams, version buildVersion) (err error) {
	count := 0 // go on
	if c.Count != nil {
		if count = *c.Count; count < 1 {
			return usage("--count %d: give a number from 1", count)
		}
	}
	c.Addr = cmp.Or(c.Addr, "127.0.0.1:0")
	if c.Data == "" {
		if c.Data, err = os.MkdirTemp("", "daybook-demo-"); err != nil {
			return fmt.Errorf("make a temporary directory: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(c.Data)) }()
	}
	config, err := c.config(version, streams)
	if err != nil {
		return err
	}
	config.ReusableLogIn = true
	daybook, err := app.New(ctx, config)
	if stopped(ctx, err) {
		return nil
	}
	if err != nil {
		return err
	}
	return serveAndTell(ctx, daybook, config, streams, count)
}

// serveAndTell runs the Daybook, and the story while it listens. When either
// ends, so does the other.
func serveAndTell(ctx context.Context, daybook *app.App, config app.Config, streams Streams, count int) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var group errgroup.Group
	listening := make(chan struct{})
	group.Go(func() error {
		defer stop()
		return daybook.Run(ctx, func() {
			config.Logger.Info("listening", "addr", daybook.Addr())
			close(listening)
		})
	})
	group.Go(func() error {
		defer stop()
		select {
		case <-listening:
			return tell(ctx, daybook, config, streams, count)
		case <-ctx.Done():
			return nil
		}
	})
	return group.Wait()
}

// tell sets the demo up, prints its three lines, and runs it.
func tell(ctx context.Context, daybook *app.App, config app.Config, streams Streams, count int) error {
	story, err := demo.New(ctx, demo.Config{
		Sources: daybook.Sources(), LocalURL: daybook.LocalURL(), Now: config.Now, Logger: config.Logger, Count: count,
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(streams.Out, `Open %s (it logs you in, until Ctrl-C)
Try: open a webhook that was ignored and read why; or lower the amount in the mapping dunning under Sources, then replay a payment that failed. The next line, pasted into a second terminal, follows the log:
DAYBOOK_URL=%s DAYBOOK_ADMIN_TOKEN=%s go run ./app/cmd/daybook tail
`, daybook.LogInURL(), daybook.URL(), daybook.AdminToken())
	if err != nil {
		return err
	}
	return story.Run(ctx)
}
