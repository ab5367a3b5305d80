package webhook_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"daybook/domain/value"
	"daybook/domain/webhook"
)

func toldOf(d *webhook.BodyDifference) string {
	var lines []string
	text := func(s *string) string {
		if s == nil {
			return "-"
		}
		return *s
	}
	for _, c := range d.Changes {
		lines = append(lines, c.Path+" "+text(c.Before)+" → "+text(c.After))
	}
	if d.More {
		lines = append(lines, "…")
	}
	if d.Offset != nil {
		lines = append(lines, fmt.Sprintf("%d: %s → %s", *d.Offset, d.Before, d.After))
	}
	return strings.Join(lines, "; ")
}

func TestBodiesAreCompared(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ first, second, want string }{
		"only written differently": {`{"a":1,"b":[1,2]}`, `{ "b":[1, 2], "a":1 }`, ""},
		"a value":                  {`{"a":{"b":1}}`, `{"a":{"b":2}}`, "body.a.b 1 → 2"},
		"another kind":             {`{"a":1}`, `{"a":"1"}`, `body.a 1 → "1"`},
		"null is not missing":      {`{"a":null}`, `{}`, "body.a null → -"},
		"one came, one went":       {`{"a":1}`, `{"b":{"c":"<x>"}}`, `body.a 1 → -; body.b - → {"c":"\u003cx\u003e"}`},
		"text":                     {`{"a":"<b>"}`, `{"a":"é"}`, `body.a "<b>" → "é"`},
		"in a list":                {`{"l":[1,{"x":1},3]}`, `{"l":[1,{"x":2}]}`, "body.l[1].x 1 → 2; body.l[2] 3 → -"},
		"a list grew":              {`{"l":[]}`, `{"l":[[1]]}`, "body.l[0] - → [1]"},
		"a list for an object":     {`{"l":[]}`, `{"l":{}}`, "body.l [] → {}"},
		"odd names":                {`{"a.b":{"":1}}`, `{"a.b":{"":2}}`, `body["a.b"][""] 1 → 2`},
		"numbers without room":     {`{"n":123456789012345678901234567890}`, `{"n":123456789012345678901234567891}`, "body.n 123456789012345678901234567890 → 123456789012345678901234567891"},
		"no JSON":                  {`{"a":1}`, `{"a":2`, "5: 1} → 2"},
		"not UTF-8":                {"{\"a\":\"\xff\"}", "{\"a\":\"b\"}", "body.a \"\uFFFD\" → \"b\""},
	} {
		if got := toldOf(webhook.CompareBodies([]byte(c.first), []byte(c.second))); got != c.want {
			t.Errorf("%s: %s\nwant %s", name, got, c.want)
		}
	}
}

func TestWhatIsToldOfBodiesIsBounded(t *testing.T) {
	t.Parallel()
	object := func(n int, v string) string {
		var b strings.Builder
		b.WriteString("{")
		for i := range n {
			fmt.Fprintf(&b, `"key_%d":%s,`, i, v)
		}
		return b.String() + `"end":0}`
	}
	deep := strings.Repeat(`{"a_rather_long_name_of_a_member":`, 100)
	for name, c := range map[string][2]string{
		"many":         {object(1000, "1"), object(1000, "2")},
		"long":         {object(30, `"`+strings.Repeat("a", 2000)+`"`), object(30, `"`+strings.Repeat("b", 2000)+`"`)},
		"escapes":      {object(30, `"`+strings.Repeat(`\u0001`, 500)+`"`), object(30, `"`+strings.Repeat(`\u0002`, 500)+`"`)},
		"deep":         {deep + "1" + strings.Repeat("}", 100), deep + "2" + strings.Repeat("}", 100)},
		"large":        {object(20_000, "1"), object(20_000, "2")},
		"long names":   {`{"` + strings.Repeat("x", 60_000) + `":1}`, `{"` + strings.Repeat("y", 60_000) + `":1}`},
		"a large list": {`{"l":[` + strings.Repeat("{},", 30_000) + `1]}`, `{"l":[` + strings.Repeat("[],", 30_000) + `1]}`},
	} {
		d := webhook.CompareBodies([]byte(c[0]), []byte(c[1]))
		raw, err := json.Marshal(d)
		if err != nil || len(raw) > 6<<10 || toldOf(d) == "" {
			t.Errorf("%s: %d bytes, %v: %.300s", name, len(raw), err, toldOf(d))
		}
	}
}

// A duplicate tells what is different about it, and one that is the same costs
// nothing for it.
func TestDuplicatesTellTheDifference(t *testing.T) {
	t.Parallel()
	l := &log{at: second}
	mustGive(t, l, received(l.at, `{"a":1}`, time.Hour))
	same := mustGive(t, l, received(l.at, `{"a":1}`, time.Hour))
	other := mustGive(t, l, received(l.at, `{"a":2}`, time.Hour))
	if d := same[0].(webhook.DuplicateReceived).Difference; d != nil {
		t.Errorf("the same body differs: %+v", d)
	}
	if d := other[0].(webhook.DuplicateReceived).Difference; d == nil || toldOf(d) != "body.a 1 → 2" {
		t.Errorf("another body: %+v", d)
	}
}

func FuzzCompareBodies(f *testing.F) {
	f.Add(`{"a":[1,{"b":null}]}`, `{"a":[1,{"b":2}],"c":"x"}`)
	f.Fuzz(func(t *testing.T, first, second string) {
		d := webhook.CompareBodies([]byte(first), []byte(second))
		if raw, err := json.Marshal(d); err != nil || len(raw) > 6<<10 {
			t.Errorf("%d bytes, %v", len(raw), err)
		}
		was, err := value.Decode([]byte(first))
		is, err2 := value.Decode([]byte(second))
		if err != nil || err2 != nil || d.Offset != nil {
			return
		}
		a, errA := value.AppendCanonical(nil, was.Value, 1<<20)
		b, errB := value.AppendCanonical(nil, is.Value, 1<<20)
		if errA == nil && errB == nil && string(a) == string(b) != (toldOf(d) == "") && !strings.ContainsAny(first+second, ".eE-") {
			t.Errorf("%s and %s differ by %q", a, b, toldOf(d))
		}
	})
}
