package fieldpath_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"daybook/domain/fieldpath"
	"daybook/domain/value"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"body": "body", "body.data.object.id": "body.data.object.id", "data.object.id": "body.data.object.id", "id": "body.id",
		"body.body": "body.body", "bodyx": "body.bodyx", "body[0]": "body[0]", "a[0][12].b": "body.a[0][12].b", "a[*].b[*]": "body.a[*].b[*]",
		"a-b.c d.$e.é": "body.a-b.c d.$e.é", "headers": "headers", "headers.Svix-Id": "headers.svix-id", "headers.x.y": "headers.x.y",
		"event.type": "event.type", "event": "event", "preprocess.a.b": "preprocess.a.b", "Body.a": "body.Body.a",
	}
	for text, want := range tests {
		p, err := fieldpath.Parse(text)
		if err != nil || p.String() != want {
			t.Errorf("Parse(%q) = %s, %v; want %s", text, p, err, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"":                             "the path is empty; write one like body.data.object.id (column 1)",
		".a":                           "a name is missing here (column 1)",
		"a.":                           "a name is missing here (column 3)",
		"a..b":                         "a name is missing here (column 3)",
		"[0]":                          "a name is missing here (column 1)",
		"a[0":                          "close the bracket with ] (column 2)",
		"a[]":                          "write a number from 0 to 1000000 or * in the brackets (column 2)",
		"a[-1]":                        "write a number from 0 to 1000000 or * in the brackets (column 2)",
		"a[01]":                        "write a number from 0 to 1000000 or * in the brackets (column 2)",
		"a[99999999999999999999]":      "write a number from 0 to 1000000 or * in the brackets (column 2)",
		"a[0]b":                        "write a dot before the next name (column 5)",
		"a]":                           "write a dot before the next name (column 2)",
		" a":                           "remove the space around the name (column 1)",
		"a. b":                         "remove the space around the name (column 3)",
		"a\nb":                         "a name cannot hold a control character (column 2)",
		"a\xff":                        "the path is not valid UTF-8 (column 1)",
		"headers[0]":                   "write headers. and the name of a header (column 8)",
		"headers.":                     "a name is missing here (column 9)",
		"headers.a[0]":                 "the name of a header has no brackets or spaces (column 10)",
		"event.kind":                   "event has id, type, key, source, environment, received_at (column 7)",
		"event[0]":                     "event has id, type, key, source, environment, received_at (column 7)",
		strings.Repeat("a", 513):       "the path is longer than 512 bytes (column 513)",
		strings.Repeat("a.", 65) + "a": "the path has more than 64 steps (column 128)",
	}
	for text, want := range tests {
		_, err := fieldpath.Parse(text)
		var syntax *fieldpath.SyntaxError
		if !errors.As(err, &syntax) || err.Error() != want {
			t.Errorf("Parse(%.30q)\n got %v\nwant %s", text, err, want)
		}
	}
}

const payload = `{
	"id": "evt_1", "none": null, "a.b": 1, "Case": 1, "empty": [],
	"data": {"object": {"customer": "cus_1", "account": "acct_1", "amount": 1200}},
	"lines": [{"price": 1, "tags": ["x", "y"]}, {"tags": []}, {"price": null, "tags": ["z"]}, 5],
	"grid": [[1, 2], [3]]
}`

func document(tb testing.TB) fieldpath.Document {
	tb.Helper()
	decoded, err := value.Decode([]byte(payload))
	if err != nil {
		tb.Fatal(err)
	}
	return fieldpath.Document{
		Body:    decoded.Value,
		Headers: map[string]any{"user-agent": "Stripe/1.0"},
		Event:   map[string]any{"id": "dev.stripe.evt_1", "type": "invoice.paid"},
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	doc := document(t)
	tests := map[string]any{
		"id": "evt_1", "body.data.object.customer": "cus_1", "none": nil, "lines[0].price": int64(1), "grid[0][1]": int64(2),
		"lines[*].price": []any{int64(1), nil}, "lines[*].tags[*]": []any{"x", "y", "z"}, "grid[*][*]": []any{int64(1), int64(2), int64(3)},
		"grid[*][1]": []any{int64(2)}, "lines[*].nope": []any{}, "empty[*]": []any{}, "empty": []any{},
		"headers.User-Agent": "Stripe/1.0", "event.type": "invoice.paid", "body": doc.Body,
	}
	for text, want := range tests {
		p, err := fieldpath.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		got, found := p.Resolve(doc)
		if diff := cmp.Diff(want, got); !found || diff != "" {
			t.Errorf("%s: found %t (-want +got):\n%s", text, found, diff)
		}
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	doc := document(t)
	tests := map[string]string{
		"data.object.acount":   "nothing at body.data.object.acount; did you mean body.data.object.account?",
		"dta.object.customer":  "nothing at body.dta.object.customer: body has no dta; did you mean body.data?",
		"case":                 "nothing at body.case; did you mean body.Case?",
		"whatever":             "nothing at body.whatever",
		"none":                 "body.none is null",
		"none.a":               "body.none is null",
		"id.a":                 "body.id is a string, not an object",
		"id[0]":                "body.id is a string, not a list",
		"lines.price":          "body.lines is a list, not an object",
		"lines[9]":             "nothing at body.lines[9]; body.lines has 4 entries",
		"empty[0]":             "nothing at body.empty[0]; body.empty has no entries",
		"grid[1][1]":           "nothing at body.grid[1][1]; body.grid[1] has 1 entry",
		"data[*].a":            "body.data is an object, not a list",
		"empty[*].a":           "body.empty is an empty list",
		"empty":                "body.empty is an empty list",
		"lines[*].nope":        "nothing at body.lines[*].nope in any of its 4 entries",
		"headers.user-agnt":    "nothing at headers.user-agnt; did you mean headers.user-agent?",
		"preprocess.a":         "the source has no preprocess expression",
		"preprocess":           "the source has no preprocess expression",
		"data.object.customer": "", "lines[*].price": "",
	}
	for text, want := range tests {
		p, err := fieldpath.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Explain(doc); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
		v, found := p.Resolve(doc)
		list, isList := v.([]any)
		if leads := found && v != nil && (!isList || len(list) > 0); leads != (want == "") {
			t.Errorf("%s leads to %v, %t, and is explained by %q", text, v, found, want)
		}
	}
}

func TestTheTextOfAPathIsThePath(t *testing.T) {
	t.Parallel()
	segment := rapid.OneOf(rapid.StringMatching(`\.[a-zA-Z_$é-]{1,6}`), rapid.StringMatching(`\[(0|[1-9][0-9]{0,3})\]`), rapid.Just("[*]"))
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"body", "preprocess", "data", "headers.X"}).Draw(t, "root")
		if text != "headers.X" {
			text += strings.Join(rapid.SliceOfN(segment, 0, 8).Draw(t, "segments"), "")
		}
		p, err := fieldpath.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		again, err := fieldpath.Parse(p.String())
		if err != nil || again.String() != p.String() {
			t.Fatalf("%s, then %s, %v", p, again, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"body.data.object.id", "a[0].b[*]", "headers.x-y", "event.type", "..", "a[", "preprocess", "a b", "é"} {
		f.Add(seed)
	}
	doc := document(f)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := fieldpath.Parse(text)
		if err != nil {
			var syntax *fieldpath.SyntaxError
			if !errors.As(err, &syntax) || syntax.Column < 1 || syntax.Column > len(text)+1 {
				t.Fatalf("%#v", err)
			}
			return
		}
		again, err := fieldpath.Parse(p.String())
		if err != nil && len(p.String()) <= fieldpath.MaxLength || err == nil && again.String() != p.String() {
			t.Fatalf("%s, then %s, %v", p, again, err)
		}
		if v, found := p.Resolve(doc); !found || v == nil {
			if p.Explain(doc) == "" {
				t.Fatalf("%s leads nowhere, and nobody knows why", p)
			}
		}
	})
}
