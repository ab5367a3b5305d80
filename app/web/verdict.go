package web

import (
	"regexp"
	"strings"

	"daybook/app/sources"
	"daybook/domain/rule"
	"daybook/views"
	"daybook/views/ui"
)

// because is a trace as people read it: "1200 > 5000 is false".
func because(trace string) string {
	return strings.NewReplacer(" → false", " is false", " → true", " is true").Replace(trace)
}

// judged is what is known about the mappings behind some verdicts.
type judged struct {
	at sources.Place
	// then are the mappings as they were when they were asked, by key; now
	// those that are there today.
	then, now map[string]rule.Mapping
}

// verdict is what one mapping said, for the page.
func (j judged) verdict(v rule.Verdict) views.Verdict {
	asked := j.then[v.Key]
	shown := views.Verdict{
		Key:        v.Key,
		EventType:  v.EventType,
		ActionType: string(asked.ActionType),
		Outcome:    outcomeOf(v),
		Condition:  conditionOf(asked.When, v.Trace),
		Because:    because(v.Trace),
		Error:      v.Error,
		URL:        j.editURL(v.Key),
	}
	return shown
}

func (j judged) verdicts(all []rule.Verdict) []views.Verdict {
	shown := make([]views.Verdict, len(all))
	for i, v := range all {
		shown[i] = j.verdict(v)
	}
	return shown
}

// editURL is where a mapping can be changed; empty if it is gone.
func (j judged) editURL(key string) string {
	if _, ok := j.now[key]; !ok {
		return ""
	}
	return editPath(j.at, key)
}

func outcomeOf(v rule.Verdict) string {
	switch {
	case v.Matched:
		return "matched"
	case v.Error != "":
		return "failed"
	case v.Reason == rule.Inactive:
		return "inactive"
	default:
		return "false"
	}
}

// conditionOf is the source of a condition, with the first part that decided
// it marked, where that stands in it as the trace has it.
func conditionOf(when, trace string) ui.Line {
	if when == "" {
		return nil
	}
	for _, part := range deciders(trace) {
		if before, after, found := strings.Cut(when, part); found {
			line := ui.Line{}
			if before != "" {
				line = append(line, ui.Span{Text: before})
			}
			line = append(line, ui.Span{Text: part, Kind: ui.Hit})
			if after != "" {
				line = append(line, ui.Span{Text: after})
			}
			return line
		}
	}
	return ui.Text(when)
}

// deciders are the parts of a condition that a trace names. A part stands
// before its values ("amount > 5000: 1200 > 5000 → false"), or alone.
func deciders(trace string) []string {
	var parts []string
	for part := range strings.SplitSeq(trace, "; ") {
		part, _, _ = strings.Cut(part, " → ")
		for i := range len(part) { // a colon may also stand in the source
			if strings.HasPrefix(part[i:], ": ") {
				parts = append(parts, part[:i])
			}
		}
		if part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

var bodyPath = regexp.MustCompile(`\bbody((?:\??\.[A-Za-z_][A-Za-z0-9_]*|\[[0-9]+\])+)`)

// hitsOf are the places in a payload that some verdicts were decided by.
func hitsOf(verdicts []rule.Verdict) []string {
	var hits []string
	for _, v := range verdicts {
		for _, found := range bodyPath.FindAllStringSubmatch(v.Trace, -1) {
			hits = append(hits, strings.TrimPrefix(strings.ReplaceAll(found[1], "?.", "."), "."))
		}
	}
	return hits
}
