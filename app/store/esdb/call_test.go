package esdb

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"weak"

	"daybook/app/store/memory"
	"daybook/domain/es"
)

// A caller whose context ends in the very moment in which an attempt took too
// long hears that the outcome is unknown, and so does the next append.
func TestTheContextEndsAsAnAttemptDoes(t *testing.T) {
	t.Parallel()

	timing := impatient()
	timing.attempt /= 10
	store := connect(t, serve(t, newMemory(t, memory.Options{})).address, Options{timing: timing})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	store.connections.mu.Lock()
	current := store.connections.current
	end := current.end
	current.end = func() { cancel(); end() } // when it is given up
	store.connections.mu.Unlock()
	_, err := persist(ctx, store.connections, func(ctx context.Context, _ *connection, before int) (struct{}, error) {
		if before == 0 {
			return struct{}{}, errUnheard
		}
		<-ctx.Done()
		<-t.Context().Done() // nothing more is heard of it
		return struct{}{}, nil
	})
	if !errors.Is(err, es.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// What a call read whose caller has left is not kept.
func TestWhatNobodyWaitsForIsNotKept(t *testing.T) {
	t.Parallel()

	store := connect(t, serve(t, newMemory(t, memory.Options{})).address, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	left, read := make(chan struct{}), make(chan weak.Pointer[[1 << 20]byte], 1)
	_, err := attempt(ctx, store.connections, func(context.Context, *connection) (*[1 << 20]byte, error) {
		cancel()
		<-left
		page := new([1 << 20]byte)
		read <- weak.Make(page)
		return page, nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	close(left)
	page := <-read
	waitUntil(t, func() bool { runtime.GC(); return page.Value() == nil })
}

// waitUntil returns when something has become true.
func waitUntil(t *testing.T, isTrue func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), defaultTiming().longestCall()/2)
	defer cancel()
	for !isTrue() {
		if ctx.Err() != nil {
			t.Fatal("it did not become true")
		}
	}
}
