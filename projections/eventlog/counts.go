package eventlog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"daybook/domain/es"
	"daybook/domain/webhook"
	"daybook/projections"
)

// Histogram is how many items were received in each stretch of time.
type Histogram struct {
	Buckets []Bucket // the oldest first, all of the same length
	// Partial says that not all items were looked at: there may be more.
	Partial bool
}

// Bucket counts the items received in [From, To).
type Bucket struct {
	From, To                                         es.Time
	Processing, Succeeded, Failed, Ignored, Rejected int
}

func (b *Bucket) add(s Status, n int) {
	switch s {
	case Status(webhook.StatusProcessing):
		b.Processing += n
	case Status(webhook.StatusSucceeded):
		b.Succeeded += n
	case Status(webhook.StatusFailed):
		b.Failed += n
	case Status(webhook.StatusIgnored):
		b.Ignored += n
	case StatusRejected:
		b.Rejected += n
	default: // no item has another
	}
}

// maxBuckets is the most that a histogram has.
const maxBuckets = 500

// Histogram counts the items that pass the filter and were received in [from,
// to), in at most the given number of buckets. Buckets are whole minutes or
// hours of UTC; the first and the last may reach beyond from and to, and are
// counted whole. The filter's own times are not looked at.
func (l *Log) Histogram(ctx context.Context, f Filter, from, to es.Time, buckets int) (Histogram, error) {
	if from.IsZero() || to <= from {
		return Histogram{}, nil
	}
	width := widthOf(int64(to-from), int64(min(max(buckets, 1), maxBuckets)))
	h := Histogram{}
	for start := startOf(int64(from), width); start < int64(to); start += width {
		h.Buckets = append(h.Buckets, Bucket{From: es.Time(start), To: es.Time(start + width)})
	}
	f.From, f.To = 0, 0
	err := l.runner.View(ctx, func(v *projections.View) error {
		s, err := l.resolve(ctx, v, f)
		if err != nil {
			return err
		}
		if s.exact() {
			return h.count(ctx, v, s, width)
		}
		return h.look(ctx, v, s, width)
	})
	if err != nil {
		return Histogram{}, fmt.Errorf("count the event log: %w", err)
	}
	return h, nil
}

// widthOf returns the smallest width with which a span, wherever it begins,
// needs no more than so many buckets.
func widthOf(span, buckets int64) int64 {
	widths := []int64{1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2 * 1440, 7 * 1440}
	for _, minutes := range widths {
		if width := minutes * minute; (span+width-1)/width+1 <= buckets {
			return width
		}
	}
	week := 7 * 24 * hour
	return ((span/max(buckets-1, 1))/week + 1) * week
}

// ends returns the time that the buckets cover.
func (h *Histogram) ends() (from, to int64) {
	return int64(h.Buckets[0].From), int64(h.Buckets[len(h.Buckets)-1].To)
}

// count adds up what is counted per facet.
func (h *Histogram) count(ctx context.Context, v *projections.View, s selection, width int64) error {
	from, to := h.ends()
	counted := minute
	if width%hour == 0 && from%hour == 0 {
		counted = hour
	}
	rows, err := v.Rows(ctx, `SELECT start, facet, items FROM eventlog_counts WHERE width = ? AND start >= ? AND start < ?`, counted, from, to)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // Err is asked below
	for rows.Next() {
		var start, id, items int64
		if err := rows.Scan(&start, &id, &items); err != nil {
			return err
		}
		if c, ok := s.facets[id]; ok {
			h.Buckets[(start-from)/width].add(c.Status, int(items))
		}
	}
	return rows.Err()
}

// look counts items one by one, the newest first, as far as is allowed.
func (h *Histogram) look(ctx context.Context, v *projections.View, s selection, width int64) error {
	from, to := h.ends()
	s.filter.From, s.filter.To = es.Time(from), es.Time(to)
	within, err := stretchOf(ctx, v, s.filter.From, s.filter.To)
	if err != nil {
		return err
	}
	found, seen, err := s.search(ctx, v, within, newestFirst, s.looked+1)
	if err != nil {
		return err
	}
	for _, c := range found {
		h.Buckets[(int64(c.receivedAt)-from)/width].add(s.facets[c.facet].Status, 1)
	}
	h.Partial = seen.more
	return nil
}

// TypeCount is how often an event type was received.
type TypeCount struct {
	Type     string   `json:"event_type"`
	Count    int      `json:"count"`
	LastAt   es.Time  `json:"last_received_at"`
	Statuses Statuses `json:"statuses"`
}

// Statuses is how many webhooks stand where.
type Statuses struct {
	Processing int `json:"processing"`
	Succeeded  int `json:"succeeded"`
	Failed     int `json:"failed"`
	Ignored    int `json:"ignored"`
}

