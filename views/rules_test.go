package views_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"daybook/static"
)

// page is a parsed page.
type page struct{ all []*html.Node }

func parse(t *testing.T, text string) page {
	t.Helper()
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var p page
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			p.all = append(p.all, n)
		}
	}
	return p
}

// named are the elements of a name.
func (p page) named(name string) []*html.Node {
	return slices.DeleteFunc(slices.Clone(p.all), func(n *html.Node) bool { return n.Data != name })
}

// with are the elements of a name that have an attribute of this value.
func (p page) with(name, key, value string) []*html.Node {
	return slices.DeleteFunc(p.named(name), func(n *html.Node) bool { return attr(n, key) != value })
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

// text is what stands in an element, including what only names it aloud.
func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.TrimSpace(b.String() + attr(n, "aria-label"))
}

// policy is what default-src 'self' would refuse.
func (p page) policy() (faults []string) {
	for _, n := range p.all {
		switch n.Data {
		case "style", "iframe", "object", "embed", "base":
			faults = append(faults, "an element "+n.Data)
		case "script":
			if !strings.HasPrefix(attr(n, "src"), static.Base()+"/") || n.FirstChild != nil {
				faults = append(faults, "a script of its own")
			}
		}
		for _, a := range n.Attr {
			switch {
			case a.Key == "style":
				faults = append(faults, "an inline style on "+n.Data)
			case strings.HasPrefix(a.Key, "on"), strings.HasPrefix(a.Key, "hx-on"), strings.HasPrefix(a.Val, "js:"):
				faults = append(faults, fmt.Sprintf("an inline script: %s=%q", a.Key, a.Val))
			}
		}
	}
	return faults
}

// access is what a reader without eyes or mouse needs.
func (p page) access() (faults []string) {
	if len(p.with("html", "lang", "en")) != 1 || len(p.named("title")) == 0 || len(p.named("h1")) != 1 {
		faults = append(faults, "lang, title and exactly one h1 are wanted")
	}
	ids := map[string]int{}
	for _, n := range p.all {
		if id := attr(n, "id"); id != "" {
			ids[id]++
		}
	}
	for id, n := range ids {
		if n > 1 {
			faults = append(faults, fmt.Sprintf("%d elements have the id %s", n, id))
		}
	}
	for _, n := range p.all {
		for _, key := range []string{"aria-describedby", "aria-labelledby", "for", "list"} {
			if ref := attr(n, key); ref != "" && ids[ref] == 0 {
				faults = append(faults, fmt.Sprintf("%s refers to %s, which is not there", key, ref))
			}
		}
		switch n.Data {
		case "input", "select", "textarea":
			if attr(n, "type") != "hidden" && !p.labelled(n) {
				faults = append(faults, "nothing says what the field "+attr(n, "name")+" is")
			}
		case "a", "button":
			if text(n) == "" {
				faults = append(faults, "a "+n.Data+" without a name: "+attr(n, "href"))
			}
		}
	}
	return faults
}

// labelled says that a field has a name: its own, or that of a label.
func (p page) labelled(field *html.Node) bool {
	if has(field, "aria-label") || attr(field, "id") != "" && len(p.with("label", "for", attr(field, "id"))) > 0 {
		return true
	}
	for n := range field.Ancestors() {
		if n.Data == "label" {
			return text(n) != ""
		}
	}
	return false
}

// ours are the pages that exist.
var ours = regexp.MustCompile(`^(/(\?.*)?|\?.*|#.*|/(actions|destinations|events|streams|sources|directory|environments|system|login|logout|tail|static)([/?#].*)?|/help/(actions|mappings)(#.*)?)$`)

// links must stay here, and lead to pages that exist; those to a provider's own
// pages tell nobody where they stood.
func (p page) links() (faults []string) {
	for _, n := range p.all {
		if n.Data == "a" && attr(n, "rel") == "noreferrer" && strings.HasPrefix(attr(n, "href"), "https://") {
			continue
		}
		for _, key := range []string{"href", "src", "action", "formaction", "hx-get", "hx-post", "hx-sse:connect"} {
			if has(n, key) && !ours.MatchString(attr(n, key)) {
				faults = append(faults, fmt.Sprintf("%s=%q leads astray", key, attr(n, key)))
			}
		}
	}
	return faults
}
