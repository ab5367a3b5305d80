package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"daybook/app"
	"daybook/app/transfer"
	"daybook/domain/es"
)

type importCommand struct {
	logFlags
	File string `arg:"" help:"The file that daybook export wrote."`
}

// Help says what the help of the flags does not.
func (importCommand) Help() string {
	return `The store is to be empty, and no Daybook may run on it. Event ids, revisions and
the order stay, positions do not: read models are made anew at the next start.
At the end the store is compared with the file, event by event.

One that was interrupted is run again, and goes on where it was; one that is
done appends nothing. A store that holds another log is refused.

The master key is not in the file. It has to move too: start the new Daybook
with the old DAYBOOK_MASTER_KEY, or copy master.key into its directory.`
}

// Run appends the log of a file to a store.
func (c importCommand) Run(ctx context.Context, streams Streams) (err error) {
	store, data, err := c.log()
	if err != nil {
		return err
	}
	file, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	report, err := app.ImportOffline(ctx, store, data, file, steps(streams))
	if _, differs := errors.AsType[*transfer.DifferentError](err); differs && c.JSON && report.Differences > 0 {
		err = errors.Join(err, printLine(streams.Out, report))
	}
	switch {
	case errors.Is(err, es.ErrUnavailable) && report.LogID != "":
		return fmt.Errorf("%d of %d events are in the store; run the same command again, and it goes on there: %w",
			report.Found+report.Appended, report.Events, err)
	case err != nil:
		return err
	}
	return c.tell(streams, report, imported(report))
}

func imported(r transfer.Report) string {
	text := fmt.Sprintf("all %d events of the log %s are in the store and were compared: %d were appended, %d were there before",
		r.Events, plain(r.LogID), r.Appended, r.Found)
	if r.Placeholders > 0 {
		text += fmt.Sprintf("; %d placeholders stand where retention had cut", r.Placeholders)
	}
	if r.Later > 0 {
		text += fmt.Sprintf("; %d later events follow", r.Later)
	}
	return text + "\nstart the Daybook on it with the master key of the old one"
}
