package app_test

import (
	"context"
	"net"
	"testing"
	"time"

	"daybook/app"
	"daybook/app/store/embedded"
	"daybook/app/store/esdb"
	"daybook/app/store/wire"
)

// sharedStore is a store that several Daybooks share: an embedded one that is
// served over TCP in the EventStoreDB protocol, to be written to as well.
type sharedStore struct {
	*embedded.Store
	address string
	running *wire.Server
	served  chan error
}

func share(t *testing.T) *sharedStore {
	t.Helper()
	store, err := embedded.Open(t.Context(), t.TempDir(), embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := &sharedStore{Store: store, address: "127.0.0.1:0"}
	s.serve(t)
	t.Cleanup(func() {
		s.down(t)
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// serve begins to answer, where it did before.
func (s *sharedStore) serve(t *testing.T) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	if s.running, err = wire.New(wire.Config{Store: s.Store}); err != nil {
		t.Fatal(err)
	}
	s.address, s.served = listener.Addr().String(), make(chan error, 1)
	running, served := s.running, s.served
	go func() { served <- running.Serve(listener) }()
}

// down is an outage: whoever waits for an answer is cut off.
func (s *sharedStore) down(t *testing.T) {
	t.Helper()
	if s.running == nil {
		return
	}
	at, cancel := context.WithCancel(context.Background())
	cancel()
	s.running.Stop(at)
	if err := <-s.served; err != nil {
		t.Error(err)
	}
	s.running = nil
}

// connection is the store as --store names it.
func (s *sharedStore) connection() string { return "esdb://" + s.address + "?tls=false" }

// config is that of an instance on the store, with a directory of its own.
func (s *sharedStore) config(t *testing.T) app.Config {
	t.Helper()
	c := config(t)
	c.Store = s.connection()
	return c
}

// openThere opens the store as an instance does, where positions are those that
// instances know.
func (s *sharedStore) openThere(t *testing.T) *esdb.Store {
	t.Helper()
	return openThere(t, s.connection())
}

func openThere(t *testing.T, connection string) *esdb.Store {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	store, err := esdb.Open(ctx, connection, esdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// tookAtMost says that something took too long.
func tookAtMost(t *testing.T, limit time.Duration, what string, began time.Time) {
	t.Helper()
	if took := time.Since(began); took > limit {
		t.Errorf("%s took %s", what, took)
	}
}
