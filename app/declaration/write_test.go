package declaration

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// What is written is read back as it was: whatever text, names, numbers and
// nesting it has.
func TestWhatIsWrittenIsReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := randomNode(t, 4)
		n := &node{kind: isObject, fields: []field{{name: "key", value: textNode("a")}, {name: "x", value: want}}}
		written, err := dump(n)
		if err != nil {
			t.Fatal(err)
		}
		r := &reader{file: &text{name: "f"}}
		documents := r.readYAML(written)
		if len(r.problems) > 0 || len(documents) != 1 {
			t.Fatalf("%v\n%s", r.problems, written)
		}
		if diff := cmp.Diff(string(n.json()), string(documents[0].json())); diff != "" {
			t.Fatalf("(-written +read)\n%s\n%s", diff, written)
		}
	})
}

func randomNode(t *rapid.T, depth int) *node {
	kind := rapid.IntRange(0, 7).Draw(t, "kind")
	if depth == 0 {
		kind %= 5
	}
	switch kind {
	case 0:
		return &node{}
	case 1:
		return &node{kind: isBoolean, flag: rapid.Bool().Draw(t, "flag")}
	case 2:
		return &node{kind: isNumber, text: rapid.SampledFrom([]string{
			"0", "-0", "9007199254740993", "9223372036854775807", "1e6", "1E+400", "-1.50", "0.1", "123456789012345678901234567890",
		}).Draw(t, "number")}
	case 3, 4:
		return textNode(randomText(t))
	case 5:
		list := &node{kind: isList}
		for range rapid.IntRange(0, 3).Draw(t, "items") {
			list.items = append(list.items, randomNode(t, depth-1))
		}
		return list
	default:
		made := &node{kind: isObject}
		for range rapid.IntRange(0, 3).Draw(t, "fields") {
			name := randomText(t)
			if _, twice := made.field(name); !twice {
				made.add(name, randomNode(t, depth-1))
			}
		}
		return made
	}
}

func randomText(t *rapid.T) string {
	if rapid.Bool().Draw(t, "hard") {
		return rapid.SampledFrom([]string{
			"", "no", "on", "Y", "null", "~", "true", "True", "0x1F", "012", "1_000", ".5", "1e3", "12:30", "2026-11-25", "<<", "=", "- a", "? a", "a: b", "a #b",
			"#", "&a", "*a", "!a", "|", ">", "@", "`", "%a", "---", "...", "{", "[", " a", "a ", "\n", "a\n", "a\nb", "a\n\nb\n", "a\n b\n", " a\nb", "a \nb", "a\tb\nc", "a\n\n",
			"\r", "a\r\nb", "\u0085", "\u2028", "\uFEFF", "\uFFFD", "\x00", "\x7f", "'", `"`, `a "b" 'c'`, "\\", "é", "😀", "日本\n語", strings.Repeat("long ", 400), "a\n# b\nc",
		}).Draw(t, "text")
	}
	return strings.ToValidUTF8(rapid.String().Draw(t, "text"), "")
}

// JSON is read with its places and without loss.
func TestJSONIsReadAsItIs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := &node{kind: isObject, fields: []field{{name: "x", value: randomNode(t, 4)}}}
		raw := n.json()
		if rapid.Bool().Draw(t, "indented") {
			var b bytes.Buffer
			if err := json.Indent(&b, raw, "", "\t"); err != nil {
				t.Fatal(err)
			}
			raw = b.Bytes()
		}
		r := &reader{file: &text{name: "f"}}
		documents := r.readJSON(raw)
		if len(documents) != 1 || string(documents[0].json()) != string(n.json()) {
			t.Fatalf("%v\n%s", r.problems, raw)
		}
	})
}
