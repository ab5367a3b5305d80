package es_test

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"daybook/domain/es"
)

func TestTimeInJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`"2026-11-24T10:00:00Z"`:              `"2026-11-24T10:00:00.000Z"`,
		`"2026-11-24T10:00:00.1239Z"`:         `"2026-11-24T10:00:00.123Z"`,
		`"2026-11-24T10:00:00.5+02:00"`:       `"2026-11-24T08:00:00.500Z"`,
		`"1969-12-31T23:59:59.999Z"`:          `"1969-12-31T23:59:59.999Z"`,
		`null`:                                `null`,
		`"1970-01-01T00:00:00Z"`:              `null`, // the one moment that cannot be told from no time
		`"9999-12-31T23:59:59.999999999Z"`:    `"9999-12-31T23:59:59.999Z"`,
		`"0000-01-01T00:00:00.000Z"`:          `"0000-01-01T00:00:00.000Z"`,
		`"2026-11-24T10:00:00.123456789012Z"`: `"2026-11-24T10:00:00.123Z"`,
	} {
		var at es.Time
		if err := json.Unmarshal([]byte(text), &at); err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, err := json.Marshal(at); err != nil || string(got) != want {
			t.Errorf("%s became %s (%v), want %s", text, got, err, want)
		}
	}
	for _, text := range []string{`""`, `0`, `"now"`, `"2026-11-24"`, `{}`, `"9999-12-31T23:59:59-01:00"`, `"0000-01-01T00:00:00+01:00"`} {
		var at es.Time
		if err := json.Unmarshal([]byte(text), &at); err == nil {
			t.Errorf("%s was read as %s", text, at)
		}
	}
}

func TestTimeIsCutToMilliseconds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := es.Time(rapid.Int64Range(-62_135_596_800_000, 253_402_300_799_999).Draw(t, "milliseconds"))
		raw, err := json.Marshal(at)
		if err != nil {
			t.Fatal(err)
		}
		var again es.Time
		if err := json.Unmarshal(raw, &again); err != nil || again != at {
			t.Fatalf("%d became %s became %d (%v)", at, raw, again, err)
		}
		if es.TimeOf(at.Time().Add(time.Millisecond-1)) != at {
			t.Fatalf("a part of a millisecond after %s is another time", at)
		}
		d := time.Duration(rapid.Int64Range(-1e6, 1e6).Draw(t, "span")) * time.Millisecond
		if got := at.Add(d).Sub(at); got != d {
			t.Fatalf("%s later is %s later", d, got)
		}
	})
}
