package detail

import (
	"encoding/base64"
	"encoding/json"
	"unicode/utf8"

	"daybook/domain/es"
)

// Recorded is a recorded event as the API shows it.
type Recorded struct {
	Stream   es.Stream       `json:"stream"`
	Revision es.Revision     `json:"revision"`
	Position es.Position     `json:"position"`
	ID       string          `json:"id"`
	Type     string          `json:"type"`
	At       es.Time         `json:"at"`
	Data     json.RawMessage `json:"data"`
	Metadata json.RawMessage `json:"metadata"`
}

// RecordedOf shows an event as it is stored. The time is the fact's own; an
// event that is not Daybook's has none.
func RecordedOf(r es.Recorded) Recorded {
	meta, err := es.DecodeMetadata(r.Metadata)
	if err != nil {
		meta = es.Metadata{}
	}
	return Recorded{
		Stream:   r.Stream,
		Revision: r.Revision,
		Position: r.Position,
		ID:       r.ID.String(),
		Type:     r.Type,
		At:       meta.At,
		Data:     Raw(r.Data),
		Metadata: Raw(r.Metadata),
	}
}

// Raw is bytes in an answer: JSON as it is, anything else as {"base64":"…"}, also
// what would be JSON but for bytes that are not UTF-8.
func Raw(data []byte) json.RawMessage {
	if utf8.Valid(data) && json.Valid(data) {
		return data
	}
	encoded := make([]byte, 0, base64.StdEncoding.EncodedLen(len(data))+len(`{"base64":""}`))
	encoded = append(encoded, `{"base64":"`...)
	encoded = base64.StdEncoding.AppendEncode(encoded, data)
	return append(encoded, `"}`...)
}
