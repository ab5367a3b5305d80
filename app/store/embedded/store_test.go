package embedded

import (
	"sync/atomic"
	"testing"
	"time"

	"daybook/app/store/storetest"
	"daybook/domain/es"
)

func TestContract(t *testing.T) {
	t.Parallel()

	storetest.Run(t, func(t testing.TB) storetest.Harness {
		t.Helper()
		var elapsed atomic.Int64
		options := Options{Now: func() time.Time { return time.Now().Add(time.Duration(elapsed.Load())) }}
		dir := t.TempDir()
		store := openStore(t, dir, options)
		return storetest.Harness{
			Store: store,
			Reopen: func() es.Store {
				if err := store.Close(); err != nil {
					t.Fatal(err)
				}
				store = openStore(t, dir, options)
				return store
			},
			Advance: func(d time.Duration) { elapsed.Add(int64(d)) },
		}
	})
}

func openStore(t testing.TB, dir string, o Options) *Store {
	t.Helper()
	store, err := Open(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}
