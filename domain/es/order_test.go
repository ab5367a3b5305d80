package es_test

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"daybook/domain/es"
)

func TestPositionInJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := es.Position(rapid.Uint64().Draw(t, "position"))
		raw, err := json.Marshal(p)
		if err != nil || raw[0] != '"' {
			t.Fatalf("%d is written as %s (%v), want a string", p, raw, err)
		}
		var again es.Position
		if err := json.Unmarshal(raw, &again); err != nil || again != p {
			t.Fatalf("%s is read as %d (%v)", raw, again, err)
		}
	})
	for _, text := range []string{`"x"`, `""`, `"-1"`, `"18446744073709551616"`, `1`} {
		var p es.Position
		if err := json.Unmarshal([]byte(text), &p); err == nil {
			t.Errorf("%s was read as %d", text, p)
		}
	}
}

func TestExpected(t *testing.T) {
	t.Parallel()
	type stream struct {
		last   es.Revision
		exists bool
	}
	absent, first, third := stream{}, stream{0, true}, stream{2, true}
	for _, c := range []struct {
		expected es.Expected
		text     string
		met      map[stream]bool
	}{
		{es.Any(), "any revision", map[stream]bool{absent: true, first: true, third: true}},
		{es.Expected{}, "any revision", map[stream]bool{absent: true, first: true, third: true}},
		{es.NoStream(), "no stream", map[stream]bool{absent: true, first: false, third: false}},
		{es.Exactly(0), "revision 0", map[stream]bool{absent: false, first: true, third: false}},
		{es.Exactly(2), "revision 2", map[stream]bool{absent: false, first: false, third: true}},
	} {
		if got := c.expected.String(); got != c.text {
			t.Errorf("it is called %q, want %q", got, c.text)
		}
		for s, want := range c.met {
			if got := c.expected.Met(s.last, s.exists); got != want {
				t.Errorf("%s is met by %+v: %v, want %v", c.expected, s, got, want)
			}
		}
	}
	if r, ok := es.Exactly(2).Exact(); r != 2 || !ok {
		t.Errorf("Exactly(2) demands %d, %v", r, ok)
	}
	if _, ok := es.Any().Exact(); ok || !es.Any().IsAny() || es.Any().IsNoStream() || !es.NoStream().IsNoStream() {
		t.Error("an expectation does not know itself")
	}
}
