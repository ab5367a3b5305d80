package web

import (
	"net/http"
	"time"

	"daybook/app/configuration"
	"daybook/app/sources"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/source"
	"daybook/projections/eventlog"
	"daybook/views"
)

// attentionSpan is for how long a failure or a refusal asks for attention in
// the list of sources.
const attentionSpan = 24 * time.Hour

// showSources is GET /sources.
func (s *Web) showSources(w http.ResponseWriter, r *http.Request) error {
	now := es.TimeOf(s.Now())
	counted, err := s.Events.Sources(r.Context(), now.Add(-attentionSpan))
	if err != nil {
		return err
	}
	env := environmentOf(r)
	model := views.Sources{Page: s.widePage(r, env), Sources: sourceItems(s.Configuration, counted, env, now)}
	if len(model.Sources) == 0 {
		model.Templates = templateCards()
	}
	return s.render(w, r, http.StatusOK, views.SourcesPage(model))
}

// sourceItems are the sources of an environment, or of all if it is empty.
func sourceItems(c *configuration.Configuration, counted []eventlog.SourceCount, only string, now es.Time) []views.SourceItem {
	counts := make(map[sources.Place]eventlog.SourceCount, len(counted))
	for _, count := range counted {
		counts[sources.Place{Key: count.Source, Environment: count.Environment}] = count
	}
	var items []views.SourceItem
	for _, key := range c.SourceKeys() {
		state, _ := c.Source(key)
		for _, slug := range c.Environments() {
			env, connected := state.Environments[slug]
			if !connected || only != "" && only != slug {
				continue
			}
			count := counts[sources.Place{Key: key, Environment: slug}]
			items = append(items, views.SourceItem{
				Key: key, Name: state.Name, Template: state.Template, Environment: slug,
				Mappings: len(env.Mappings), Active: active(env.Mappings),
				Enforced: env.Settings.EnforceVerification, Secrets: len(env.LiveSecrets(now)),
				Webhooks: count.Webhooks, Attention: count.Attention, LastAt: moment(count.LastAt),
				Paused: pausedKeys(env.Paused),
			})
		}
	}
	return items
}

func pausedKeys(paused []source.Paused) []string {
	var keys []string
	for _, p := range paused {
		keys = append(keys, p.Mapping)
	}
	return keys
}

// active counts the mappings that are switched on.
func active(mappings []rule.Mapping) int {
	n := 0
	for _, m := range mappings {
		if m.Active == rule.On {
			n++
		}
	}
	return n
}
