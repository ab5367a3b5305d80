package ingest_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"daybook/app/configuration"
	"daybook/app/ingest"
	"daybook/domain/es"
	"daybook/domain/webhook"
)

// smallStore appends little at once.
type smallStore struct{ es.Store }

func (smallStore) MaxAppend() int { return 128 << 10 }

func (s smallStore) Append(ctx context.Context, stream es.Stream, expected es.Expected, events ...es.Event) (es.Appended, error) {
	// It promises more than it holds.
	const most = 48 << 10
	if size := es.SizeOf(events); size > most {
		return es.Appended{}, &es.TooLargeError{Stream: stream, Size: size, Max: most}
	}
	return s.Store.Append(ctx, stream, expected, events...)
}

// tinyStore appends next to nothing.
type tinyStore struct{ es.Store }

func (tinyStore) MaxAppend() int { return 1024 }

type noConfiguration struct{}

func (noConfiguration) ByToken(context.Context, string, es.Time) (*configuration.Endpoint, bool) {
	return nil, false
}

func (noConfiguration) Newer(context.Context, *configuration.Endpoint, string, es.Time) (*configuration.Endpoint, bool) {
	return nil, false
}

func (noConfiguration) OtherSecrets(*configuration.Endpoint, es.Time, int) []configuration.OtherSecret {
	return nil
}

// failingStore fails in the way that is set, for all but the configuration.
type failingStore struct {
	es.Store
	mode *atomic.Value // a mode
}

type mode string

const (
	works   mode = ""
	refuses mode = "refuses"
	hangs   mode = "hangs"
	forgets mode = "forgets" // it appends, and does not say so
)

func (s failingStore) Append(ctx context.Context, stream es.Stream, expected es.Expected, events ...es.Event) (es.Appended, error) {
	unavailable := fmt.Errorf("append to %s: %w", stream, es.ErrUnavailable)
	switch s.mode.Load() {
	case refuses:
		return es.Appended{}, unavailable
	case hangs:
		<-ctx.Done()
		return es.Appended{}, fmt.Errorf("%w: %w", unavailable, ctx.Err())
	case forgets:
		if _, err := s.Store.Append(ctx, stream, expected, events...); err != nil {
			return es.Appended{}, err
		}
		return es.Appended{}, unavailable
	default:
		return s.Store.Append(ctx, stream, expected, events...)
	}
}

func withFailures(fails *atomic.Value) func(*ingest.Config) {
	fails.Store(works)
	return func(c *ingest.Config) {
		c.Store = failingStore{c.Store, fails}
		c.AppendTimeout = 500 * time.Millisecond
	}
}

func TestNothingIsAcceptedThatTheStoreDoesNotSayItHas(t *testing.T) {
	t.Parallel()

	for _, c := range []struct {
		mode  mode
		after string
	}{{refuses, "accepted"}, {hangs, "accepted"}, {forgets, "duplicate"}} {
		t.Run(string(c.mode), func(t *testing.T) {
			t.Parallel()

			var fails atomic.Value
			s := serve(t, withFailures(&fails))
			fails.Store(c.mode)
			got := s.send(s.signed(event("evt_1")))
			if got.code != 503 || got.Error.Code != "store_unavailable" || got.header.Get("Retry-After") == "" {
				t.Errorf("%d %s", got.code, got.raw)
			}
			fails.Store(works)
			if got := s.send(s.signed(event("evt_1"))); got.code != 200 || got.Status != c.after {
				t.Errorf("sent again: %d %s", got.code, got.raw)
			}
			if rejections := s.rejections(); len(rejections) != 0 {
				t.Errorf("rejections: %+v", rejections)
			}
			if n := len(s.webhook("webhook-development.stripe.evt_1").Generations); n != 1 {
				t.Errorf("%d generations", n)
			}
			s.expectCounted(`daybook_ingest_requests_total{code="store_unavailable"}`, "1")
		})
	}
}

func TestRejectionsThatTheStoreDoesNotTakeAreDropped(t *testing.T) {
	t.Parallel()

	var fails atomic.Value
	s := serve(t, withFailures(&fails))
	fails.Store(refuses)
	for range 15 {
		if got := s.send(call{body: []byte("{}")}); got.code != 401 {
			t.Fatalf("%d %s", got.code, got.raw)
		}
	}
	s.flush()
	s.expectCounted(`daybook_ingest_rejections_total{kept="dropped"}`, "15")

	fails.Store(works)
	s.clock.move(time.Second)
	s.send(call{body: []byte("{}")})
	if rejections := s.rejections(); len(rejections) != 1 {
		t.Errorf("%d rejections, want the one after the outage", len(rejections))
	}
	s.expectCounted(`daybook_ingest_rejections_total{kept="recorded"}`, "1")
}

func TestAnErasedWebhookIsADuplicate(t *testing.T) {
	t.Parallel()

	s := serve(t)
	first := s.accepts("evt_1")
	if err := s.store.Tombstone(t.Context(), first.Stream); err != nil {
		t.Fatal(err)
	}
	got := s.send(s.signed(event("evt_1")))
	if got.code != 200 || got.Status != "duplicate" || got.ID != first.ID {
		t.Errorf("%d %s", got.code, got.raw)
	}
}

func TestAStreamOfALaterVersionIsLeftAlone(t *testing.T) {
	t.Parallel()

	s := serve(t)
	first := s.accepts("evt_1")
	later := es.Event{ID: [16]byte{1}, Type: "FromTheFuture", Data: []byte("{}"), Metadata: []byte("{}")}
	if _, err := s.store.Append(t.Context(), first.Stream, es.Any(), later); err != nil {
		t.Fatal(err)
	}
	if got := s.send(s.signed(event("evt_1"))); got.code != 503 {
		t.Errorf("%d %s", got.code, got.raw)
	}
	if stored := s.stored(webhook.StreamPrefix); len(stored) != 2 {
		t.Errorf("%d events are stored", len(stored))
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()

	if _, err := ingest.New(ingest.Config{}); err == nil {
		t.Error("ingest was made of nothing")
	}
	r := newRig(t)
	_, err := ingest.New(ingest.Config{
		Store: tinyStore{r.store}, Configuration: noConfiguration{}, Now: time.Now, Metrics: r.ingest, Logger: slog.New(slog.DiscardHandler), Instance: "test",
	})
	if err == nil || !strings.Contains(err.Error(), "1024 bytes") {
		t.Errorf("a store that can append nothing: %v", err)
	}
}