func (s *Statuses) add(status Status, n int) {
	switch status {
	case Status(webhook.StatusProcessing):
		s.Processing += n
	case Status(webhook.StatusSucceeded):
		s.Succeeded += n
	case Status(webhook.StatusFailed):
		s.Failed += n
	case Status(webhook.StatusIgnored):
		s.Ignored += n
	default: // no webhook has another
	}
}

// EventTypes returns the event types that were received, by name. An empty
// source or environment means all.
func (l *Log) EventTypes(ctx context.Context, source, environment string) ([]TypeCount, error) {
	counts := map[string]*TypeCount{}
	err := l.runner.View(ctx, func(v *projections.View) error {
		return eachFacet(ctx, v, Filter{Source: source, Environment: environment}, func(c facetCount, last es.Time) {
			if c.EventType == "" {
				return
			}
			t := counts[c.EventType]
			if t == nil {
				t = &TypeCount{Type: c.EventType}
				counts[c.EventType] = t
			}
			t.Count += int(c.items)
			t.Statuses.add(c.Status, int(c.items))
			t.LastAt = max(t.LastAt, last)
		})
	})
	if err != nil {
		return nil, fmt.Errorf("count event types: %w", err)
	}
	types := make([]TypeCount, 0, len(counts))
	for _, t := range counts {
		types = append(types, *t)
	}
	slices.SortFunc(types, func(a, b TypeCount) int { return strings.Compare(a.Type, b.Type) })
	return types, nil
}

// SourceCount is what a source received in one environment.
type SourceCount struct {
	Source      string
	Environment string
	Webhooks    int
	Rejections  int     // of those that are kept
	LastAt      es.Time // of the newest webhook or rejection
	// Attention counts what failed or was refused since the time that was
	// asked for, to the hour.
	Attention int
}

// Sources returns what each source received in each environment, by
// environment and source.
func (l *Log) Sources(ctx context.Context, since es.Time) ([]SourceCount, error) {
	type key struct{ environment, source string }
	counts := map[key]*SourceCount{}
	err := l.runner.View(ctx, func(v *projections.View) error {
		err := eachFacet(ctx, v, Filter{}, func(c facetCount, last es.Time) {
			k := key{c.Environment, c.Source}
			if counts[k] == nil {
				counts[k] = &SourceCount{Source: c.Source, Environment: c.Environment}
			}
			if c.Kind == KindRejection {
				counts[k].Rejections += int(c.items)
			} else {
				counts[k].Webhooks += int(c.items)
			}
			counts[k].LastAt = max(counts[k].LastAt, last)
		})
		if err != nil {
			return err
		}
		return eachCount(ctx, v, since, func(c facetCount, items int) {
			if n := counts[key{c.Environment, c.Source}]; n != nil && (c.Status == Status(webhook.StatusFailed) || c.Status == StatusRejected) {
				n.Attention += items
			}
		})
	})
	if err != nil {
		return nil, fmt.Errorf("count sources: %w", err)
	}
	sources := make([]SourceCount, 0, len(counts))
	for _, c := range counts {
		sources = append(sources, *c)
	}
	slices.SortFunc(sources, func(a, b SourceCount) int {
		return slices.Compare([]string{a.Environment, a.Source}, []string{b.Environment, b.Source})
	})
	return sources, nil
}

// eachFacet calls do with each facet that a filter of facets selects, and with
// when the newest of its items was received.
func eachFacet(ctx context.Context, v *projections.View, f Filter, do func(c facetCount, last es.Time)) error {
	s, err := resolve(ctx, v, f)
	if err != nil {
		return err
	}
	for id, c := range s.facets {
		var last int64
		err := v.Row(ctx, `SELECT received_at FROM eventlog_items WHERE facet = ? ORDER BY position DESC LIMIT 1`, id).Scan(&last)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		do(c, es.Time(last))
	}
	return nil
}

// eachCount calls do with each facet's count of each hour from since on.
func eachCount(ctx context.Context, v *projections.View, since es.Time, do func(c facetCount, items int)) error {
	s, err := resolve(ctx, v, Filter{})
	if err != nil {
		return err
	}
	rows, err := v.Rows(ctx, `SELECT facet, items FROM eventlog_counts WHERE width = ? AND start >= ?`, hour, startOf(int64(since), hour))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // Err is asked below
	for rows.Next() {
		var id, items int64
		if err := rows.Scan(&id, &items); err != nil {
			return err
		}
		if c, ok := s.facets[id]; ok {
			do(c, int(items))
		}
	}
	return rows.Err()
}
