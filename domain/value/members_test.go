package value_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daybook/domain/value"
)

func TestMembers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		object string
		want   map[string]string
	}{
		{`{}`, map[string]string{}},
		{``, map[string]string{}},
		{`null`, map[string]string{}},
		{`[1,2]`, map[string]string{}},
		{`{"a":1}`, map[string]string{"a": `1`}},
		{` { "a" : 1 , "b" : "x" } `, map[string]string{"a": `1`, "b": `"x"`}},
		{`{"a":{"key":"no","b":[{}]},"key":"yes"}`, map[string]string{"a": `{"key":"no","b":[{}]}`, "key": `"yes"`}},
		{`{"a":"\"}","b":"\\","c":"\\\"{","d":true}`, map[string]string{"a": `"\"}"`, "b": `"\\"`, "c": `"\\\"{"`, "d": `true`}},
		{`{"a":["}","]"],"b":null}`, map[string]string{"a": `["}","]"]`, "b": `null`}},
		{`{"a":1,"b":`, map[string]string{"a": `1`}},
		{`{"a":"`, map[string]string{}},
		{`{"a":{`, map[string]string{}},
	} {
		got := map[string]string{}
		for name, raw := range value.Members([]byte(c.object)) {
			got[name] = string(raw)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.object, diff)
		}
	}
}

// FuzzMembers compares with encoding/json on what is valid, and must end on
// what is not.
func FuzzMembers(f *testing.F) {
	for _, seed := range []string{`{"a":1}`, `{"a":"\"}","b":[{"c":"]"}]}`, `{"a":{`, `{"":-1e9}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, object []byte) {
		got := map[string]json.RawMessage{}
		for name, raw := range value.Members(object) {
			var text string
			if json.Unmarshal([]byte(`"`+name+`"`), &text) != nil {
				text = name
			}
			got[text] = raw
		}
		var want map[string]json.RawMessage
		if json.Unmarshal(object, &want) != nil || want == nil {
			return
		}
		if !maps.EqualFunc(want, got, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }) {
			t.Errorf("%q: got %q, want %q", object, got, want)
		}
	})
}
