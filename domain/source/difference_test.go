package source_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/source"
)

// told is a difference, a line for each change.
func told(d source.Difference) string {
	var lines []string
	for _, f := range slices.Concat(d.Fields, d.Settings) {
		lines = append(lines, fmt.Sprintf("%s %s→%s", f.Field, f.Before, f.After))
	}
	for _, m := range d.Mappings {
		line := m.Key + " " + string(m.Change)
		if m.Moved {
			line += fmt.Sprintf(" %d→%d", *m.From, *m.To)
		}
		for _, f := range m.Fields {
			if m.Change == source.Changed {
				line += fmt.Sprintf(" %s %s→%s", f.Field, f.Before, f.After)
			}
		}
		lines = append(lines, line)
	}
	for _, k := range slices.Concat(d.Secrets, d.Tokens) {
		lines = append(lines, strings.TrimSpace(k.Fingerprint+k.ID+" "+string(k.Change)))
	}
	return strings.Join(lines, "\n")
}

func mappingsOf(keys string) *[]rule.Mapping {
	all := []rule.Mapping{}
	for key := range strings.FieldsSeq(keys) {
		all = append(all, keyed(key))
	}
	return &all
}

func TestDifferences(t *testing.T) {
	t.Parallel()
	altered := keyed("b")
	altered.When, altered.Active = "body.livemode", rule.Off
	altered.ActionParameters = rule.Parameters{"id": json.RawMessage(`"body.other"`), "name": json.RawMessage(`{"value":"<x>"}`)}
	for name, c := range map[string]struct {
		before string
		after  *[]rule.Mapping
		want   string
	}{
		"nothing":                  {"a b c", mappingsOf("a b c"), ""},
		"one more":                 {"a b", mappingsOf("a x b"), "x added"},
		"one less":                 {"a b c", mappingsOf("a c"), "b removed"},
		"one moved up":             {"a b c d", mappingsOf("d a b c"), "d moved 3→0"},
		"one moved down":           {"a b c d", mappingsOf("b c d a"), "a moved 0→3"},
		"moved past one that goes": {"a b c", mappingsOf("c a"), "a moved 0→1\nb removed"},
		"its fields":               {"a b", &[]rule.Mapping{keyed("a"), altered}, `b changed action_parameters.id "body.data.object.id"→"body.other" action_parameters.name null→{"value":"<x>"} active true→false when null→"body.livemode"`},
		"moved and changed":        {"a c b", &[]rule.Mapping{altered, keyed("a"), keyed("c")}, `b changed 2→0 action_parameters.id "body.data.object.id"→"body.other" action_parameters.name null→{"value":"<x>"} active true→false when null→"body.livemode"`},
	} {
		before := source.State{Environments: map[string]source.Environment{"e": {Mappings: *mappingsOf(c.before)}}}
		after := source.State{Environments: map[string]source.Environment{"e": {Mappings: *c.after}}}
		if got := told(source.Compare(before, after, "e")); got != c.want {
			t.Errorf("%s: %s\nwant %s", name, got, c.want)
		}
	}
}

// What each fact changed, as a person reads it. No secret and no token stands
// in it.
func TestSummaries(t *testing.T) {
	t.Parallel()
	l := newLog(t)
	l.must(put())
	setting := put()
	setting.Settings, setting.Name = json.RawMessage(`{"idempotency_window":"48h"}`), new("Payments")
	l.must(setting)
	l.must(source.SaveMapping{Environment: "development", Mapping: keyed("dunning")})
	changed := keyed("dunning")
	changed.When = "body.livemode"
	l.must(source.SaveMapping{Environment: "development", Mapping: changed, Replaces: "dunning"})
	l.must(source.AddSecret{Environment: "development", ID: "s1", Fingerprint: "abcd1234", Sealed: "SEALED", At: l.at})
	l.must(source.RevokeSecret{Environment: "development", ID: "s1", At: l.at, Grace: time.Hour})
	l.must(source.RotateToken{Environment: "development", Token: source.Token{ID: "t2", Sealed: "SEALED"}, At: l.at})
	l.must(source.Restore{Environment: "development", Revision: 1, Mappings: mappingsOf("")})
	l.must(source.Disconnect{Environment: "development"})

	var s source.State
	var got []string
	for _, f := range l.facts {
		summary := s.Summarise(f)
		after := source.Evolve(s, f)
		d, err := json.Marshal(source.Compare(s, after, source.EnvironmentOf(f.Event)))
		if err != nil || strings.Contains(string(d), "SEALED") || strings.Contains(summary, "SEALED") {
			t.Errorf("%s, %s: %v", summary, d, err)
		}
		if strings.Contains(string(d), ":null,\"secrets\"") {
			t.Errorf("a list is null: %s", d)
		}
		got = append(got, summary)
		s = after
	}
	want := []string{
		"made from the template stripe", "connected to development, with 1 mapping", `described anew: name: "Stripe" → "Payments"`,
		`idempotency_window: "24h" → "48h"`, "dunning added", "dunning changed (when)", "secret abcd1234 added",
		"secret abcd1234 revoked, ends " + l.facts[7].Metadata.At.Add(time.Hour).String(),
		"a new ingest URL; the old one ends " + l.facts[8].Metadata.At.String(),
		"customer-created-users-identify removed, dunning removed; as at revision 1", "taken out of development",
	}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Errorf("the summaries are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			break
		}
	}
}

