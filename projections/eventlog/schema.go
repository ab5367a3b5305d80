package eventlog

import "daybook/projections"

// Name is the name of this projection.
const Name = "eventlog"

// Projection returns the projection, for the runner.
func Projection() projections.Projection {
	return projections.Projection{Name: Name, Version: 2, Schema: schema, Prepare: prepare}
}

const schema = `
CREATE TABLE eventlog_items (
	position         INTEGER PRIMARY KEY, -- of the event that began it
	changed          INTEGER NOT NULL,    -- position of the event that last changed it
	stream           TEXT    NOT NULL,
	number           INTEGER NOT NULL,    -- the generation; of a rejection, the revision
	facet            INTEGER NOT NULL,
	received_at      INTEGER NOT NULL,    -- ms
	occurred_at      INTEGER NOT NULL,    -- ms; 0: not known
	worked_at        INTEGER NOT NULL,    -- ms; of the plan or the last outcome; 0: none yet
	event_id         TEXT    NOT NULL,
	object_id        TEXT    NOT NULL,
	idempotency_key  TEXT    NOT NULL,
	related          TEXT    NOT NULL,    -- JSON array of other ids; empty for none
	deliveries       INTEGER NOT NULL,    -- of counted rejections, how many
	planned          INTEGER NOT NULL,
	plan_parked      INTEGER NOT NULL,
	condition_failed INTEGER NOT NULL,
	actions          TEXT    NOT NULL,    -- JSON; empty for none
	secret           TEXT    NOT NULL,    -- fingerprint of the secret that verified it; empty for none
	token            TEXT    NOT NULL,    -- id of the token by which it came, if that was not the newest
	note             TEXT    NOT NULL     -- JSON; empty for none
) STRICT;
CREATE UNIQUE INDEX eventlog_items_stream ON eventlog_items (stream, number);
CREATE INDEX eventlog_items_facet ON eventlog_items (facet, position);
CREATE INDEX eventlog_items_changed ON eventlog_items (changed);

CREATE TABLE eventlog_facets (
	id          INTEGER PRIMARY KEY, -- a hash of the columns up to actions
	kind        TEXT    NOT NULL,
	environment TEXT    NOT NULL,
	source      TEXT    NOT NULL,
	event_type  TEXT    NOT NULL,
	status      TEXT    NOT NULL,
	cause       TEXT    NOT NULL,
	reason      TEXT    NOT NULL,
	duplicate   INTEGER NOT NULL,
	actions     TEXT    NOT NULL,    -- JSON array of [mapping, action type]; empty for none
	items       INTEGER NOT NULL     -- how many items have it
) STRICT;

CREATE TABLE eventlog_objects (
	id       TEXT    NOT NULL,
	position INTEGER NOT NULL,
	PRIMARY KEY (id, position)
) STRICT, WITHOUT ROWID;

-- How many items of a facet were received in a minute or an hour.
CREATE TABLE eventlog_counts (
	width INTEGER NOT NULL, -- ms
	start INTEGER NOT NULL, -- ms
	facet INTEGER NOT NULL,
	items INTEGER NOT NULL,
	PRIMARY KEY (width, start, facet)
) STRICT, WITHOUT ROWID;

-- How many items were verified by a secret, or came by a token, in a minute.
CREATE TABLE eventlog_uses (
	environment TEXT    NOT NULL,
	source      TEXT    NOT NULL,
	kind        TEXT    NOT NULL, -- secret, token
	id          TEXT    NOT NULL,
	start       INTEGER NOT NULL, -- ms
	items       INTEGER NOT NULL,
	PRIMARY KEY (environment, source, kind, id, start)
) STRICT, WITHOUT ROWID;

-- Where in the log the items lie that were received in a minute or an hour.
CREATE TABLE eventlog_spans (
	width INTEGER NOT NULL, -- ms
	start INTEGER NOT NULL, -- ms
	first INTEGER NOT NULL, -- position
	last  INTEGER NOT NULL, -- position
	PRIMARY KEY (width, start)
) STRICT, WITHOUT ROWID;
`

// The widths, in ms, for which items are counted.
const (
	minute int64 = 60_000
	hour         = 60 * minute
)

// startOf returns the beginning of the stretch of that width that holds at.
func startOf(at, width int64) int64 {
	start := at - at%width
	if at < start {
		start -= width
	}
	return start
}
