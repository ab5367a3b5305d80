package embedded

import (
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"daybook/domain/es"
)

// applyAppend decides one append inside the transaction: it writes, or finds
// the events where they stand already, or refuses.
func (w *writer) applyAppend(r *request) (es.Appended, error) {
	if r.expected.IsNoStream() {
		position, made, err := w.recordFirst(r.stream, &r.events[0])
		if err != nil {
			return es.Appended{}, err
		}
		if made {
			return w.insertRest(r, es.Appended{Revision: es.FirstRevision, Position: position})
		}
	}
	last, known, err := w.lookUp(r.stream, r.events[0].ID)
	if err != nil {
		return es.Appended{}, err
	}
	switch {
	case last.Valid && last.V == es.TombstoneRevision:
		return es.Appended{}, es.ErrStreamDeleted
	case known.Valid && standsAsExpected(known.V, r.expected):
		return w.again(r, known.V)
	case known.Valid || !r.expected.Met(last.V, last.Valid):
		return es.Appended{}, r.conflict()
	}
	if last.Valid {
		if err := w.refuseKnown(r); err != nil {
			return es.Appended{}, err
		}
	}
	return w.insertAll(r, last)
}

// standsAsExpected reports whether events that stand from revision first on
// were appended under expected, or could have been.
func standsAsExpected(first es.Revision, expected es.Expected) bool {
	if first == es.FirstRevision {
		return expected.Met(0, false)
	}
	return expected.Met(first-1, true)
}

type nullRevision = sql.Null[es.Revision]

// lookUp returns the newest revision of the stream and the one that has the id.
func (w *writer) lookUp(stream es.Stream, id uuid.UUID) (last, known nullRevision, err error) {
	if err := w.look.row(string(stream), id[:]).Scan(&last, &known); err != nil {
		return last, known, fmt.Errorf("look at %s: %w", stream, err)
	}
	return last, known, nil
}

// again answers an append whose first event stands at first.
func (w *writer) again(r *request, first es.Revision) (es.Appended, error) {
	var at es.Appended
	for i := range r.events {
		found, err := w.findID(r.stream, r.events[i].ID)
		if err != nil {
			return es.Appended{}, err
		}
		if found == nil || found.Revision != first+es.Revision(i) {
			return es.Appended{}, r.conflict()
		}
		at = *found
	}
	return at, nil
}

// refuseKnown refuses an append whose first event is new and another is not.
func (w *writer) refuseKnown(r *request) error {
	for i := range r.events[1:] {
		found, err := w.findID(r.stream, r.events[i+1].ID)
		if err != nil {
			return err
		}
		if found != nil {
			return r.conflict()
		}
	}
	return nil
}

// findID returns where the stream holds the id, nil if it does not.
func (w *writer) findID(stream es.Stream, id uuid.UUID) (*es.Appended, error) {
	var at es.Appended
	err := w.find.row(string(stream), id[:]).Scan(&at.Revision, &at.Position)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("look for an event of %s: %w", stream, err)
	}
	return &at, nil
}

// insertAll writes the events after last.
func (w *writer) insertAll(r *request, last nullRevision) (es.Appended, error) {
	next := es.FirstRevision
	if last.Valid {
		next = last.V + 1
	}
	position, err := w.record(r.stream, next, &r.events[0])
	if err != nil {
		return es.Appended{}, err
	}
	return w.insertRest(r, es.Appended{Revision: next, Position: position})
}

// insertRest writes what follows the first event, which stands at at, and
// applies the retention that follows from them.
func (w *writer) insertRest(r *request, at es.Appended) (es.Appended, error) {
	for i := range r.events[1:] {
		position, err := w.record(r.stream, at.Revision+1, &r.events[i+1])
		if err != nil {
			return es.Appended{}, err
		}
		at = es.Appended{Revision: at.Revision + 1, Position: position}
	}
	if err := w.trim(r.stream, at.Revision); err != nil {
		return es.Appended{}, err
	}
	if of, retention, ok := es.RetentionIn(r.stream, r.events); ok {
		w.changed[of] = retention
		if err := w.trimAll(of); err != nil {
			return es.Appended{}, err
		}
	}
	return at, nil
}

func (w *writer) record(stream es.Stream, revision es.Revision, e *es.Event) (es.Position, error) {
	result, err := w.insert.exec(string(stream), int64(revision), e.ID[:], e.Type, int64(w.at), bytesOf(e.Data), bytesOf(e.Metadata))
	if err != nil {
		return 0, fmt.Errorf("write to %s: %w", stream, err)
	}
	return w.written(result)
}

// recordFirst writes the first event of a stream; made is false if there is
// such a stream. It saves looking at what is nearly always absent: a webhook
// comes once.
func (w *writer) recordFirst(stream es.Stream, e *es.Event) (at es.Position, made bool, err error) {
	result, err := w.insertFirst.exec(
		string(stream), int64(es.FirstRevision), e.ID[:], e.Type, int64(w.at), bytesOf(e.Data), bytesOf(e.Metadata))
	if err != nil {
		return 0, false, fmt.Errorf("write to %s: %w", stream, err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return 0, false, err
	}
	at, err = w.written(result)
	return at, true, err
}

func (w *writer) written(result sql.Result) (es.Position, error) {
	position, err := result.LastInsertId()
	if err != nil {
		return 0, fmt.Errorf("find what was written: %w", err)
	}
	w.newest = es.Position(position)
	return w.newest, nil
}

// bytesOf makes no bytes an empty value: nil would be NULL.
func bytesOf(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// applyTombstone ends a stream and deletes its events.
func (w *writer) applyTombstone(r *request) error {
	last, err := w.newestRevision(r.stream)
	if err != nil {
		return err
	}
	if last.Valid && last.V == es.TombstoneRevision {
		return nil
	}
	if err := w.cut(r.stream, es.TombstoneRevision); err != nil {
		return err
	}
	_, err = w.record(r.stream, es.TombstoneRevision, &es.Event{
		ID: uuid.New(), Type: es.TypeStreamDeleted, Data: []byte("{}"), Metadata: []byte("{}"),
	})
	return err
}

func (w *writer) newestRevision(stream es.Stream) (last nullRevision, err error) {
	if err := w.newestOf.row(string(stream)).Scan(&last); err != nil {
		return last, fmt.Errorf("look at %s: %w", stream, err)
	}
	return last, nil
}