// A list is what it was with the differences applied: what is not told is the
// same, and what is told differs.
func TestDifferencesAreWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list := func(name string) []rule.Mapping {
			keys := rapid.Permutation([]string{"a", "b", "c", "d", "e"}).Draw(t, name)[:rapid.IntRange(0, 5).Draw(t, name+" length")]
			all := make([]rule.Mapping, len(keys))
			for i, key := range keys {
				all[i] = keyed(key)
				all[i].When = rapid.SampledFrom([]string{"", "body.livemode"}).Draw(t, "when")
			}
			return all
		}
		was, is := list("before"), list("after")
		state := func(all []rule.Mapping) source.State {
			return source.State{Environments: map[string]source.Environment{"e": {Mappings: all}}}
		}
		d := source.Compare(state(was), state(is), "e")
		rebuilt := slices.Clone(was)
		for _, m := range d.Mappings { // take out what went or was moved
			if m.Change == source.Removed || m.Moved {
				rebuilt = slices.DeleteFunc(rebuilt, func(r rule.Mapping) bool { return r.Key == m.Key })
			}
		}
		for _, m := range d.Mappings { // and put in what came, where it stands now
			if m.Change == source.Removed {
				continue
			}
			i := slices.IndexFunc(rebuilt, func(r rule.Mapping) bool { return r.Key == m.Key })
			if i < 0 {
				rebuilt = slices.Insert(rebuilt, *m.To, is[*m.To])
			} else {
				rebuilt[i] = is[*m.To]
			}
		}
		if !slices.EqualFunc(rebuilt, is, func(a, b rule.Mapping) bool { return a.Key == b.Key && a.When == b.When }) {
			t.Fatalf("from %v by %s comes %v, want %v", was, told(d), rebuilt, is)
		}
	})
}

func TestRestore(t *testing.T) {
	t.Parallel()
	l := connected(t)
	old := l.environment()
	changed := put()
	changed.Settings, changed.Mappings = json.RawMessage(`{"tolerance":"1m"}`), mappingsOf("x y")
	l.must(changed)

	events := l.must(source.Restore{Environment: "development", Revision: 1, Settings: &old.Settings, Mappings: &old.Mappings})
	if got := types(events); !slices.Equal(got, []string{"SettingsChanged", "MappingsChanged"}) {
		t.Fatalf("events %v", got)
	}
	for _, e := range events {
		if restored := source.RestoredBy(e); restored == nil || *restored != 1 {
			t.Errorf("%T does not say what it restores", e)
		}
	}
	if got := l.environment(); got.Settings.Tolerance != old.Settings.Tolerance || got.Mappings[0].Key != old.Mappings[0].Key {
		t.Errorf("%+v", got)
	}
	if again := l.must(source.Restore{Environment: "development", Revision: 1, Settings: &old.Settings, Mappings: &old.Mappings}); len(again) != 0 {
		t.Errorf("restored twice: %v", types(again))
	}
	broken := old.Settings
	broken.EventTypePath = "body..x"
	bad := keyed("bad")
	bad.When = "1 +"
	_, err := source.Decide(l.state(), source.Restore{Environment: "development", Revision: 1, Settings: &broken, Mappings: &[]rule.Mapping{bad}})
	if refusals := es.RefusalsOf(err); len(refusals) != 2 || refusals[0].Field != "settings.event_type_path" || refusals[1].Field != "mappings[0].when" {
		t.Errorf("what cannot be used is refused with %v", err)
	}
	if _, err := source.Decide(l.state(), source.Restore{Environment: "moon"}); err == nil {
		t.Error("restored where there is nothing")
	}
}

func TestEventTypesAreSwitched(t *testing.T) {
	t.Parallel()
	l := connected(t)
	turn := func(eventType string, active bool) int {
		return len(l.must(source.SwitchEventType{Environment: "development", EventType: eventType, Active: active}))
	}
	if turn("a.b", true) != 0 || turn("a.b", false) != 1 || turn("a.b", false) != 0 || turn("c", false) != 1 {
		t.Error("a switch that is thrown twice is not one change")
	}
	if got := l.environment().Settings.DisabledEventTypes; !slices.Equal(got, []string{"a.b", "c"}) {
		t.Errorf("disabled are %v", got)
	}
	turn("a.b", true)
	if got := l.environment().Settings.DisabledEventTypes; !slices.Equal(got, []string{"c"}) {
		t.Errorf("disabled are %v", got)
	}
	// Whatever a provider calls a type, it can be switched off, and stands in the
	// way of nothing then.
	if odd := " a\tb*********"; turn(odd, false) != 1 {
		t.Errorf("%q was not switched", odd)
	}
	l.must(source.SaveMapping{Environment: "development", Mapping: keyed("new")})
	for _, bad := range []string{"", strings.Repeat("x", 300)} {
		if _, err := source.Decide(l.state(), source.SwitchEventType{Environment: "development", EventType: bad}); err == nil {
			t.Errorf("%.10q was switched", bad)
		}
	}
}

// A form with several mistakes is told all of them.
func TestAllMistakesAtOnce(t *testing.T) {
	t.Parallel()
	l := connected(t)
	bad := put()
	bad.Name, bad.Mappings = new(" "), &[]rule.Mapping{{Key: "x", EventType: "a", ActionType: "none"}}
	bad.Settings = json.RawMessage(`{"tolerance":"soon","idempotency_window":"1s","wobble":1,"idempotency_key_path":""}`)
	_, err := source.Decide(l.state(), bad)
	var fields []string
	for _, r := range es.RefusalsOf(err) {
		fields = append(fields, r.Field)
	}
	slices.Sort(fields)
	want := "mappings[0].action_type name settings.idempotency_key_path settings.idempotency_window settings.tolerance settings.wobble"
	if got := strings.Join(fields, " "); got != want {
		t.Errorf("told are %s\nwant %s", got, want)
	}
}
