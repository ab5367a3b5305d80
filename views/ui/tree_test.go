package ui

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"
	"pgregory.net/rapid"
)

// scalars are the texts of all values in order.
func scalars(n Node) []string {
	if n.Kind != Container {
		return []string{n.Text}
	}
	var all []string
	for _, child := range n.Children {
		all = append(all, scalars(child)...)
	}
	return all
}

// size is how many nodes a tree has, and how deep it is.
func size(n Node) (nodes, depth int) {
	for _, child := range n.Children {
		below, deep := size(child)
		nodes += below
		depth = max(depth, deep)
	}
	return nodes + 1, depth + 1
}

func mustTree(t *testing.T, payload string, hits ...string) Node {
	t.Helper()
	root, err := Tree([]byte(payload), hits...)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func TestTreeShowsWhatWasSent(t *testing.T) {
	t.Parallel()
	for payload, want := range map[string]string{
		`1`:                                `1`,
		`12345678901234567890.10e+5`:       `12345678901234567890.10e+5`,
		`[1.0,-0,1E2]`:                     `1.0 -0 1E2`,
		`"a\u202eb"`:                       `"a\u202eb"`,
		`"zero\u200bwidth\u2028"`:          `"zero\u200bwidth\u2028"`,
		`"tab\tline\n\u0000\u007f"`:        `"tab\tline\n\u0000\u007f"`,
		`"\"quoted\\\""`:                   `"\"quoted\\\""`,
		`"é 日本 🧾"`:                         `"é 日本 🧾"`,
		`{"a":null,"b":true,"c":false}`:    `null true false`,
		`{"a":1,"a":2}`:                    `1 2`,
		"\"bad \xff utf8\"":                "\"bad \ufffd utf8\"",
		`{"a":{"b":[1,[2,{"c":"d"}]]}}`:    `1 2 "d"`,
		`"\udbff\udfff and \ue000"`:        "\"\U0010ffff and \ue000\"",
		"\"tag \U000e0041 of a language\"": `"tag \U000e0041 of a language"`,
	} {
		if got := strings.Join(scalars(mustTree(t, payload)), " "); got != want {
			t.Errorf("%s is shown as %s, want %s", payload, got, want)
		}
	}
}

func TestTreeRefusesWhatIsNoJSON(t *testing.T) {
	t.Parallel()
	for _, payload := range []string{"", " ", "{", `{"a":}`, `{"a":1}}`, `1 2`, "nope", `"open`, `[1,]`, "\xff", strings.Repeat("[", 100000)} {
		if root, err := Tree([]byte(payload)); err == nil {
			t.Errorf("%.20q became %v", payload, root)
		}
	}
}

func TestTreeIsBounded(t *testing.T) {
	t.Parallel()
	wide := "[" + strings.Repeat("1,", 99999) + "1]"
	root := mustTree(t, wide)
	if len(root.Children) != maxChildren || root.More != 100000-maxChildren {
		t.Errorf("%d drawn and %d counted", len(root.Children), root.More)
	}
	bushy := "[" + strings.Repeat("["+strings.Repeat("1,", 99)+"1],", 299) + "[]]"
	if nodes, _ := size(mustTree(t, bushy)); nodes > maxNodes+1 {
		t.Errorf("%d nodes", nodes)
	}
	deep := strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)
	if _, depth := size(mustTree(t, deep)); depth > maxDepth+1 {
		t.Errorf("%d deep", depth)
	}
	long := mustTree(t, `"`+strings.Repeat("é", 4000)+`"`)
	if len(long.Text) > maxText+2 || long.Cut != 8000-maxText || !utf8.ValidString(long.Text) {
		t.Errorf("%d bytes drawn and %d cut", len(long.Text), long.Cut)
	}
	named := mustTree(t, `{"`+strings.Repeat("n", 5000)+`":1}`)
	if len(named.Children[0].Name) > maxText+len("…") {
		t.Errorf("a name of %d bytes", len(named.Children[0].Name))
	}
}

func TestTreeUnfoldsToWhatDecided(t *testing.T) {
	t.Parallel()
	payload := `{"a":{"b":{"c":{"d":[{"e":1},{"e":2}],"x":{"y":1}}}}}`
	root := mustTree(t, payload, "a.b.c.d[1].e")
	c := root.Children[0].Children[0].Children[0]
	second := c.Children[0].Children[1]
	if !c.Open || !second.Open || !second.Children[0].Hit {
		t.Errorf("%+v is not unfolded to its hit", c)
	}
	if c.Children[1].Open || c.Children[0].Children[0].Open {
		t.Error("what did not decide is unfolded")
	}
}

