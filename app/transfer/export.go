package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"

	"daybook/domain/es"
	"daybook/domain/logbook"
)

// ErrNoLog says that a store holds no log of Daybook's.
var ErrNoLog = errors.New("there is no log in this store")

// Export writes the log of a store as it stood when the export began; what is
// appended meanwhile is not in it. (What retention cuts or a person erases
// meanwhile is in it or not.) It returns [ErrNoLog] if there is none.
func Export(ctx context.Context, store es.Store, w io.Writer, progress Progress) (Report, error) {
	looked := progress.count(StepLook, 0)
	s, err := look(ctx, store, looked.next)
	if err != nil {
		return Report{}, fmt.Errorf("look at the log: %w", err)
	}
	looked.end()
	logID, err := logIDOf(ctx, store)
	if err != nil {
		return Report{}, err
	}
	file, err := newFileWriter(w, logID)
	if err != nil {
		return Report{}, err
	}
	written := progress.count(StepWrite, s.events)
	for e, err := range s.kept(ctx) {
		if err != nil {
			return Report{}, err
		}
		if err := file.add(&e); err != nil {
			return Report{}, err
		}
		written.next()
	}
	sum, err := file.end()
	if err != nil {
		return Report{}, err
	}
	written.end()
	return Report{LogID: logID, Events: file.events, Bytes: file.bytes, SHA256: sum}, nil
}

// logIDOf returns the id of the log in a store.
func logIDOf(ctx context.Context, store es.Store) (string, error) {
	for e, err := range store.ReadStream(ctx, logbook.Stream, es.FirstRevision, es.Forward) {
		if err != nil {
			return "", fmt.Errorf("find the id of the log: %w", err)
		}
		fact, err := logbook.Codec().Decode(e)
		if err != nil {
			return "", err
		}
		if created, ok := fact.Event.(logbook.Created); ok {
			return created.LogID, nil
		}
	}
	return "", ErrNoLog
}

// Check reads a file to its end, and says what it holds. It returns
// [ErrDamaged] if that is not what was exported.
func Check(ctx context.Context, r io.Reader, progress Progress) (Report, error) {
	c, err := check(ctx, r, progress)
	return c.report, err
}

// checked is what is known of a file that was read to its end.
type checked struct {
	report  Report
	largest es.Recorded // without its bytes
	size    int         // of the largest
	aged    map[es.Stream]bool
}

func check(ctx context.Context, r io.Reader, progress Progress) (checked, error) {
	c := checked{aged: map[es.Stream]bool{}}
	file, err := newFileReader(r)
	if err != nil {
		return c, err
	}
	count := progress.count(StepCheck, 0)
	for {
		e, err := file.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return c, err
		}
		if size := e.Size(); size > c.size {
			c.size, c.largest = size, es.Recorded{Stream: e.Stream, Revision: e.Revision}
		}
		if of, retention, ok := retentionIn(&e); ok && retention.MaxAge > 0 {
			c.aged[of] = true
		}
		count.next()
	}
	count.end()
	c.report = Report{LogID: file.logID, Events: file.events, Bytes: file.bytes, SHA256: file.total}
	return c, nil
}
