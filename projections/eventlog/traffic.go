package eventlog

import (
	"context"
	"fmt"
	"time"

	"daybook/domain/es"
	"daybook/projections"
)

// Origin is a source in an environment.
type Origin struct{ Environment, Source string }

// Refused returns how many requests were refused since a time, of those that are
// kept, where there were any.
func (l *Log) Refused(ctx context.Context, since es.Time) (map[Origin]int, error) {
	refused := map[Origin]int{}
	err := l.runner.View(ctx, func(v *projections.View) error {
		within, err := stretchOf(ctx, v, since, 0)
		if err != nil || within.empty() {
			return err
		}
		s, err := resolve(ctx, v, Filter{Status: StatusRejected})
		if err != nil {
			return err
		}
		for id, c := range s.facets {
			n := 0
			err := v.Row(ctx, `SELECT coalesce(sum(deliveries), 0) FROM eventlog_items
				WHERE facet = ? AND position BETWEEN ? AND ? AND received_at >= ?`,
				id, int64(within.lo), int64(within.hi), int64(since)).Scan(&n)
			if err != nil {
				return err
			}
			if n > 0 {
				refused[Origin{c.Environment, c.Source}] += n
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count refused requests: %w", err)
	}
	return refused, nil
}

// stretches is how many stretches of time must hold a webhook each, for a source
// to have traffic.
const stretches = 3

// Silences returns when the newest webhook of each source came that is silent:
// it has traffic, at least one webhook in each of the last three stretches of
// time as long as may says, and then had none for as long. 0 may be silent for
// ever.
func (l *Log) Silences(ctx context.Context, now es.Time, may func(Origin) time.Duration) (map[Origin]es.Time, error) {
	silent := map[Origin]es.Time{}
	err := l.runner.View(ctx, func(v *projections.View) error {
		last := map[Origin]es.Time{}
		facets := map[Origin][]int64{}
		err := eachFacet(ctx, v, Filter{}, func(c facetCount, at es.Time) {
			if o := (Origin{c.Environment, c.Source}); c.Kind == KindWebhook {
				last[o] = max(last[o], at)
				facets[o] = append(facets[o], c.id())
			}
		})
		if err != nil {
			return err
		}
		for o, at := range last {
			longest := may(o)
			if longest == 0 || now.Sub(at) < longest {
				continue
			}
			traffic, err := hasTraffic(ctx, v, facets[o], at, longest)
			if err != nil {
				return err
			}
			if traffic {
				silent[o] = at
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for sources that are silent: %w", err)
	}
	return silent, nil
}

func hasTraffic(ctx context.Context, v *projections.View, facets []int64, last es.Time, length time.Duration) (bool, error) {
	to := last
	for range stretches {
		from := to.Add(-length)
		found, err := anyIn(ctx, v, facets, from, to)
		if err != nil || !found {
			return false, err
		}
		to = from
	}
	return true, nil
}

// anyIn reports whether anything of some facets was received in (from, to].
func anyIn(ctx context.Context, v *projections.View, facets []int64, from, to es.Time) (bool, error) {
	within, err := stretchOf(ctx, v, from+1, to+1)
	if err != nil || within.empty() {
		return false, err
	}
	for _, id := range facets {
		found := false
		err := v.Row(ctx, `SELECT EXISTS (SELECT 1 FROM eventlog_items
			WHERE facet = ? AND position BETWEEN ? AND ? AND received_at > ? AND received_at <= ?)`,
			id, int64(within.lo), int64(within.hi), int64(from), int64(to)).Scan(&found)
		if err != nil || found {
			return found, err
		}
	}
	return false, nil
}
