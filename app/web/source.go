package web

import (
	"net/http"
	"net/url"

	"daybook/app/respond"
	"daybook/app/sources"
	"daybook/domain/es"
	"daybook/domain/source"
	"daybook/views"
)

// place is a source in an environment, as the pages of its tabs have it.
type place struct {
	sources.Place
	state source.State
	env   source.Environment
}

// place returns what a path /sources/{key}/{env} is about.
func (s *Web) place(r *http.Request) (place, error) {
	at := sources.Place{Key: respond.PathValue(r, "key"), Environment: respond.PathValue(r, "env")}
	state, _ := s.Configuration.Source(at.Key)
	env, ok := state.Environments[at.Environment]
	if !ok {
		return place{}, &es.Refusal{Code: es.NotFound, Message: "there is no source " + at.Key + " in the environment " + at.Environment}
	}
	return place{Place: at, state: state, env: env}, nil
}

// sourcePath is the page of a source; tab is what follows, as in "settings".
func sourcePath(at sources.Place, tab string) string {
	return "/sources/" + url.PathEscape(at.Key) + "/" + url.PathEscape(at.Environment) + "/" + tab
}

// sourcePage is the frame of a source's tab. The switch leads to the same tab
// in the other environments, or to making the source there.
func (s *Web) sourcePage(r *http.Request, at place, tab string) views.Page {
	page := s.page(r, at.Environment)
	for i, link := range page.Environments {
		other := sources.Place{Key: at.Key, Environment: link.Slug}
		if _, connected := at.state.Environments[link.Slug]; connected {
			page.Environments[i].URL = sourcePath(other, tab)
			continue
		}
		query := url.Values{"template": {at.state.Template}, environmentQuery: {link.Slug}}
		page.Environments[i].URL = "/sources/new?" + query.Encode()
	}
	return page
}

// sourceHead is what the tabs of a source share.
func (s *Web) sourceHead(at place) (views.Source, error) {
	address, err := s.Sources.IngestURL(at.Place)
	if err != nil {
		return views.Source{}, err
	}
	return views.Source{
		Key:         at.Key,
		Name:        at.state.Name,
		Template:    at.state.Template,
		Environment: at.Environment,
		IngestURL:   address,
		Secrets:     len(at.env.LiveSecrets(es.TimeOf(s.Now()))),
		Enforced:    at.env.Settings.EnforceVerification,
		Mappings:    len(at.env.Mappings),
	}, nil
}
