package wire

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"daybook/domain/es"
)

// The keys of an event's system metadata, and the content types in it.
const (
	keyType        = "type"
	keyContentType = "content-type"
	keyCreated     = "created"

	contentJSON   = "application/json"
	contentBinary = "application/octet-stream"
)

// proposed is an event as Append and BatchAppend carry it.
type proposed interface {
	GetId() *shared.UUID
	GetMetadata() map[string]string
	GetCustomMetadata() []byte
	GetData() []byte
}

// eventOf reads a proposed event.
func eventOf(p proposed) (es.Event, error) {
	id, err := idOf(p.GetId())
	if err != nil {
		return es.Event{}, err
	}
	system := p.GetMetadata()
	for _, key := range []string{keyType, keyContentType} {
		if system[key] == "" {
			return es.Event{}, &missingMetadataError{key: key}
		}
	}
	return es.Event{ID: id, Type: system[keyType], Data: p.GetData(), Metadata: p.GetCustomMetadata()}, nil
}

// idOf reads an id in either of its two forms.
func idOf(id *shared.UUID) (uuid.UUID, error) {
	switch v := id.GetValue().(type) {
	case *shared.UUID_Structured_:
		var b uuid.UUID
		binary.BigEndian.PutUint64(b[:8], uint64(v.Structured.GetMostSignificantBits()))
		binary.BigEndian.PutUint64(b[8:], uint64(v.Structured.GetLeastSignificantBits()))
		return b, nil
	case *shared.UUID_String_:
		parsed, err := uuid.Parse(v.String_)
		if err != nil || len(v.String_) != len(uuid.Nil.String()) {
			return uuid.Nil, invalid("an id is not a UUID: %.64q", v.String_)
		}
		return parsed, nil
	default:
		return uuid.Nil, invalid("an id is missing")
	}
}

func structured(id uuid.UUID) *shared.UUID {
	return &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{
		MostSignificantBits:  int64(binary.BigEndian.Uint64(id[:8])),
		LeastSignificantBits: int64(binary.BigEndian.Uint64(id[8:])),
	}}}
}

func textual(id uuid.UUID) *shared.UUID {
	return &shared.UUID{Value: &shared.UUID_String_{String_: id.String()}}
}

func identifier(stream es.Stream) *shared.StreamIdentifier {
	return &shared.StreamIdentifier{StreamName: []byte(stream)}
}

// readEvent writes an event for a reader who wants ids in the form of id.
func readEvent(e *es.Recorded, id func(uuid.UUID) *shared.UUID) *streams.ReadResp {
	position := uint64(e.Position)
	return &streams.ReadResp{Content: &streams.ReadResp_Event{Event: &streams.ReadResp_ReadEvent{
		Event: &streams.ReadResp_ReadEvent_RecordedEvent{
			Id:               id(e.ID),
			StreamIdentifier: identifier(e.Stream),
			StreamRevision:   uint64(e.Revision),
			PreparePosition:  position,
			CommitPosition:   position,
			Metadata: map[string]string{
				keyType:        strings.ToValidUTF8(e.Type, "\uFFFD"),
				keyContentType: contentType(e.Data),
				keyCreated:     strconv.FormatInt(created(e), 10),
			},
			CustomMetadata: e.Metadata,
			Data:           e.Data,
		},
		Position: &streams.ReadResp_ReadEvent_CommitPosition{CommitPosition: position},
	}}}
}

func contentType(data []byte) string {
	if jsontext.Value(data).IsValid(jsontext.AllowDuplicateNames(true)) {
		return contentJSON
	}
	return contentBinary
}

// created returns when an event came to be, as well as the event itself tells,
// in ticks. It is always a whole number: a client ends its process at another.
func created(e *es.Recorded) int64 {
	if e.ID.Version() == 7 {
		milliseconds := binary.BigEndian.Uint64(e.ID[:8]) >> 16
		return ticks(time.UnixMilli(int64(milliseconds)))
	}
	metadata, err := es.DecodeMetadata(e.Metadata)
	if err != nil { // somebody else's metadata
		return 0
	}
	return ticks(metadata.At.Time())
}

// ticks returns t in units of 100 ns since the Unix epoch, and 0 for a time that
// no client could show.
func ticks(t time.Time) int64 {
	const perMilli = int64(time.Millisecond / 100)
	if ms := t.UnixMilli(); ms >= 0 && ms < math.MaxInt64/int64(time.Millisecond) {
		return ms * perMilli
	}
	return 0
}
