package cli

import (
	"cmp"
	"context"
	"fmt"

	"daybook/app"
)

type serveCommand struct {
	running
}

// Run takes webhooks until it is interrupted.
func (c serveCommand) Run(ctx context.Context, streams Streams, version buildVersion) error {
	c.Addr = cmp.Or(c.Addr, app.DefaultAddr)
	c.Data = cmp.Or(c.Data, app.DefaultData)
	config, err := c.config(version, streams)
	if err != nil {
		return err
	}
	daybook, err := app.New(ctx, config)
	if stopped(ctx, err) {
		return nil
	}
	if err != nil {
		return err
	}
	return daybook.Run(ctx, func() {
		config.Logger.Info("listening", "addr", daybook.Addr())
		if isTerminal(streams.Out) {
			_, _ = fmt.Fprintf(streams.Out, "Log in (once, within 10 minutes): %s\n", daybook.LogInURL())
		}
	})
}
