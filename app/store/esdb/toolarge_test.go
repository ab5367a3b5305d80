package esdb

import (
	"context"
	"errors"
	"strings"
	"testing"

	"daybook/app/store/memory"
	"daybook/domain/es"
)

// narrow is a store that takes less in one append than the adapter believes.
type narrow struct {
	es.Store
	most int
}

func (n narrow) MaxAppend() int { return n.most }

func (n narrow) Append(ctx context.Context, stream es.Stream, expected es.Expected, events ...es.Event) (es.Appended, error) {
	if err := es.CheckAppend(stream, events, n.most); err != nil {
		return es.Appended{}, err
	}
	return n.Store.Append(ctx, stream, expected, events...)
}

// A server whose limit is lower than the adapter's refuses, and the caller hears
// that the append is too large: however it is cut into events, and also where
// the server stops listening while the client is still sending.
func TestTheServersLimitIsLower(t *testing.T) {
	t.Parallel()

	const most = 100_000
	store := connect(t, serve(t, narrow{newMemory(t, memory.Options{}), most}).address, Options{})
	sized := func(n, size int) []es.Event {
		events := make([]es.Event, n)
		for i := range events {
			events[i] = one(strings.Repeat("x", size))
		}
		return events
	}
	for name, events := range map[string][]es.Event{
		"one event, by little": sized(1, most),
		"one event, by far":    sized(1, 900_000),
		"the last of many":     sized(6, most/5),
		"the second of many":   sized(10, 90_000),
		"many small ones":      sized(900, 1_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, expected := range []es.Expected{es.Any(), es.NoStream()} {
				_, err := store.Append(t.Context(), "a-1", expected, events...)
				if tooLarge, is := errors.AsType[*es.TooLargeError](err); !is || tooLarge.Size != es.SizeOf(events) {
					t.Errorf("%v", err)
				}
			}
		})
	}
	if head, err := store.Head(t.Context()); err != nil || head != es.Start {
		t.Errorf("something was appended: %d, %v", head, err)
	}
	must(t, store, "a-1", es.NoStream(), sized(1, most/2)...)
}
