package embedded

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"

	"daybook/domain/es"
)

// readers is how many pages are read at once.
const readers = 4

// What one page holds at most. The event that crosses the bytes is its last.
const (
	pageEvents = 512
	pageBytes  = 4 << 20
)

// reader is a connection of the pool, lent to one page at a time.
type reader struct {
	conn                            *sql.Conn
	streamForward, streamBackward   statement
	logForward, logBackward, newest statement
}

const columns = `SELECT stream, rev, pos, id, type, created, data, meta FROM events `

func newReader(ctx context.Context, pool *sql.DB) (_ *reader, err error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	r := &reader{conn: conn}
	for _, p := range []struct {
		stmt *statement
		text string
	}{
		{&r.streamForward, columns + `WHERE stream = ? AND rev >= ? ORDER BY rev LIMIT ?`},
		{&r.streamBackward, columns + `WHERE stream = ? AND rev <= ? ORDER BY rev DESC LIMIT ?`},
		// By position, whatever the planner thinks of the range of streams.
		{&r.logForward, columns + `NOT INDEXED WHERE pos > ? AND pos <= ? AND stream >= ? AND stream < ? ORDER BY pos LIMIT ?`},
		{&r.logBackward, columns + `WHERE pos < ? ORDER BY pos DESC LIMIT ?`},
		{&r.newest, `SELECT max(rev) FROM events WHERE stream = ?`},
	} {
		if p.stmt.Stmt, err = conn.PrepareContext(ctx, p.text); err != nil {
			return nil, errors.Join(fmt.Errorf("prepare %s: %w", p.text, err), r.close())
		}
	}
	return r, nil
}

func (r *reader) close() error {
	var errs []error
	for _, stmt := range []statement{r.streamForward, r.streamBackward, r.logForward, r.logBackward, r.newest} {
		if stmt.Stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	return errors.Join(append(errs, r.conn.Close())...)
}

// streamPages is where the reading of a stream stands.
type streamPages struct {
	stream es.Stream
	dir    es.Direction
	since  es.Time // older events are hidden
	next   es.Revision
	ended  bool
}

// stream reads the next page.
func (r *reader) stream(p *streamPages) ([]es.Recorded, error) {
	stmt, limit := r.streamForward, pageEvents
	switch {
	case p.dir == es.Backward:
		stmt = r.streamBackward
	case p.next == es.LastRevision: // forward from the newest: that one
		stmt, limit, p.ended = r.streamBackward, 1, true
	}
	rows, err := stmt.rows(string(p.stream), signed(p.next), limit)
	if err != nil {
		return nil, unavailable(err)
	}
	var page page
	if err := page.read(rows, func(e *es.Recorded, created es.Time) bool { return created >= p.since }); err != nil {
		return nil, unavailable(err)
	}
	if page.scanned == 0 {
		p.ended = true
		return nil, r.refuseDeleted(p.stream)
	}
	if page.last.Revision == es.TombstoneRevision {
		return nil, es.ErrStreamDeleted
	}
	p.advance(&page, limit)
	return page.events, nil
}

func (p *streamPages) advance(page *page, limit int) {
	last := page.last.Revision
	p.ended = p.ended || !page.more(limit) || (p.dir == es.Backward && last == es.FirstRevision)
	p.next = last + 1
	if p.dir == es.Backward {
		p.next = last - 1
	}
}

// refuseDeleted tells the end of a stream from its tombstone, which a page that
// was read backward does not reach.
func (r *reader) refuseDeleted(stream es.Stream) error {
	var last nullRevision
	if err := r.newest.row(string(stream)).Scan(&last); err != nil {
		return unavailable(err)
	}
	if last.Valid && last.V == es.TombstoneRevision {
		return es.ErrStreamDeleted
	}
	return nil
}

// logPages is where the reading of the log stands.
type logPages struct {
	dir      es.Direction
	upTo     es.Position // forward: the last position of interest
	prefixes prefixes    // forward: what may be left out
	next     es.Position // positions after it, or before it, come next
	ended    bool
}

// log reads the next page.
func (r *reader) log(p *logPages) ([]es.Recorded, error) {
	var rows *sql.Rows
	var err error
	if p.dir == es.Backward {
		rows, err = r.logBackward.rows(signed(p.next), pageEvents)
	} else {
		rows, err = r.logForward.rows(signed(p.next), signed(p.upTo), p.prefixes.low, p.prefixes.high, pageEvents)
	}
	if err != nil {
		return nil, unavailable(err)
	}
	var page page
	if err := page.read(rows, func(e *es.Recorded, _ es.Time) bool { return p.prefixes.filter.Matches(e.Stream) }); err != nil {
		return nil, unavailable(err)
	}
	p.ended = !page.more(pageEvents)
	if page.scanned > 0 {
		p.next = page.last.Position
	}
	return page.events, nil
}

// signed cuts n to what SQLite can hold, which no revision or position exceeds.
func signed[N ~uint64](n N) int64 { return int64(min(uint64(n), math.MaxInt64)) }
