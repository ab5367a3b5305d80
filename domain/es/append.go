package es

import (
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// CheckAppend is what every adapter checks before it takes an append: a
// *[TooLargeError] if the events together are larger than limit bytes, and a
// plain error for what no caller means to do: no events, an event without id
// or type, one id twice, a tombstone that did not come by [Store.Tombstone].
func CheckAppend(stream Stream, events []Event, limit int) error {
	if err := checkEvents(stream, events); err != nil {
		return fmt.Errorf("append to %q: %w", stream, err)
	}
	if size := SizeOf(events); size > limit {
		return &TooLargeError{Stream: stream, Size: size, Max: limit}
	}
	return nil
}

// SizeOf returns the sum of [Event.Size].
func SizeOf(events []Event) int {
	size := 0
	for i := range events {
		size += events[i].Size()
	}
	return size
}

func checkEvents(stream Stream, events []Event) error {
	if stream == "" {
		return errors.New("the stream has no name")
	}
	if len(events) == 0 {
		return errors.New("there are no events")
	}
	for i := range events {
		switch {
		case events[i].ID == uuid.Nil:
			return fmt.Errorf("event %d has no id", i)
		case events[i].Type == "":
			return fmt.Errorf("event %d has no type", i)
		case events[i].Type == TypeStreamDeleted:
			return fmt.Errorf("event %d is a tombstone: use Tombstone", i)
		}
	}
	return checkDistinct(events)
}

func checkDistinct(events []Event) error {
	if len(events) == 1 {
		return nil
	}
	seen := make(map[uuid.UUID]struct{}, len(events))
	for i := range events {
		if _, twice := seen[events[i].ID]; twice {
			return fmt.Errorf("event %d has the id of an earlier one: %s", i, events[i].ID)
		}
		seen[events[i].ID] = struct{}{}
	}
	return nil
}
