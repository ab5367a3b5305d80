package directory

import "daybook/projections"

// Name is the name of this projection.
const Name = "directory"

// Projection returns the projection, for the runner.
func Projection() projections.Projection {
	return projections.Projection{Name: Name, Version: 1, Schema: schema, Prepare: prepare}
}

const schema = `
-- Requests that wait for their outcome.
CREATE TABLE directory_planned (
	action      TEXT    NOT NULL PRIMARY KEY,
	stream      TEXT    NOT NULL,
	revision    INTEGER NOT NULL, -- of the plan
	action_type TEXT    NOT NULL,
	payload     TEXT    NOT NULL  -- JSON; empty: left out
) STRICT, WITHOUT ROWID;
CREATE INDEX directory_planned_stream ON directory_planned (stream);

-- What was said of users, in order.
CREATE TABLE directory_changes (
	environment TEXT    NOT NULL,
	user        TEXT    NOT NULL,
	position    INTEGER NOT NULL,
	number      INTEGER NOT NULL, -- among the changes of one event
	at          INTEGER NOT NULL, -- ms
	stream      TEXT    NOT NULL,
	generation  INTEGER NOT NULL,
	traits      TEXT    NOT NULL, -- JSON of what was said; empty: deleted
	PRIMARY KEY (environment, user, position, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX directory_changes_stream ON directory_changes (stream);

-- Users as they are: the changes, folded.
CREATE TABLE directory_users (
	environment TEXT    NOT NULL,
	user        TEXT    NOT NULL,
	position    INTEGER NOT NULL, -- of the last change
	created_at  INTEGER NOT NULL, -- ms
	updated_at  INTEGER NOT NULL, -- ms
	stream      TEXT    NOT NULL, -- of the last change
	generation  INTEGER NOT NULL,
	traits      TEXT    NOT NULL, -- JSON
	PRIMARY KEY (environment, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX directory_users_newest ON directory_users (position DESC, environment, user);
CREATE INDEX directory_users_of ON directory_users (environment, position DESC, user);

CREATE TABLE directory_runs (
	position         INTEGER PRIMARY KEY,
	id               TEXT    NOT NULL,
	action           TEXT    NOT NULL,
	environment      TEXT    NOT NULL,
	at               INTEGER NOT NULL, -- ms
	stream           TEXT    NOT NULL,
	generation       INTEGER NOT NULL,
	revision         INTEGER NOT NULL, -- of the plan, which holds the data
	workflow         TEXT    NOT NULL,
	cancellation_key TEXT    NOT NULL,
	request          TEXT    NOT NULL, -- JSON: recipients, tenant, actor
	known            INTEGER NOT NULL  -- 0: the request was left out of the plan
) STRICT;
CREATE INDEX directory_runs_of ON directory_runs (environment, position);
CREATE INDEX directory_runs_stream ON directory_runs (stream);

CREATE TABLE directory_cancellations (
	environment      TEXT    NOT NULL,
	workflow         TEXT    NOT NULL,
	cancellation_key TEXT    NOT NULL,
	position         INTEGER NOT NULL,
	at               INTEGER NOT NULL, -- ms
	stream           TEXT    NOT NULL,
	generation       INTEGER NOT NULL,
	recipients       TEXT    NOT NULL, -- JSON array; empty: all
	PRIMARY KEY (environment, workflow, cancellation_key, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX directory_cancellations_stream ON directory_cancellations (stream);
`
