package worker

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"daybook/domain/es"
	"daybook/domain/webhook"
	"daybook/projections/worklist"
)

// foldingList is the worklist, kept fact by fact as a fold of every stream.
type foldingList struct {
	asked atomic.Int64

	mu      sync.Mutex
	changed chan struct{}
	states  map[es.Stream]*foldedStream
}

type foldedStream struct {
	stream   es.Stream
	state    webhook.State
	progress es.Revision
}

func newFoldingList() *foldingList {
	return &foldingList{changed: make(chan struct{}), states: map[es.Stream]*foldedStream{}}
}

func (l *foldingList) Changed() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}

func (l *foldingList) tell() {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.changed)
	l.changed = make(chan struct{})
}

// add folds an event, and returns how its stream stands before and after.
func (l *foldingList) add(r es.Recorded) (fact es.Fact[webhook.Event], before, after webhook.State, err error) {
	fact, err = webhook.Codec().Decode(r)
	if err != nil {
		return fact, before, after, fmt.Errorf("decode %s: %w", r.Type, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.states[r.Stream]
	if f == nil {
		f = &foldedStream{stream: r.Stream}
		l.states[r.Stream] = f
	}
	before = f.state
	f.state = webhook.Evolve(f.state, fact)
	if r.Type != webhook.TypeDuplicateReceived {
		f.progress = r.Revision
	}
	return fact, before, f.state, nil
}

func (l *foldingList) state(stream es.Stream) webhook.State {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f := l.states[stream]; f != nil {
		return f.state
	}
	return webhook.State{}
}

// entries returns everything that is still to be done, in order. The lock is
// held.
func (l *foldingList) entries() []worklist.Entry {
	var entries []worklist.Entry
	for _, f := range l.states {
		g := f.state.Current()
		due, pending := g.DueAt()
		if !pending {
			continue
		}
		ref, _ := webhook.ParseStream(f.stream)
		entries = append(entries, worklist.Entry{
			Ref: ref, Position: g.Position, TakenBy: g.Received.Receipt.Instance, Progress: f.progress, Planned: g.Plan != nil,
			Claim: g.Claim, Resting: g.Resting(), Due: due,
		})
	}
	slices.SortFunc(entries, func(a, b worklist.Entry) int {
		return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.Position, b.Position))
	})
	return entries
}

func (l *foldingList) Pending(_ context.Context, by es.Time, after worklist.Place, limit int) ([]worklist.Entry, error) {
	l.asked.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	entries := slices.DeleteFunc(l.entries(), func(e worklist.Entry) bool {
		return e.Due > by || e.Due < after.Due || e.Due == after.Due && e.Position <= after.Position
	})
	return entries[:min(len(entries), limit)], nil
}

func (l *foldingList) NextDue(_ context.Context, by es.Time) (es.Time, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.entries() {
		if e.Due > by {
			return e.Due, nil
		}
	}
	return 0, nil
}

// foldedList is a worklist that is never behind: before it answers, it reads
// what is new in the log. What cannot be read it passes over, as the projection
// does.
type foldedList struct {
	*foldingList
	store es.Store

	reading sync.Mutex
	at      es.Position
}

func (l *foldedList) catchUp(ctx context.Context) error {
	l.reading.Lock()
	defer l.reading.Unlock()
	for r, err := range l.store.ReadAll(ctx, l.at, es.Forward) {
		if err != nil {
			return err
		}
		l.at = r.Position
		_, _, _, _ = l.add(r)
	}
	return nil
}

func (l *foldedList) Pending(ctx context.Context, by es.Time, after worklist.Place, limit int) ([]worklist.Entry, error) {
	if err := l.catchUp(ctx); err != nil {
		return nil, err
	}
	return l.foldingList.Pending(ctx, by, after, limit)
}

func (l *foldedList) NextDue(ctx context.Context, by es.Time) (es.Time, error) {
	if err := l.catchUp(ctx); err != nil {
		return 0, err
	}
	return l.foldingList.NextDue(ctx, by)
}

// all returns everything that is still to be done, in order.
func (l *foldedList) all(ctx context.Context) ([]worklist.Entry, error) {
	if err := l.catchUp(ctx); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.entries(), nil
}
