package source_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/source"
)

func TestPutMakesASourceFromItsTemplate(t *testing.T) {
	t.Parallel()
	l := newLog(t)
	events := l.must(put())
	if got := types(events); !slices.Equal(got, []string{"SourceCreated", "SourceConnected"}) {
		t.Errorf("events %v", got)
	}
	s := l.state()
	if !s.Exists || s.Name != "Stripe" || s.Template != "stripe" || s.CreatedAt != l.at || s.Revision != 1 {
		t.Errorf("%+v", s)
	}
	env := l.environment()
	if diff := cmp.Diff(defaults().Settings, env.Settings); diff != "" {
		t.Errorf("settings (-want +got)\n%s", diff)
	}
	if len(env.Mappings) != 1 || env.Mappings[0].Key == "" {
		t.Errorf("mappings %+v", env.Mappings)
	}
	if len(env.Tokens) != 1 || env.Tokens[0].ID != "t1" || !env.Tokens[0].Live(l.at) || env.Revision != 1 {
		t.Errorf("tokens %+v, revision %d", env.Tokens, env.Revision)
	}
}

func TestPutConnectsFurtherEnvironments(t *testing.T) {
	t.Parallel()
	l := connected(t)
	other := put()
	other.Environment, other.Token.ID = "production", "t2"
	if got := types(l.must(other)); !slices.Equal(got, []string{"SourceConnected"}) {
		t.Errorf("events %v", got)
	}
	s := l.state()
	if len(s.Environments) != 2 || s.Environments["production"].Revision != 2 || s.Environments["development"].Revision != 1 {
		t.Errorf("%+v", s.Environments)
	}
}

// Whatever is put, putting it again changes nothing.
func TestPutTwiceIsOneChange(t *testing.T) {
	t.Parallel()
	pretty := keyed("pretty")
	pretty.ActionParameters = rule.Parameters{
		"id":         json.RawMessage("{ \"path\" : \"body.id\",\n \"default\": \"<none>\" }"),
		"properties": json.RawMessage(`"body.data.object.metadata"`),
	}
	for name, change := range map[string]func(*source.Put){
		"nothing":           func(*source.Put) {},
		"a name":            func(p *source.Put) { p.Name = new("  Billing ") },
		"a description":     func(p *source.Put) { p.Description = new("What Stripe says.") },
		"settings":          func(p *source.Put) { p.Settings = json.RawMessage(`{"tolerance":"1m","idempotency_key_path":null}`) },
		"livemode":          func(p *source.Put) { p.Settings = json.RawMessage(`{"livemode":false}`) },
		"disabled types":    func(p *source.Put) { p.Settings = json.RawMessage(`{"disabled_event_types":["a","b"]}`) },
		"no disabled types": func(p *source.Put) { p.Settings = json.RawMessage(`{"disabled_event_types":null}`) },
		"no mappings":       func(p *source.Put) { p.Mappings = &[]rule.Mapping{} },
		"null mappings":     func(p *source.Put) { var none []rule.Mapping; p.Mappings = &none },
		"mappings":          func(p *source.Put) { p.Mappings = &[]rule.Mapping{pretty} },
		"mappings without keys": func(p *source.Put) {
			p.Mappings = &[]rule.Mapping{identify(), identify()}
		},
	} {
		l := connected(t)
		c := put()
		change(&c)
		first := l.must(c)
		if name != "nothing" && !strings.HasPrefix(name, "no disabled") && len(first) != 1 {
			t.Errorf("%s: the first time there are %v", name, types(first))
		}
		if again := l.must(c); len(again) != 0 {
			t.Errorf("%s: the second time there are %v", name, types(again))
		}
		fresh := newLog(t)
		fresh.must(c)
		if again := fresh.must(c); len(again) != 0 {
			t.Errorf("%s, for a new source: the second time there are %v", name, types(again))
		}
	}
}

