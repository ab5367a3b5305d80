package declaration

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"

	"daybook/app/sources"
	"daybook/domain/rule"
)

// Write declares a source as it is, in YAML. Applied, it changes nothing.
// Secrets are left out: they stay where they are.
func Write(v sources.View) ([]byte, error) {
	root := &node{kind: isObject}
	root.add("key", textNode(v.Key))
	root.add("name", textNode(v.Name))
	if v.Description != "" {
		root.add("description", textNode(v.Description))
	}
	root.add("template", textNode(v.PreconfiguredProvider))
	environments := &node{kind: isObject}
	for _, slug := range slices.Sorted(maps.Keys(v.EnvironmentSettings)) {
		e, err := environmentNode(v.EnvironmentSettings[slug])
		if err != nil {
			return nil, fmt.Errorf("write %s in %s: %w", v.Key, slug, err)
		}
		environments.add(slug, e)
	}
	root.add("environments", environments)
	return dump(root)
}

func dump(n *node) ([]byte, error) {
	out, err := yaml.Dump(n.yaml(), yaml.WithIndent(2), yaml.WithLineWidth(-1))
	if err != nil {
		return nil, fmt.Errorf("write YAML: %w", err)
	}
	return out, nil
}

func environmentNode(e sources.EnvironmentView) (*node, error) {
	settings, err := nodeOf(e.Settings)
	if err != nil {
		return nil, err
	}
	settings.drop("endpoint") // the server alone says it
	mappings := &node{kind: isList}
	for _, m := range e.Mappings {
		n, err := nodeOf(m)
		if err != nil {
			return nil, err
		}
		if m.Active == rule.On {
			n.drop("active")
		}
		mappings.items = append(mappings.items, n)
	}
	n := &node{kind: isObject}
	n.add("settings", settings)
	n.add("mappings", mappings)
	return n, nil
}

// nodeOf makes a node of what v is as JSON.
func nodeOf(v any) (*node, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return newJSONReader(b.Bytes()).value(0)
}

func textNode(text string) *node { return &node{kind: isText, text: text} }

func (n *node) add(name string, value *node) {
	n.fields = append(n.fields, field{name: name, value: value})
}

func (n *node) drop(name string) {
	n.fields = slices.DeleteFunc(n.fields, func(f field) bool { return f.name == name })
}

// yaml makes the node that is written.
func (n *node) yaml() *yaml.Node {
	switch n.kind {
	case isList:
		list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Style: n.flow(len(n.items))}
		for _, item := range n.items {
			list.Content = append(list.Content, item.yaml())
		}
		return list
	case isObject:
		made := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Style: n.flow(len(n.fields))}
		for _, f := range n.fields {
			made.Content = append(made.Content, textNode(f.name).yaml(), f.value.yaml())
		}
		return made
	case isText:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: n.text, Style: styleOf(n.text)}
	case isNumber, isNull, isBoolean:
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Value: string(n.json())}
}

// flow writes what is empty as [] or {}.
func (n *node) flow(length int) yaml.Style {
	if length == 0 {
		return yaml.FlowStyle
	}
	return 0
}

// plain is text that every reader of YAML takes for the same text.
var plain = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_./*()\[\]-]*( [A-Za-z0-9_./*()\[\]-]+)*$`)

// styleOf says how text is written: so that it is read back as it is, and in
// lines where it has some.
func styleOf(text string) yaml.Style {
	switch {
	case plain.MatchString(text) && !ambiguous.MatchString(text):
		return 0
	case isBlock(text):
		return yaml.LiteralStyle
	case !strings.ContainsFunc(text, unprintable) && strings.Contains(text, `"`):
		return yaml.SingleQuotedStyle
	default:
		return yaml.DoubleQuotedStyle
	}
}

// isBlock reports whether text can stand in lines of its own: there are
// several, and none has spaces that would be lost or misread.
func isBlock(text string) bool {
	text = strings.TrimSuffix(text, "\n")
	if !strings.Contains(text, "\n") || strings.TrimLeft(text, " \n\t") != text || strings.HasSuffix(text, "\n") {
		return false
	}
	for line := range strings.SplitSeq(text, "\n") {
		if strings.TrimRight(line, " \t") != line || strings.ContainsFunc(line, unprintable) {
			return false
		}
	}
	return true
}

// unprintable is what double quotes are needed for.
func unprintable(r rune) bool {
	return !unicode.IsPrint(r) || r == '\uFEFF' || r == unicode.ReplacementChar
}
