package source

import (
	"reflect"
	"slices"

	"daybook/domain/es"
	"daybook/domain/rule"
)

// Restore makes the settings, the mappings or both what they were at a
// revision; nil stays as it is. Secrets and tokens are never brought back: they
// may have ended for a reason.
type Restore struct {
	Environment string
	Revision    es.Revision
	Settings    *Settings
	Mappings    *[]rule.Mapping
}

// SwitchEventType makes an event type one that is acted upon, or one that is
// logged and nothing else.
type SwitchEventType struct {
	Environment string
	EventType   string
	Active      bool
}

func (Restore) isCommand()         {}
func (SwitchEventType) isCommand() {}

// restore refuses what this version cannot use, with all its reasons.
func restore(s State, c Restore) ([]Event, error) {
	env, err := s.environment(c.Environment)
	if err != nil {
		return nil, err
	}
	wanted := env
	if c.Settings != nil {
		wanted.Settings = *c.Settings.clone()
	}
	if c.Mappings != nil {
		wanted.Mappings = normal(*c.Mappings)
	}
	if problems := wanted.problems(); len(problems) > 0 {
		return nil, problems
	}
	var events []Event
	if !reflect.DeepEqual(env.Settings, wanted.Settings) {
		events = append(events, SettingsChanged{Environment: c.Environment, Settings: wanted.Settings, Restores: &c.Revision})
	}
	if !reflect.DeepEqual(env.Mappings, wanted.Mappings) {
		events = append(events, MappingsChanged{Environment: c.Environment, Mappings: wanted.Mappings, Restores: &c.Revision})
	}
	return events, nil
}

func switchEventType(s State, c SwitchEventType) ([]Event, error) {
	env, err := s.environment(c.Environment)
	if err != nil {
		return nil, err
	}
	disabled := slices.Contains(env.Settings.DisabledEventTypes, c.EventType)
	switch {
	case c.EventType == "" || len(c.EventType) > rule.MaxEventType:
		return nil, refuse("event_type", "say which event type, as the provider writes it")
	case disabled != c.Active:
		return nil, nil
	}
	settings := *env.Settings.clone()
	if c.Active {
		settings.DisabledEventTypes = slices.DeleteFunc(settings.DisabledEventTypes, func(t string) bool { return t == c.EventType })
	} else {
		settings.DisabledEventTypes = append(settings.DisabledEventTypes, c.EventType)
	}
	env.Settings = settings
	if problems := env.problems(); len(problems) > 0 {
		return nil, problems
	}
	return []Event{SettingsChanged{Environment: c.Environment, Settings: settings}}, nil
}
