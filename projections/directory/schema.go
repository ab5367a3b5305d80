package directory

import "daybook/projections"

// Name is the name of this projection.
const Name = "directory"

// Projection returns the projection, for the runner.
func Projection() projections.Projection {
	return projections.Projection{Name: Name, Version: 2, Schema: schema, Prepare: prepare}
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

-- What was said of users, objects, tenants and audiences, in order.
CREATE TABLE directory_changes (
	environment TEXT    NOT NULL,
	kind        TEXT    NOT NULL, -- user, object, tenant, audience
	collection  TEXT    NOT NULL, -- of an object; empty for the others
	id          TEXT    NOT NULL,
	position    INTEGER NOT NULL,
	number      INTEGER NOT NULL, -- among the changes of one event
	at          INTEGER NOT NULL, -- ms
	stream      TEXT    NOT NULL,
	generation  INTEGER NOT NULL,
	said        TEXT    NOT NULL, -- JSON of traits; empty: deleted
	PRIMARY KEY (environment, kind, collection, id, position, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX directory_changes_stream ON directory_changes (stream);

-- Those as they are: the changes, folded.
CREATE TABLE directory_entries (
	environment TEXT    NOT NULL,
	kind        TEXT    NOT NULL,
	collection  TEXT    NOT NULL,
	id          TEXT    NOT NULL,
	position    INTEGER NOT NULL, -- of the last change
	number      INTEGER NOT NULL, -- of the last change
	created_at  INTEGER NOT NULL, -- ms
	updated_at  INTEGER NOT NULL, -- ms
	stream      TEXT    NOT NULL, -- of the last change
	generation  INTEGER NOT NULL,
	traits      TEXT    NOT NULL, -- JSON
	PRIMARY KEY (environment, kind, collection, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX directory_entries_newest ON directory_entries (kind, position DESC, number DESC);
CREATE INDEX directory_entries_of ON directory_entries (environment, kind, position DESC, number DESC);
CREATE INDEX directory_entries_in ON directory_entries (environment, kind, collection, position DESC, number DESC);

-- What was said of links, in order: who follows an object or is in an audience.
CREATE TABLE directory_link_changes (
	environment   TEXT    NOT NULL,
	kind          TEXT    NOT NULL, -- object, audience
	collection    TEXT    NOT NULL,
	id            TEXT    NOT NULL,
	to_kind       TEXT    NOT NULL,
	to_collection TEXT    NOT NULL,
	to_id         TEXT    NOT NULL,
	tenant        TEXT    NOT NULL, -- that a member belongs to; empty: none
	position      INTEGER NOT NULL,
	number        INTEGER NOT NULL, -- among the changes of one event
	at            INTEGER NOT NULL, -- ms
	stream        TEXT    NOT NULL,
	generation    INTEGER NOT NULL,
	said          TEXT    NOT NULL, -- JSON of traits; empty: ended
	PRIMARY KEY (environment, kind, collection, id, to_kind, to_collection, to_id, tenant, position, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX directory_link_changes_stream ON directory_link_changes (stream);
CREATE INDEX directory_link_changes_to ON directory_link_changes (environment, to_kind, to_collection, to_id);

-- Links as they are: their changes and the deletions of both ends, folded.
CREATE TABLE directory_links (
	environment   TEXT    NOT NULL,
	kind          TEXT    NOT NULL,
	collection    TEXT    NOT NULL,
	id            TEXT    NOT NULL,
	to_kind       TEXT    NOT NULL,
	to_collection TEXT    NOT NULL,
	to_id         TEXT    NOT NULL,
	tenant        TEXT    NOT NULL,
	position      INTEGER NOT NULL, -- of the last change
	number        INTEGER NOT NULL, -- of the last change
	created_at    INTEGER NOT NULL, -- ms
	updated_at    INTEGER NOT NULL, -- ms
	stream        TEXT    NOT NULL, -- of the last change
	generation    INTEGER NOT NULL,
	traits        TEXT    NOT NULL, -- JSON
	PRIMARY KEY (environment, kind, collection, id, to_kind, to_collection, to_id, tenant)
) STRICT, WITHOUT ROWID;
CREATE INDEX directory_links_newest ON directory_links (position DESC, number DESC);
CREATE INDEX directory_links_in ON directory_links (environment, position DESC, number DESC);
CREATE INDEX directory_links_of ON directory_links (environment, collection, id, position DESC, number DESC);
CREATE INDEX directory_links_to ON directory_links (environment, to_kind, to_collection, to_id, position DESC, number DESC);

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
