package embedded

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"daybook/domain/es"
)

// webhook is an event of the size that a provider sends: 2 KB in all.
func webhook() es.Event {
	e := es.Event{Type: "WebhookReceived", Data: make([]byte, 1700), Metadata: make([]byte, 300)}
	_, _ = rand.Read(e.Data)
	_, _ = rand.Read(e.Metadata)
	return e
}

// Keys of providers begin with a time, more or less, or are random: then each
// append writes to another page of the index.
func BenchmarkAppend(b *testing.B) {
	ordered := func(n int64) es.Stream {
		return es.Stream(fmt.Sprintf("webhook-production.stripe.evt_%024d", n))
	}
	random := func(int64) es.Stream {
		var key [12]byte
		_, _ = rand.Read(key[:])
		return es.Stream("webhook-production.stripe.evt_" + hex.EncodeToString(key[:]))
	}
	for _, keys := range []struct {
		name string
		key  func(int64) es.Stream
	}{{"ordered", ordered}, {"random", random}} {
		for _, callers := range []int{1, 64, 256} {
			b.Run(fmt.Sprintf("keys=%s/callers=%d", keys.name, callers), func(b *testing.B) {
				benchmarkAppend(b, callers, keys.key)
			})
		}
	}
}

func benchmarkAppend(b *testing.B, callers int, key func(int64) es.Stream) {
	b.Helper()
	store := openStore(b, b.TempDir(), Options{})
	template := webhook()
	ctx := b.Context()
	var next atomic.Int64
	done := make(chan error)
	b.ReportAllocs()
	b.ResetTimer()
	for range callers {
		go func() {
			for {
				n := next.Add(1)
				if n > int64(b.N) {
					done <- nil
					return
				}
				e := template
				e.ID = uuid.Must(uuid.NewV7())
				if _, err := store.Append(ctx, key(n), es.NoStream(), e); err != nil {
					done <- err
					return
				}
			}
		}()
	}
	for range callers {
		if err := <-done; err != nil {
			b.Error(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
}

func BenchmarkRead(b *testing.B) {
	store := openStore(b, b.TempDir(), Options{})
	const n = 20_000
	for i := range n / 100 {
		events := make([]es.Event, 100)
		for j := range events {
			events[j] = webhook()
			events[j].ID = uuid.Must(uuid.NewV7())
		}
		if _, err := store.Append(b.Context(), es.Stream(fmt.Sprintf("webhook-%d", i)), es.NoStream(), events...); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("stream of 100", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			for _, err := range store.ReadStream(b.Context(), es.Stream(fmt.Sprintf("webhook-%d", i%(n/100))), 0, es.Forward) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("subscription", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			for batch, err := range store.Subscribe(b.Context(), es.Start, es.Filter{}) {
				if err != nil {
					b.Fatal(err)
				}
				if batch.CaughtUp {
					break
				}
			}
		}
		b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "events/s")
	})
}
