package web

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"daybook/app/detail"
	"daybook/app/sources"
	"daybook/domain/rule"
	"daybook/domain/webhook"
	"daybook/projections/eventlog"
	"daybook/views/ui"
)

func TestWhy(t *testing.T) {
	t.Parallel()
	text := func(s string) *string { return &s }
	j := judged{at: sources.Place{Key: "stripe", Environment: "development"}, now: map[string]rule.Mapping{"dunning": {}, "off": {}}}
	of := func(status webhook.Status, reason rule.Reason, alter func(*detail.Webhook)) detail.Webhook {
		d := detail.Webhook{
			Item:       eventlog.Item{Status: eventlog.Status(status), Reason: reason, EventType: "invoice.paid"},
			Generation: &webhook.Generation{},
		}
		if alter != nil {
			alter(&d)
		}
		return d
	}
	const base = "/sources/stripe/development/"
	for name, c := range map[string]struct {
		webhook   detail.Webhook
		line, url string
	}{
		"nothing to explain": {of(webhook.StatusSucceeded, "", nil), "", ""},
		"still being done":   {of(webhook.StatusProcessing, "", nil), "", ""},
		"no mapping":         {of(webhook.StatusIgnored, rule.NoMapping, nil), "Nothing was done because no mapping is for invoice.paid.", base + "mappings?event_type=invoice.paid&new=1&sample="},
		"type disabled":      {of(webhook.StatusIgnored, rule.TypeDisabled, nil), "Nothing was done because invoice.paid is switched off in the settings.", base + "settings"},
		"no type":            {of(webhook.StatusIgnored, rule.EventTypeMissing, nil), "Nothing was done because the event type path leads to no text in this body.", base + "settings"},
		"of the other mode":  {of(webhook.StatusIgnored, rule.WrongMode, func(d *detail.Webhook) { d.Explanation = "body.livemode is true, and false is expected here" }), "Nothing was done: body.livemode is true, and false is expected here.", base + "settings#guards"},
		"of a later version": {of(webhook.StatusIgnored, "too_late", nil), "Nothing was done: too_late.", ""},
		"switched off": {of(webhook.StatusIgnored, rule.NoMapping, func(d *detail.Webhook) {
			d.Mappings = []rule.Verdict{{Key: "off", Reason: rule.Inactive}}
		}), "Nothing was done because off is switched off.", base + "mappings?edit=off"},
		"condition false": {of(webhook.StatusIgnored, rule.ConditionFalse, func(d *detail.Webhook) {
			d.Mappings = []rule.Verdict{{Key: "off", Reason: rule.Inactive}, {Key: "dunning", Reason: rule.ConditionFalse, Trace: "body.n > 5: 1 > 5 → false"}}
		}), "Nothing was done because dunning did not match: n is 1, and 1 > 5 is false.", base + "mappings?edit=dunning"},
		"conditions false": {of(webhook.StatusIgnored, rule.ConditionFalse, func(d *detail.Webhook) {
			d.Mappings = []rule.Verdict{{Key: "gone", Reason: rule.ConditionFalse, Trace: "a → false"}, {Key: "dunning", Reason: rule.ConditionFalse}}
		}), "Nothing was done because gone did not match: a is false. 1 more did not match either; see below.", ""},
		"condition failed": {of(webhook.StatusFailed, "", func(d *detail.Webhook) {
			d.Mappings = []rule.Verdict{{Key: "dunning", Reason: rule.ConditionFailed, Error: "1:3: no"}}
		}), "dunning failed: 1:3: no", base + "mappings?edit=dunning"},
		"not planned": {of(webhook.StatusFailed, "", func(d *detail.Webhook) {
			d.Generation.PlanParked = &webhook.PlanParked{Error: "the rules cannot be used"}
		}), "No action could be planned: the rules cannot be used.", ""},
		"an action parked": {of(webhook.StatusFailed, "", func(d *detail.Webhook) {
			d.Actions = []detail.Action{
				{Mapping: "off", Status: webhook.StatusSucceeded}, {Mapping: "dunning", Status: webhook.StatusParked, Error: text("id is required")},
			}
		}), "dunning is parked: id is required", base + "mappings?edit=dunning"},
		"several": {of(webhook.StatusFailed, "", func(d *detail.Webhook) {
			d.Actions = []detail.Action{{Mapping: "gone", Status: webhook.StatusUncertain, Reason: "unknown"}, {Mapping: "dunning", Status: webhook.StatusParked}}
		}), "gone is uncertain: unknown (and 1 more)", ""},
	} {
		got := whyOf(c.webhook, j, true)
		if got.line.String() != c.line || got.url != c.url {
			t.Errorf("%s: %q to %q, want %q to %q", name, got.line, got.url, c.line, c.url)
		}
		if got := whyOf(c.webhook, j, false); got.url != "" {
			t.Errorf("%s: of a source that is gone it leads to %s", name, got.url)
		}
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	hit := func(s string) ui.Span { return ui.Span{Text: s, Kind: ui.Hit} }
	plain := func(s string) ui.Span { return ui.Span{Text: s} }
	for name, c := range map[string]struct {
		when, trace string
		want        ui.Line
	}{
		"always":            {"", "", nil},
		"not judged":        {"a > 1", "", ui.Line{plain("a > 1")}},
		"all of it":         {"a > 1", "a > 1: 0 > 1 → false", ui.Line{hit("a > 1")}},
		"a part":            {"a > 1 && b", "a > 1: 0 > 1 → false", ui.Line{hit("a > 1"), plain(" && b")}},
		"two parts":         {"b || a > 1", "a > 1: 0 > 1 → false; b → false", ui.Line{hit("b"), plain(" || "), hit("a > 1")}},
		"with a colon":      {`a == "x: y"`, `a == "x: y": "z" == "x: y" → false`, ui.Line{hit(`a == "x: y"`)}},
		"written otherwise": {"a>1", "a > 1: 0 > 1 → false", ui.Line{plain("a>1")}},
		"the same twice":    {"a && a", "a → true; a → false", ui.Line{hit("a"), plain(" && a")}},
	} {
		if diff := cmp.Diff(c.want, conditionOf(c.when, c.trace)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ when, trace, want string }{
		{"", "", ""},
		{"a > 1", "a > 1: 0 > 1 → false", "0 > 1 is false"},
		{"b || a > 1", "b → false; a > 1: 0 > 1 → false", "b is false; 0 > 1 is false"},
		{`a == "x: y"`, `a == "x: y": "z" == "x: y" → false`, `"z" == "x: y" is false`},
		{"", "a > 1: 0 > 1 → false", "a > 1: 0 > 1 is false"},
		{"0 > 1", "0 > 1 → false", "0 > 1 is false"},
	} {
		if got := valuesOf(c.when, c.trace); got != c.want {
			t.Errorf("%q in %q: %q, want %q", c.trace, c.when, got, c.want)
		}
	}
}

func TestHits(t *testing.T) {
	t.Parallel()
	got := hitsOf([]rule.Verdict{
		{Trace: "(body.data.object.amount_due ?? 0) > 5000: 1200 > 5000 → false; body.livemode → false"},
		{Trace: "body?.lines[0].x == nobody.y → true; body → true"},
		{},
	})
	if diff := cmp.Diff([]string{"data.object.amount_due", "livemode", "lines[0].x"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
