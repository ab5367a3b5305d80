package source

import (
	"reflect"
	"slices"

	"daybook/domain/es"
	"daybook/domain/rule"
)

// Paused is a mapping that is not asked.
type Paused struct {
	Mapping string  `json:"mapping"`
	Reason  string  `json:"reason"`
	At      es.Time `json:"at"`
}

// PausedBecause returns why a mapping is paused; empty if it is not.
func (e Environment) PausedBecause(key string) string {
	if i := slices.IndexFunc(e.Paused, func(p Paused) bool { return p.Mapping == key }); i >= 0 {
		return e.Paused[i].Reason
	}
	return ""
}

func (e Environment) pausedKeys() []string {
	var keys []string
	for _, p := range e.Paused {
		keys = append(keys, p.Mapping)
	}
	return keys
}

func pauseMapping(s State, c PauseMapping) ([]Event, error) {
	env, err := s.environment(c.Environment)
	if err != nil {
		return nil, err
	}
	switch {
	case c.Revision < env.RulesRevision:
		return nil, &es.Refusal{Code: es.Stale, Message: "the rules were changed in the meantime; see whether they do better now"}
	case mappingIndex(env.Mappings, c.Key) < 0:
		return nil, noMapping(c.Key)
	case env.PausedBecause(c.Key) != "":
		return nil, nil
	}
	return []Event{MappingPaused{Environment: c.Environment, Mapping: c.Key, Reason: c.Reason}}, nil
}

func resumeMapping(s State, c ResumeMapping) ([]Event, error) {
	env, err := s.environment(c.Environment)
	if err != nil {
		return nil, err
	}
	switch {
	case mappingIndex(env.Mappings, c.Key) < 0:
		return nil, noMapping(c.Key)
	case !slices.Contains(env.pausedKeys(), c.Key):
		return nil, nil
	}
	return []Event{MappingResumed{Environment: c.Environment, Mapping: c.Key}}, nil
}

func (e *Environment) pause(paused MappingPaused, at es.Time) {
	e.Paused = append(slices.Clip(e.Paused), Paused{Mapping: paused.Mapping, Reason: paused.Reason, At: at})
}

// remap puts other mappings in the place of those that are. One that differs
// from what was paused, if only by its switch, is asked again.
func (e *Environment) remap(mappings []rule.Mapping) {
	was := e.Mappings
	e.Mappings = mappings
	e.resume(func(key string) bool {
		before, after := mappingIndex(was, key), mappingIndex(mappings, key)
		return before < 0 || after < 0 || !reflect.DeepEqual(was[before], mappings[after])
	})
}

// reset puts other settings in the place of those that are. What a mapping
// costs may lie in what the preprocess expression gives it.
func (e *Environment) reset(settings Settings) {
	was := e.Settings.Preprocess
	e.Settings = settings
	if !reflect.DeepEqual(was, settings.Preprocess) {
		e.Paused = nil
	}
}

func (e *Environment) resume(changed func(key string) bool) {
	e.Paused = slices.DeleteFunc(slices.Clone(e.Paused), func(p Paused) bool { return changed(p.Mapping) })
	if len(e.Paused) == 0 {
		e.Paused = nil
	}
}
