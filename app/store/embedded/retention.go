package embedded

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"daybook/domain/es"
)

// retention is what the metadata streams say, as of the last commit.
type retention struct {
	mu sync.RWMutex
	of map[es.Stream]es.Retention // those that cut something
}

func (r *retention) get(stream es.Stream) es.Retention {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.of[stream]
}

func (r *retention) set(changed map[es.Stream]es.Retention) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for stream, retention := range changed {
		if retention.KeepsAll() {
			delete(r.of, stream)
			continue
		}
		r.of[stream] = retention
	}
}

// load reads the newest $metadata event of every metadata stream.
func (r *retention) load(ctx context.Context, conn *sql.Conn) (err error) {
	rows, err := conn.QueryContext(ctx, `
		SELECT stream, data FROM events
		WHERE stream >= '$$' AND stream < '$%' AND type = ?
		ORDER BY stream, rev`, es.TypeMetadata)
	if err != nil {
		return fmt.Errorf("read the stream metadata: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	changed := make(map[es.Stream]es.Retention)
	for rows.Next() {
		var e es.Event
		var name es.Stream
		if err := rows.Scan(&name, &e.Data); err != nil {
			return fmt.Errorf("read the stream metadata: %w", err)
		}
		e.Type = es.TypeMetadata
		if of, retention, ok := es.RetentionIn(name, []es.Event{e}); ok {
			changed[of] = retention
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read the stream metadata: %w", err)
	}
	r.set(changed)
	return nil
}
