// Package memory is the event store port in memory: for tests, and for
// simulations by the ten thousand. It keeps what every other adapter keeps,
// except over the end of the process.
//
// It has no goroutine of its own, no file, and no time but its clock, so it
// works inside a testing/synctest bubble. Events cut from their stream by
// $maxCount, $maxAge or a tombstone stay in the log that ReadAll and Subscribe
// yield; the port allows that, and a reader had better cope with it.
package memory

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"daybook/domain/es"
)

// MaxAppend is the largest append in bytes: the same as the embedded store's.
const MaxAppend = 4 << 20

// Options may be left zero.
type Options struct {
	// Now is the clock that $maxAge is measured with; time.Now if nil.
	Now func() time.Time
}

// Store is an event store in memory. Make one with [New].
type Store struct {
	now func() time.Time

	mu      sync.RWMutex
	log     []recorded // the event at index i has position i+1
	streams map[es.Stream]*stream
	grown   chan struct{} // closed and replaced when the log grows
	closed  chan struct{}
}

var _ es.Store = (*Store)(nil)

type recorded struct {
	es.Recorded
	at es.Time // when it was appended
}

type stream struct {
	kept      []es.Position // of the events that $maxCount leaves
	last      es.Revision   // of the newest event; meaningless if there is none
	retention es.Retention
	deleted   bool
}

// New returns an empty store.
func New(o Options) *Store {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Store{
		now:     o.Now,
		streams: make(map[es.Stream]*stream),
		grown:   make(chan struct{}),
		closed:  make(chan struct{}),
	}
}

// Append is described by the port.
func (s *Store) Append(ctx context.Context, name es.Stream, expected es.Expected, events ...es.Event) (es.Appended, error) {
	if err := es.CheckAppend(name, events, MaxAppend); err != nil {
		return es.Appended{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()

	if err := s.usable(ctx); err != nil {
		return es.Appended{}, fmt.Errorf("append to %s: %w", name, err)
	}
	if s.deleted(name) {
		return es.Appended{}, fmt.Errorf("append to %s: %w", name, es.ErrStreamDeleted)
	}
	place, known, ok := s.place(name, expected, events)
	if !ok {
		return es.Appended{}, &es.ConflictError{Stream: name, Expected: expected}
	}
	if known {
		return place, nil
	}
	return s.write(name, events), nil
}

// place returns where events that the stream already holds stand; ok is false
// if they must not be appended.
func (s *Store) place(name es.Stream, expected es.Expected, events []es.Event) (at es.Appended, known, ok bool) {
	st := s.streams[name]
	if st == nil || len(st.kept) == 0 {
		return at, false, expected.Met(0, false)
	}
	var found []recorded
	for _, position := range st.kept {
		if e := s.log[position-1]; contains(events, e.ID) {
			found = append(found, e)
		}
	}
	if len(found) == 0 {
		return at, false, expected.Met(st.last, true)
	}
	if !sameInOrder(found, events) || !standsAsExpected(found[0].Revision, expected) {
		return at, false, false
	}
	newest := found[len(found)-1]
	return es.Appended{Revision: newest.Revision, Position: newest.Position}, true, true
}

func contains(events []es.Event, id uuid.UUID) bool {
	for i := range events {
		if events[i].ID == id {
			return true
		}
	}
	return false
}

func sameInOrder(found []recorded, events []es.Event) bool {
	if len(found) != len(events) {
		return false
	}
	for i := range found {
		if found[i].ID != events[i].ID || found[i].Revision != found[0].Revision+es.Revision(i) {
			return false
		}
	}
	return true
}

func standsAsExpected(first es.Revision, expected es.Expected) bool {
	if first == es.FirstRevision {
		return expected.Met(0, false)
	}
	return expected.Met(first-1, true)
}

func (s *Store) write(name es.Stream, events []es.Event) es.Appended {
	st := s.stream(name)
	next := es.FirstRevision
	if len(st.kept) > 0 {
		next = st.last + 1
	}
	var at es.Position
	for i, e := range events {
		st.last = next + es.Revision(i)
		at = s.record(name, st.last, e)
		st.kept = append(st.kept, at)
	}
	s.trim(st)
	if of, retention, ok := es.RetentionIn(name, events); ok {
		st := s.stream(of)
		st.retention = retention
		s.trim(st)
	}
	s.wake()
	return es.Appended{Revision: st.last, Position: at}
}

func (s *Store) record(name es.Stream, revision es.Revision, e es.Event) es.Position {
	at := es.Position(len(s.log) + 1)
	s.log = append(s.log, recorded{
		Recorded: es.Recorded{Event: e, Stream: name, Revision: revision, Position: at},
		at:       es.TimeOf(s.now()),
	})
	return at
}

// trim applies $maxCount. $maxAge is applied by those who read.
func (s *Store) trim(st *stream) {
	if st.deleted || len(st.kept) == 0 {
		return
	}
	first := st.retention.First(st.last)
	for len(st.kept) > 0 && s.log[st.kept[0]-1].Revision < first {
		st.kept = st.kept[1:]
	}
}

func (s *Store) stream(name es.Stream) *stream {
	st := s.streams[name]
	if st == nil {
		st = &stream{}
		s.streams[name] = st
	}
	return st
}

func (s *Store) deleted(name es.Stream) bool {
	st := s.streams[name]
	return st != nil && st.deleted
}

func (s *Store) wake() {
	close(s.grown)
	s.grown = make(chan struct{})
}

// Tombstone is described by the port.
func (s *Store) Tombstone(ctx context.Context, name es.Stream) error {
	if name == "" {
		return errors.New("tombstone: the stream has no name")
	}
	s.mu.Lock()
	defer s.mu.Unlock()

	if err := s.usable(ctx); err != nil {
		return fmt.Errorf("tombstone %s: %w", name, err)
	}
	st := s.stream(name)
	if st.deleted {
		return nil
	}
	st.deleted, st.kept = true, nil
	s.record(name, es.TombstoneRevision, es.Event{
		ID: uuid.New(), Type: es.TypeStreamDeleted, Data: []byte("{}"), Metadata: []byte("{}"),
	})
	s.wake()
	return nil
}

// Head is described by the port.
func (s *Store) Head(ctx context.Context) (es.Position, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()

	if err := s.usable(ctx); err != nil {
		return 0, fmt.Errorf("find the head: %w", err)
	}
	return es.Position(len(s.log)), nil
}

// MaxAppend is described by the port.
func (s *Store) MaxAppend() int { return MaxAppend }

// Close is described by the port. What the store held is gone.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()

	if !s.isClosed() {
		close(s.closed)
	}
	return nil
}

func (s *Store) isClosed() bool {
	select {
	case <-s.closed:
		return true
	default:
		return false
	}
}

// usable says why a call cannot be answered.
func (s *Store) usable(ctx context.Context) error {
	if s.isClosed() {
		return fmt.Errorf("%w: it is closed", es.ErrUnavailable)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", es.ErrUnavailable, err)
	}
	return nil
}
