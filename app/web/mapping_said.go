package web

import (
	"fmt"
	"strings"

	"daybook/domain/action"
	"daybook/domain/fieldpath"
	"daybook/domain/rule"
	"daybook/projections/eventlog"
	"daybook/views"
	"daybook/views/ui"
)

// Tones of what is said.
const (
	toneOK   = "ok"
	toneWait = "wait"
	toneBad  = "bad"
	toneMute = "mute"
)

// maxShown is how much of a value is shown beside its field, in bytes.
const maxShown = 400

// saidOf is what each field of a form comes to, and all of them together.
// Without a sample only what cannot be read is known.
func saidOf(m rule.Mapping, form views.MappingForm, preview *rule.Preview, seen []eventlog.TypeCount) (map[string]views.Said, views.Outcome) {
	definition, _ := action.Lookup(m.ActionType)
	said := map[string]views.Said{
		"event_type": typeSaid(m, seen), "action_type": {Text: sentence(definition.Summary)}, "key": {Text: "What the log calls it."},
	}
	problems := problemsOf(m, preview)
	said["when"] = conditionSaid(m, rule.ConditionPreview{})
	if preview != nil {
		said["when"] = conditionSaid(m, preview.Condition)
		for _, f := range preview.Fields {
			said["text."+f.Name] = fieldSaid(f)
		}
	}
	for _, f := range form.Fields {
		if _, is := said["text."+f.Name]; !is {
			said["text."+f.Name] = views.Said{Text: "Left out."}
		}
	}
	missing := 0
	namer := mappingFieldNamer(0)
	for _, p := range problems {
		name, ok := namer(p.Field)
		if !ok {
			continue
		}
		said[name] = views.Said{Tone: toneBad, Text: sentence(p.Placed())}
		if isLeftOut(form, name) {
			missing++
			said[name] = views.Said{Text: "Required."}
		}
	}
	for name, message := range form.Errors {
		said[partsField(name)] = views.Said{Tone: toneBad, Text: message}
	}
	switch {
	case len(problems) > missing:
		return said, views.Outcome{Tone: toneBad, Word: "cannot be used", Line: ui.Text(mendWords(len(problems) - missing))}
	case missing > 0:
		return said, views.Outcome{Tone: toneMute, Word: "not complete", Line: ui.Text("Fill in what is required.")}
	case preview == nil:
		return said, views.Outcome{Tone: toneMute, Word: "not tried", Line: ui.Text("There is no sample to try it on.")}
	default:
		return said, outcomeOfPreview(*preview)
	}
}

func mendWords(n int) string {
	if n == 1 {
		return "One field cannot be read; it says why."
	}
	return fmt.Sprintf("%d fields cannot be read; each says why.", n)
}

// problemsOf are what Compile finds in a mapping, but for its key: one is made
// where there is none.
func problemsOf(m rule.Mapping, preview *rule.Preview) []rule.Problem {
	if preview != nil {
		return preview.Problems
	}
	_, problems := rule.Compile(rule.Definition{Mappings: []rule.Mapping{m}})
	return problems
}

// isLeftOut reports whether a field of the form is empty, so that its problem
// is only that it is not filled in yet.
func isLeftOut(form views.MappingForm, name string) bool {
	if name == "event_type" {
		return form.EventType == ""
	}
	for _, f := range form.Fields {
		if "text."+f.Name == name {
			return f.Text == "" && f.Default == ""
		}
	}
	return false
}

// partsField is the field at which the problem of one of its parts is told.
func partsField(name string) string {
	for _, part := range [...]string{"form.", "default."} {
		if rest, ok := strings.CutPrefix(name, part); ok {
			return "text." + rest
		}
	}
	return name
}

// typeSaid says how often the event type came.
func typeSaid(m rule.Mapping, seen []eventlog.TypeCount) views.Said {
	if m.EventType == "" {
		return views.Said{Text: "As the provider calls it; * stands for any text."}
	}
	n, types := 0, 0
	for _, t := range seen {
		if m.For(t.Type) {
			n, types = n+t.Count, types+1
		}
	}
	switch {
	case n == 0:
		return views.Said{Text: "None has come yet."}
	case types > 1:
		return views.Said{Text: fmt.Sprintf("%s have come, of %d types.", ui.Count(n), types)}
	case n == 1:
		return views.Said{Text: "1 has come."}
	default:
		return views.Said{Text: ui.Count(n) + " have come."}
	}
}

