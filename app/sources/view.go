package sources

import (
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/source"
)

// View is a source in Knock's shape.
type View struct {
	Key                   string                     `json:"key"`
	Name                  string                     `json:"name"`
	Description           string                     `json:"description"`
	PreconfiguredProvider string                     `json:"preconfigured_provider"`
	CreatedAt             es.Time                    `json:"created_at"`
	UpdatedAt             es.Time                    `json:"updated_at"`
	EnvironmentSettings   map[string]EnvironmentView `json:"environment_settings"`
	Revision              es.Revision                `json:"revision"`
}

// EnvironmentView is a source in one environment.
type EnvironmentView struct {
	Settings SettingsView   `json:"settings"`
	Mappings []rule.Mapping `json:"mappings"`
	// Paused are mappings that are not asked until they are saved changed.
	Paused    []source.Paused `json:"paused"`
	UpdatedAt es.Time         `json:"updated_at"`
}

// SettingsView is the settings, and what the server alone says.
type SettingsView struct {
	Endpoint string `json:"endpoint"` // the ingest URL; empty if this version cannot use the source
	source.Settings
	Preprocess *string `json:"preprocess"` // null is written
}

// View returns a source, in one environment or, if that is empty, in all.
func (s *Sources) View(at Place) (View, error) {
	state, ok := s.configuration.Source(at.Key)
	if !ok {
		return View{}, notFound(at)
	}
	v := s.view(at, state)
	if at.Environment != "" && len(v.EnvironmentSettings) == 0 {
		return View{}, notFound(at)
	}
	return v, nil
}

func (s *Sources) view(at Place, state source.State) View {
	v := View{
		Key:                   at.Key,
		Name:                  state.Name,
		Description:           state.Description,
		PreconfiguredProvider: state.Template,
		CreatedAt:             state.CreatedAt,
		UpdatedAt:             state.UpdatedAt,
		EnvironmentSettings:   map[string]EnvironmentView{},
		Revision:              state.Revision,
	}
	for slug, env := range state.Environments {
		if at.Environment != "" && slug != at.Environment {
			continue
		}
		// One source that cannot be used must not hide the others.
		url, _ := s.IngestURL(Place{Key: at.Key, Environment: slug})
		v.EnvironmentSettings[slug] = EnvironmentView{
			Settings:  SettingsView{Endpoint: url, Settings: env.Settings, Preprocess: env.Settings.Preprocess},
			Mappings:  append([]rule.Mapping{}, env.Mappings...),
			Paused:    append([]source.Paused{}, env.Paused...),
			UpdatedAt: env.UpdatedAt,
		}
	}
	return v
}

// All returns the sources that are connected to an environment, or, if that is
// empty, to any; sorted by key.
func (s *Sources) All(environment string) []View {
	views := []View{}
	for _, key := range s.configuration.SourceKeys() {
		state, _ := s.configuration.Source(key)
		if _, ok := state.Environments[environment]; !ok && environment != "" {
			continue
		}
		views = append(views, s.view(Place{Key: key, Environment: environment}, state))
	}
	return views
}
