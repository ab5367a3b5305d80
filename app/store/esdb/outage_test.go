package esdb

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"daybook/app/store/memory"
	"daybook/domain/es"
)

// longOutage names the variable that holds how long TestOutageLong lasts.
const longOutage = "DAYBOOK_TEST_OUTAGE"

func TestOutage(t *testing.T) {
	t.Parallel()
	for _, lasts := range []time.Duration{300 * time.Millisecond, 3 * time.Second} {
		t.Run(lasts.String(), func(t *testing.T) {
			t.Parallel()
			surviveOutage(t, lasts)
		})
	}
}

func TestOutageLong(t *testing.T) {
	t.Parallel()
	text := os.Getenv(longOutage)
	if text == "" {
		t.Skip("set " + longOutage + " to how long the server is away, as in 60s; `task outage` does")
	}
	lasts, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	surviveOutage(t, lasts)
}

// surviveOutage takes the server away for a while, from a store with the timing
// of production: those who have time wait for it, those who have none are
// answered in time, the first call afterwards succeeds, nothing is lost or
// doubled, and one connection is left.
func surviveOutage(t *testing.T, lasts time.Duration) {
	t.Helper()
	server := serve(t, newMemory(t, memory.Options{}))
	proxy := newProxy(t, server.address)
	store := connect(t, proxy.address, Options{})
	ctx, cancel := context.WithTimeout(t.Context(), lasts+patience)
	defer cancel()

	watcher := watch(ctx, t, store)
	before := one("before")
	mustAppend(ctx, t, store, before)
	watcher.waitFor(before)

	proxy.refuse()
	waits := one("waits")
	var waiting sync.WaitGroup
	waiting.Go(func() { insist(ctx, t, store, waits) })
	for end := time.Now().Add(lasts); time.Now().Before(end); {
		answeredInTime(ctx, t, store)
	}
	proxy.accept(ctx)
	back := time.Now()
	after := one("after")
	mustAppend(ctx, t, store, after)
	if late := time.Since(back); late > 5*time.Second {
		t.Errorf("the first append after the outage took %v", late)
	}
	waiting.Wait()
	watcher.waitFor(waits, after)
	watcher.sawEachOnce()
	proxy.holdsOne(ctx)
}

// answeredInTime makes each call with little time.
func answeredInTime(ctx context.Context, t *testing.T, store *Store) {
	t.Helper()
	const little, grace = 50 * time.Millisecond, time.Second
	for name, call := range calls(store) {
		ctx, cancel := context.WithTimeout(ctx, little)
		began := time.Now()
		err := call(ctx)
		took := time.Since(began)
		cancel()
		if !errors.Is(err, es.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
		if took > little+grace {
			t.Errorf("%s took %v of %v", name, took, little)
		}
	}
}

func calls(store *Store) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Append": func(ctx context.Context) error {
			_, err := store.Append(ctx, "lost-1", es.Any(), one("lost"))
			return err
		},
		"Tombstone": func(ctx context.Context) error { return store.Tombstone(ctx, "lost-2") },
		"Head":      func(ctx context.Context) error { _, err := store.Head(ctx); return err },
		"ReadStream": func(ctx context.Context) error {
			for _, err := range store.ReadStream(ctx, "a-1", 0, es.Forward) {
				return err
			}
			return nil
		},
		"ReadAll": func(ctx context.Context) error {
			for _, err := range store.ReadAll(ctx, es.Start, es.Forward) {
				return err
			}
			return nil
		},
		"Subscribe": func(ctx context.Context) error {
			for _, err := range store.Subscribe(ctx, es.Start, es.Filter{}) {
				return err
			}
			return nil
		},
	}
}

func one(data string) es.Event {
	return es.Event{ID: uuid.Must(uuid.NewV7()), Type: "Happened", Data: []byte(`"` + data + `"`), Metadata: []byte("{}")}
}

func mustAppend(ctx context.Context, t *testing.T, store *Store, e es.Event) es.Appended {
	t.Helper()
	at, err := store.Append(ctx, "a-1", es.Any(), e)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// insist repeats an append that ran out of patience.
func insist(ctx context.Context, t *testing.T, store *Store, e es.Event) {
	t.Helper()
	for ctx.Err() == nil {
		_, err := store.Append(ctx, "a-1", es.Any(), e)
		if err == nil {
			return
		}
		if !errors.Is(err, es.ErrUnavailable) {
			t.Error(err)
		}
	}
}

// watcher follows stream a-1.
type watcher struct {
	t    *testing.T
	ctx  context.Context
	mu   sync.Mutex
	seen map[uuid.UUID]int
	grew chan struct{}
}

func watch(ctx context.Context, t *testing.T, store *Store) *watcher {
	t.Helper()
	w := &watcher{t: t, ctx: ctx, seen: make(map[uuid.UUID]int), grew: make(chan struct{}, 1)}
	go func() {
		for batch, err := range store.Subscribe(ctx, es.Start, es.Filter{StreamPrefixes: []string{"a-"}}) {
			if err != nil {
				if ctx.Err() == nil && !errors.Is(err, errClosed) {
					t.Errorf("the subscription ended: %v", err)
				}
				return
			}
			w.mu.Lock()
			for _, e := range batch.Events {
				w.seen[e.ID]++
			}
			w.mu.Unlock()
			leave(w.grew)
		}
	}()
	return w
}

func (w *watcher) waitFor(events ...es.Event) {
	w.t.Helper()
	for _, e := range events {
		for w.times(e) == 0 {
			select {
			case <-w.grew:
			case <-w.ctx.Done():
				w.t.Fatalf("the subscription did not see %s", e.Data)
			}
		}
	}
}

func (w *watcher) times(e es.Event) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen[e.ID]
}

