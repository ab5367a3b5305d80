// Package eventtest holds tests that every stream kind runs on its events. It
// is imported by tests only.
//
// A fixture is an event as some version of Daybook once wrote it, in a file
// testdata/events/{Type}.v{schema}.json, or {Type}.v{schema}.{variant}.json
// where one is not enough:
//
//	{"data": {…}, "metadata": {"schema": 1, "at": "…", …}}
//
// Fixtures are only ever added. One that has to be changed for a test to pass
// is a log that can no longer be read.
package eventtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"daybook/domain/es"
)

// Fixture is one file of fixtures.
type Fixture struct {
	Name     string
	Type     string
	Schema   int
	Data     json.RawMessage `json:"data"`
	Metadata json.RawMessage `json:"metadata"`
}

// Recorded returns the event as a store would hold it.
func (f Fixture) Recorded() es.Recorded {
	return es.Recorded{Event: es.Event{Type: f.Type, Data: f.Data, Metadata: f.Metadata}, Stream: "fixture"}
}

// Fixtures reads all fixtures of a folder.
func Fixtures(t testing.TB, folder fs.FS) []Fixture {
	t.Helper()
	names, err := fs.Glob(folder, "*.json")
	if err != nil {
		t.Fatal(err)
	}
	fixtures := make([]Fixture, len(names))
	for i, name := range names {
		if fixtures[i], err = read(folder, name); err != nil {
			t.Fatal(err)
		}
	}
	return fixtures
}

func read(folder fs.FS, name string) (Fixture, error) {
	raw, err := fs.ReadFile(folder, name)
	if err != nil {
		return Fixture{}, err
	}
	f := Fixture{Name: path.Base(name)}
	if err := json.Unmarshal(raw, &f); err != nil {
		return Fixture{}, fmt.Errorf("%s: %w", name, err)
	}
	kind, rest, _ := strings.Cut(f.Name, ".v")
	schema, _, _ := strings.Cut(rest, ".")
	if f.Schema, err = strconv.Atoi(schema); err != nil {
		return Fixture{}, fmt.Errorf("%s is not named {Type}.v{schema}.json", name)
	}
	f.Type = kind
	return f, nil
}

// CheckFixtures fails unless every type that the codec knows has a fixture for
// each of its schemas, and every fixture can be read and, written again, says
// the same.
func CheckFixtures[E any](t *testing.T, codec es.Codec[E], folder fs.FS) {
	t.Helper()
	seen := map[string]bool{}
	for _, f := range Fixtures(t, folder) {
		seen[fmt.Sprintf("%s.v%d", f.Type, f.Schema)] = true
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			checkFixture(t, codec, f)
		})
	}
	for name, newest := range codec.Schemas() {
		for schema := 1; schema <= newest; schema++ {
			if !seen[fmt.Sprintf("%s.v%d", name, schema)] {
				t.Errorf("testdata/events/%s.v%d.json is missing: write down an event as this version writes it", name, schema)
			}
		}
	}
}

func checkFixture[E any](t *testing.T, codec es.Codec[E], f Fixture) {
	t.Helper()
	fact, err := codec.Decode(f.Recorded())
	if err != nil {
		t.Fatal(err)
	}
	again, err := codec.Encode(fact.Event, fact.Metadata)
	if err != nil {
		t.Fatal(err)
	}
	fromAgain, err := codec.Decode(es.Recorded{Event: again, Stream: "fixture"})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(fact.Event, fromAgain.Event) {
		t.Errorf("written and read again it is\n%+v\nnot\n%+v", fromAgain.Event, fact.Event)
	}
	if f.Schema != codec.Schemas()[f.Type] {
		return // it was brought up to date: it cannot be written as it was
	}
	if !sameJSON(t, f.Data, again.Data) {
		t.Errorf("its data is written as\n%s\nnot\n%s", again.Data, f.Data)
	}
	if !sameJSON(t, f.Metadata, again.Metadata) {
		t.Errorf("its metadata is written as\n%s\nnot\n%s", again.Metadata, f.Metadata)
	}
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	if bytes.Equal(a, b) {
		return true
	}
	var x, y any
	if err := json.Unmarshal(a, &x); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &y); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}

// FuzzDecode fuzzes the decoding of events, from the fixtures on: it never
// panics, and what it reads can be written and says the same when read again.
func FuzzDecode[E any](f *testing.F, codec es.Codec[E], folder fs.FS) {
	f.Helper()
	for _, fixture := range Fixtures(f, folder) {
		f.Add(fixture.Type, []byte(fixture.Data), []byte(fixture.Metadata))
	}
	f.Fuzz(func(t *testing.T, kind string, data, metadata []byte) {
		fact, err := codec.Decode(es.Recorded{Event: es.Event{Type: kind, Data: data, Metadata: metadata}})
		if err != nil {
			return
		}
		again, err := codec.Encode(fact.Event, fact.Metadata)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		twice, err := codec.Decode(es.Recorded{Event: again})
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		thrice, err := codec.Encode(twice.Event, twice.Metadata)
		if err != nil || !bytes.Equal(again.Data, thrice.Data) || !bytes.Equal(again.Metadata, thrice.Metadata) {
			t.Fatalf("it changes each time it is written (%v):\n%s\n%s\n%s\n%s", err, again.Data, thrice.Data, again.Metadata, thrice.Metadata)
		}
	})
}
