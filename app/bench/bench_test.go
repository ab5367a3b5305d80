package bench

import (
	"fmt"
	"testing"
)

// BenchmarkDaybook measures what the README reports, and prints the table.
func BenchmarkDaybook(b *testing.B) {
	report := &table{}
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("append/callers=%d", callers), func(b *testing.B) { benchmarkAppend(b, callers, report) })
	}
	for _, connections := range []int{1, 64} {
		b.Run(fmt.Sprintf("ingest/connections=%d", connections), func(b *testing.B) { benchmarkIngest(b, connections, report) })
	}
	for _, connections := range []int{1, 64} {
		b.Run(fmt.Sprintf("elsewhere/connections=%d", connections), func(b *testing.B) { benchmarkElsewhere(b, connections, report) })
	}
	b.Run("subscribe", func(b *testing.B) { benchmarkSubscribe(b, report) })
	b.Run("outage", func(b *testing.B) { benchmarkOutage(b, report) })
	b.Run("actions", func(b *testing.B) { benchmarkActions(b, report) })
	b.Run("dead", func(b *testing.B) { benchmarkDead(b, report) })
	fmt.Print(report)
}
