package fieldpath_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daybook/domain/fieldpath"
	"daybook/domain/value"
)

func documentOf(tb testing.TB, body string) fieldpath.Document {
	tb.Helper()
	decoded, err := value.Decode([]byte(body))
	if err != nil {
		tb.Fatal(err)
	}
	return fieldpath.Document{
		Body: decoded.Value, Headers: map[string]any{"svix-id": "m"}, Event: map[string]any{"type": "t"},
	}
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	doc := documentOf(t, `{"id":"a","data":{"object":{"customer":"c"}},"lines":[{"price":1},{"other":2}],"none":[],"a.b":1,"c[d":2,"":3}`)
	got := fieldpath.Suggest(doc, 100)
	want := []string{
		"body", "body.data", "body.id", "body.lines", "body.none", "body.data.object", "body.lines[0]", "body.lines[*]",
		"body.data.object.customer", "body.lines[0].price", "body.lines[*].price",
		"event", "event.type", "headers", "headers.svix-id",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, path := range got {
		parsed, err := fieldpath.Parse(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
		} else if _, found := parsed.Resolve(doc); !found {
			t.Errorf("%s leads nowhere", path)
		}
	}
	if got := fieldpath.Suggest(doc, 3); !slices.Equal(got, want[:3]) {
		t.Errorf("three: %v", got)
	}
}

func TestSuggestIsBounded(t *testing.T) {
	t.Parallel()
	wide := documentOf(t, `{"a":[`+strings.Repeat(`{"x":{"y":[1]}},`, 20_000)+`1],"`+strings.Repeat("n", 600)+`":1}`)
	deep := documentOf(t, strings.Repeat(`{"a":[`, 60)+"1"+strings.Repeat("]}", 60))
	for _, doc := range []fieldpath.Document{wide, deep} {
		got := fieldpath.Suggest(doc, 300)
		if len(got) > 300 {
			t.Errorf("%d paths", len(got))
		}
		for _, path := range got {
			if _, err := fieldpath.Parse(path); err != nil {
				t.Errorf("%.80s: %v", path, err)
			}
		}
	}
}
