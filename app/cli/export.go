package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"daybook/app"
	"daybook/app/transfer"
)

// logFlags name a log that no Daybook is needed for.
type logFlags struct {
	Data  string `env:"DAYBOOK_DATA" placeholder:"DIR" help:"The directory of an embedded log (default ${data})."`
	Store string `env:"DAYBOOK_STORE" placeholder:"STORE" help:"The event store: embedded (default), or esdb://…, esdb+discover://…, kurrentdb://…"`
	JSON  bool   `name:"json" help:"Print what came of it as a line of JSON."`
}

// log returns the store and the directory.
func (l logFlags) log() (store, data string, err error) {
	store = cmp.Or(l.Store, app.DefaultStore)
	if err := app.ValidateStore(store); err != nil {
		return "", "", usage("%s", err)
	}
	return store, cmp.Or(l.Data, app.DefaultData), nil
}

// tell prints what came of it.
func (l logFlags) tell(streams Streams, report transfer.Report, text string) error {
	if l.JSON {
		return printLine(streams.Out, report)
	}
	_, err := fmt.Fprintln(streams.Err, text)
	return err
}

type exportCommand struct {
	logFlags
	File string `arg:"" help:"The new file, or - for standard output."`
}

// Help says what the help of the flags does not.
func (exportCommand) Help() string {
	return `The file holds every event, byte for byte, with its stream, revision and id,
in the order of the log, and a sum that tells whether it is whole. daybook
import appends it to another store. What is appended to the log while it is
exported is not in the file.

Secrets in it are encrypted, payloads are not: it can be read by its owner
only, and is to be kept like the log. The master key is not in it. It has to
move too: without DAYBOOK_MASTER_KEY, or the master.key of the directory, the
log opens nowhere.

An embedded log is exported while no server holds it, or from the --esdb-addr
of the one that does.`
}

// Run writes the log to a file.
func (c exportCommand) Run(ctx context.Context, streams Streams) error {
	store, data, err := c.log()
	if err != nil {
		return err
	}
	show := steps(streams)
	if c.File == "-" {
		if c.JSON {
			return usage("standard output cannot take both the log and --json: name a file")
		}
		report, err := app.ExportOffline(ctx, store, data, streams.Out, show)
		if err != nil {
			return err
		}
		return c.tell(streams, report, exported(report))
	}
	if _, err := os.Lstat(c.File); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there already: remove it, or name another file", c.File)
	}
	report, err := writeWhole(ctx, c.File, func(w io.Writer) (transfer.Report, error) {
		return app.ExportOffline(ctx, store, data, w, show)
	}, show)
	if err != nil {
		return err
	}
	return c.tell(streams, report, exported(report))
}

func exported(r transfer.Report) string {
	return fmt.Sprintf("%d events of the log %s were exported (%d bytes); the master key has to move too", r.Events, plain(r.LogID), r.Bytes)
}

// writeWhole makes a file that is there only once it is whole, on the disk, and
// was read again.
func writeWhole(ctx context.Context, path string, write func(io.Writer) (transfer.Report, error), show transfer.Progress) (report transfer.Report, err error) {
	partial := path + ".partial"
	file, err := os.OpenFile(partial, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return report, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close(), os.Remove(partial))
		}
	}()
	if err := file.Chmod(0o600); err != nil { // one that an earlier export left behind
		return report, err
	}
	if report, err = write(file); err != nil {
		return report, err
	}
	if err := file.Sync(); err != nil {
		return report, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return report, err
	}
	read, err := transfer.Check(ctx, file, show)
	if err == nil && read != report {
		err = transfer.ErrDamaged
	}
	if err != nil {
		return report, fmt.Errorf("read %s again: %w", partial, err)
	}
	if err := os.Rename(partial, path); err != nil {
		return report, err
	}
	return report, errors.Join(file.Close(), syncDirectory(filepath.Dir(path)))
}

// syncDirectory makes the name of a new file durable.
func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// steps shows how far an export or import is, on a terminal and nowhere else.
func steps(streams Streams) transfer.Progress {
	if !isTerminal(streams.Err) {
		return nil
	}
	return func(step transfer.Step, done, total uint64) {
		how := fmt.Sprintf("%d events", done)
		if total > 0 {
			how = fmt.Sprintf("%3d %%", done*100/total)
		}
		_, _ = fmt.Fprintf(streams.Err, "\r\x1b[K%s: %s", step, how)
		if done == total {
			_, _ = fmt.Fprint(streams.Err, "\r\x1b[K")
		}
	}
}
