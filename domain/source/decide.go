package source

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"daybook/domain/es"
	"daybook/domain/rule"
)

// Limits of a source.
const (
	maxName        = 100  // characters
	maxDescription = 1000 // characters
	// MaxSecrets is the number of secrets that may be live at once in one
	// environment: each costs a MAC for every request.
	MaxSecrets = 4
	// MaxTokens is the number of ingest tokens that may work at once in one
	// environment: the newest, and those in their grace period.
	MaxTokens = 8
	maxGrace  = 30 * 24 * time.Hour
)

// Decider folds and decides sources.
func Decider() es.Decider[State, Command, Event] {
	return es.Decider[State, Command, Event]{Decide: Decide, Evolve: Evolve}
}

// Decide returns the events that follow from c in state s.
func Decide(s State, c Command) ([]Event, error) {
	switch c := c.(type) {
	case Put:
		return put(s, c)
	case SaveMapping:
		return saveMapping(s, c)
	case RemoveMapping:
		return removeMapping(s, c)
	case SwitchMapping:
		return switchMapping(s, c)
	case MoveMapping:
		return moveMapping(s, c)
	case PauseMapping:
		return pauseMapping(s, c)
	case ResumeMapping:
		return resumeMapping(s, c)
	case Restore:
		return restore(s, c)
	case SwitchEventType:
		return switchEventType(s, c)
	case AddSecret:
		return addSecret(s, c)
	case RevokeSecret:
		return revokeSecret(s, c)
	case RotateToken:
		return rotateToken(s, c)
	case Disconnect:
		return disconnect(s, c)
	}
	return nil, nil
}

func put(s State, c Put) ([]Event, error) {
	env, connected := s.Environments[c.Environment]
	if c.IfNew && connected {
		return nil, &es.Refusal{Code: es.Exists, Field: "key", Message: "a source with this key exists in this environment; choose another key, or change that one"}
	}
	if !connected && !s.begins() && c.Defaults.Template != "" && c.Defaults.Template != s.Template {
		// Who asks had not heard yet that the source was made, perhaps on another
		// instance: what it would be given is for another provider.
		return nil, &es.Refusal{Code: es.Stale, Message: "the source was made in the meantime, from the template " + s.Template + "; try again"}
	}
	described, problems := describe(s, c)
	wanted := env
	if !connected {
		wanted = Environment{Settings: c.Defaults.Settings, Mappings: c.Defaults.Mappings}
	}
	settings, err := wanted.Settings.Overlay(c.Settings)
	problems = append(problems, es.RefusalsOf(err)...)
	wanted.Settings = settings
	if c.Mappings != nil {
		wanted.Mappings = *c.Mappings
	}
	wanted.Mappings = normal(wanted.Mappings)
	problems = append(problems, wanted.problems()...)
	if len(problems) > 0 {
		return nil, problems
	}
	return changes(s, c, described, wanted), nil
}

// describe returns what the source is called after c.
func describe(s State, c Put) (Described, es.Refusals) {
	d := Described{Name: s.Name, Description: s.Description}
	if s.begins() {
		d = Described{Name: c.Defaults.Name}
	}
	if c.Name != nil {
		d.Name = strings.TrimSpace(*c.Name)
	}
	if c.Description != nil {
		d.Description = strings.TrimSpace(*c.Description)
	}
	var problems es.Refusals
	if n := len([]rune(d.Name)); n == 0 || n > maxName {
		problems = append(problems, refuse("name", fmt.Sprintf("a name has 1 to %d characters", maxName)))
	}
	if len([]rune(d.Description)) > maxDescription {
		problems = append(problems, refuse("description", fmt.Sprintf("a description has at most %d characters", maxDescription)))
	}
	return d, problems
}

