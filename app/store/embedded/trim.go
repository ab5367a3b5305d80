package embedded

import (
	"fmt"

	"daybook/domain/es"
)

// inForce is the retention of a stream as this transaction leaves it.
func (w *writer) inForce(stream es.Stream) es.Retention {
	if retention, ok := w.changed[stream]; ok {
		return retention
	}
	return w.retention.get(stream)
}

// trim cuts what the events that were just written push out: exactly, by
// $maxCount; a few of the oldest, by $maxAge.
func (w *writer) trim(stream es.Stream, last es.Revision) error {
	retention := w.inForce(stream)
	if retention.KeepsAll() {
		return nil
	}
	if first := retention.First(last); first > es.FirstRevision {
		if err := w.cut(stream, first); err != nil {
			return err
		}
	}
	_, err := w.cutOlder(stream, last, retention)
	return err
}

// trimAll cuts all that a retention cuts when it comes into force.
func (w *writer) trimAll(stream es.Stream) error {
	last, err := w.newestRevision(stream)
	if err != nil || !last.Valid || last.V == es.TombstoneRevision {
		return err
	}
	if err := w.trim(stream, last.V); err != nil {
		return err
	}
	for {
		n, err := w.cutOlder(stream, last.V, w.inForce(stream))
		if err != nil || n == 0 {
			return err
		}
	}
}

// cut deletes the events of the stream that stand before first.
func (w *writer) cut(stream es.Stream, first es.Revision) error {
	if _, err := w.deleteBefore.exec(string(stream), int64(first)); err != nil {
		return fmt.Errorf("trim %s: %w", stream, err)
	}
	return nil
}

// cutOlder deletes some of the oldest events that are too old, but not the
// newest event of the stream, and returns how many.
func (w *writer) cutOlder(stream es.Stream, last es.Revision, retention es.Retention) (int64, error) {
	since := retention.Since(w.at)
	if since == 0 {
		return 0, nil
	}
	result, err := w.deleteOlder.exec(string(stream), int64(last), int64(since))
	if err != nil {
		return 0, fmt.Errorf("trim %s: %w", stream, err)
	}
	return result.RowsAffected()
}