func (w *watcher) sawEachOnce() {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, n := range w.seen {
		if n != 1 {
			w.t.Errorf("the subscription saw %s %d times", id, n)
		}
	}
}

// holdsOne waits until one connection is left.
func (p *proxy) holdsOne(ctx context.Context) {
	p.t.Helper()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		open := 0
		p.each(func(*link) { open++ })
		if open == 1 {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			p.t.Errorf("%d connections are open, want 1", open)
			return
		}
	}
}

// The client would look for another node by itself, and leave its connection
// behind, or die. It must never get so far: what it would say then is not heard.
func TestClientIsKeptFromRediscovering(t *testing.T) {
	t.Parallel()

	var said strings.Builder
	server := serve(t, newMemory(t, memory.Options{}))
	proxy := newProxy(t, server.address)
	store := connect(t, proxy.address, Options{
		timing: impatient(),
		Logger: slog.New(slog.NewTextHandler(&locked{writer: &said}, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	const restarts = 10
	for range restarts {
		var group sync.WaitGroup
		for range 20 {
			group.Go(func() { insist(t.Context(), t, store, one("again")) })
		}
		server.restart()
		group.Wait()
	}
	proxy.holdsOne(t.Context())
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said.String(), "discovery attempt 1/1") {
		t.Errorf("the client says nothing of what it does: is this its log?\n%s", said.String())
	}
	if strings.Contains(said.String(), "starting a new discovery process") {
		t.Errorf("the client looked for another node by itself:\n%s", said.String())
	}
}

// locked is a writer for many goroutines.
type locked struct {
	mu     sync.Mutex
	writer *strings.Builder
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.writer.Write(b)
}

// A network that swallows everything, while connecting and while connected.
func TestBlackHole(t *testing.T) {
	t.Parallel()

	server := serve(t, newMemory(t, memory.Options{}))
	proxy := newProxy(t, server.address)
	store, err := Open(t.Context(), "esdb://"+proxy.address+"?tls=false&gossipTimeout=1", Options{timing: impatient()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	first := mustAppend(t.Context(), t, store, one("first"))

	proxy.blackHole(true)
	var callers sync.WaitGroup
	for range 20 {
		callers.Go(func() { answeredInTime(t.Context(), t, store) })
	}
	callers.Wait()
	proxy.blackHole(false)
	if after := mustAppend(t.Context(), t, store, one("after")); after.Revision != first.Revision+1 {
		t.Errorf("the first append after the outage stands at %d", after.Revision)
	}
}

// A connection over which nothing comes any more is left soon, by those who wait
// for an answer and by those who do not.
func TestFrozenConnection(t *testing.T) {
	t.Parallel()

	server := serve(t, newMemory(t, memory.Options{}))
	proxy := newProxy(t, server.address)
	store := connect(t, proxy.address, Options{timing: impatient()})
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second) // the client itself takes 20 s
	defer cancel()
	watcher := watch(ctx, t, store)
	before, after := one("before"), one("after")
	mustAppend(ctx, t, store, before)
	watcher.waitFor(before)
	proxy.freeze()
	mustAppend(ctx, t, store, after)
	watcher.waitFor(after)
	watcher.sawEachOnce()
}

// However many calls hang, only so many of them are inside the client.
func TestCallsThatHangAreBounded(t *testing.T) {
	t.Parallel()

	server := serve(t, newMemory(t, memory.Options{}))
	proxy := newProxy(t, server.address)
	store := connect(t, proxy.address, Options{})
	store.connections.slots = make(chan struct{}, 3)
	mustAppend(t.Context(), t, store, one("first"))

	proxy.freeze()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	var callers sync.WaitGroup
	for range 30 {
		callers.Go(func() {
			if _, err := store.Head(ctx); !errors.Is(err, es.ErrUnavailable) {
				t.Errorf("head: %v", err)
			}
		})
	}
	callers.Wait()
	if n := len(store.connections.slots); n > 3 {
		t.Errorf("%d calls are inside the client", n)
	}
}

func TestOpenSaysWhyNot(t *testing.T) {
	t.Parallel()

	listener := listen(t.Context(), t, "127.0.0.1:0")
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := Open(ctx, "esdb://"+address+"?tls=false", Options{})
	if !errors.Is(err, es.ErrUnavailable) || !strings.Contains(err.Error(), "connection refused") || !strings.Contains(err.Error(), address) {
		t.Errorf("%v", err)
	}
}

func TestCloseDoesNotWaitForAServerThatIsAway(t *testing.T) {
	t.Parallel()

	server := serve(t, newMemory(t, memory.Options{}))
	store := connect(t, server.address, Options{})
	server.stop()
	ended := make(chan error, 1)
	go func() {
		_, err := store.Append(t.Context(), "a-1", es.Any(), one("never"))
		ended <- err
	}()
	began := time.Now()
	_ = store.Close()
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %v to close", took)
	}
	if err := <-ended; !errors.Is(err, es.ErrUnavailable) {
		t.Errorf("append: %v", err)
	}
}
