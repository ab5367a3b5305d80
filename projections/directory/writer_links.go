package directory

import (
	"context"
	"database/sql"

	"daybook/domain/es"
	"daybook/projections"
)

// linkWriter holds the statements for links.
type linkWriter struct {
	insertLinkChange, readLinkChanges, linksTouched *sql.Stmt
	readLink, putLink, deleteLink                   *sql.Stmt
	deleteLinksOf, deleteLinksTo                    *sql.Stmt
}

const (
	linkColumns = `environment, kind, collection, id, to_kind, to_collection, to_id, tenant`
	isLink      = `environment = ? AND kind = ? AND collection = ? AND id = ?
		AND to_kind = ? AND to_collection = ? AND to_id = ? AND tenant = ?`
)

func (w *linkWriter) prepare(ctx context.Context, p projections.Preparer) error {
	return projections.PrepareAll(ctx, p, map[**sql.Stmt]string{
		&w.insertLinkChange: `INSERT OR REPLACE INTO directory_link_changes (` + linkColumns + `, position, number, at, stream, generation, said)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		// The deletion of either end ends a link as well.
		&w.readLinkChanges: `SELECT position, number, at, stream, generation, said FROM directory_link_changes WHERE ` + isLink + `
			UNION ALL SELECT position, number, at, stream, generation, said FROM directory_changes
			WHERE environment = ? AND kind = ? AND collection = ? AND id = ? AND said = ''
			UNION ALL SELECT position, number, at, stream, generation, said FROM directory_changes
			WHERE environment = ? AND kind = ? AND collection = ? AND id = ? AND said = ''
			ORDER BY position, number`,
		&w.linksTouched: `SELECT ` + linkColumns + ` FROM directory_link_changes WHERE stream = ?1
			UNION SELECT l.environment, l.kind, l.collection, l.id, l.to_kind, l.to_collection, l.to_id, l.tenant
			FROM directory_changes c JOIN directory_link_changes l
			ON l.environment = c.environment AND l.kind = c.kind AND l.collection = c.collection AND l.id = c.id
			WHERE c.stream = ?1 AND c.said = ''
			UNION SELECT l.environment, l.kind, l.collection, l.id, l.to_kind, l.to_collection, l.to_id, l.tenant
			FROM directory_changes c JOIN directory_link_changes l
			ON l.environment = c.environment AND l.to_kind = c.kind AND l.to_collection = c.collection AND l.to_id = c.id
			WHERE c.stream = ?1 AND c.said = ''`,
		&w.readLink: `SELECT position, number, created_at, updated_at, stream, generation, traits FROM directory_links WHERE ` + isLink,
		&w.putLink: `INSERT OR REPLACE INTO directory_links (` + linkColumns + `, position, number, created_at, updated_at, stream, generation, traits)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		&w.deleteLink: `DELETE FROM directory_links WHERE ` + isLink,
		&w.deleteLinksOf: `DELETE FROM directory_links
			WHERE environment = ? AND kind = ? AND collection = ? AND id = ?`,
		&w.deleteLinksTo: `DELETE FROM directory_links
			WHERE environment = ? AND to_kind = ? AND to_collection = ? AND to_id = ?`,
	})
}

// columns are those of a link's key, in the order of the tables.
func (l linkKey) columns() []any {
	return append(l.of.columns(), string(l.to.kind), l.to.collection, l.to.id, l.tenant)
}

func (w *linkWriter) linkChange(ctx context.Context, l linkKey, c change) error {
	text, err := c.text()
	if err != nil {
		return err
	}
	_, err = w.insertLinkChange.ExecContext(ctx, append(l.columns(),
		int64(c.position), c.number, int64(c.at), string(c.stream), c.generation, text)...)
	return err
}

func (w *linkWriter) loadLink(ctx context.Context, l linkKey) (*row, error) {
	return scanRow(w.readLink.QueryRowContext(ctx, l.columns()...))
}

// writeLink writes a link as it is now; nil is one that does not exist.
func (w *linkWriter) writeLink(ctx context.Context, l linkKey, r *row) error {
	if r == nil {
		_, err := w.deleteLink.ExecContext(ctx, l.columns()...)
		return err
	}
	values, err := r.values()
	if err != nil {
		return err
	}
	_, err = w.putLink.ExecContext(ctx, append(l.columns(), values...)...)
	return err
}

// endLinks ends the links on both sides of an entry that was deleted.
func (w *linkWriter) endLinks(ctx context.Context, of key) error {
	for _, statement := range []*sql.Stmt{w.deleteLinksOf, w.deleteLinksTo} {
		if _, err := statement.ExecContext(ctx, of.columns()...); err != nil {
			return err
		}
	}
	return nil
}

// linksOf returns the links that a stream said something of, or ended by
// deleting what they link.
func (w *linkWriter) linksOf(ctx context.Context, stream es.Stream) ([]linkKey, error) {
	rows, err := w.linksTouched.QueryContext(ctx, string(stream))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err is asked below
	var links []linkKey
	for rows.Next() {
		l, err := scanLink(rows)
		if err != nil {
			return nil, err
		}
		links = append(links, l)
	}
	return links, rows.Err()
}

func scanLink(from interface{ Scan(targets ...any) error }) (linkKey, error) {
	var l linkKey
	err := from.Scan(l.targets()...)
	l.to.environment = l.of.environment
	return l, err
}

func (l *linkKey) targets() []any {
	return []any{&l.of.environment, &l.of.kind, &l.of.collection, &l.of.id, &l.to.kind, &l.to.collection, &l.to.id, &l.tenant}
}

// foldLink makes a link of all that was said of it.
func (w *linkWriter) foldLink(ctx context.Context, l linkKey) (*row, error) {
	args := append(l.columns(), l.of.columns()...)
	rows, err := w.readLinkChanges.QueryContext(ctx, append(args, l.to.columns()...)...)
	if err != nil {
		return nil, err
	}
	return fold(rows)
}
