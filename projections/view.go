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
	tx      *sql.Tx
	// statements are prepared on the connection that the view has. To prepare
	// them elsewhere would be to wait for a second connection while holding one.
	statements map[string]*sql.Stmt
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

	v := &View{LogID: r.config.LogID, tx: tx, statements: map[string]*sql.Stmt{}}
	var applied int64
	// The first read of the transaction is what fixes its picture.
	if err := v.Row(ctx, `SELECT checkpoint FROM readmodel`).Scan(&applied); err != nil {
		return fmt.Errorf("read the read models: %w", err)
	}
	v.Applied = es.Position(applied)
	return read(v)
}

// Rows runs a query. It is prepared once for a view: values are arguments. The
// rows of one query are read before it is run again.
func (v *View) Rows(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	statement, known := v.statements[query]
	if !known {
		var err error
		statement, err = v.tx.PrepareContext(ctx, query) // the end of the transaction closes it
		if err != nil {
			return nil, fmt.Errorf("prepare a query: %w", err)
		}
		v.statements[query] = statement
	}
	return statement.QueryContext(ctx, args...)
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
