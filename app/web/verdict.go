package web

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"daybook/app/sources"
	"daybook/domain/rule"
	"daybook/views"
	"daybook/views/ui"
)

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
		Because:    valuesOf(asked.When, v.Trace),
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
	case v.Reason == rule.MappingPaused:
		return "paused"
	default:
		return "false"
	}
}

// conditionOf is the source of a condition. The parts that decided it are
// marked, where they stand in it as the trace has them.
func conditionOf(when, trace string) ui.Line {
	var line ui.Line
	at := 0
	for _, marked := range deciders(when, trace) {
		if marked.start < at {
			continue // inside another one
		}
		if marked.start > at {
			line = append(line, ui.Span{Text: when[at:marked.start]})
		}
		line = append(line, ui.Span{Text: when[marked.start:marked.end], Kind: ui.Hit})
		at = marked.end
	}
	if at < len(when) {
		line = append(line, ui.Span{Text: when[at:]})
	}
	return line
}

// valuesOf is a trace beside the source of its condition: what stands there
// already is left out of it, so that the values remain: "1200 > 5000 is false".
func valuesOf(when, trace string) string {
	var values []string
	for decided := range strings.SplitSeq(trace, "; ") {
		source, _, _ := strings.Cut(decided, " → ")
		if p, ok := find(when, source); ok {
			decided = cmp.Or(strings.TrimPrefix(decided[p.end-p.start:], ": "), decided)
		}
		if strings.HasPrefix(decided, " → ") { // a part without values
			decided = source + decided
		}
		values = append(values, decided)
	}
	return because(strings.Join(values, "; "))
}

// part is a part of a text, from start to before end.
type part struct{ start, end int }

// deciders are the parts of a condition that a trace names, in their order. A
// trace holds several, each with its values after a colon ("amount > 5000: 1200
// > 5000 → false") or alone ("livemode → false").
func deciders(when, trace string) []part {
	var parts []part
	for decided := range strings.SplitSeq(trace, "; ") {
		decided, _, _ = strings.Cut(decided, " → ")
		if p, ok := find(when, decided); ok {
			parts = append(parts, p)
		}
	}
	slices.SortFunc(parts, func(a, b part) int { return a.start - b.start })
	return parts
}

// find returns where the beginning of a text up to a colon, or all of it,
// stands in another one: the longest, because a colon may also be in the part
// itself.
func find(in, text string) (part, bool) {
	for end := len(text); end > 0; end = strings.LastIndex(text[:end], ": ") {
		if start := strings.Index(in, text[:end]); start >= 0 {
			return part{start, start + end}, true
		}
	}
	return part{}, false
}

var bodyPath = regexp.MustCompile(`\bbody((?:\??\.[A-Za-z_][A-Za-z0-9_]*|\[[0-9]+\])+)`)

// hitsOf are the places in a payload that some verdicts were decided by.
func hitsOf(verdicts []rule.Verdict) []string {
	var hits []string
	for _, v := range verdicts {
		hits = append(hits, placesIn(v.Trace)...)
	}
	return hits
}

// placesIn are the places in a payload that an expression, or a trace of one,
// names.
func placesIn(text string) []string {
	var places []string
	for _, found := range bodyPath.FindAllStringSubmatch(text, -1) {
		places = append(places, strings.TrimPrefix(strings.ReplaceAll(found[1], "?.", "."), "."))
	}
	return places
}
