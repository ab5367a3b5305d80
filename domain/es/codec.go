package es

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
)

// Codec translates the events of one stream kind to and from the wire. Wire
// names are written out in one table per stream kind and never change; the Go
// types behind them may.
type Codec[E any] struct {
	byName map[string]Kind[E]
	byType map[reflect.Type]Kind[E]
}

// Kind is one row of a codec's table.
type Kind[E any] struct {
	name    string
	goType  reflect.Type
	encode  func(E) (data []byte, facts any, err error)
	decode  func(data, facts []byte) (E, error)
	upcasts []Upcast
}

// Upcast turns an event of schema n into one of schema n+1. It is pure.
// A new optional field needs none.
type Upcast func(data, facts json.RawMessage) (newData, newFacts json.RawMessage, err error)

// JSON is the row of an event T whose data is T as a JSON object. Its schema
// is one more than the number of its upcasts.
func JSON[T, E any](name string, upcasts ...Upcast) Kind[E] {
	return Kind[E]{
		name:   name,
		goType: reflect.TypeFor[T](),
		encode: func(e E) ([]byte, any, error) {
			data, err := marshal(e)
			return data, nil, err
		},
		decode: func(data, _ []byte) (E, error) {
			var event T
			if err := json.Unmarshal(data, &event); err != nil {
				return *new(E), err
			}
			return any(event).(E), nil
		},
		upcasts: upcasts,
	}
}

// Raw is the row of an event T whose data is not Daybook's own: split gives
// data and what goes to the metadata as facts, join puts them together again.
func Raw[T, E any](name string, split func(T) (data []byte, facts any), join func(data []byte, facts json.RawMessage) (T, error), upcasts ...Upcast) Kind[E] {
	return Kind[E]{
		name:   name,
		goType: reflect.TypeFor[T](),
		encode: func(e E) ([]byte, any, error) {
			data, facts := split(any(e).(T))
			return data, facts, nil
		},
		decode: func(data, facts []byte) (E, error) {
			event, err := join(data, facts)
			if err != nil {
				return *new(E), err
			}
			return any(event).(E), nil
		},
		upcasts: upcasts,
	}
}

// NewCodec makes a codec of its rows.
func NewCodec[E any](kinds ...Kind[E]) Codec[E] {
	c := Codec[E]{byName: map[string]Kind[E]{}, byType: map[reflect.Type]Kind[E]{}}
	for _, k := range kinds {
		c.byName[k.name] = k
		c.byType[k.goType] = k
	}
	return c
}

// Schemas returns each wire name with its newest schema.
func (c Codec[E]) Schemas() map[string]int {
	schemas := make(map[string]int, len(c.byName))
	for name, k := range c.byName {
		schemas[name] = k.schema()
	}
	return schemas
}

// Encode puts an event on the wire. The id is the caller's to set; schema and
// facts of meta are overwritten.
func (c Codec[E]) Encode(event E, meta Metadata) (Event, error) {
	k, ok := c.byType[reflect.TypeOf(event)]
	if !ok {
		return Event{}, fmt.Errorf("encode %T: %w", event, ErrUnknownType)
	}
	data, facts, err := k.encode(event)
	if err != nil {
		return Event{}, fmt.Errorf("encode %s: %w", k.name, err)
	}
	meta.Schema = k.schema()
	encoded, err := marshal(withFacts{meta, facts})
	if err != nil {
		return Event{}, fmt.Errorf("encode metadata of %s: %w", k.name, err)
	}
	return Event{Type: k.name, Data: data, Metadata: encoded}, nil
}

// withFacts is metadata whose facts were not written yet: in one go with the
// rest they are written once.
type withFacts struct {
	Metadata
	Facts any `json:"facts,omitempty"`
}

// Decode reads an event from the wire. It returns [ErrUnknownType] or
// [ErrNewerSchema] for an event that a later version wrote.
func (c Codec[E]) Decode(r Recorded) (Fact[E], error) {
	k, ok := c.byName[r.Type]
	if !ok {
		return Fact[E]{}, fmt.Errorf("%s at %s@%d: %w", r.Type, r.Stream, r.Revision, ErrUnknownType)
	}
	meta, err := DecodeMetadata(r.Metadata)
	if err != nil {
		return Fact[E]{}, fmt.Errorf("%s at %s@%d: %w", r.Type, r.Stream, r.Revision, err)
	}
	if meta.Schema > k.schema() || meta.Schema < 1 {
		return Fact[E]{}, fmt.Errorf("%s at %s@%d, schema %d: %w", r.Type, r.Stream, r.Revision, meta.Schema, ErrNewerSchema)
	}
	data, facts := json.RawMessage(r.Data), meta.Facts
	for _, up := range k.upcasts[meta.Schema-1:] {
		if data, facts, err = up(data, facts); err != nil {
			return Fact[E]{}, fmt.Errorf("upcast %s at %s@%d: %w", r.Type, r.Stream, r.Revision, err)
		}
	}
	event, err := k.decode(data, facts)
	if err != nil {
		return Fact[E]{}, fmt.Errorf("decode %s at %s@%d: %w", r.Type, r.Stream, r.Revision, err)
	}
	return Fact[E]{Event: event, ID: r.ID, Revision: r.Revision, Position: r.Position, Metadata: meta}, nil
}

// marshal writes JSON as it is, without escapes for HTML: they would alter the
// raw JSON that an event holds, and with it every hash of it.
func marshal(v any) ([]byte, error) {
	var buffer bytes.Buffer
	e := json.NewEncoder(&buffer)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n")), nil
}

func (k Kind[E]) schema() int { return len(k.upcasts) + 1 }
