package rule_test

import (
	"testing"

	"daybook/domain/rule"
)

func TestPausedMappingsAreNotAsked(t *testing.T) {
	t.Parallel()
	one := func(key, when string) rule.Mapping {
		return rule.Mapping{
			Key: key, EventType: "*", When: when, ActionType: "users_delete",
			ActionParameters: parameters(t, `{"id":"body.id"}`),
		}
	}
	off := one("off", "true")
	off.Active = rule.Off
	for name, c := range map[string]struct {
		mappings []rule.Mapping
		paused   []string
		reason   rule.Reason
		why      string
		actions  int
	}{
		"alone":               {[]rule.Mapping{one("a", "body.none.x")}, []string{"a"}, rule.MappingPaused, "the mapping a is paused, and no other matched", 0},
		"beside a false one":  {[]rule.Mapping{one("b", "false"), one("a", "true")}, []string{"a"}, rule.MappingPaused, "the mapping a is paused, and no other matched", 0},
		"beside a match":      {[]rule.Mapping{one("a", "true"), one("b", "true")}, []string{"a"}, "", "", 1},
		"beside a failed one": {[]rule.Mapping{one("a", "true"), one("b", "body.none.x")}, []string{"a"}, "", "", 0},
		"switched off":        {[]rule.Mapping{off}, []string{"off"}, rule.NoMapping, "every mapping for invoice.payment_failed is switched off", 0},
		"none of these":       {[]rule.Mapping{one("a", "true")}, []string{"gone"}, "", "", 1},
	} {
		rules, problems := rule.Compile(rule.Definition{Mappings: c.mappings, Paused: c.paused})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		got := rules.Evaluate(input(t, []byte(invoice)))
		if got.Reason != c.reason || got.Explanation != c.why || len(got.Actions) != c.actions {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
