package identity_test

import (
	"context"
	"errors"
	"iter"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"daybook/app/identity"
	"daybook/app/keyring"
	"daybook/app/store/memory"
	"daybook/domain/es"
	"daybook/domain/logbook"
)

func keys(t *testing.T) *keyring.Keyring {
	t.Helper()
	master, err := keyring.Parse(keyring.NewMasterKey())
	if err != nil {
		t.Fatal(err)
	}
	k, err := keyring.New(master)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestALogKnowsItsKey(t *testing.T) {
	t.Parallel()
	store, right := memory.New(memory.Options{}), keys(t)
	begun, err := identity.Open(t.Context(), store, right, time.Now)
	if err != nil || begun == "" {
		t.Fatalf("%q (%v)", begun, err)
	}
	if again, err := identity.Open(t.Context(), store, right, time.Now); err != nil || again != begun {
		t.Errorf("opened again it is %s (%v), not %s", again, err, begun)
	}
	if _, err := identity.Open(t.Context(), store, keys(t), time.Now); !errors.Is(err, identity.ErrWrongMasterKey) {
		t.Errorf("with another key: %v", err)
	}
	if other, err := identity.Open(t.Context(), memory.New(memory.Options{}), right, time.Now); err != nil || other == begun {
		t.Errorf("another log has the same id %s (%v)", other, err)
	}
}

func TestALogIsBegunOnce(t *testing.T) {
	t.Parallel()
	ids := make([]string, 16)
	store, right := &racing{Store: memory.New(memory.Options{})}, keys(t)
	store.readers.Add(len(ids))
	store.first.Store(int64(len(ids)))
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			var err error
			if ids[i], err = identity.Open(t.Context(), store, right, time.Now); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("one says %s, another %s", ids[0], id)
		}
	}
	n := 0
	for _, err := range store.ReadStream(t.Context(), logbook.Stream, 0, es.Forward) {
		if n++; err != nil {
			t.Fatal(err)
		}
	}
	if n != 1 {
		t.Errorf("the log was begun %d times", n)
	}
}

// racing is a store whose first readers all read before any of them goes on.
type racing struct {
	es.Store
	readers sync.WaitGroup
	first   atomic.Int64
}

func (s *racing) ReadStream(ctx context.Context, stream es.Stream, from es.Revision, dir es.Direction) iter.Seq2[es.Recorded, error] {
	return func(yield func(es.Recorded, error) bool) {
		s.Store.ReadStream(ctx, stream, from, dir)(yield)
		if s.first.Add(-1) >= 0 {
			s.readers.Done()
			s.readers.Wait()
		}
	}
}

func TestALogThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := identity.Open(ctx, memory.New(memory.Options{}), keys(t), time.Now); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	store := memory.New(memory.Options{})
	later := es.Event{ID: uuid.New(), Type: "LogCreated", Data: []byte(`{}`), Metadata: []byte(`{"schema":2}`)}
	if _, err := store.Append(t.Context(), logbook.Stream, es.Any(), later); err != nil {
		t.Fatal(err)
	}
	if _, err := identity.Open(t.Context(), store, keys(t), time.Now); !errors.Is(err, es.ErrNewerSchema) {
		t.Errorf("begun by a later version: %v", err)
	}
}
