package transfer

import (
	"bytes"
	"fmt"

	"github.com/google/uuid"

	"daybook/domain/es"
)

// placeholderMetadata marks placeholders, also in a metadata stream: there one
// is a [es.TypeMetadata] that settles nothing, since servers expect no other.
const placeholderMetadata = `{"schema":1,"placeholder":true}`

func newPlaceholder(stream es.Stream) (es.Event, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return es.Event{}, fmt.Errorf("make event id: %w", err)
	}
	e := es.Event{ID: id, Type: es.TypePlaceholder, Data: []byte("{}"), Metadata: []byte(placeholderMetadata)}
	if _, ok := settingsOf(stream); ok {
		e.Type = es.TypeMetadata
	}
	return e, nil
}

func isPlaceholder(e *es.Recorded) bool {
	return (e.Type == es.TypePlaceholder || e.Type == es.TypeMetadata) && bytes.Equal(e.Metadata, []byte(placeholderMetadata))
}
