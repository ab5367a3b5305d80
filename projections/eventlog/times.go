package eventlog

import (
	"context"

	"daybook/domain/es"
	"daybook/projections"
)

// stretchOf returns the stretch of the log in which all items lie that were
// received in [from, to); no time is no bound. Items that lie in it may have
// been received outside: times are not in the order of positions.
func stretchOf(ctx context.Context, v *projections.View, from, to es.Time) (stretchOfLog, error) {
	within := wholeLog()
	if from.IsZero() && to.IsZero() {
		return within, nil
	}
	lower, upper := int64(from), int64(to)
	if from.IsZero() {
		lower = -1 << 62
	}
	if to.IsZero() {
		upper = 1 << 62
	}
	// Whole hours in the middle, minutes at the two ends.
	firstHour, endHour := startOf(lower-1, hour)+hour, startOf(upper, hour)
	lastMinute := startOf(upper-1, minute) + minute
	parts := []struct{ width, start, end int64 }{
		{minute, startOf(lower, minute), min(firstHour, lastMinute)},
		{hour, firstHour, endHour},
		{minute, max(endHour, startOf(lower, minute)), lastMinute},
	}
	found := stretchOfLog{lastPosition, 0}
	for _, part := range parts {
		var first, last *int64
		if part.start >= part.end {
			continue
		}
		err := v.Row(ctx, `SELECT min(first), max(last) FROM eventlog_spans WHERE width = ? AND start >= ? AND start < ?`,
			part.width, part.start, part.end).Scan(&first, &last)
		if err != nil {
			return within, err
		}
		if first != nil && last != nil {
			found.lo, found.hi = min(found.lo, es.Position(*first)), max(found.hi, es.Position(*last))
		}
	}
	return found, nil
}
