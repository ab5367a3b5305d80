package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sync/errgroup"

	"daybook/app"
	"daybook/app/demo"
	"daybook/app/keyring"
)

type demoCommand struct {
	running
	Count int `placeholder:"N" help:"End after N webhooks (default: go on)."`
}

// Run serves, and fills the log with a life that can be watched.
func (c demoCommand) Run(ctx context.Context, streams Streams, version buildVersion) (err error) {
	if c.Count < 0 {
		return usage("--count %d: give a number from 1", c.Count)
	}
	if c.Addr == "" {
		c.Addr = "127.0.0.1:0"
	}
	if c.Data == "" {
		if c.Data, err = os.MkdirTemp("", "daybook-demo-"); err != nil {
			return fmt.Errorf("make a temporary directory: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(c.Data)) }()
	}
	if c.AdminToken == "" {
		c.AdminToken = keyring.NewToken()
	}
	config, err := c.config(version, streams)
	if err != nil {
		return err
	}
	config.ReusableLogIn = true
	daybook, err := app.New(ctx, config)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	group, ctx := errgroup.WithContext(ctx)
	listening := make(chan struct{})
	group.Go(func() error {
		defer stop()
		return daybook.Run(ctx, func() {
			config.Logger.Info("listening", "addr", daybook.Addr())
			close(listening)
		})
	})
	group.Go(func() error {
		select {
		case <-listening:
		case <-ctx.Done():
			return nil
		}
		defer stop() // when the demo has sent what it was asked for
		return c.tell(ctx, daybook, config, streams)
	})
	return group.Wait()
}

// tell sets the demo up, prints its three lines, and runs it.
func (c demoCommand) tell(ctx context.Context, daybook *app.App, config app.Config, streams Streams) error {
	story, err := demo.New(ctx, demo.Config{Sources: daybook.Sources(), Now: config.Now, Logger: config.Logger, Count: c.Count})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(streams.Out, "Open %s\nTry: open a webhook that was ignored and read why, then change the mapping dunning under Sources, and replay it.\nFollow in a second terminal: DAYBOOK_URL=%s DAYBOOK_ADMIN_TOKEN=%s go run ./app/cmd/daybook tail\n",
		daybook.LogInURL(), daybook.URL(), c.AdminToken)
	if err != nil {
		return err
	}
	return story.Run(ctx)
}
