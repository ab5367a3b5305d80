package wire

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"daybook/domain/es"
)

// keyTruncate is the key of a stream's metadata that hides what lies before a
// revision. The greatest revision there marks a deleted stream.
const (
	keyTruncate = "$tb"
	deletedMark = math.MaxInt64
)

// cut is what $tb hides of a stream.
type cut struct {
	first es.Revision // the first that is not hidden
	// deleted is where the stream was marked as deleted: what lies before it is
	// hidden, what was appended later is not.
	deleted es.Position
}

func (c cut) hides(e *es.Recorded) bool { return e.Revision < c.first || e.Position < c.deleted }

// cutOf reads the metadata of a stream.
func (s *service) cutOf(ctx context.Context, stream es.Stream) (cut, error) {
	if isMetadata(stream) {
		return cut{}, nil
	}
	e, err := s.newest(ctx, stream.Metadata())
	if err != nil || e == nil || e.Type != es.TypeMetadata {
		return cut{}, err
	}
	first := firstIn(e.Data)
	if first >= deletedMark {
		return cut{deleted: e.Position}, nil
	}
	return cut{first: first}, nil
}

// firstIn returns what $tb says. Metadata that cannot be read says nothing.
func firstIn(metadata []byte) es.Revision {
	var m struct {
		Truncate es.Revision `json:"$tb"`
	}
	if err := json.Unmarshal(metadata, &m); err != nil {
		return es.FirstRevision
	}
	return m.Truncate
}

func isMetadata(stream es.Stream) bool {
	return strings.HasPrefix(string(stream), string(es.Stream("").Metadata()))
}

// markDeleted returns metadata that also marks its stream as deleted.
func markDeleted(metadata *es.Recorded) ([]byte, error) {
	fields := make(map[string]json.RawMessage)
	if metadata != nil && metadata.Type == es.TypeMetadata {
		if err := json.Unmarshal(metadata.Data, &fields); err != nil || fields == nil { // it said nothing
			fields = make(map[string]json.RawMessage)
		}
	}
	fields[keyTruncate] = json.RawMessage(fmt.Sprint(int64(deletedMark)))
	return json.Marshal(fields)
}
