package esdb

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"daybook/app/store/embedded"
	"daybook/app/store/memory"
	"daybook/app/store/wire"
	"daybook/domain/es"
)

// server serves a store over TCP. It can be stopped and started again, at the
// same address.
type server struct {
	t       testing.TB
	config  wire.Config
	address string
	running *wire.Server
	served  chan error
}

func serve(t testing.TB, store es.Store) *server {
	t.Helper()
	s := &server{t: t, config: wire.Config{Store: store}, address: "127.0.0.1:0"}
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *server) start() {
	s.t.Helper()
	listener := listen(context.Background(), s.t, s.address)
	s.address = listener.Addr().String()
	running, err := wire.New(s.config)
	if err != nil {
		s.t.Fatal(err)
	}
	s.running, s.served = running, make(chan error, 1)
	go func() { s.served <- running.Serve(listener) }()
}

// listen waits for an address that another socket is about to free.
func listen(ctx context.Context, t testing.TB, address string) net.Listener {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); ; {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
		if err == nil {
			return listener
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// stop ends the server at once: whoever waits for it is cut off.
func (s *server) stop() {
	if s.running == nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s.running.Stop(ctx)
	if err := <-s.served; err != nil {
		s.t.Error(err)
	}
	s.running = nil
}

func (s *server) restart() {
	s.stop()
	s.start()
}

// connect opens the store at an address.
func connect(t testing.TB, address string, o Options) *Store {
	t.Helper()
	store, err := Open(t.Context(), "esdb://"+address+"?tls=false", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

func newMemory(t testing.TB, o memory.Options) *memory.Store {
	t.Helper()
	store := memory.New(o)
	t.Cleanup(func() { _ = store.Close() })
	return store
}

func openEmbedded(t testing.TB, dir string, o embedded.Options) *embedded.Store {
	t.Helper()
	store, err := embedded.Open(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// impatient is a timing under which a dead connection is noticed soon.
func impatient() timing {
	t := defaultTiming()
	t.attempt, t.longest = 600*time.Millisecond, 50*time.Millisecond
	return t
}

// clock can be moved.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(d time.Duration) { c.ahead.Add(int64(d)) }
