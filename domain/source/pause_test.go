package source_test

import (
	"encoding/json"
	"slices"
	"testing"

	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/source"
)

func pause(l *log, key string) source.PauseMapping {
	return source.PauseMapping{Environment: "development", Key: key, Reason: "too dear", Revision: l.state().Revision}
}

// pausable is a source with the mappings a and b.
func pausable(t failer) *log {
	l := connected(t)
	p := put()
	p.Mappings = &[]rule.Mapping{keyed("a"), keyed("b")}
	l.must(p)
	return l
}

func pausedIn(l *log) []string { return l.environment().Definition().Paused }

func TestAMappingIsPausedOnce(t *testing.T) {
	t.Parallel()
	l := pausable(t)
	before := l.state().Revision
	if got := types(l.must(pause(l, "a"))); !slices.Equal(got, []string{"MappingPaused"}) {
		t.Fatal(got)
	}
	if again := l.must(pause(l, "a")); len(again) != 0 {
		t.Errorf("paused twice: %v", types(again))
	}
	// That another was paused does not change what was seen of this one.
	b := pause(l, "b")
	b.Revision = before
	l.must(b)
	if got := pausedIn(l); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("paused: %v", got)
	}
	if env := l.environment(); env.PausedBecause("a") != "too dear" || env.PausedBecause("c") != "" {
		t.Errorf("%+v", env.Paused)
	}
}

func TestAPausedMappingIsResumed(t *testing.T) {
	t.Parallel()
	l := pausable(t)
	resume := source.ResumeMapping{Environment: "development", Key: "a"}
	if got := l.must(resume); len(got) != 0 {
		t.Errorf("what is not paused is resumed: %v", types(got))
	}
	l.must(pause(l, "a"))
	l.must(pause(l, "b"))
	if got := types(l.must(resume)); !slices.Equal(got, []string{"MappingResumed"}) {
		t.Fatal(got)
	}
	if got := pausedIn(l); !slices.Equal(got, []string{"b"}) {
		t.Errorf("paused: %v", got)
	}
	resume.Key = "c"
	if refusal := l.refused(resume); refusal.Code != es.NotFound {
		t.Errorf("one that is not there: %v", refusal)
	}
}

func TestPauseIsRefused(t *testing.T) {
	t.Parallel()
	l := pausable(t)
	stale := pause(l, "a")
	l.must(source.SwitchMapping{Environment: "development", Key: "b", Active: false})
	if refusal := l.refused(stale); refusal.Code != es.Stale {
		t.Errorf("the mappings were changed: %v", refusal)
	}
	stale = pause(l, "a")
	p := put()
	p.Settings = json.RawMessage(`{"preprocess":"{\"a\": 1}"}`)
	l.must(p)
	if refusal := l.refused(stale); refusal.Code != es.Stale {
		t.Errorf("the settings were changed: %v", refusal)
	}
	if refusal := l.refused(pause(l, "z")); refusal.Code != es.NotFound {
		t.Errorf("no such mapping: %v", refusal)
	}
	elsewhere := pause(l, "a")
	elsewhere.Environment = "production"
	if refusal := l.refused(elsewhere); refusal.Code != es.NotFound {
		t.Errorf("no such environment: %v", refusal)
	}
}

func TestWhatIsSavedChangedIsAskedAgain(t *testing.T) {
	t.Parallel()
	changed := keyed("a")
	changed.When = "true"
	for name, c := range map[string]struct {
		commands []source.Command
		paused   bool
	}{
		"saved as it was":      {[]source.Command{source.SaveMapping{Environment: "development", Mapping: keyed("a"), Replaces: "a"}}, true},
		"another was changed":  {[]source.Command{source.RemoveMapping{Environment: "development", Key: "b"}}, true},
		"a secret was added":   {[]source.Command{add("s", 0)}, true},
		"other settings":       {[]source.Command{overlay(`{"tolerance":"1m"}`)}, true},
		"changed":              {[]source.Command{source.SaveMapping{Environment: "development", Mapping: changed, Replaces: "a"}}, false},
		"other preprocessing":  {[]source.Command{overlay(`{"preprocess":"{\"a\": 1}"}`)}, false},
		"renamed":              {[]source.Command{source.SaveMapping{Environment: "development", Mapping: keyed("c"), Replaces: "a"}}, false},
		"switched off and on":  {[]source.Command{source.SwitchMapping{Environment: "development", Key: "a"}, source.SwitchMapping{Environment: "development", Key: "a", Active: true}}, false},
		"removed and put back": {[]source.Command{source.RemoveMapping{Environment: "development", Key: "a"}, source.SaveMapping{Environment: "development", Mapping: keyed("a")}}, false},
	} {
		l := pausable(t)
		l.must(pause(l, "a"))
		for _, command := range c.commands {
			l.must(command)
		}
		if got := slices.Contains(pausedIn(l), "a"); got != c.paused {
			t.Errorf("%s: paused %t, want %t", name, got, c.paused)
		}
	}
}

func overlay(raw string) source.Put {
	p := put()
	p.Settings = json.RawMessage(raw)
	return p
}