func TestPutLeavesWhatIsAbsent(t *testing.T) {
	t.Parallel()
	l := connected(t)
	l.must(source.Put{Environment: "development", Description: new("d"), Settings: json.RawMessage(`{"tolerance":"1m"}`)})
	before := l.state()
	if got := types(l.must(source.Put{Environment: "development", Name: new("n")})); !slices.Equal(got, []string{"SourceDescribed"}) {
		t.Errorf("events %v", got)
	}
	s := l.state()
	if s.Name != "n" || s.Description != "d" || s.Template != "stripe" {
		t.Errorf("%+v", s)
	}
	if diff := cmp.Diff(before.Environments, s.Environments); diff != "" {
		t.Errorf("(-before +after)\n%s", diff)
	}
}

func TestPutRefuses(t *testing.T) {
	t.Parallel()
	tooMany := make([]string, 501)
	for i := range tooMany {
		tooMany[i] = strings.Repeat("a", i+1)
	}
	many, err := json.Marshal(map[string]any{"disabled_event_types": tooMany})
	if err != nil {
		t.Fatal(err)
	}
	bad := keyed("bad")
	bad.When = "1 +"
	for name, c := range map[string]struct {
		change func(*source.Put)
		code   es.RefusalCode
		field  string
	}{
		"no name":           {func(p *source.Put) { p.Name = new(" ") }, es.Invalid, "name"},
		"a long name":       {func(p *source.Put) { p.Name = new(strings.Repeat("ü", 101)) }, es.Invalid, "name"},
		"a long text":       {func(p *source.Put) { p.Description = new(strings.Repeat("ü", 1001)) }, es.Invalid, "description"},
		"an empty path":     {settings(`{"event_type_path":""}`), es.Invalid, "settings.event_type_path"},
		"a bad path":        {settings(`{"event_type_path":"body..x"}`), es.Invalid, "settings.event_type_path"},
		"a bad key path":    {settings(`{"idempotency_key_path":"body["}`), es.Invalid, "settings.idempotency_key_path"},
		"a key of ours":     {settings(`{"idempotency_key_path":"event.id"}`), es.Invalid, "settings.idempotency_key_path"},
		"a type of ours":    {settings(`{"event_type_path":"preprocess.type"}`), es.Invalid, "settings.event_type_path"},
		"a bad time path":   {settings(`{"timestamp_path":"body["}`), es.Invalid, "settings.timestamp_path"},
		"a bad preprocess":  {settings(`{"preprocess":"{\"a\": event.id}"}`), es.Invalid, "settings.preprocess"},
		"preprocessed text": {settings(`{"preprocess":"\"a\""}`), es.Invalid, "settings.preprocess"},
		"a short window":    {settings(`{"idempotency_window":"59s"}`), es.Invalid, "settings.idempotency_window"},
		"no tolerance":      {settings(`{"tolerance":"forever"}`), es.Invalid, "settings.tolerance"},
		"a wide tolerance":  {settings(`{"tolerance":"25h"}`), es.Invalid, "settings.tolerance"},
		"many types off":    {func(p *source.Put) { p.Settings = many }, es.Invalid, "settings.disabled_event_types"},
		"no type off":       {settings(`{"disabled_event_types":["a",""]}`), es.Invalid, "settings.disabled_event_types[1]"},
		"a bad condition":   {func(p *source.Put) { p.Mappings = &[]rule.Mapping{bad} }, es.Invalid, "mappings[0].when"},
		"one key twice": {
			func(p *source.Put) { p.Mappings = &[]rule.Mapping{keyed("a"), keyed("a")} }, es.Invalid, "mappings[1].key",
		},
		"it exists": {func(p *source.Put) { p.IfNew = true }, es.Exists, "key"},
	} {
		l := connected(t)
		p := put()
		c.change(&p)
		if refusal := l.refused(p); refusal.Code != c.code || refusal.Field != c.field || refusal.Message == "" {
			t.Errorf("%s: %s %q: %s", name, refusal.Code, refusal.Field, refusal.Message)
		}
	}
}

