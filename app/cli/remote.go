package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"daybook/app/apply"
	"daybook/app/sources"
	"daybook/domain/es"
)

// remote is the Daybook that runs, as sources are applied to it.
type remote struct{ server }

var _ apply.Server = remote{}

// Environments returns the slugs of all environments.
func (r remote) Environments(ctx context.Context) ([]string, error) {
	all, err := allOf[struct {
		Slug string `json:"slug"`
	}](ctx, r.server, "/environments", nil)
	slugs := make([]string, len(all))
	for i, e := range all {
		slugs[i] = e.Slug
	}
	return slugs, err
}

// Sources returns all sources.
func (r remote) Sources(ctx context.Context) ([]sources.View, error) {
	return allOf[sources.View](ctx, r.server, "/sources", nil)
}

// Secrets returns the secrets of a source.
func (r remote) Secrets(ctx context.Context, at sources.Place) ([]sources.Secret, error) {
	return allOf[sources.Secret](ctx, r.server, secretsPath(at.Key), inEnvironment(at.Environment))
}

// Put changes or makes a source.
func (r remote) Put(ctx context.Context, at sources.Place, p sources.Put, match *sources.Match) error {
	environment := map[string]any{}
	if p.Settings != nil {
		environment["settings"] = p.Settings
	}
	if p.Mappings != nil {
		environment["mappings"] = p.Mappings
	}
	request := map[string]any{
		"preconfigured_provider": p.Template,
		"environment_settings":   map[string]any{at.Environment: environment},
	}
	if p.Name != nil {
		request["name"] = p.Name
	}
	if p.Description != nil {
		request["description"] = p.Description
	}
	header := http.Header{}
	if p.IfNew {
		header.Set("If-None-Match", "*")
	}
	return r.change(ctx, http.MethodPut, "/sources/"+url.PathEscape(at.Key), at, nil, map[string]any{"source": request}, header, match)
}

// AddSecret adds a secret.
func (r remote) AddSecret(ctx context.Context, at sources.Place, text string, match *sources.Match) error {
	return r.change(ctx, http.MethodPost, secretsPath(at.Key), at, nil, map[string]string{"secret": text}, http.Header{}, match)
}

// RevokeSecret ends a secret.
func (r remote) RevokeSecret(ctx context.Context, at sources.Place, id string, grace time.Duration, match *sources.Match) error {
	query := url.Values{"grace": {grace.String()}}
	return r.change(ctx, http.MethodDelete, secretsPath(at.Key)+"/"+url.PathEscape(id), at, query, nil, http.Header{}, match)
}

// Disconnect takes a source out of an environment.
func (r remote) Disconnect(ctx context.Context, at sources.Place, match *sources.Match) error {
	return r.change(ctx, http.MethodDelete, "/sources/"+url.PathEscape(at.Key), at, nil, nil, http.Header{}, match)
}

// change asks for a change of a source that stands at what match says, and
// notes where it stands then.
func (r remote) change(ctx context.Context, method, path string, at sources.Place, query url.Values, body any, header http.Header, match *sources.Match) error {
	if query == nil {
		query = url.Values{}
	}
	query.Set("environment", at.Environment)
	if match.Revision != nil {
		header.Set("If-Match", strconv.Quote(strconv.FormatUint(uint64(*match.Revision), 10)))
	}
	response, err := r.open(ctx, method, path, query, body, header)
	if refused, ok := errors.AsType[*apiError](err); ok {
		return refused.refusals(at)
	}
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // nothing of it is read
	revision, err := strconv.ParseUint(strings.Trim(response.Header.Get("ETag"), `"`), 10, 64)
	if err != nil {
		return fmt.Errorf("the server did not say which revision %s is at now; it is another version than this program", at.Key)
	}
	match.Revision = new(es.Revision(revision))
	return nil
}

// refusals are what the API refused, in the words of the domain.
func (e *apiError) refusals(at sources.Place) error {
	if len(e.Errors) == 0 {
		return es.Refusals{{Code: es.RefusalCode(e.Code), Message: e.Message}}
	}
	refusals := make(es.Refusals, len(e.Errors))
	for i, field := range e.Errors {
		name := strings.TrimPrefix(field.Field, "source.")
		name = strings.TrimPrefix(name, "environment_settings."+at.Environment+".")
		refusals[i] = &es.Refusal{Code: es.RefusalCode(e.Code), Field: name, Message: field.Message}
	}
	return refusals
}
