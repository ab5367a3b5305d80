package apply

import (
	"encoding/json"
	"fmt"
	"strings"

	"daybook/domain/source"
)

// maxShown is how much of a value is shown, in characters.
const maxShown = 200

// Lines are the plan as a person reads it.
func (p Plan) Lines() []string {
	var lines []string
	for _, part := range p.Parts {
		lines = append(lines, part.title())
		for _, line := range part.Lines() {
			lines = append(lines, "  "+line)
		}
	}
	return lines
}

func (p Part) title() string {
	switch {
	case p.Change == source.Added:
		return fmt.Sprintf("+ %s in %s, from the template %s", p.Source, p.Environment, p.Template)
	case p.Change == source.Removed:
		return fmt.Sprintf("- %s in %s, its ingest URL, %s and %s; what it received stays",
			p.Source, p.Environment, number(len(p.Difference.Mappings), "mapping"), number(p.lasting(), "secret"))
	case len(p.steps) == 0:
		return fmt.Sprintf("  %s in %s", p.Source, p.Environment)
	default:
		return fmt.Sprintf("~ %s in %s", p.Source, p.Environment)
	}
}

// Lines are what is done to the source there.
func (p Part) Lines() []string {
	lines := []string{}
	if p.Change == source.Removed {
		return lines // the title says it
	}
	for _, f := range p.Difference.Fields {
		if f.Field != "template" { // the title says it
			lines = append(lines, fieldLine("", f))
		}
	}
	for _, f := range p.Difference.Settings {
		lines = append(lines, fieldLine("settings.", f))
	}
	for _, m := range p.Difference.Mappings {
		lines = append(lines, mappingLines(m)...)
	}
	for _, s := range p.Difference.Secrets {
		lines = append(lines, secretLine(s))
	}
	for _, note := range p.Notes {
		lines = append(lines, "! "+note)
	}
	return lines
}

func fieldLine(of string, f source.FieldChange) string {
	was, is := shown(f.Before), shown(f.After)
	switch {
	case was == "null":
		return fmt.Sprintf("+ %s%s: %s", of, f.Field, is)
	case is == "null":
		return fmt.Sprintf("- %s%s: %s", of, f.Field, was)
	default:
		return fmt.Sprintf("~ %s%s: %s → %s", of, f.Field, was, is)
	}
}

func mappingLines(m source.MappingChange) []string {
	switch m.Change {
	case source.Added:
		return []string{fmt.Sprintf("+ mapping %s: %s", m.Key, summary(m))}
	case source.Removed:
		return []string{"- mapping " + m.Key}
	case source.Moved:
		return []string{fmt.Sprintf("~ mapping %s: from place %d to %d", m.Key, *m.From+1, *m.To+1)}
	case source.Resumed:
		return []string{fmt.Sprintf("~ mapping %s: it was paused, and is asked again", m.Key)}
	case source.Changed, source.Stopped, source.Revoked:
	}
	var lines []string
	for _, f := range m.Fields {
		lines = append(lines, fieldLine("mapping "+m.Key+": ", f))
	}
	if m.Moved {
		lines = append(lines, fmt.Sprintf("~ mapping %s: from place %d to %d", m.Key, *m.From+1, *m.To+1))
	}
	return lines
}

// summary says in a line what a new mapping does.
func summary(m source.MappingChange) string {
	fields := map[string]string{}
	for _, f := range m.Fields {
		var text string
		if json.Unmarshal(f.After, &text) == nil {
			fields[f.Field] = text
		} else {
			fields[f.Field] = string(f.After)
		}
	}
	line := fields["event_type"] + " → " + fields["action_type"]
	if key := fields["action_parameters.key"]; key != "" {
		line += " " + key
	}
	if when := fields["when"]; when != "" {
		line += ", when " + cut(strings.Join(strings.Fields(when), " "))
	}
	if fields["active"] == "false" {
		line += ", inactive"
	}
	return line
}

func secretLine(s source.KeyChange) string {
	switch s.Change {
	case source.Added:
		return fmt.Sprintf("+ secret %s, from %s", s.Fingerprint, s.ID)
	default:
		return fmt.Sprintf("- secret %s, which counts until %s", s.Fingerprint, s.Until)
	}
}

// lasting is how many secrets of a source were not revoked.
func (p Part) lasting() int {
	n := 0
	for _, s := range p.Difference.Secrets {
		if s.Until.IsZero() {
			n++
		}
	}
	return n
}

func number(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}

func shown(raw json.RawMessage) string { return cut(string(raw)) }

func cut(text string) string {
	if runes := []rune(text); len(runes) > maxShown {
		return string(runes[:maxShown]) + "…"
	}
	return text
}