// changes returns only what differs, so that putting the same twice is one
// change.
func changes(s State, c Put, described Described, wanted Environment) []Event {
	var events []Event
	switch {
	case s.begins():
		events = append(events, Created{Name: described.Name, Description: described.Description, Template: c.Defaults.Template})
	case described.Name != s.Name || described.Description != s.Description:
		events = append(events, described)
	}
	env, connected := s.Environments[c.Environment]
	if !connected {
		return append(events, Connected{Environment: c.Environment, Settings: wanted.Settings, Mappings: wanted.Mappings, Token: c.Token})
	}
	if !reflect.DeepEqual(env.Settings, wanted.Settings) {
		events = append(events, SettingsChanged{Environment: c.Environment, Settings: wanted.Settings})
	}
	if !reflect.DeepEqual(env.Mappings, wanted.Mappings) {
		events = append(events, MappingsChanged{Environment: c.Environment, Mappings: wanted.Mappings})
	}
	return events
}

// problems returns what is wrong with the settings and the mappings of e.
func (e Environment) problems() es.Refusals {
	_, found := rule.Compile(e.Definition())
	return append(e.Settings.problems(), Refusals(found)...)
}

// Refusals are the problems of a definition, by their fields in a request; nil
// if there are none.
func Refusals(problems []rule.Problem) es.Refusals {
	var refusals es.Refusals
	for _, p := range problems {
		refusals = append(refusals, refuse(fieldOf(p), p.Placed()))
	}
	return refusals
}

// fieldOf names the field of a problem as it stands in a request.
func fieldOf(p rule.Problem) string {
	if p.Mapping < 0 && p.Field != "mappings" {
		return "settings." + p.Field
	}
	return p.Field
}

// environment returns the place of the source in an environment, or a refusal.
func (s State) environment(slug string) (Environment, error) {
	env, ok := s.Environments[slug]
	if !ok {
		return Environment{}, &es.Refusal{Code: es.NotFound, Message: "there is no such source in environment " + slug}
	}
	return env, nil
}

func saveMapping(s State, c SaveMapping) ([]Event, error) {
	env, err := s.environment(c.Environment)
	if err != nil {
		return nil, err
	}
	mappings := slices.Clone(env.Mappings)
	if c.Replaces == "" {
		mappings = append(mappings, c.Mapping)
	} else {
		i := mappingIndex(mappings, c.Replaces)
		if i < 0 {
			return nil, noMapping(c.Replaces)
		}
		if c.Mapping.Key == "" {
			c.Mapping.Key = c.Replaces
		}
		mappings[i] = c.Mapping
	}
	return changeMappings(c.Environment, env, mappings)
}

func removeMapping(s State, c RemoveMapping) ([]Event, error) {
	return editMapping(s, c.Environment, c.Key, func(all []rule.Mapping, i int) []rule.Mapping {
		return slices.Delete(all, i, i+1)
	})
}

func switchMapping(s State, c SwitchMapping) ([]Event, error) {
	return editMapping(s, c.Environment, c.Key, func(all []rule.Mapping, i int) []rule.Mapping {
		all[i].Active = rule.SwitchOf(c.Active)
		return all
	})
}

func moveMapping(s State, c MoveMapping) ([]Event, error) {
	return editMapping(s, c.Environment, c.Key, func(all []rule.Mapping, i int) []rule.Mapping {
		moved, to := all[i], min(max(i+c.By, 0), len(all)-1)
		return slices.Insert(slices.Delete(all, i, i+1), to, moved)
	})
}

// editMapping changes the list of mappings where one of them stands in it. It
// hands out a list to be changed.
func editMapping(s State, environment, key string, edit func(all []rule.Mapping, i int) []rule.Mapping) ([]Event, error) {
	env, err := s.environment(environment)
	if err != nil {
		return nil, err
	}
	i := mappingIndex(env.Mappings, key)
	if i < 0 {
		return nil, noMapping(key)
	}
	return changeMappings(environment, env, edit(slices.Clone(env.Mappings), i))
}

