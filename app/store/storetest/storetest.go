// Package storetest is the contract of the event store port (es.Store) as a
// test suite. Every adapter runs it:
//
//	func TestContract(t *testing.T) {
//		t.Parallel()
//		storetest.Run(t, func(t testing.TB) storetest.Harness { … })
//	}
//
// The suite makes stream names of its own and begins at the head that it finds,
// so that a store which holds other events, or to which others append, passes
// it too.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"daybook/domain/es"
)

// Harness is a store under test and what can be done to it.
type Harness struct {
	Store es.Store
	// Reopen closes the store and opens it again on what it kept. It is nil if
	// the store keeps nothing.
	Reopen func() es.Store
	// Advance moves the clock that $maxAge is measured with. It is nil if that
	// clock cannot be moved: then $maxAge is not tested.
	Advance func(time.Duration)
	// Disturb holds, by name, what can happen on the way to a store that is
	// somewhere else: it restarts, a connection breaks. Each disturbs for a
	// moment and returns. Nothing of it is more than an [es.ErrUnavailable] to a
	// caller, and to a reader not even that.
	Disturb map[string]func()
}

// Run runs the suite. It calls open once for each test; open registers with
// t.Cleanup what closes the store.
func Run(t *testing.T, open func(t testing.TB) Harness) {
	t.Helper()
	for _, group := range []map[string]func(*suite){
		appendTests(), idempotencyTests(), readTests(), subscribeTests(),
		retentionTests(), tombstoneTests(), lifecycleTests(), reopenTests(), distanceTests(), modelTests(),
	} {
		for name, test := range group {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(newSuite(t, open(t)))
			})
		}
	}
}

// patience is how long a test waits for what must come: only a failing one
// waits that long.
const patience = 2 * time.Minute

// suite is what one test works with.
type suite struct {
	*testing.T
	Harness
	ctx context.Context
	// start is the head before the test wrote anything; run tells this test's
	// streams from those of others.
	start es.Position
	run   string
}

func newSuite(t *testing.T, h Harness) *suite {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	s := &suite{T: t, Harness: h, ctx: ctx, run: uuid.NewString()}
	s.start = s.head()
	return s
}

// stream returns a name that nobody else uses.
func (s *suite) stream(kind string) es.Stream { return es.Stream(kind + "-" + s.run) }

func (s *suite) head() es.Position {
	s.Helper()
	head, err := s.Store.Head(s.ctx)
	s.must(err)
	return head
}

func (s *suite) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *suite) mustBe(err, want error) {
	s.Helper()
	if !errors.Is(err, want) {
		s.Fatalf("got error %v, want %v", err, want)
	}
}

// append appends what must be taken.
func (s *suite) append(stream es.Stream, expected es.Expected, events ...es.Event) es.Appended {
	s.Helper()
	at, err := s.Store.Append(s.ctx, stream, expected, events...)
	s.must(err)
	return at
}

// refuse appends what must be refused, with that error.
func (s *suite) refuse(want error, stream es.Stream, expected es.Expected, events ...es.Event) {
	s.Helper()
	_ = s.refusal(want, stream, expected, events...)
}

// refusal is refuse for a test that looks at the error.
func (s *suite) refusal(want error, stream es.Stream, expected es.Expected, events ...es.Event) error {
	s.Helper()
	at, err := s.Store.Append(s.ctx, stream, expected, events...)
	if !errors.Is(err, want) {
		s.Fatalf("append to %s expecting %s: got %+v, %v, want error %v", stream, expected, at, err, want)
	}
	return err
}

func (s *suite) read(stream es.Stream, from es.Revision, dir es.Direction) []es.Recorded {
	s.Helper()
	return s.collect(s.Store.ReadStream(s.ctx, stream, from, dir))
}

// readAll returns the events of this test's streams.
func (s *suite) readAll(from es.Position, dir es.Direction) []es.Recorded {
	s.Helper()
	var own []es.Recorded
	for _, e := range s.collect(s.Store.ReadAll(s.ctx, from, dir)) {
		if s.owns(e.Stream) {
			own = append(own, e)
		}
	}
	return own
}

func (s *suite) owns(stream es.Stream) bool {
	n := len(stream) - len(s.run)
	return n >= 0 && string(stream[n:]) == s.run
}

func (s *suite) collect(events iter.Seq2[es.Recorded, error]) []es.Recorded {
	s.Helper()
	var all []es.Recorded
	for e, err := range events {
		s.must(err)
		all = append(all, e)
	}
	return all
}

// errorOf returns the error that ends a sequence.
func errorOf[T any](items iter.Seq2[T, error]) error {
	for _, err := range items {
		if err != nil {
			return err
		}
	}
	return nil
}

// event returns a new event that says data.
func event(data string) es.Event {
	return es.Event{
		ID:       uuid.Must(uuid.NewV7()),
		Type:     "Happened",
		Data:     []byte(data),
		Metadata: []byte(`{"schema":1}`),
	}
}

func events(n int) []es.Event {
	all := make([]es.Event, n)
	for i := range all {
		all[i] = event("{}")
	}
	return all
}

// recorded returns events as they stand in a stream from revision first on,
// without positions.
func recorded(stream es.Stream, first es.Revision, events ...es.Event) []es.Recorded {
	all := make([]es.Recorded, len(events))
	for i, e := range events {
		all[i] = es.Recorded{Event: e, Stream: stream, Revision: first + es.Revision(i)}
	}
	return all
}

// same compares all but the positions.
func (s *suite) same(got, want []es.Recorded) {
	s.Helper()
	if diff := difference(got, want); diff != "" {
		s.Fatalf("events differ (-want +got):\n%s", diff)
	}
}

func difference(got, want []es.Recorded) string {
	if len(got) == 0 && len(want) == 0 {
		return ""
	}
	return cmp.Diff(want, got, cmp.Comparer(bytes.Equal), cmpopts.IgnoreFields(es.Recorded{}, "Position"))
}

// revisions returns the revisions of events, as they come.
func revisions(events []es.Recorded) []es.Revision {
	all := make([]es.Revision, len(events))
	for i, e := range events {
		all[i] = e.Revision
	}
	return all
}