func conditionSaid(m rule.Mapping, c rule.ConditionPreview) views.Said {
	switch {
	case c.Error != "":
		return views.Said{Tone: toneBad, Text: sentence(placed(c.Error, c.Line, c.Column))}
	case m.When == "":
		return views.Said{Text: "Always."}
	case c.Trace == "":
		return views.Said{Text: "Not tried."}
	case c.Matched:
		return views.Said{Tone: toneOK, Text: "True: " + stopped(because(c.Trace))}
	default:
		return views.Said{Text: "False: " + stopped(because(c.Trace))}
	}
}

func fieldSaid(f rule.FieldPreview) views.Said {
	switch {
	case f.Problem != "":
		text := placed(f.Problem, f.Line, f.Column)
		if f.Found != "" && !strings.Contains(text, f.Found) {
			text += "; there stands " + f.Found
		}
		return views.Said{Tone: toneBad, Text: sentence(text)}
	case f.Value == nil:
		return views.Said{Tone: toneWait, Text: sentence(f.Note)}
	case f.Note != "":
		return views.Said{Tone: toneWait, Text: clipped(string(f.Value)) + ", as there is " + f.Note, Value: true}
	default:
		return views.Said{Tone: toneOK, Text: clipped(string(f.Value)), Value: true}
	}
}

// placed is a message, with where it is if that is known.
func placed(message string, line, column int) string {
	return rule.Problem{Message: message, Line: line, Column: column}.Placed()
}

// clipped is a text that is not too long to be looked at.
func clipped(text string) string {
	if len(text) <= maxShown {
		return text
	}
	return strings.ToValidUTF8(text[:maxShown], "") + "…"
}

// outcomeOfPreview is what a mapping that can be used would do with the sample.
func outcomeOfPreview(p rule.Preview) views.Outcome {
	o := views.Outcome{Tone: toneMute}
	if p.Planned != nil {
		o.Request = p.Planned.Payload
	}
	switch {
	case p.Reason != "":
		o.Word, o.Line = "ignored", ui.Text(sentence(p.Explanation))
	case !p.ForType:
		o.Word, o.Line = "not asked", ui.Text("The sample is of another type.")
	case p.Condition.Error != "":
		o.Tone, o.Word, o.Line = toneBad, "failed", ui.Line{{Text: "the condition: "}, {Text: p.Condition.Error, Kind: ui.Hit}}
	case !p.Condition.Matched:
		o.Word, o.Line = "no match", ui.Line{{Text: because(p.Condition.Trace), Kind: ui.Hit}}
	case p.Planned.Problem != nil:
		o.Tone, o.Word, o.Line = toneBad, "would be parked", ui.Line{{Text: p.Planned.Problem.Message, Kind: ui.Hit}}
	default:
		o.Tone, o.Word, o.Line = toneOK, "matched", actionLine(p.Planned.ActionType, p.Planned.Payload)
	}
	return o
}

// readPlaces are the places in the body that a mapping reads.
func readPlaces(m rule.Mapping) []string {
	places := placesIn(m.When)
	for _, raw := range m.ActionParameters {
		p, err := rule.ParseParameter(raw)
		if err != nil {
			continue // what is wrong with it is told beside the field
		}
		switch p.Form {
		case rule.Expression:
			places = append(places, placesIn(p.Text)...)
		case rule.Path, rule.Bare:
			places = append(places, placeOf(p.Text)...)
		case rule.NotMapped, rule.Literal:
		}
	}
	return places
}

// placeOf is the place in the body that a path leads to; of one with [*] the
// list.
func placeOf(text string) []string {
	path, err := fieldpath.Parse(text)
	if err != nil || !path.InBody() {
		return nil
	}
	place, _, _ := strings.Cut(strings.TrimPrefix(path.String(), "body"), "[*]")
	if place == "" { // the whole body is no place in it
		return nil
	}
	return []string{strings.TrimPrefix(place, ".")}
}
