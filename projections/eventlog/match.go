package eventlog

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"daybook/domain/es"
	"daybook/projections"
)

// selection is a filter, resolved against the facets there are.
type selection struct {
	filter Filter
	facets map[int64]facetCount
	// byType are the facets whose event type contains the filter's q.
	byType map[int64]bool
	q      string // in lower case
	// whole are the lanes of the items of which q is an id or key from end to
	// end: then only those are meant. Nil if it is none.
	whole []*lane
	total int64 // items that have one of the facets
	// all says that every item has one of the facets.
	all bool
	// looked is how many items may be looked at.
	looked int
}

type facetCount struct {
	facet
	items int64
}

func (l *Log) resolve(ctx context.Context, v *projections.View, f Filter) (selection, error) {
	s, err := resolve(ctx, v, f)
	s.looked = l.looked
	return s, err
}

// resolve reads the facets that the filter selects.
func resolve(ctx context.Context, v *projections.View, f Filter) (selection, error) {
	s := selection{filter: f, facets: map[int64]facetCount{}, byType: map[int64]bool{}, q: strings.ToLower(f.Q), all: true}
	matches := typeMatcher(f.Type)
	homes := map[home]bool{}
	rows, err := v.Rows(ctx, `SELECT id, kind, environment, source, event_type, status, cause, reason, duplicate, actions, items
		FROM eventlog_facets`)
	if err != nil {
		return selection{}, err
	}
	defer func() { _ = rows.Close() }() // Err is asked below
	for rows.Next() {
		var id int64
		var c facetCount
		if err := rows.Scan(&id, &c.Kind, &c.Environment, &c.Source, &c.EventType, &c.Status, &c.Cause, &c.Reason,
			&c.Duplicate, &c.Actions, &c.items); err != nil {
			return selection{}, err
		}
		homes[home{c.Environment, c.Source}] = true
		if !f.selects(c.facet) || !matches(c.EventType) {
			s.all = false
			continue
		}
		s.facets[id] = c
		s.byType[id] = s.q != "" && strings.Contains(strings.ToLower(c.EventType), s.q)
		s.total += c.items
	}
	if err := rows.Err(); err != nil {
		return selection{}, err
	}
	return s, s.findWhole(ctx, v, homes)
}

// selects reports whether items of a facet can pass the filter, its event type
// aside.
func (f Filter) selects(c facet) bool {
	switch {
	case f.Source != "" && f.Source != c.Source,
		f.Environment != "" && f.Environment != c.Environment,
		f.Cause != "" && f.Cause != c.Cause,
		f.Status == Duplicate && !c.Duplicate,
		f.Status != "" && f.Status != Duplicate && f.Status != c.Status:
		return false
	case f.Mapping != "" || f.Action != "":
		return c.has(f.Mapping, f.Action)
	default:
		return true
	}
}

// typeMatcher returns what compares event types with a pattern in which * stands
// for any text. An empty pattern matches all.
func typeMatcher(pattern string) func(eventType string) bool {
	if pattern == "" {
		return func(string) bool { return true }
	}
	if !strings.Contains(pattern, "*") {
		return func(eventType string) bool { return eventType == pattern }
	}
	quoted := strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, `.*`)
	expression, err := regexp.Compile(`(?s)^` + quoted + `$`)
	if err != nil { // quoted text always compiles
		return func(string) bool { return false }
	}
	return func(eventType string) bool { return eventType != "" && expression.MatchString(eventType) }
}

// exact reports whether the facets alone decide.
func (s selection) exact() bool {
	f := s.filter
	return f.Object == "" && f.Key == "" && f.Q == "" && f.From.IsZero() && f.To.IsZero()
}

// candidate is what of an item decides whether it passes a filter.
type candidate struct {
	position   es.Position
	changed    es.Position
	facet      int64
	receivedAt es.Time
	stream     es.Stream
	number     uint64
	eventID    string
	objectID   string
	key        string
	related    string // JSON
}

const candidateColumns = `i.position, i.changed, i.facet, i.received_at, i.stream, i.number, i.event_id, i.object_id, i.idempotency_key, i.related`

// passes reports whether a candidate passes the filter.
func (s selection) passes(c candidate) bool {
	if _, ok := s.facets[c.facet]; !ok {
		return false
	}
	f := s.filter
	switch {
	case !f.From.IsZero() && c.receivedAt < f.From,
		!f.To.IsZero() && c.receivedAt >= f.To,
		f.Key != "" && c.key != f.Key:
		return false
	case f.Object != "" && c.objectID != f.Object && !slices.Contains(c.relatedIDs(), f.Object):
		return false
	default:
		return s.q == "" || s.means(c)
	}
}

// means reports whether a candidate is what q asks for.
func (s selection) means(c candidate) bool {
	if s.whole != nil {
		return s.contains(c) && slices.ContainsFunc(s.whole, func(l *lane) bool { return l.holds(c) })
	}
	return s.byType[c.facet] || s.contains(c)
}

// contains reports whether q is a part of an id or of the key.
func (s selection) contains(c candidate) bool {
	for _, text := range [...]string{idOf(c.stream, c.number), c.eventID, c.objectID, c.key} {
		if strings.Contains(strings.ToLower(text), s.q) {
			return true
		}
	}
	return strings.Contains(strings.ToLower(c.related), s.q) && slices.ContainsFunc(c.relatedIDs(), func(id string) bool {
		return strings.Contains(strings.ToLower(id), s.q)
	})
}

func scanCandidate(row scanner) (candidate, error) {
	var c candidate
	var position, changed, number int64
	err := row.Scan(&position, &changed, &c.facet, &c.receivedAt, &c.stream, &number, &c.eventID, &c.objectID, &c.key, &c.related)
	c.position, c.changed, c.number = es.Position(position), es.Position(changed), uint64(number)
	return c, err
}

func (c candidate) relatedIDs() []string {
	var ids []string
	if fromJSON(c.related, &ids) != nil {
		return nil
	}
	return ids
}
