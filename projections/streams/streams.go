// Package streams is the read model behind the list of streams: which there
// are, and how far each has come. It knows no kinds; the store's own streams
// ($…) are left out.
package streams

import (
	"context"
	"database/sql"
	"fmt"

	"daybook/domain/es"
	"daybook/projections"
)

// Stream is one line of the list.
type Stream struct {
	Name es.Stream `json:"stream"`
	// Events is one more than the newest revision: events that were cut from
	// the stream's beginning count.
	Events   uint64      `json:"events"`
	LastType string      `json:"last_type"`
	LastAt   es.Time     `json:"last_at"`
	Position es.Position `json:"position"` // of the newest event
}

// Projection returns the projection, for the runner.
func Projection() projections.Projection {
	return projections.Projection{Name: "streams", Version: 1, Schema: schema, Prepare: prepare}
}

const schema = `
CREATE TABLE streams_streams (
	name      TEXT    PRIMARY KEY,
	revision  INTEGER NOT NULL, -- the newest
	last_type TEXT    NOT NULL,
	last_at   INTEGER NOT NULL, -- ms; 0: not known
	position  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`

type writer struct {
	advance, remove *sql.Stmt
}

func prepare(ctx context.Context, p projections.Preparer) (projections.Apply, error) {
	w := &writer{}
	err := projections.PrepareAll(ctx, p, map[**sql.Stmt]string{
		&w.advance: `INSERT INTO streams_streams (name, revision, last_type, last_at, position) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, last_type = excluded.last_type,
				last_at = excluded.last_at, position = excluded.position`,
		&w.remove: `DELETE FROM streams_streams WHERE name = ?`,
	})
	return w.apply, err
}

// apply writes each stream of the batch once, as its newest event left it.
func (w *writer) apply(ctx context.Context, events []projections.Event) error {
	newest := make(map[es.Stream]int, len(events))
	for i, e := range events {
		newest[e.Stream] = i
	}
	for i, e := range events {
		if newest[e.Stream] != i || e.Stream[0] == '$' {
			continue
		}
		if err := w.write(ctx, e); err != nil {
			return fmt.Errorf("write stream %s: %w", e.Stream, err)
		}
	}
	return nil
}

func (w *writer) write(ctx context.Context, e projections.Event) error {
	if e.Deleted {
		_, err := w.remove.ExecContext(ctx, string(e.Stream))
		return err
	}
	at := e.At
	if at.IsZero() {
		// Streams of other kinds are not decoded, their metadata is ours all
		// the same. An event of somebody else's has no time of ours.
		if meta, err := es.DecodeMetadata(e.Metadata); err == nil {
			at = meta.At
		}
	}
	_, err := w.advance.ExecContext(ctx, string(e.Stream), int64(e.Revision), e.Type, int64(at), int64(e.Position))
	return err
}

// afterAll is greater than all that can follow a prefix: no text in UTF-8 has
// this byte.
const afterAll = "\xff"

// List answers which streams there are. Its methods may be called by many
// goroutines at once.
type List struct {
	runner *projections.Runner
}

// New returns the list that a runner keeps with [Projection].
func New(runner *projections.Runner) *List { return &List{runner: runner} }

// MaxLimit is the most streams that one call returns.
const MaxLimit = 500

// Page is a part of the list, by name.
type Page struct {
	Streams []Stream
	Next    string // the cursor of the next page, empty at the end
}

// List returns at most limit streams whose names begin with prefix, those after
// the cursor if there is one. It returns [projections.ErrInvalidCursor] for a
// cursor that is not one of this log's.
func (l *List) List(ctx context.Context, prefix string, limit int, after string) (Page, error) {
	limit = min(max(limit, 1), MaxLimit)
	var page Page
	err := l.runner.View(ctx, func(v *projections.View) error {
		from := prefix
		if after != "" {
			_, name, err := v.ParseCursor(after)
			if err != nil {
				return err
			}
			from = max(prefix, name+"\x00")
		}
		var err error
		page.Streams, err = read(ctx, v, from, prefix+afterAll, limit+1)
		if len(page.Streams) > limit {
			page.Streams = page.Streams[:limit]
			page.Next = v.Cursor(es.Start, string(page.Streams[limit-1].Name)) // by name alone
		}
		return err
	})
	if err != nil {
		return Page{}, fmt.Errorf("list streams: %w", err)
	}
	return page, nil
}

func read(ctx context.Context, v *projections.View, from, before string, limit int) ([]Stream, error) {
	rows, err := v.Rows(ctx, `SELECT name, revision, last_type, last_at, position FROM streams_streams
		WHERE name >= ? AND name < ? ORDER BY name LIMIT ?`, from, before, limit)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err is asked below
	var list []Stream
	for rows.Next() {
		var s Stream
		var revision, position int64
		if err := rows.Scan(&s.Name, &revision, &s.LastType, &s.LastAt, &position); err != nil {
			return nil, err
		}
		s.Events, s.Position = uint64(revision)+1, es.Position(position)
		list = append(list, s)
	}
	return list, rows.Err()
}