func TestPathsMayLeadIntoPreprocess(t *testing.T) {
	t.Parallel()
	l := connected(t)
	p := put()
	settings(`{"preprocess":"{\"t\": body.kind, \"k\": body.a + body.b, \"at\": body.at}",
		"event_type_path":"preprocess.t","idempotency_key_path":"preprocess.k","timestamp_path":"preprocess.at"}`)(&p)
	l.must(p)
	if got := l.environment().Definition().Preprocess; !strings.HasPrefix(got, `{"t":`) {
		t.Errorf("the rules have %q", got)
	}
	if again := l.must(p); len(again) != 0 {
		t.Errorf("put twice: %v", types(again))
	}
	p = put()
	settings(`{"preprocess":null}`)(&p)
	if refusal := l.refused(p); refusal.Field != "settings.event_type_path" {
		t.Errorf("taken away under the paths: %v", refusal)
	}
	settings("{\"preprocess\":\"{\\\"a\\\": body.b,\\n \\\"c\\\": nope}\"}")(&p)
	if refusal := l.refused(p); !strings.HasSuffix(refusal.Message, "(line 2, column 7)") {
		t.Errorf("where it is wrong is not said: %v", refusal)
	}
}

func settings(raw string) func(*source.Put) {
	return func(p *source.Put) { p.Settings = json.RawMessage(raw) }
}

func TestMappingsOneByOne(t *testing.T) {
	t.Parallel()
	l := connected(t)
	derived := l.environment().Mappings[0].Key
	l.must(source.SaveMapping{Environment: "development", Mapping: keyed("b")})
	if got := keys(l.environment().Mappings); !slices.Equal(got, []string{derived, "b"}) {
		t.Fatalf("after adding: %v", got)
	}
	changed := identify()
	changed.When = "true"
	l.must(source.SaveMapping{Environment: "development", Mapping: changed, Replaces: "b"})
	if env := l.environment(); env.Mappings[1].Key != "b" || env.Mappings[1].When != "true" {
		t.Fatalf("after changing: %+v", env.Mappings)
	}
	l.must(source.SwitchMapping{Environment: "development", Key: "b", Active: false})
	if l.environment().Mappings[1].Active != rule.Off {
		t.Error("not switched off")
	}
	if again := l.must(source.SwitchMapping{Environment: "development", Key: "b", Active: false}); len(again) != 0 {
		t.Errorf("switched off twice: %v", types(again))
	}
	for _, move := range []struct {
		key  string
		by   int
		want []string
	}{
		{"b", -1, []string{"b", derived}},
		{"b", -1, []string{"b", derived}}, // it is at the end already
		{"b", 5, []string{derived, "b"}},
		{derived, 1, []string{"b", derived}},
		{derived, 0, []string{"b", derived}},
		{derived, -3, []string{derived, "b"}},
	} {
		before := keys(l.environment().Mappings)
		events := l.must(source.MoveMapping{Environment: "development", Key: move.key, By: move.by})
		if got := keys(l.environment().Mappings); !slices.Equal(got, move.want) || len(events) > 0 == slices.Equal(got, before) {
			t.Errorf("%s moved by %d: %v, %d events", move.key, move.by, got, len(events))
		}
	}
	l.must(source.RemoveMapping{Environment: "development", Key: derived})
	if got := keys(l.environment().Mappings); !slices.Equal(got, []string{"b"}) {
		t.Errorf("after removing: %v", got)
	}
	bad := keyed("bad")
	bad.EventType = ""
	for name, c := range map[string]source.Command{
		"save, of none":     source.SaveMapping{Environment: "development", Mapping: keyed("x"), Replaces: "x"},
		"remove, of none":   source.RemoveMapping{Environment: "development", Key: "x"},
		"switch, of none":   source.SwitchMapping{Environment: "development", Key: "x"},
		"move, of none":     source.MoveMapping{Environment: "development", Key: "x", By: 1},
		"move, elsewhere":   source.MoveMapping{Environment: "production", Key: "b", By: 1},
		"save, elsewhere":   source.SaveMapping{Environment: "production", Mapping: keyed("x")},
		"remove, elsewhere": source.RemoveMapping{Environment: "production", Key: "b"},
		"switch, elsewhere": source.SwitchMapping{Environment: "production", Key: "b"},
	} {
		if refusal := l.refused(c); refusal.Code != es.NotFound {
			t.Errorf("%s: %v", name, refusal)
		}
	}
	if refusal := l.refused(source.SaveMapping{Environment: "development", Mapping: bad}); refusal.Code != es.Invalid {
		t.Errorf("a mapping that makes no sense: %v", refusal)
	}
}
