package value_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"daybook/domain/value"
)

func TestDecodeNumbers(t *testing.T) {
	t.Parallel()
	tests := map[string]any{
		"0": int64(0), "-0": int64(0), "1200": int64(1200),
		"9223372036854775807": int64(9223372036854775807), "-9223372036854775808": int64(-9223372036854775808),
		"9007199254740993":     int64(9007199254740993),
		"9223372036854775808":  float64(1 << 63),
		"9223372036854775809":  value.Unrepresentable("9223372036854775809"),
		"18446744073709551616": float64(1 << 64),
		"1.5":                  1.5, "1.0": 1.0, "1e3": 1000.0, "-2.5E-1": -0.25, "0.1": 0.1, "0e9": 0.0, "0.000": 0.0,
		"1e400": value.Unrepresentable("1e400"), "-1e400": value.Unrepresentable("-1e400"),
		"1e-400": value.Unrepresentable("1e-400"), "5e-324": 5e-324,
		strings.Repeat("1", 400): value.Unrepresentable(strings.Repeat("1", 400)),
	}
	for literal, want := range tests {
		got, err := value.Decode([]byte(literal))
		if diff := cmp.Diff(want, got.Value); err != nil || diff != "" {
			t.Errorf("%.40s: %v (-want +got):\n%s", literal, err, diff)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]error{
		"": value.ErrMalformed, " ": value.ErrMalformed, "{": value.ErrMalformed, `{"a":1`: value.ErrMalformed, `{"a":1}x`: value.ErrMalformed,
		`{} {}`: value.ErrMalformed, `{"a":01}`: value.ErrMalformed, `{a:1}`: value.ErrMalformed, `[1,]`: value.ErrMalformed, "\ufeff{}": value.ErrMalformed,
		`"a`: value.ErrMalformed, `nul`: value.ErrMalformed, "{\"a\":\"\x01\"}": value.ErrMalformed,
		strings.Repeat("[", 129) + strings.Repeat("]", 129):           value.ErrTooDeep,
		strings.Repeat(`{"a":`, 129) + "1" + strings.Repeat("}", 129): value.ErrTooDeep,
		strings.Repeat("[", 1_000_000):                                value.ErrTooDeep,
	}
	for raw, want := range tests {
		if _, err := value.Decode([]byte(raw)); !errors.Is(err, want) {
			t.Errorf("%.40q: %v, want %v", raw, err, want)
		}
	}
	if _, err := value.Decode([]byte(strings.Repeat("[", 128) + strings.Repeat("]", 128))); err != nil {
		t.Errorf("128 levels: %v", err)
	}
}

func TestFlaws(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		raw   string
		want  any
		flaws []value.Flaw
	}{
		"none": {`{"a":"\ufffd \ud83d\ude00"}`, map[string]any{"a": "\ufffd \U0001F600"}, nil},
		"a name twice": {
			`{"a":1,"a":2}`,
			map[string]any{"a": int64(2)},
			[]value.Flaw{{Kind: value.DuplicateName, Path: "a", Depth: 1, Guarded: true}},
		},
		"a name twice by an escape": {
			`{"id":1,"\u0069d":2}`,
			map[string]any{"id": int64(2)},
			[]value.Flaw{{Kind: value.DuplicateName, Path: "id", Depth: 1, Guarded: true}},
		},
		"names that differ in case": {`{"id":1,"ID":2}`, map[string]any{"id": int64(1), "ID": int64(2)}, nil},
		"deep": {
			`{"data":{"list":[0,{"x":1,"x":2}]}}`,
			map[string]any{"data": map[string]any{"list": []any{int64(0), map[string]any{"x": int64(2)}}}},
			[]value.Flaw{{Kind: value.DuplicateName, Path: "data.list[1].x", Depth: 4, Guarded: false}},
		},
		"bytes that are no text": {
			"{\"a\":\"x\xffy\",\"\":\"\xfe\"}",
			map[string]any{"a": "x\ufffdy", "": "\ufffd"},
			[]value.Flaw{{Kind: value.InvalidUTF8, Path: "a", Depth: 1, Guarded: true}, {Kind: value.InvalidUTF8, Path: "", Depth: 1, Guarded: true}},
		},
		"half a pair": {
			`{"a":{"b":"\ud800"}}`,
			map[string]any{"a": map[string]any{"b": "\ufffd"}},
			[]value.Flaw{{Kind: value.InvalidUTF8, Path: "a.b", Depth: 2, Guarded: false}},
		},
		"a name that is no text": {
			"{\"\xff\":1}",
			map[string]any{"\ufffd": int64(1)},
			[]value.Flaw{{Kind: value.InvalidUTF8, Path: "\ufffd", Depth: 1, Guarded: true}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := value.Decode([]byte(test.raw))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(value.Decoded{Value: test.want, Flaws: test.flaws}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFlawsAreBounded(t *testing.T) {
	t.Parallel()
	got, err := value.Decode([]byte("{" + strings.Repeat(`"a":1,`, 1000) + `"a":1}`))
	if err != nil || len(got.Flaws) != value.MaxFlaws {
		t.Errorf("%d flaws, %v", len(got.Flaws), err)
	}
	long, err := value.Decode([]byte(`{"a":{"` + strings.Repeat("n", 100_000) + "\":\"\xff\"}}"))
	if err != nil || len(long.Flaws) != 1 || len(long.Flaws[0].Path) > 300 {
		t.Errorf("%d flaws, %v", len(long.Flaws), err)
	}
}

// guard minds one place.
type guard string

func (g guard) Guards(steps []string) bool { return strings.Join(steps, "/") == string(g) }

func TestManyFlawsDoNotHideTheGuardedOne(t *testing.T) {
	t.Parallel()
	raw := `{"data":{"list":[{` + strings.Repeat(`"a":1,`, 100) + `"a":1}],"id":"x","id":"y"}}`
	got, err := value.Decode([]byte(raw), guard("data/id"))
	if err != nil {
		t.Fatal(err)
	}
	want := value.Flaw{Kind: value.DuplicateName, Path: "data.id", Depth: 2, Guarded: true}
	if last := got.Flaws[len(got.Flaws)-1]; last != want || len(got.Flaws) != value.MaxFlaws+1 {
		t.Errorf("%d flaws, the last %+v", len(got.Flaws), last)
	}
}

func TestAppendCanonical(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		` { "b" : 1 , "a" : [ true , null , "x\u000ay\u00e9/<" ] } `: `{"a":[true,null,"x\nyé/\u003c"],"b":1}`,
		`1e3`: "1000", `1.50`: "1.5", `1e400`: "1e400", `9007199254740993`: "9007199254740993", `{}`: "{}", `[]`: "[]", `-0`: "0", `9223372036854775808`: "9.223372036854776e+18", `1e20`: "1e+20", `1e-7`: "1e-7",
	}
	for raw, want := range tests {
		decoded, err := value.Decode([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		got, err := value.AppendCanonical([]byte(">"), decoded.Value, 1000)
		if err != nil || string(got) != ">"+want {
			t.Errorf("%s = %s, %v; want %s", raw, got, err, want)
		}
	}
}

func TestAppendCanonicalIsBounded(t *testing.T) {
	t.Parallel()
	var twins any = []any{}
	for range 100 {
		twins = []any{twins, twins}
	}
	var deep any
	for range 600 {
		deep = []any{deep}
	}
	tests := map[string]struct {
		v    any
		want error
	}{
		"a string":      {strings.Repeat("a", 1001), value.ErrTooLarge},
		"a number":      {value.Unrepresentable(strings.Repeat("1", 1001)), value.ErrTooLarge},
		"a list":        {make([]any, 500), value.ErrTooLarge},
		"a vast number": {twins, value.ErrTooLarge},
		"a name":        {map[string]any{strings.Repeat("a", 1001): nil}, value.ErrTooLarge},
		"deep":          {deep, value.ErrTooDeep},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := value.AppendCanonical(nil, test.v, 1000)
			if !errors.Is(err, test.want) || len(got) > 1100 {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
	if _, err := value.AppendCanonical(nil, struct{}{}, 1000); err == nil {
		t.Error("a struct was taken for a value")
	}
	many := map[string]any{}
	for i := range 300 {
		many[strconv.Itoa(i)] = nil
	}
	if got, err := value.AppendCanonical(nil, many, 1000); !errors.Is(err, value.ErrTooLarge) || len(got) > 0 {
		t.Errorf("names that cannot all be written were sorted: %d bytes, %v", len(got), err)
	}
	fits := map[string]any{"": int64(0), "a": int64(1)}
	if got, err := value.AppendCanonical(nil, fits, len(`{"":0,"a":1}`)); err != nil || string(got) != `{"":0,"a":1}` {
		t.Errorf("what just fits: %s, %v", got, err)
	}
}

func TestKind(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]any{
		"null": nil, "true": true, "false": false, "a string": "", "a list": []any{}, "an object": map[string]any{}, "a number": value.Unrepresentable("1e999"), "not a value": 3,
	} {
		if got := value.Kind(v); got != want {
			t.Errorf("Kind(%v) = %s", v, got)
		}
	}
}

// values draws any value.
func values(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		kinds := 6
		if depth == 0 {
			kinds = 4
		}
		switch rapid.IntRange(0, kinds).Draw(t, "kind") {
		case 0:
			return nil
		case 1:
			return rapid.Bool().Draw(t, "bool")
		case 2:
			return rapid.Int64().Draw(t, "int")
		case 3:
			return rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{1 << 60, 1 << 63, -1 << 63, 1e21, 1e20, 5e-324})).Filter(func(f float64) bool {
				return math.Abs(f) > 1<<53 || f != math.Trunc(f) // a small whole one is read back as an int64
			}).Draw(t, "float")
		case 4:
			return strings.ToValidUTF8(rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune("<>&\u2028\u2029\"\\a\x00\x7f")))).Draw(t, "string"), "")
		case 5:
			return rapid.SliceOfN(values(depth-1), 0, 4).Draw(t, "list")
		default:
			return rapid.MapOfN(rapid.StringMatching("[a-zé.]{0,4}"), values(depth-1), 0, 4).Draw(t, "object")
		}
	})
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := values(3).Draw(t, "value")
		raw, err := value.AppendCanonical(nil, v, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if same, err := json.Marshal(json.RawMessage(raw)); err != nil || !bytes.Equal(raw, same) {
			t.Fatalf("%s became %s, %v", raw, same, err)
		}
		decoded, err := value.Decode(raw)
		if diff := cmp.Diff(v, decoded.Value); err != nil || diff != "" || decoded.Flaws != nil {
			t.Fatalf("%s: %v %v (-want +got):\n%s", raw, err, decoded.Flaws, diff)
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.5,"x",null,true]}`, `{"a":1,"a":2}`, `"\ud800"`, "\"\xff\"", `[[[[1e400]]]]`, `{"":{"":[]}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		decoded, err := value.Decode(raw)
		if (err == nil) != json.Valid(raw) && !errors.Is(err, value.ErrTooDeep) {
			t.Fatalf("Decode: %v, and encoding/json says %t", err, json.Valid(raw))
		}
		if err != nil {
			return
		}
		once, err := value.AppendCanonical(nil, decoded.Value, 10*len(raw)+1000)
		if err != nil {
			t.Fatal(err)
		}
		again, err := value.Decode(once)
		if err != nil || len(again.Flaws) > 0 {
			t.Fatalf("%s: %v, %v", once, err, again.Flaws)
		}
		twice, err := value.AppendCanonical(nil, again.Value, 10*len(raw)+1000)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%s, then %s, %v", once, twice, err)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	raw := []byte(`{"id":"evt_1","type":"invoice.paid","livemode":false,"data":{"object":{` + strings.TrimSuffix(strings.Repeat(`"amount_due":1200,"currency":"eur","lines":[{"id":"il_1","price":{"id":"price_1"}}],`, 1), ",") + `}}}`)
	b.ReportAllocs()
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if _, err := value.Decode(raw); err != nil {
			b.Fatal(err)
		}
	}
}
