// Package eventlog is the read model behind the event log: one item for each
// generation of a webhook and for each rejection, with its filters, its counts
// over time, and what changed since a position.
//
// # How it is kept small and fast
//
// An item's row holds what is its own. What many items have in common, and is
// filtered by (environment, source, event type, status, cause, reason, whether
// there were duplicates, which mappings led to which actions) is its facet. There are a few
// hundred facets, whatever the number of items, and one index over (facet,
// position). A filter first selects facets; the page is then merged from them,
// newest first, so that any combination of filters is as fast as any other.
// Counts over time are kept per facet for minutes and hours.
//
// Filters that are not in the facet look at items one by one: object and key
// have an index to begin with; q and the edges of a stretch of time do not. So
// that no question takes long, a page looks at a bounded number of items and
// says how far it came ([Page]).
package eventlog
