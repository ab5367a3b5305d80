package embedded

import (
	"database/sql"
	"errors"

	"daybook/domain/es"
)

// page is some rows, read whole.
type page struct {
	events  []es.Recorded
	last    es.Recorded // of the rows scanned, without its bytes
	scanned int
	bytes   int
}

// read reads rows up to the bound in bytes, keeps those that keep wants, and
// closes the rows, which ends the read transaction.
func (p *page) read(rows *sql.Rows, keep func(e *es.Recorded, created es.Time) bool) (err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for p.bytes < pageBytes && rows.Next() {
		var e es.Recorded
		var created es.Time
		var revision, position int64 // which Scan takes without a detour
		if err := rows.Scan(&e.Stream, &revision, &position, &e.ID, &e.Type, &created, &e.Data, &e.Metadata); err != nil {
			return err
		}
		e.Revision, e.Position = es.Revision(revision), es.Position(position)
		p.scanned++
		p.bytes += e.Size()
		p.last = es.Recorded{Stream: e.Stream, Revision: e.Revision, Position: e.Position}
		if keep(&e, created) {
			p.events = append(p.events, e)
		}
	}
	return rows.Err()
}

// more reports whether there may be rows beyond a page of at most limit.
func (p *page) more(limit int) bool { return p.scanned >= limit || p.bytes >= pageBytes }
