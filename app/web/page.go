package web

import (
	"net/http"
	"net/url"

	"daybook/domain/environment"
	"daybook/static"
	"daybook/views"
)

// What addresses call things.
const (
	doneParameter    = "done" // see [done]
	afterParameter   = "after"
	environmentQuery = "environment"
)

// page is the frame of a page that looks at an environment. The switch keeps
// the page: of a list, not the place in it.
func (s *Web) page(r *http.Request, env string) views.Page {
	p := views.Page{
		Static:      static.Base(),
		Environment: env,
		Person:      person,
		Notice:      done(r.URL.Query().Get(doneParameter)).notice(),
		Alerts:      s.Alerts.OpenCount(env),
		Now:         s.Now(),
	}
	for _, slug := range s.Configuration.Environments() {
		p.Environments = append(p.Environments, views.EnvironmentLink{Slug: slug, URL: inEnvironment(r.URL, slug)})
	}
	return p
}

// widePage is the frame of a page that can also show all environments at once.
func (s *Web) widePage(r *http.Request, env string) views.Page {
	p := s.page(r, env)
	all := views.EnvironmentLink{Slug: "", URL: inEnvironment(r.URL, "")}
	p.Environments = append([]views.EnvironmentLink{all}, p.Environments...)
	return p
}

// inEnvironment is where the page at u stands in another environment, or in
// all if it is empty. What was done, and how far a list was read, does not go
// along.
func inEnvironment(u *url.URL, slug string) string {
	query := u.Query()
	query.Del(doneParameter)
	query.Del(afterParameter)
	query.Del(environmentQuery)
	if slug != "" {
		query.Set(environmentQuery, slug)
	}
	return (&url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: query.Encode()}).RequestURI()
}

// environmentOf is the environment that an address names; empty if it names
// none, or none that can be.
func environmentOf(r *http.Request) string {
	slug := r.URL.Query().Get(environmentQuery)
	if !environment.IsSlug(slug) {
		return ""
	}
	return slug
}

// orFirst is an environment to look at where one has to be: the given one, or
// the first there is.
func (s *Web) orFirst(slug string) string {
	if slug != "" {
		return slug
	}
	return s.Configuration.Environments()[0]
}
