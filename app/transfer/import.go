package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"

	"daybook/domain/es"
)

// ErrOtherLog says that a store holds what the file does not begin with.
var ErrOtherLog = errors.New("the store holds something else than the beginning of this log: import into an empty store, or remove what is there")

// ErrWrittenMeanwhile says that somebody else appends to the store.
var ErrWrittenMeanwhile = errors.New("somebody else appends to this store: stop every Daybook on it, and import again")

// Import appends the log of a file to a store that is empty, or holds a
// beginning of this log: so one that was interrupted, at whatever moment, goes
// on where it was, and one that is repeated appends nothing. The file is read
// to its end before anything is appended. At the end all of it is compared with
// what the store holds: a *[DifferentError] says how they differ.
//
// It returns [ErrDamaged] for a file that is not what was exported,
// [ErrOtherLog] for a store that holds anything else, and [es.ErrTooLarge] if
// an event is larger than the store takes; in all three cases nothing was
// appended. Nobody else may append meanwhile.
func Import(ctx context.Context, store es.Store, file io.ReadSeeker, progress Progress) (Report, error) {
	if err := rewind(file); err != nil {
		return Report{}, err
	}
	c, err := check(ctx, file, progress)
	if err != nil {
		return Report{}, err
	}
	if c.size > store.MaxAppend() {
		return Report{}, fmt.Errorf("%s@%d has %d bytes, and this store takes %d at once: %w",
			c.largest.Stream, c.largest.Revision, c.size, store.MaxAppend(), es.ErrTooLarge)
	}
	i := importing{store: store, file: file, checked: c, progress: progress}
	if err := i.run(ctx); err != nil {
		return i.report, err
	}
	return i.report, nil
}

// importing is an import under way.
type importing struct {
	checked

	store    es.Store
	file     io.ReadSeeker
	progress Progress
}

func (i *importing) run(ctx context.Context) error {
	found, err := i.compare(ctx, StepCompare)
	if err != nil {
		return err
	}
	if err := found.err(); err != nil {
		return fmt.Errorf("%w (%w)", ErrOtherLog, err)
	}
	i.report.Found, i.report.Later = found.matched, found.later
	if found.matched < i.report.Events {
		if err := i.append(ctx, found.file); err != nil {
			return err
		}
	}
	return i.verify(ctx)
}

// compare goes through the store and as much of the file.
func (i *importing) compare(ctx context.Context, step Step) (*comparison, error) {
	if err := rewind(i.file); err != nil {
		return nil, err
	}
	file, err := newFileReader(i.file)
	if err != nil {
		return nil, err
	}
	looked := i.progress.count(StepLook, 0)
	s, err := look(ctx, i.store, looked.next)
	if err != nil {
		return nil, fmt.Errorf("look at what the store holds: %w", err)
	}
	looked.end()
	c := &comparison{file: file, aged: i.aged, step: i.progress.count(step, s.events)}
	if err := c.run(ctx, s.kept(ctx)); err != nil {
		return nil, fmt.Errorf("compare file and store: %w", err)
	}
	c.step.end()
	return c, nil
}

// append appends what is left of the file.
func (i *importing) append(ctx context.Context, file *fileReader) error {
	a := &appender{store: i.store, aged: i.aged, step: i.progress.count(StepAppend, i.report.Events)}
	a.step.add(i.report.Found)
	defer func() { i.report.Appended, i.report.Placeholders = a.appended, a.placeholders }()
	for {
		e, err := file.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := a.add(ctx, &e); err != nil {
			return err
		}
	}
	if err := a.flush(ctx); err != nil {
		return err
	}
	a.step.end()
	return nil
}

// verify compares all of the file with all that the store holds.
func (i *importing) verify(ctx context.Context) error {
	c, err := i.compare(ctx, StepVerify)
	if err != nil {
		return err
	}
	if c.differ.Count == 0 {
		if err := c.rest(); err != nil {
			return err
		}
	}
	i.report.Later, i.report.Differences = c.later, c.differ.Count
	if c.later > 0 && i.report.Appended > 0 && c.differ.Count == 0 {
		return ErrWrittenMeanwhile
	}
	return c.err()
}

func rewind(file io.Seeker) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read the file from its beginning: %w", err)
	}
	return nil
}
