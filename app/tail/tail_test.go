package tail_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"daybook/app/store/memory"
	"daybook/app/tail"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/webhook"
	"daybook/projections/eventlog"
	"daybook/projections/projectiontest"
)

// followed is a history, its read model, and a tail of it.
type followed struct {
	*projectiontest.Log
	tail *tail.Tail
	log  *bytes.Buffer
}

func follow(t *testing.T) followed {
	t.Helper()
	store := memory.New(memory.Options{})
	runner := projectiontest.Runner(t, store, eventlog.Projection())
	logged := &bytes.Buffer{}
	return followed{projectiontest.New(t, store), &tail.Tail{
		Store: store, Runner: runner, Events: eventlog.New(runner), Logger: slog.New(slog.NewTextHandler(logged, nil)),
	}, logged}
}

func (f followed) receive(n int) webhook.Ref {
	ref := webhook.Ref{Environment: "development", Source: "stripe", Key: fmt.Sprintf("evt_%d", n), Generation: 1}
	f.Receive(ref, "invoice.paid", "in_1")
	return ref
}

const never = 24 * time.Hour

func TestAFollowerIsToldOnceOfWhatItMissed(t *testing.T) {
	t.Parallel()
	f := follow(t)
	for i := range 500 { // more than are asked for at once
		f.Plan(f.receive(i), rule.NoMapping, nil)
	}
	f.WaitFor(f.tail.Runner)
	var ids []string
	last := es.Start
	for item, err := range f.tail.Follow(t.Context(), es.Start, eventlog.Filter{}, never) {
		if err != nil {
			t.Fatal(err)
		}
		if item == nil {
			break // everything was told
		}
		if item.Changed <= last || item.Status != "ignored" {
			t.Errorf("%s, %s, stands at %d, after %d", item.ID, item.Status, item.Changed, last)
		}
		last = item.Changed
		ids = append(ids, item.ID)
	}
	if len(ids) != 500 || ids[0] != "development.stripe.evt_0" {
		t.Errorf("%d items, first %s", len(ids), ids[0])
	}
}

// A position that the read models have yet to reach is no error: nothing is
// told until they have, and of nothing before.
func TestAFollowerThatIsAhead(t *testing.T) {
	t.Parallel()
	f := follow(t)
	f.receive(1)
	f.WaitFor(f.tail.Runner)
	ahead := f.Head + 2
	var told []string
	for item, err := range f.tail.Follow(t.Context(), ahead, eventlog.Filter{}, never) {
		if err != nil {
			t.Fatal(err)
		}
		if item == nil { // only the first time
			for i := range 3 {
				f.receive(2 + i)
			}
			continue
		}
		told = append(told, item.ID)
		break
	}
	if len(told) != 1 || told[0] != "development.stripe.evt_4" {
		t.Errorf("it was told of %v", told)
	}
}

func TestAFollowerHearsThatThereIsNothing(t *testing.T) {
	t.Parallel()
	f := follow(t)
	beats := 0
	for item, err := range f.tail.Follow(t.Context(), es.Start, eventlog.Filter{}, time.Millisecond) {
		if item != nil || err != nil {
			t.Fatal(item, err)
		}
		if beats++; beats == 4 {
			break
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, err := range f.tail.Follow(ctx, es.Start, eventlog.Filter{}, never) {
		if err != nil {
			t.Errorf("the end of a context is an error: %v", err)
		}
		cancel()
	}
}

func TestServe(t *testing.T) {
	t.Parallel()
	f := follow(t)
	f.Plan(f.receive(1), rule.NoMapping, nil)
	f.WaitFor(f.tail.Runner)
	ctx, cancel := context.WithCancel(t.Context())
	w := &recorder{ResponseRecorder: httptest.NewRecorder(), enough: ": here\n\n", stop: cancel}
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/tail", nil)
	err := f.tail.Serve(w, r, es.Start, eventlog.Filter{}, "webhook", func(i eventlog.Item) ([]byte, error) {
		return []byte(i.ID + "\nsecond line"), nil
	})
	want := "id: 2\nevent: webhook\ndata: development.stripe.evt_1\ndata: second line\n\n: here\n\n"
	if got := w.Body.String(); err != nil || got != want || f.log.Len() > 0 {
		t.Errorf("%q (%v), want %q; logged %s", got, err, want, f.log)
	}
	for name, want := range map[string]string{"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store", "X-Accel-Buffering": "no"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// recorder ends the request once it was sent enough, and can fail.
type recorder struct {
	*httptest.ResponseRecorder
	enough string
	stop   func()
	fails  error
}

func (r *recorder) Write(text []byte) (int, error) {
	if r.fails != nil {
		return 0, r.fails
	}
	n, err := r.ResponseRecorder.Write(text)
	if strings.HasSuffix(r.Body.String(), r.enough) {
		r.stop()
	}
	return n, err
}

// What goes wrong in the middle ends the stream, is logged, and writes nothing
// into it; a client that is gone is not worth a word.
func TestServeEndsWhenItCannotGoOn(t *testing.T) {
	t.Parallel()
	f := follow(t)
	f.receive(1)
	f.WaitFor(f.tail.Runner)
	serve := func(w http.ResponseWriter, err error) {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/tail", nil)
		if err := f.tail.Serve(w, r, es.Start, eventlog.Filter{}, "", func(eventlog.Item) ([]byte, error) { return []byte("x"), err }); err != nil {
			t.Errorf("a stream that has begun ended with %v", err)
		}
	}
	serve(&recorder{ResponseRecorder: httptest.NewRecorder(), fails: errors.New("broken pipe")}, nil)
	if f.log.Len() > 0 {
		t.Errorf("logged: %s", f.log)
	}
	w := httptest.NewRecorder()
	serve(w, errors.New("no such template"))
	if !strings.Contains(f.log.String(), "no such template") || w.Body.Len() > 0 {
		t.Errorf("sent %q, logged %q", w.Body, f.log)
	}
}

func TestTheStreamShowsThatItLives(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := follow(t)
		began := time.Now()
		w := &counted{ResponseRecorder: httptest.NewRecorder()}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/tail", nil)
		err := f.tail.Serve(w, r, es.Start, eventlog.Filter{}, "", func(eventlog.Item) ([]byte, error) { return nil, nil })
		// A comment at once and every 15 s; after an hour the client comes again.
		if lived := time.Since(began); err != nil || lived != time.Hour || w.count() < 239 || w.count() > 241 {
			t.Errorf("it lived %s and sent %d comments (%v)", lived, w.count(), err)
		}
	})
}

type counted struct {
	*httptest.ResponseRecorder
	mu sync.Mutex
	n  int
}

func (c *counted) Write(text []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	return len(text), nil
}

func (c *counted) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}
