package projections

import (
	"context"
	"database/sql"
	"fmt"

	"daybook/domain/es"
)

// View is a consistent picture of the read models. It is good until the
// function that was given it returns.
type View struct {
	// LogID is the identity of the log that the read models show.
	LogID string
	// Applied is the position up to which this picture shows the log.
	Applied es.Position
	file    *file
	tx      *sql.Tx
}

// View calls read with a picture of the read models, and returns its error. A
// rebuild may swap the files meanwhile: the picture stays as it is.
func (r *Runner) View(ctx context.Context, read func(v *View) error) error {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return ErrClosed
	}
	current := r.current
	current.views.Add(1)
	r.mu.Unlock()
	defer current.views.Done()

	tx, err := current.reading.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("read the read models: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written

	v := &View{LogID: r.config.LogID, file: current, tx: tx}
	var applied int64
	// The first read of the transaction is what fixes its picture.
	if err := v.Row(ctx, `SELECT checkpoint FROM readmodel`).Scan(&applied); err != nil {
		return fmt.Errorf("read the read models: %w", err)
	}
	v.Applied = es.Position(applied)
	return read(v)
}

// Rows runs a query. Its text is kept as a prepared statement, so it must be
// one of a few: values are arguments.
func (v *View) Rows(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	statement, err := v.file.statement(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("prepare a query: %w", err)
	}
	return v.tx.StmtContext(ctx, statement).QueryContext(ctx, args...) //nolint:sqlclosecheck // the end of the transaction closes it
}

// Row runs a query of one row, as [View.Rows] does.
func (v *View) Row(ctx context.Context, query string, args ...any) Row {
	rows, err := v.Rows(ctx, query, args...) //nolint:rowserrcheck // Scan asks
	return Row{rows, err}
}

// Row is the one row of a query, or why there is none.
type Row struct {
	rows *sql.Rows
	err  error
}

// Scan reads the row. It returns [sql.ErrNoRows] if there is none.
func (r Row) Scan(targets ...any) error {
	if r.err != nil {
		return r.err
	}
	defer func() { _ = r.rows.Close() }() // Err is asked below
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return sql.ErrNoRows
	}
	if err := r.rows.Scan(targets...); err != nil {
		return err
	}
	return r.rows.Err()
}
