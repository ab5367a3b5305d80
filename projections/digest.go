package projections

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
)

// Dump writes every row of every table of the projections, in a fixed order,
// one a line. Two read models that show the same log have the same dump.
func (r *Runner) Dump(ctx context.Context, w io.Writer) error {
	return r.View(ctx, func(v *View) error {
		out := bufio.NewWriter(w)
		tables, err := v.tables(ctx)
		if err != nil {
			return err
		}
		for _, table := range tables {
			if err := v.dump(ctx, out, table); err != nil {
				return fmt.Errorf("dump %s: %w", table, err)
			}
		}
		return out.Flush()
	})
}

// Digest returns the SHA-256 of [Runner.Dump], in hex.
func (r *Runner) Digest(ctx context.Context) (string, error) {
	sum := sha256.New()
	if err := r.Dump(ctx, sum); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// tables returns those of the projections; the runner's own is not one of them.
func (v *View) tables(ctx context.Context) ([]string, error) {
	rows, err := v.Rows(ctx, `SELECT name FROM sqlite_schema
		WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'readmodel' ORDER BY name`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err is asked below
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		tables = append(tables, name)
	}
	return tables, rows.Err()
}

func (v *View) dump(ctx context.Context, out io.Writer, table string) error {
	rows, err := v.Rows(ctx, `SELECT * FROM `+table+` NOT INDEXED`) // a name from the schema
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // Err is asked below
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values := make([]any, len(columns))
	targets := make([]any, len(columns))
	for i := range values {
		targets[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "%s", table); err != nil {
			return err
		}
		for i, value := range values {
			if _, err := fmt.Fprintf(out, " %s=%q", columns[i], fmt.Sprint(value)); err != nil {
				return err
			}
		}
		if _, err := io.WriteString(out, "\n"); err != nil {
			return err
		}
	}
	return rows.Err()
}
