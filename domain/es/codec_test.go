package es_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"daybook/domain/es"
)

type event interface{ isEvent() }

type renamed struct {
	FullName string          `json:"full_name"`
	Raw      json.RawMessage `json:"raw,omitempty"`
}

type stored struct {
	Bytes []byte
	Note  string
}

type foreign struct{}

func (renamed) isEvent() {}
func (stored) isEvent()  {}
func (foreign) isEvent() {}

// codec has an event in its third schema: the name was called first, then
// name, and is called full_name now.
func codec() es.Codec[event] {
	rename := func(from, to string) es.Upcast {
		return func(data, facts json.RawMessage) (json.RawMessage, json.RawMessage, error) {
			var fields map[string]json.RawMessage
			if err := json.Unmarshal(data, &fields); err != nil {
				return nil, nil, err
			}
			if _, ok := fields[from]; !ok {
				return nil, nil, errors.New("there is no " + from)
			}
			fields[to] = fields[from]
			delete(fields, from)
			data, err := json.Marshal(fields)
			return data, facts, err
		}
	}
	return es.NewCodec(
		es.JSON[renamed, event]("Renamed", rename("first", "name"), rename("name", "full_name")),
		es.Raw[stored, event]("Stored",
			func(s stored) ([]byte, any) { return s.Bytes, map[string]string{"note": s.Note} },
			func(data []byte, facts json.RawMessage) (stored, error) {
				var note struct{ Note string }
				err := json.Unmarshal(facts, &note)
				return stored{Bytes: data, Note: note.Note}, err
			}),
	)
}

func recorded(kind, data, metadata string) es.Recorded {
	return es.Recorded{
		Event:  es.Event{Type: kind, Data: []byte(data), Metadata: []byte(metadata)},
		Stream: "s-1", Revision: 4, Position: 9,
	}
}

func TestEverySchemaIsReadAsTheNewest(t *testing.T) {
	t.Parallel()
	for _, r := range []es.Recorded{
		recorded("Renamed", `{"first":"Ada"}`, `{"schema":1}`),
		recorded("Renamed", `{"first":"Ada"}`, `{}`),
		recorded("Renamed", `{"name":"Ada"}`, `{"schema":2}`),
		recorded("Renamed", `{"full_name":"Ada"}`, `{"schema":3,"actor":"admin"}`),
	} {
		fact, err := codec().Decode(r)
		if err != nil {
			t.Errorf("%s: %v", r.Data, err)
			continue
		}
		if got := fact.Event.(renamed).FullName; got != "Ada" {
			t.Errorf("%s: the name is %q", r.Data, got)
		}
		if fact.Revision != 4 || fact.Position != 9 {
			t.Errorf("it stands at %d, %d", fact.Revision, fact.Position)
		}
	}
}

func TestWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		r    es.Recorded
		want error // nil: any error but those two
	}{
		"an unknown type":            {recorded("Foreign", `{}`, `{}`), es.ErrUnknownType},
		"a newer schema":             {recorded("Renamed", `{}`, `{"schema":4}`), es.ErrNewerSchema},
		"a schema that never was":    {recorded("Renamed", `{}`, `{"schema":-1}`), es.ErrNewerSchema},
		"an upcast that fails":       {recorded("Renamed", `{}`, `{"schema":1}`), nil},
		"data that is no JSON":       {recorded("Renamed", `{`, `{"schema":3}`), nil},
		"metadata that is no object": {recorded("Renamed", `{}`, `[]`), nil},
		"no metadata":                {recorded("Renamed", `{}`, ``), nil},
		"no facts":                   {recorded("Stored", `{}`, `{}`), nil},
	} {
		_, err := codec().Decode(c.r)
		switch {
		case err == nil:
			t.Errorf("%s was read", name)
		case c.want != nil && !errors.Is(err, c.want):
			t.Errorf("%s: %v", name, err)
		case c.want == nil && (errors.Is(err, es.ErrUnknownType) || errors.Is(err, es.ErrNewerSchema)):
			t.Errorf("%s counts as written by a later version: %v", name, err)
		case !strings.Contains(err.Error(), c.r.Type) && name != "no metadata":
			t.Errorf("%s: %q does not say which event", name, err)
		}
	}
	if _, err := codec().Encode(foreign{}, es.Metadata{}); !errors.Is(err, es.ErrUnknownType) {
		t.Errorf("an event that is not in the table: %v", err)
	}
}

func TestEncodeSetsSchemaAndFacts(t *testing.T) {
	t.Parallel()
	meta := es.Metadata{Schema: 77, At: 1_700_000_000_000, Actor: "admin", CorrelationID: "c", CausationID: "d", Facts: json.RawMessage(`"mine"`)}

	encoded, err := codec().Encode(renamed{FullName: "Ada"}, meta)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"schema":3,"at":"2023-11-14T22:13:20.000Z","$correlationId":"c","$causationId":"d","actor":"admin"}`
	if encoded.Type != "Renamed" || string(encoded.Metadata) != want {
		t.Errorf("%s with metadata %s, want %s", encoded.Type, encoded.Metadata, want)
	}

	encoded, err = codec().Encode(stored{Bytes: []byte("\x00 not JSON"), Note: "<kept>"}, meta)
	if err != nil {
		t.Fatal(err)
	}
	if string(encoded.Data) != "\x00 not JSON" || !bytes.Contains(encoded.Metadata, []byte(`"facts":{"note":"<kept>"}`)) {
		t.Errorf("%q with metadata %s", encoded.Data, encoded.Metadata)
	}
}

// What an event holds as raw JSON may have been hashed: its bytes must stay.
func TestRawJSONKeepsItsBytes(t *testing.T) {
	t.Parallel()
	const raw = `{"html":"<a href='x'>&</a>","separator":"` + "\u2028" + `"}`
	encoded, err := codec().Encode(renamed{Raw: json.RawMessage(raw)}, es.Metadata{})
	if err != nil {
		t.Fatal(err)
	}
	fact, err := codec().Decode(es.Recorded{Event: encoded})
	if err != nil {
		t.Fatal(err)
	}
	if got := string(fact.Event.(renamed).Raw); got != raw {
		t.Errorf("%s became %s", raw, got)
	}
}

func TestSchemas(t *testing.T) {
	t.Parallel()
	schemas := codec().Schemas()
	if len(schemas) != 2 || schemas["Renamed"] != 3 || schemas["Stored"] != 1 {
		t.Errorf("schemas %v", schemas)
	}
}

func TestFoldIsEvolveInTurn(t *testing.T) {
	t.Parallel()
	d := es.Decider[string, int, string]{Evolve: func(s string, f es.Fact[string]) string { return s + f.Event }}
	if got := d.Fold("a", es.Fact[string]{Event: "b"}, es.Fact[string]{Event: "c"}); got != "abc" {
		t.Errorf("folded to %q", got)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	one := &es.Refusal{Code: es.Invalid, Field: "name", Message: "say one"}
	two := &es.Refusal{Code: es.Stale, Message: "read again"}
	var refusal *es.Refusal
	if err := error(es.Refusals{one, two}); !errors.As(err, &refusal) || refusal != one || err.Error() != "name: say one (and 1 more)" {
		t.Errorf("%v holds %v", err, refusal)
	}
	if two.Error() != "read again" || (es.Refusals{}).Error() != "refused" {
		t.Error("a refusal does not say what it is about")
	}
	conflict := error(&es.ConflictError{Stream: "s", Expected: es.NoStream()})
	if !errors.Is(conflict, es.ErrConflict) || errors.Is(conflict, es.ErrTooLarge) {
		t.Error("a conflict is not one")
	}
}
