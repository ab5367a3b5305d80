package web_test

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"daybook/app/sources"
	"daybook/domain/template"
)

// The pages say of every provider what its template knows: where its secret is,
// which mappings there are, and how to let it send here.
func TestEveryTemplateHasItsPages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	cards := h.get("/sources/new").is(http.StatusOK)
	for _, tmpl := range template.All() {
		cards.shows(`href="/sources/new?template=` + tmpl.Key)
		form := url.Values{"template": {tmpl.Key}, "key": {tmpl.Key}, "name": {tmpl.Name}, "environment": {"development"}}
		h.get("/sources/new?template=" + tmpl.Key).is(http.StatusOK).shows(html.EscapeString(tmpl.SigningHint))
		h.post("/sources/new", form).is(http.StatusSeeOther)

		page := h.get("/sources/" + tmpl.Key + "/development/events").is(http.StatusOK)
		address, err := h.sources.IngestURL(sources.Place{Key: tmpl.Key, Environment: "development"})
		check(t, err)
		for _, guide := range tmpl.Guides(address) {
			for _, step := range guide.Steps {
				if step.Command != "" {
					page.shows(`data-copy="` + html.EscapeString(step.Command) + `"`)
				}
				if strings.Contains(step.Text, address) {
					page.shows(`data-copy="` + address + `"`)
				}
			}
		}
		if strings.Contains(page.body, "{ingest_url}") || strings.Count(page.body, "<i>") != strings.Count(page.body, "</i>") {
			t.Errorf("%s: a placeholder or a mark is left in its steps", tmpl.Key)
		}
		h.get("/sources/" + tmpl.Key + "/development/settings").is(http.StatusOK).shows(html.EscapeString(tmpl.SigningHint))
	}
}

// A secret that the provider cannot have given is refused before anything is
// made.
func TestASecretOfAnotherKindMakesNoSource(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	form := url.Values{"template": {"clerk"}, "key": {"clerk"}, "name": {"Clerk"}, "environment": {"development"}, "secret": {"sk_test_0123456789abcdef"}}
	h.post("/sources/new", form).is(http.StatusUnprocessableEntity).shows("whsec_ and base64 after it")
	h.get("/sources/clerk/development/events").is(http.StatusNotFound)
}
