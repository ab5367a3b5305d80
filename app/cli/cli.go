// Package cli is the command line: serve and demo run a Daybook, the other
// commands talk to one that runs.
//
// Exit status: 0 done, 1 failed, 2 wrong usage. What a command is asked for
// goes to standard output, everything else to standard error.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"daybook/app"
)

// Streams are where a command reads and writes.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// commands are all there are; kong reads their flags from the fields.
type commands struct {
	Serve   serveCommand   `cmd:"" help:"Take webhooks, and show them in the browser."`
	Demo    demoCommand    `cmd:"" help:"Serve with a Stripe source and signed Stripe webhooks flowing."`
	Source  sourceCommands `cmd:"" help:"Sources: list, get, create, apply, delete, rotate, and their secrets."`
	Trigger triggerCommand `cmd:"" help:"Make a sample webhook, sign it and send it."`
	Tail    tailCommand    `cmd:"" help:"Follow the event log."`
	Events  eventsCommands `cmd:"" help:"The event log: list, show."`
	Replay  replayCommand  `cmd:"" help:"Say what today's rules would do with a webhook. Nothing is sent."`
	Stream  streamCommands `cmd:"" help:"The streams behind it all: list, cat."`
	Rebuild rebuildCommand `cmd:"" help:"Make the read models anew from the log."`
	Export  exportCommand  `cmd:"" help:"Write the whole log to a file."`
	Import  importCommand  `cmd:"" help:"Append the log of a file to another store."`
	Version versionCommand `cmd:"" help:"Say which version this is."`

	Healthcheck healthcheckCommand `cmd:"" help:"Say by the exit status whether a Daybook answers."`
}

// The exit statuses.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// Main is the program: it carries out the command of the process's arguments
// and returns the exit status. An interrupt or SIGTERM asks the command to end;
// a second one ends the process at once.
func Main(version string) int {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	signals := make(chan os.Signal, 2) // the second may come while the first is dealt with
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		stop()
		<-signals
		_, _ = fmt.Fprintln(os.Stderr, "daybook: interrupted again, and ended at once")
		os.Exit(exitFailed)
	}()
	return Run(ctx, version, os.Args[1:], Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
}

// Run carries out one command and returns the exit status.
func Run(ctx context.Context, version string, args []string, streams Streams) int {
	var exited *int
	parser, err := kong.New(&commands{},
		kong.Name("daybook"),
		kong.Description("A self-hosted webhook receiver with an audit log that can be replayed."),
		kong.Writers(streams.Out, streams.Err),
		kong.Exit(func(status int) { exited = &status }),
		kong.Vars{"addr": app.DefaultAddr, "data": app.DefaultData},
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		_, _ = fmt.Fprintln(streams.Err, "daybook:", err)
		return exitFailed
	}
	parsed, err := parser.Parse(args)
	if exited != nil { // --help was asked for
		return *exited
	}
	if err != nil {
		_, _ = fmt.Fprintf(streams.Err, "daybook: %s\nRun daybook --help, or daybook COMMAND --help.\n", err)
		return exitUsage
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = parsed.Run(streams, buildVersion(version))
	var usage *usageError
	switch {
	case errors.As(err, &usage):
		_, _ = fmt.Fprintln(streams.Err, "daybook:", plainLines(err.Error()))
		return exitUsage
	case stopped(ctx, err):
		_, _ = fmt.Fprintln(streams.Err, "daybook: interrupted")
		return exitFailed
	case err != nil:
		_, _ = fmt.Fprintln(streams.Err, "daybook:", plainLines(strings.TrimSpace(err.Error())))
		return exitFailed
	}
	return exitDone
}

// buildVersion is the version of the program, as a type of its own so that
// kong can hand it to the commands that want it.
type buildVersion string

// usageError is a command line that kong could read and that makes no sense.
type usageError struct{ message string }

func (e *usageError) Error() string { return e.message }

func usage(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(streams Streams, version buildVersion) error {
	_, err := fmt.Fprintln(streams.Out, version)
	return err
}
