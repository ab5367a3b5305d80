package transfer

import (
	"bytes"
	"fmt"

	"github.com/google/uuid"

	"daybook/domain/es"
)

// TypePlaceholder is the type of an event that stands where another one was
// cut, so that those after it have their revisions. In a metadata stream, where
// servers expect nothing else, it is a [es.TypeMetadata] that settles nothing.
const TypePlaceholder = "Placeholder"

// placeholderMetadata marks placeholders.
const placeholderMetadata = `{"schema":1,"placeholder":true}`

func newPlaceholder(stream es.Stream) (es.Event, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return es.Event{}, fmt.Errorf("make event id: %w", err)
	}
	e := es.Event{ID: id, Type: TypePlaceholder, Data: []byte("{}"), Metadata: []byte(placeholderMetadata)}
	if _, ok := settingsOf(stream); ok {
		e.Type = es.TypeMetadata
	}
	return e, nil
}

func isPlaceholder(e *es.Recorded) bool {
	return (e.Type == TypePlaceholder || e.Type == es.TypeMetadata) && bytes.Equal(e.Metadata, []byte(placeholderMetadata))
}
