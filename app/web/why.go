package web

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"daybook/app/detail"
	"daybook/app/sources"
	"daybook/domain/rule"
	"daybook/domain/webhook"
	"daybook/projections/eventlog"
	"daybook/views/ui"
)

// why is the one line that says why nothing happened, or what failed, and
// where it can be mended.
type why struct {
	line ui.Line
	url  string
	do   string // the words of the link
}

// whyOf explains a webhook; empty where there is nothing to explain.
func whyOf(d detail.Webhook, j judged, connected bool) why {
	var y why
	if d.Status == eventlog.Status(webhook.StatusFailed) {
		y = whyFailed(d, j)
	}
	if d.Status == eventlog.Status(webhook.StatusIgnored) {
		y = whyIgnored(d, j)
	}
	if !connected {
		y.url, y.do = "", ""
	}
	return y
}

// whyFailed names the first thing that went wrong: a condition, the plan, or
// an action.
func whyFailed(d detail.Webhook, j judged) why {
	for _, v := range d.Mappings {
		if v.Error != "" {
			return j.about(v.Key, " failed: ", v.Error)
		}
	}
	if parked := d.Generation.PlanParked; parked != nil {
		return why{line: ui.Line{{Text: "No action could be planned: "}, {Text: stopped(parked.Error)}}}
	}
	var first *detail.Action
	n := 0
	for i, a := range d.Actions {
		if a.Status != webhook.StatusParked && a.Status != webhook.StatusUncertain {
			continue
		}
		if n++; n == 1 {
			first = &d.Actions[i]
		}
	}
	if first == nil {
		return why{}
	}
	problem := string(first.Reason)
	if first.Error != nil {
		problem = *first.Error
	}
	y := j.about(first.Mapping, " is "+string(first.Status)+": ", problem)
	if n > 1 {
		y.line = append(y.line, ui.Span{Text: fmt.Sprintf(" (and %d more)", n-1), Kind: ui.Faint})
	}
	return y
}

// about is a line about one mapping, with the way to it.
func (j judged) about(key, verb, problem string) why {
	return why{
		line: ui.Line{{Text: key, Kind: ui.Strong}, {Text: verb}, {Text: problem, Kind: ui.Hit}},
		url:  j.editURL(key),
		do:   "Edit the mapping",
	}
}

// whyIgnored says why nothing was done.
func whyIgnored(d detail.Webhook, j judged) why {
	switch d.Reason {
	case rule.ConditionFalse:
		return whyFalse(d, j)
	case rule.NoMapping:
		return whyNoMapping(d, j)
	case rule.TypeDisabled:
		return why{
			line: ui.Line{{Text: "Nothing was done because "}, {Text: d.EventType, Kind: ui.Code}, {Text: " is switched off in the settings."}},
			url:  sourcePath(j.at, "settings"), do: "Open the settings",
		}
	case rule.MappingPaused:
		return whyPaused(d, j)
	case rule.EventTypeMissing:
		return whyNoType(d, j)
	case rule.WrongMode:
		return why{
			line: ui.Line{{Text: "Nothing was done: " + stopped(d.Explanation)}},
			url:  sourcePath(j.at, "settings#guards"), do: "Open the settings",
		}
	default:
		said := stopped(d.Explanation)
		if said == "" {
			said = string(d.Reason) + "."
		}
		return why{line: ui.Text("Nothing was done: " + said)}
	}
}

// whyPaused names the mapping that is not asked.
func whyPaused(d detail.Webhook, j judged) why {
	i := slices.IndexFunc(d.Mappings, func(v rule.Verdict) bool { return v.Reason == rule.MappingPaused })
	if i < 0 {
		return why{line: ui.Text("Nothing was done: " + stopped(d.Explanation))}
	}
	y := j.about(d.Mappings[i].Key, "", "")
	y.line = ui.Line{
		{Text: "Nothing was done because "},
		{Text: d.Mappings[i].Key, Kind: ui.Strong},
		{Text: " is paused; it is asked again once it was saved changed."},
	}
	return y
}

// whyNoType says why there is no event type: the path leads nowhere, perhaps
// because it leads into what could not be preprocessed.
func whyNoType(d detail.Webhook, j judged) why {
	y := why{
		line: ui.Text("Nothing was done because the event type path leads to no text in this body."),
		url:  sourcePath(j.at, "settings"), do: "Open the settings",
	}
	if _, more, found := strings.Cut(d.Explanation, "; "); found {
		y.line = append(y.line, ui.Span{Text: " "}, ui.Span{Text: sentence(more), Kind: ui.Hit})
	}
	return y
}

func whyFalse(d detail.Webhook, j judged) why {
	var first *rule.Verdict
	n := 0
	for i, v := range d.Mappings {
		if v.Reason != rule.ConditionFalse {
			continue
		}
		if n++; n == 1 {
			first = &d.Mappings[i]
		}
	}
	if first == nil {
		return why{line: ui.Text("Nothing was done: " + stopped(d.Explanation))}
	}
	y := why{
		line: ui.Line{
			{Text: "Nothing was done because "},
			{Text: first.Key, Kind: ui.Strong},
			{Text: " did not match: "},
			{Text: because(first.Trace), Kind: ui.Hit},
			{Text: "."},
		},
		url: j.editURL(first.Key), do: "Edit the mapping",
	}
	if n > 1 {
		y.line = append(y.line, ui.Span{Text: fmt.Sprintf(" %d more did not match either; see below.", n-1), Kind: ui.Faint})
	}
	return y
}

// whyNoMapping leads to making a mapping, or to the one that is switched off.
func whyNoMapping(d detail.Webhook, j judged) why {
	for _, v := range d.Mappings {
		if v.Reason == rule.Inactive {
			y := j.about(v.Key, "", "")
			y.line = ui.Line{{Text: "Nothing was done because "}, {Text: v.Key, Kind: ui.Strong}, {Text: " is switched off."}}
			return y
		}
	}
	return why{
		line: ui.Line{{Text: "Nothing was done because no mapping is for "}, {Text: d.EventType, Kind: ui.Code}, {Text: "."}},
		url:  newMappingPath(j.at, d), do: "Add one",
	}
}

// newMappingPath is where a mapping is made for webhooks like this one, which it
// is tried on.
func newMappingPath(at sources.Place, d detail.Webhook) string {
	query := url.Values{"new": {"1"}, "event_type": {d.EventType}, "sample": {d.ID}}
	return sourcePath(at, "mappings?"+query.Encode())
}

// editPath is where a mapping is edited.
func editPath(at sources.Place, key string) string {
	return sourcePath(at, "mappings?edit="+url.QueryEscape(key))
}

// stopped is a text with a full stop.
func stopped(text string) string {
	if text == "" || strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}
