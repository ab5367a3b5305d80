package source

import (
	"maps"
	"slices"

	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/value"
)

// State is a source's stream, folded.
type State struct {
	Name         string
	Description  string
	Template     string
	Environments map[string]Environment
	CreatedAt    es.Time
	UpdatedAt    es.Time
	Exists       bool
	Revision     es.Revision
}

// begins reports whether connecting the source makes it: it was never made, or
// it has left every environment since.
func (s State) begins() bool { return len(s.Environments) == 0 }

// Environment is a source's place in one environment.
type Environment struct {
	Settings  Settings
	Mappings  []rule.Mapping
	Paused    []Paused // mappings that are not asked, those paused first first
	Secrets   []Secret
	Tokens    []LiveToken // the newest last
	UpdatedAt es.Time
	// RulesRevision is that of the newest event that changed the mappings or
	// the settings.
	RulesRevision es.Revision
	// Revision is that of the newest event that changed anything here.
	Revision es.Revision
}

// Secret is a signing secret, sealed.
type Secret struct {
	ID          string
	Fingerprint string
	Sealed      Sealed
	CreatedAt   es.Time
	// RevokedAt is from when the secret no longer counts; no time: it was not
	// revoked.
	RevokedAt es.Time
}

// Live reports whether the secret counts at the given time.
func (s Secret) Live(at es.Time) bool { return s.RevokedAt.IsZero() || at < s.RevokedAt }

// LiveToken is a token of an ingest URL and how long it works.
type LiveToken struct {
	Token
	CreatedAt es.Time
	// Until is from when the token no longer works; no time: it does.
	Until es.Time
}

// Live reports whether the token works at the given time.
func (t LiveToken) Live(at es.Time) bool { return t.Until.IsZero() || at < t.Until }

// Definition returns what bears on the rules of e.
func (e Environment) Definition() rule.Definition {
	return rule.Definition{
		Mappings:           e.Mappings,
		DisabledEventTypes: e.Settings.DisabledEventTypes,
		Livemode:           e.Settings.Livemode,
		Preprocess:         value.OrEmpty(e.Settings.Preprocess),
		Paused:             e.pausedKeys(),
	}
}

// LiveSecrets returns the secrets that count at the given time.
func (e Environment) LiveSecrets(at es.Time) []Secret {
	return slices.DeleteFunc(slices.Clone(e.Secrets), func(s Secret) bool { return !s.Live(at) })
}

// liveTokens is the number of tokens that work at the given time.
func (e Environment) liveTokens(at es.Time) int {
	return len(slices.DeleteFunc(slices.Clone(e.Tokens), func(t LiveToken) bool { return !t.Live(at) }))
}

// Evolve returns s after f.
func Evolve(s State, f es.Fact[Event]) State {
	s.Revision, s.UpdatedAt = f.Revision, f.Metadata.At
	switch e := f.Event.(type) {
	case Created:
		s.Exists, s.CreatedAt = true, f.Metadata.At
		s.Name, s.Description, s.Template = e.Name, e.Description, e.Template
	case Described:
		s.Name, s.Description = e.Name, e.Description
	case Connected:
		return s.with(e.Environment, f, Environment{
			Settings:      e.Settings,
			Mappings:      e.Mappings,
			Tokens:        []LiveToken{{Token: e.Token, CreatedAt: f.Metadata.At}},
			RulesRevision: f.Revision,
		})
	case Disconnected:
		s.Environments = maps.Clone(s.Environments)
		delete(s.Environments, e.Environment)
	case SettingsChanged:
		return s.change(e.Environment, f, func(env *Environment) {
			env.reset(e.Settings)
			env.RulesRevision = f.Revision
		})
	case MappingsChanged:
		return s.change(e.Environment, f, func(env *Environment) {
			env.remap(e.Mappings)
			env.RulesRevision = f.Revision
		})
	case MappingPaused:
		return s.change(e.Environment, f, func(env *Environment) { env.pause(e, f.Metadata.At) })
	case MappingResumed:
		return s.change(e.Environment, f, func(env *Environment) {
			env.resume(func(key string) bool { return key == e.Mapping })
		})
	case SecretAdded:
		return s.change(e.Environment, f, func(env *Environment) {
			env.Secrets = append(slices.Clip(env.Secrets), Secret{
				ID: e.ID, Fingerprint: e.Fingerprint, Sealed: e.Sealed, CreatedAt: f.Metadata.At,
			})
		})
	case SecretRevoked:
		return s.change(e.Environment, f, func(env *Environment) { env.revoke(e) })
	case TokenRotated:
		return s.change(e.Environment, f, func(env *Environment) { env.rotate(e, f.Metadata.At) })
	}
	return s
}

func (s State) with(environment string, f es.Fact[Event], env Environment) State {
	env.Revision, env.UpdatedAt = f.Revision, f.Metadata.At
	environments := map[string]Environment{}
	maps.Copy(environments, s.Environments)
	environments[environment] = env
	s.Environments = environments
	return s
}

// change alters a copy of an environment. A fact about one that is not
// connected changes nothing.
func (s State) change(environment string, f es.Fact[Event], alter func(*Environment)) State {
	env, ok := s.Environments[environment]
	if !ok {
		return s
	}
	alter(&env)
	return s.with(environment, f, env)
}

func (e *Environment) revoke(revoked SecretRevoked) {
	e.Secrets = slices.Clone(e.Secrets)
	for i := range e.Secrets {
		if e.Secrets[i].ID == revoked.ID {
			e.Secrets[i].RevokedAt = revoked.Until
		}
	}
}

func (e *Environment) rotate(rotated TokenRotated, at es.Time) {
	e.Tokens = slices.Clone(e.Tokens)
	for i := range e.Tokens {
		if e.Tokens[i].Until.IsZero() || rotated.Until < e.Tokens[i].Until {
			e.Tokens[i].Until = rotated.Until
		}
	}
	e.Tokens = append(e.Tokens, LiveToken{Token: rotated.Token, CreatedAt: at})
}