func changeMappings(environment string, env Environment, mappings []rule.Mapping) ([]Event, error) {
	mappings = normal(mappings)
	if reflect.DeepEqual(env.Mappings, mappings) {
		return nil, nil
	}
	env.Mappings = mappings
	if problems := env.problems(); len(problems) > 0 {
		return nil, problems
	}
	return []Event{MappingsChanged{Environment: environment, Mappings: mappings}}, nil
}

// normal returns the mappings with keys, and with parameters without spaces and
// with no more escapes than there must be. So the same mappings are equal,
// however they were written; numbers keep their digits.
func normal(mappings []rule.Mapping) []rule.Mapping {
	mappings = rule.DeriveKeys(mappings)
	normalised := make([]rule.Mapping, len(mappings))
	for i, m := range mappings {
		m.ActionParameters = maps.Clone(m.ActionParameters)
		for name, raw := range m.ActionParameters {
			compact := jsontext.Value(bytes.Clone(raw))
			if compact.Compact(jsontext.PreserveRawStrings(false), jsontext.AllowInvalidUTF8(false)) == nil { // rule.Compile finds what is no JSON
				m.ActionParameters[name] = json.RawMessage(compact)
			}
		}
		normalised[i] = m
	}
	return normalised
}

func mappingIndex(mappings []rule.Mapping, key string) int {
	return slices.IndexFunc(mappings, func(m rule.Mapping) bool { return m.Key == key })
}

func noMapping(key string) error {
	return &es.Refusal{Code: es.NotFound, Message: "there is no mapping " + key}
}

func addSecret(s State, c AddSecret) ([]Event, error) {
	env, err := s.environment(c.Environment)
	if err != nil {
		return nil, err
	}
	live := env.LiveSecrets(c.At)
	if slices.ContainsFunc(live, func(s Secret) bool { return s.Fingerprint == c.Fingerprint }) {
		return nil, &es.Refusal{Code: es.Exists, Field: "secret", Message: "this secret is live already"}
	}
	if len(live) >= MaxSecrets {
		return nil, &es.Refusal{Code: es.Exists, Field: "secret", Message: fmt.Sprintf("%d secrets are live, more cannot be; revoke one first", len(live))}
	}
	return []Event{SecretAdded{Environment: c.Environment, ID: c.ID, Fingerprint: c.Fingerprint, Sealed: c.Sealed}}, nil
}

func revokeSecret(s State, c RevokeSecret) ([]Event, error) {
	env, err := s.environment(c.Environment)
	if err != nil {
		return nil, err
	}
	if err := checkGrace(c.Grace); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(env.Secrets, func(s Secret) bool { return s.ID == c.ID })
	if i < 0 {
		return nil, &es.Refusal{Code: es.NotFound, Message: "there is no such secret"}
	}
	until := c.At.Add(c.Grace)
	if !env.Secrets[i].RevokedAt.IsZero() && env.Secrets[i].RevokedAt <= until {
		return nil, nil
	}
	return []Event{SecretRevoked{Environment: c.Environment, ID: c.ID, Until: until}}, nil
}

func rotateToken(s State, c RotateToken) ([]Event, error) {
	env, err := s.environment(c.Environment)
	if err != nil {
		return nil, err
	}
	if err := checkGrace(c.Grace); err != nil {
		return nil, err
	}
	if live := env.liveTokens(c.At); c.Grace > 0 && live >= MaxTokens {
		return nil, &es.Refusal{Code: es.Exists, Field: "grace", Message: fmt.Sprintf("%d ingest URLs work, more cannot be; wait until the earliest ends, or rotate with a grace period of 0s, which ends all of them at once", live)}
	}
	return []Event{TokenRotated{Environment: c.Environment, Token: c.Token, Until: c.At.Add(c.Grace)}}, nil
}

func checkGrace(grace time.Duration) error {
	if grace < 0 || grace > maxGrace {
		return refuse("grace", "a grace period is from 0s to 720h")
	}
	return nil
}

func disconnect(s State, c Disconnect) ([]Event, error) {
	if _, err := s.environment(c.Environment); err != nil {
		return nil, err
	}
	return []Event{Disconnected(c)}, nil
}
