package identity

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"daybook/app/keyring"
	"daybook/app/store/memory"
	"daybook/domain/es"
	"daybook/domain/logbook"
)

func ring(t *testing.T) *keyring.Keyring {
	t.Helper()
	master, err := keyring.Parse(keyring.NewMasterKey())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := keyring.New(master)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestALogKeepsItsIDAndItsKey(t *testing.T) {
	t.Parallel()
	store, keys := memory.New(memory.Options{}), ring(t)
	id, err := Open(t.Context(), store, keys, time.Now)
	if err != nil || id == "" {
		t.Fatalf("%q, %v", id, err)
	}
	if again, err := Open(t.Context(), store, keys, time.Now); err != nil || again != id {
		t.Errorf("opened again: %q, %v; it was %q", again, err, id)
	}
	if _, err := Open(t.Context(), store, ring(t), time.Now); !errors.Is(err, ErrWrongMasterKey) {
		t.Errorf("with another key: %v", err)
	}
	if other, err := Open(t.Context(), memory.New(memory.Options{}), keys, time.Now); err != nil || other == id {
		t.Errorf("another log: %q, %v", other, err)
	}
}

func TestManyBeginOneLog(t *testing.T) {
	t.Parallel()
	store, keys := memory.New(memory.Options{}), ring(t)
	ids := make([]string, 16)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			var err error
			if ids[i], err = Open(t.Context(), store, keys, time.Now); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, id := range ids {
		if id == "" || id != ids[0] {
			t.Errorf("different logs: %q", ids)
		}
	}
}

func TestALogOfSomethingElseIsRefused(t *testing.T) {
	t.Parallel()
	for name, event := range map[string]es.Event{
		"unknown type": {Type: "SomethingElse", Data: []byte("{}"), Metadata: []byte(`{"schema":1,"at":"2026-11-24T14:00:00.000Z"}`)},
		"no id":        {Type: "LogCreated", Data: []byte("{}"), Metadata: []byte(`{"schema":1,"at":"2026-11-24T14:00:00.000Z"}`)},
		"newer schema": {Type: "LogCreated", Data: []byte("{}"), Metadata: []byte(`{"schema":2,"at":"2026-11-24T14:00:00.000Z"}`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := memory.New(memory.Options{})
			event.ID = uuid.New()
			if _, err := store.Append(t.Context(), logbook.Stream, es.NoStream(), event); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if id, err := Open(ctx, store, ring(t), time.Now); err == nil || ctx.Err() != nil {
				t.Errorf("%q, %v", id, err)
			}
			if head, err := store.Head(ctx); err != nil || head != 1 {
				t.Errorf("something was appended: %d, %v", head, err)
			}
		})
	}
}

func TestAStoreThatIsClosed(t *testing.T) {
	t.Parallel()
	store := memory.New(memory.Options{})
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), store, ring(t), time.Now); err == nil || !strings.Contains(err.Error(), "daybook-log") {
		t.Errorf("%v; it is to say what could not be read", err)
	}
}