// A Stripe event holds what it is about in data.object, which is unfolded with
// data: folded it would show nothing.
func TestTreeUnfoldsWhatElseShowsNothing(t *testing.T) {
	t.Parallel()
	data := mustTree(t, `{"id":"evt_1","data":{"object":{"id":"in_1","lines":{}},"previous_attributes":{"a":{"b":{"c":1}}}}}`).Children[1]
	if object, previous := data.Children[0], data.Children[1]; !object.Open || !previous.Open || !previous.Children[0].Open {
		t.Errorf("folded: %+v", data)
	} else if object.Children[1].Open {
		t.Error("what stands beside a value is unfolded")
	}
	if more := mustTree(t, `{"a":{"b":{"x":1},"c":{"x":1},"d":{"x":1}}}`).Children[0]; more.Children[0].Open {
		t.Error("one of many is unfolded")
	}
	if root, err := shallow([]byte(`{"data":{"object":{"id":1}}}`)); err != nil || !root.Open || root.Children[0].Open {
		t.Errorf("a folded tree is %+v (%v)", root, err)
	}
}

func TestShort(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"cus_9f2": "cus_9f2", "": "",
		"sub_1mqnXkY8iyLM8RwIiIcUxxxx":                                       "sub_1mqnXkY8iyLM8RwIiIcUxxxx",
		"cs_test_a1trSddx55dZXsCDKJNm1bYcPPBTBx3xNxzaN5SlopOVCtrNHOx51SwxYR": "cs_test_a1trSdd…x51SwxYR",
		strings.Repeat("é", 300):                                             strings.Repeat("é", 15) + "…" + strings.Repeat("é", 8),
	} {
		if got := Short(id); got != want {
			t.Errorf("Short(%q) is %q", id, got)
		}
	}
}

func TestIDs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"cus_9f2": true, "in_1QXg2o": true, "cs_test_a1B2": true, "evt_1": false, "evt_1QXg2oLk": true,
		"charge_automatically": false, "payment_failed": false, "cus_": false, "cus_9f2 x": false, "_cus_1": false,
		"cus_" + strings.Repeat("a", 200): false, "cus_<b>": false, " cus_9f2": false, "": false, "ev_t_abc": false,
	} {
		if isID(text) != want {
			t.Errorf("isID(%q) is %v", text, !want)
		}
	}
}

func TestRawIsBoundedAndVisible(t *testing.T) {
	t.Parallel()
	text, cut := Raw(append([]byte("a\xff\x00b\u202ec\n\td"), bytes.Repeat([]byte("é"), maxRaw)...))
	if !strings.HasPrefix(text, "a��b�c\n\td") || cut == 0 || !utf8.ValidString(text) {
		t.Errorf("%.20q, %d cut", text, cut)
	}
}

// drawn is the page's text and elements of a payload.
func drawn(t interface{ Fatal(...any) }, payload []byte) (text string, elements map[string]int) {
	var b bytes.Buffer
	if err := JSON(payload).Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	elements = map[string]int{}
	var s strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.TextNode {
			s.WriteString(n.Data)
		}
		if n.Type == html.ElementNode {
			elements[n.Data]++
		}
	}
	return s.String(), elements
}

// TestAnyValueIsDrawn draws random payloads: every scalar stands in the page
// as it was sent, and the page holds no element that we did not make.
func TestAnyValueIsDrawn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		payload, err := json.Marshal(value(3).Draw(t, "value"))
		if err != nil {
			t.Fatal(err)
		}
		root, err := Tree(payload)
		if err != nil {
			t.Fatal(err)
		}
		text, elements := drawn(t, payload)
		for _, scalar := range scalars(root) {
			if !strings.Contains(text, scalar) {
				t.Fatalf("%s is not in the page of %s", scalar, payload)
			}
		}
		known(t, elements)
	})
}

// known fails for an element that the tree does not use.
func known(t interface{ Fatalf(string, ...any) }, elements map[string]int) {
	for name := range elements {
		if !strings.Contains(" html head body div span details summary a pre p ", " "+name+" ") {
			t.Fatalf("an element %s", name)
		}
	}
}

// value generates what JSON can hold.
func value(depth int) *rapid.Generator[any] {
	scalar := rapid.OneOf(
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.Int64().AsAny(), rapid.Float64Range(-1e9, 1e9).AsAny(),
		rapid.String().AsAny(), rapid.SampledFrom([]any{"<script>", `"><b>`, "cus_9f2", "&lt;", "</div>"}).AsAny(),
	)
	if depth == 0 {
		return scalar
	}
	return rapid.OneOf(scalar,
		rapid.SliceOfN(value(depth-1), 0, 4).AsAny(),
		rapid.MapOfN(rapid.String(), value(depth-1), 0, 4).AsAny())
}

func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`{"a":[1,"<b>",null]}`, `[[[[`, "\x00", `{"</script>":"\ud800"}`, `{"cus_\"":"cus_123"}`, `1e999999`, strings.Repeat("[", 200) + strings.Repeat("]", 200)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		_, elements := drawn(t, payload)
		known(t, elements)
		if total := fmt.Sprint(elements); len(elements) > 10 {
			t.Fatal(total)
		}
		if root, err := Tree(payload, "a", "a.b[0]"); err == nil {
			if nodes, depth := size(root); nodes > maxNodes+1 || depth > maxDepth+1 {
				t.Fatalf("%d nodes, %d deep", nodes, depth)
			}
		}
	})
}
