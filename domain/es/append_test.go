package es_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"daybook/domain/es"
)

func TestCheckAppend(t *testing.T) {
	t.Parallel()

	one := es.Event{ID: uuid.UUID{1}, Type: "Happened", Data: []byte("{}")}
	two := es.Event{ID: uuid.UUID{2}, Type: "Happened", Data: []byte("{}")}
	size := one.Size() + two.Size()

	if err := es.CheckAppend("s", []es.Event{one, two}, size); err != nil {
		t.Errorf("what just fits was refused: %v", err)
	}
	err := es.CheckAppend("s", []es.Event{one, two}, size-1)
	var tooLarge *es.TooLargeError
	if !errors.As(err, &tooLarge) || tooLarge.Size != size || tooLarge.Max != size-1 || tooLarge.Stream != "s" {
		t.Errorf("one byte too many: %v", err)
	}

	for name, refused := range map[string]struct {
		stream es.Stream
		events []es.Event
	}{
		"no stream":    {"", []es.Event{one}},
		"no events":    {"s", nil},
		"no id":        {"s", []es.Event{{Type: "Happened"}}},
		"no type":      {"s", []es.Event{{ID: uuid.UUID{1}}}},
		"one id twice": {"s", []es.Event{one, two, one}},
		"a tombstone":  {"s", []es.Event{{ID: uuid.UUID{1}, Type: es.TypeStreamDeleted}}},
	} {
		err := es.CheckAppend(refused.stream, refused.events, size*2)
		if err == nil || errors.Is(err, es.ErrTooLarge) || errors.Is(err, es.ErrConflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
