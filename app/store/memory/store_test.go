package memory_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"daybook/app/store/memory"
	"daybook/app/store/storetest"
	"daybook/domain/es"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestContract(t *testing.T) {
	t.Parallel()

	storetest.Run(t, func(t testing.TB) storetest.Harness {
		t.Helper()
		var elapsed atomic.Int64
		store := memory.New(memory.Options{
			Now: func() time.Time { return time.Now().Add(time.Duration(elapsed.Load())) },
		})
		t.Cleanup(func() { _ = store.Close() })
		return storetest.Harness{
			Store:   store,
			Advance: func(d time.Duration) { elapsed.Add(int64(d)) },
		}
	})
}

// A bubble ends only when all in it wait for nothing but time and each other.
func TestWorksInABubble(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		store := memory.New(memory.Options{})
		var seen []es.Recorded
		go func() {
			for batch, err := range store.Subscribe(t.Context(), es.Start, es.Filter{}) {
				if err != nil {
					return
				}
				seen = append(seen, batch.Events...)
			}
		}()
		for i := range 3 {
			time.Sleep(time.Hour) // the bubble's
			e := es.Event{ID: uuid.New(), Type: "Happened"}
			if _, err := store.Append(t.Context(), "a-1", es.Any(), e); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if len(seen) != i+1 {
				t.Fatalf("the subscriber saw %d events, want %d", len(seen), i+1)
			}
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
	})
}
