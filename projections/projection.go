package projections

import (
	"context"
	"database/sql"
)

// Projection is one read model: some tables, and how events change them.
type Projection struct {
	// Name is unique, and begins the names of the tables.
	Name string
	// Version is raised with every change of the schema or of what is written;
	// the read models are then made anew.
	Version int
	// Schema makes the tables, in SQL.
	Schema string
	// Prepare returns what applies events to one file. It is called once per
	// file, with the connection on which all writing happens.
	Prepare func(ctx context.Context, p Preparer) (Apply, error)
}

// Preparer prepares statements. They live as long as the file is open.
type Preparer interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// Apply changes a read model by the events of a batch, which are in the order
// of the log. It is called inside a transaction that is rolled back if an
// error is returned, and then perhaps once more with the same events: so
// nothing may be remembered from one call to the next.
type Apply func(ctx context.Context, events []Event) error

// PrepareAll prepares several statements at once.
func PrepareAll(ctx context.Context, p Preparer, into map[**sql.Stmt]string) error {
	for target, query := range into {
		statement, err := p.PrepareContext(ctx, query) //nolint:sqlclosecheck // it lives as long as the file is open
		if err != nil {
			return err
		}
		*target = statement
	}
	return nil
}
