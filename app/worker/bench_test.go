package worker

import (
	"fmt"
	"testing"
)

// BenchmarkWork plans and works one webhook with one action, on a store that
// costs nothing.
func BenchmarkWork(b *testing.B) {
	h := newHouse(b, trigger())
	w := h.worker("one", alone)
	works := make([]Work, b.N)
	for i := range works {
		works[i] = h.receive(fmt.Sprintf("evt_%d", i), paid)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for _, work := range works {
		if err := w.work(b.Context(), work); err != nil {
			b.Fatal(err)
		}
	}
}
