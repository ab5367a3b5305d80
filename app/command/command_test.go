package command_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"daybook/app/command"
	"daybook/app/store/memory"
	"daybook/domain/es"
)

// The domain of these tests counts: a state is a sum, a command adds to it,
// and what would lead beyond the most is refused.
type added struct{ N int }

const most = 100

var errTooMuch = &es.Refusal{Code: es.Invalid, Message: "that is too much"}

type handler = command.Handler[int, []int, added]

func counter(store es.Store) handler {
	return handler{
		Store: store,
		Codec: es.NewCodec(es.JSON[added, added]("Added")),
		Decider: es.Decider[int, []int, added]{
			Decide: func(sum int, c []int) ([]added, error) {
				var events []added
				for _, n := range c {
					if sum += n; sum > most {
						return nil, errTooMuch
					}
					events = append(events, added{n})
				}
				return events, nil
			},
			Evolve: func(sum int, f es.Fact[added]) int { return sum + f.Event.N },
		},
		Now: func() time.Time { return time.UnixMilli(1_764_000_000_000) },
	}
}

func TestACommandBecomesEvents(t *testing.T) {
	t.Parallel()
	h := counter(memory.New(memory.Options{}))
	first, err := h.Handle(t.Context(), "s", []int{1, 2}, command.Meta{Actor: "admin", CorrelationID: "c", CausationID: "d"})
	if err != nil || first.State != 3 || len(first.Facts) != 2 || first.Facts[0].Revision != 0 || first.Facts[1].Revision != 1 || first.Position != first.Facts[1].Position {
		t.Fatalf("%+v (%v)", first, err)
	}
	second, err := h.Handle(t.Context(), "s", []int{4}, command.Meta{})
	if err != nil || second.State != 7 || second.Facts[0].Revision != 2 || second.Position <= first.Position {
		t.Errorf("%+v (%v)", second, err)
	}
	for recorded, err := range h.Store.ReadStream(t.Context(), "s", 0, es.Forward) {
		if err != nil {
			t.Fatal(err)
		}
		meta, err := es.DecodeMetadata(recorded.Metadata)
		want := es.Metadata{Schema: 1, At: 1_764_000_000_000, Actor: "admin", CorrelationID: "c", CausationID: "d"}
		if err != nil || meta.At != want.At || recorded.Revision == 0 && (meta.Actor != want.Actor || meta.CorrelationID != want.CorrelationID || meta.CausationID != want.CausationID) {
			t.Errorf("metadata %+v (%v)", meta, err)
		}
		if recorded.ID.Version() != 7 {
			t.Errorf("id %s", recorded.ID)
		}
	}
	nothing, err := h.Handle(t.Context(), "s", nil, command.Meta{})
	if err != nil || nothing.State != 7 || nothing.Facts != nil || nothing.Position != es.Start {
		t.Errorf("nothing to do: %+v (%v)", nothing, err)
	}
	if _, err := h.Handle(t.Context(), "s", []int{most}, command.Meta{}); !errors.Is(err, errTooMuch) {
		t.Errorf("refused with %v", err)
	}
	until, err := h.LoadUntil(t.Context(), "s", 1)
	if err != nil || until.State != 3 || until.Revision != 1 || !until.Exists {
		t.Errorf("until revision 1: %+v (%v)", until, err)
	}
}

// Commands that come at once take effect one after the other: none is lost,
// and the limit holds.
func TestAConflictIsDecidedAgain(t *testing.T) {
	t.Parallel()
	h := counter(memory.New(memory.Options{}))
	var all sync.WaitGroup
	var mu sync.Mutex
	refused := 0
	for range most + 20 {
		all.Go(func() {
			_, err := h.Handle(t.Context(), "s", []int{1}, command.Meta{})
			mu.Lock()
			defer mu.Unlock()
			if errors.Is(err, errTooMuch) {
				refused++
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	l, err := h.Load(t.Context(), "s")
	if err != nil || l.State != most || refused != 20 {
		t.Errorf("the sum is %d, %d were refused (%v)", l.State, refused, err)
	}
}

func TestABeliefThatIsWrongIsCorrected(t *testing.T) {
	t.Parallel()
	h := counter(memory.New(memory.Options{}))
	if _, err := h.Handle(t.Context(), "s", []int{90}, command.Meta{}); err != nil {
		t.Fatal(err)
	}
	stale := command.Loaded[int]{} // it believes that there is no stream
	result, err := h.HandleFrom(t.Context(), "s", stale, []int{5}, command.Meta{})
	if err != nil || result.State != 95 {
		t.Errorf("%+v (%v)", result, err)
	}
	if _, err := h.HandleFrom(t.Context(), "s", stale, []int{50}, command.Meta{}); !errors.Is(err, errTooMuch) {
		t.Errorf("what the true state forbids: %v", err)
	}
	if _, err := h.Append(t.Context(), "s", stale, stale.Expected(), []added{{1}}, command.Meta{}); !errors.Is(err, es.ErrConflict) {
		t.Errorf("an append that is not decided again: %v", err)
	}
}

// busy is a store in which somebody else is always faster.
type busy struct{ es.Store }

func (busy) Append(_ context.Context, stream es.Stream, expected es.Expected, _ ...es.Event) (es.Appended, error) {
	return es.Appended{}, &es.ConflictError{Stream: stream, Expected: expected}
}

func TestItGivesUpWhenItsContextEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	_, err := counter(busy{memory.New(memory.Options{})}).Handle(ctx, "s", []int{1}, command.Meta{})
	if !errors.Is(err, es.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, es.ErrConflict) {
		t.Errorf("it ended with %v", err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := counter(memory.New(memory.Options{})).Handle(cancelled, "s", []int{1}, command.Meta{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled command ended with %v", err)
	}
}

func TestALaterVersionsStreamIsLeftAlone(t *testing.T) {
	t.Parallel()
	store := memory.New(memory.Options{})
	h := counter(store)
	for _, event := range []es.Event{
		{ID: uuid.New(), Type: "Multiplied", Data: []byte(`{}`), Metadata: []byte(`{"schema":1}`)},
		{ID: uuid.New(), Type: "Added", Data: []byte(`{}`), Metadata: []byte(`{"schema":2}`)},
	} {
		if _, err := store.Append(t.Context(), es.Stream(event.Type), es.Any(), event); err != nil {
			t.Fatal(err)
		}
		_, err := h.Handle(t.Context(), es.Stream(event.Type), []int{1}, command.Meta{})
		if !errors.Is(err, es.ErrUnknownType) && !errors.Is(err, es.ErrNewerSchema) {
			t.Errorf("%s: %v", event.Type, err)
		}
	}
}
