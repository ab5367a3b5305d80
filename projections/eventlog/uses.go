package eventlog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"daybook/domain/es"
	"daybook/projections"
)

// UseKind is what was used to send a webhook.
type UseKind string

// The kinds of uses.
const (
	UseSecret UseKind = "secret" // that verified it, by its fingerprint
	UseToken  UseKind = "token"  // of an older ingest URL, by its id
)

// use is a minute in which something was used.
type use struct {
	environment, source string
	kind                UseKind
	id                  string
	start               int64
}

// use counts what an item used.
func (t *tally) use(n *entry, by int64) {
	u := use{environment: n.facet.Environment, source: n.facet.Source, start: startOf(int64(n.receivedAt), minute)}
	if n.secret != "" {
		u.kind, u.id = UseSecret, n.secret
		t.uses[u] += by
	}
	if n.token != "" {
		u.kind, u.id = UseToken, n.token
		t.uses[u] += by
	}
}

// LastUses returns, to the minute, when each of some secrets or tokens of a
// source was last used for a webhook that is in the log; none for those that
// were not. Duplicates do not count.
func (l *Log) LastUses(ctx context.Context, source, environment string, kind UseKind, ids ...string) (map[string]es.Time, error) {
	last := map[string]es.Time{}
	err := l.runner.View(ctx, func(v *projections.View) error {
		for _, id := range ids {
			var start int64
			err := v.Row(ctx, `SELECT start FROM eventlog_uses WHERE environment = ? AND source = ? AND kind = ? AND id = ?
				ORDER BY start DESC LIMIT 1`, environment, source, string(kind), id).Scan(&start)
			switch {
			case errors.Is(err, sql.ErrNoRows):
			case err != nil:
				return err
			default:
				last[id] = es.Time(start)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read last uses: %w", err)
	}
	return last, nil
}
