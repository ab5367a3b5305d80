package api

import (
	"encoding/json"
	"fmt"
	"strings"

	"daybook/app/respond"
	"daybook/app/sources"
	"daybook/domain/es"
	"daybook/domain/rule"
)

// sourceRequest is a source as it is put. What the server alone says, and what
// Knock's own JSON has that means nothing here, is read and ignored, so that
// what was got can be put.
type sourceRequest struct {
	Source struct {
		Name                  *string                       `json:"name"`
		Description           *string                       `json:"description"`
		PreconfiguredProvider *string                       `json:"preconfigured_provider"`
		EnvironmentSettings   map[string]environmentRequest `json:"environment_settings"`

		Key            *string         `json:"key"`
		Revision       json.RawMessage `json:"revision"`
		CreatedAt      json.RawMessage `json:"created_at"`
		UpdatedAt      json.RawMessage `json:"updated_at"`
		CustomImageURL json.RawMessage `json:"custom_image_url"`
	} `json:"source"`

	// kept are the places, in the request, of the mappings that are not deleted.
	kept []int
}

type environmentRequest struct {
	Settings  json.RawMessage   `json:"settings"`
	Mappings  *[]mappingRequest `json:"mappings"`
	Paused    json.RawMessage   `json:"paused"`
	CreatedAt json.RawMessage   `json:"created_at"`
	UpdatedAt json.RawMessage   `json:"updated_at"`
}

type mappingRequest struct {
	rule.Mapping
	IsDeleted bool            `json:"is_deleted"`
	CreatedAt json.RawMessage `json:"created_at"`
	UpdatedAt json.RawMessage `json:"updated_at"`
}

// put reads the request for one environment; any other in it is refused.
func (q *sourceRequest) put(at sources.Place) (sources.Put, error) {
	s := q.Source
	if s.Key != nil && *s.Key != at.Key {
		return sources.Put{}, respond.Invalid("source.key", "the key is %q in the address; a key cannot be changed", at.Key)
	}
	for slug := range s.EnvironmentSettings {
		if slug != at.Environment {
			return sources.Put{}, respond.Invalid("source.environment_settings."+slug, "only the environment of the query, %s, is changed; put this one for itself", at.Environment)
		}
	}
	put := sources.Put{Name: s.Name, Description: s.Description}
	if s.PreconfiguredProvider != nil {
		put.Template = *s.PreconfiguredProvider
	}
	env := s.EnvironmentSettings[at.Environment]
	put.Settings = env.Settings
	if env.Mappings == nil {
		return put, nil
	}
	mappings := []rule.Mapping{}
	for i, m := range *env.Mappings {
		if !m.IsDeleted {
			mappings = append(mappings, m.Mapping)
			q.kept = append(q.kept, i)
		}
	}
	put.Mappings = &mappings
	return put, nil
}

// locate says of what is refused where it stands in the request.
func (q *sourceRequest) locate(at sources.Place, err error) error {
	refusals := es.RefusalsOf(err)
	if len(refusals) == 0 {
		return err
	}
	located := make(es.Refusals, len(refusals))
	for i, r := range refusals {
		located[i] = &es.Refusal{Code: r.Code, Field: q.fieldOf(at, r.Field), Message: r.Message}
	}
	return located
}

func (q *sourceRequest) fieldOf(at sources.Place, field string) string {
	inEnvironment := "source.environment_settings." + at.Environment + "."
	var i int
	switch n, _ := fmt.Sscanf(field, "mappings[%d]", &i); {
	case n == 1 && i < len(q.kept):
		_, rest, _ := strings.Cut(field, "]")
		return fmt.Sprintf("%smappings[%d]%s", inEnvironment, q.kept[i], rest)
	case strings.HasPrefix(field, "settings"), strings.HasPrefix(field, "mappings"):
		return inEnvironment + field
	case field == "name", field == "description", field == "preconfigured_provider":
		return "source." + field
	default:
		return field
	}
}
