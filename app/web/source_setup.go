package web

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/signature"
	"daybook/domain/template"
	"daybook/projections/eventlog"
	"daybook/views"
)

const (
	// maxRefused is how many refused requests the setup of a source shows.
	maxRefused = 3
	// maxNovel is how many webhooks there are at most while it is said what to
	// do next.
	maxNovel = 3
)

func isRejected(item eventlog.Item) bool { return item.Status == eventlog.StatusRejected }

// hasReceived reports whether the source has ever taken a webhook; newest are
// its newest items.
func (s *Web) hasReceived(ctx context.Context, at place, newest []eventlog.Item) (bool, error) {
	received := slices.ContainsFunc(newest, func(item eventlog.Item) bool { return !isRejected(item) })
	if received || len(newest) < sourceRows {
		return received, nil
	}
	counted, err := s.Events.Sources(ctx, es.TimeOf(s.Now()))
	return slices.ContainsFunc(counted, func(c eventlog.SourceCount) bool {
		return c.Source == at.Key && c.Environment == at.Environment && c.Webhooks > 0
	}), err
}

// setupOf is how the first webhook comes to a source. Rows are what came and
// was refused.
func (s *Web) setupOf(at place, head views.Source, rows []views.Row) *views.Setup {
	tmpl, _ := template.Get(at.state.Template)
	return &views.Setup{
		Provider: tmpl.Name,
		DocsURL:  tmpl.WebhookDocsURL,
		Guides:   guides(tmpl, head.IngestURL),
		Secret:   s.secretForm(at, tmpl),
		Refused:  rows[:min(len(rows), maxRefused)],
	}
}

// guides are the ways to let the provider send to the source. The address is
// given below a step, where it can be copied, and not in its text.
func guides(tmpl template.Template, address string) []views.Guide {
	var guides []views.Guide
	for _, guide := range tmpl.Guides(address) {
		steps := make([]views.GuideStep, len(guide.Steps))
		for i, step := range guide.Steps {
			steps[i].Text = strings.ReplaceAll(step.Text, address, "this URL")
			if steps[i].Text != step.Text {
				steps[i].Copied = append(steps[i].Copied, address)
			}
			if step.Command != "" {
				steps[i].Copied = append(steps[i].Copied, step.Command)
			}
		}
		guides = append(guides, views.Guide{Title: guide.Title, Steps: steps})
	}
	return guides
}

// isTimed reports whether a template's provider signs the time.
func isTimed(tmpl template.Template) bool {
	scheme, ok := signature.Lookup(tmpl.SignatureScheme)
	return ok && scheme.About().Timed
}

// secretForm asks for a secret of the template's scheme.
func (s *Web) secretForm(at place, tmpl template.Template) views.SecretForm {
	form := views.SecretForm{Hint: tmpl.SigningHint}
	if scheme, ok := signature.Lookup(tmpl.SignatureScheme); ok {
		about := scheme.About()
		form.Way, form.Sent, form.Timed = about.Way, !about.Signs, about.Timed
	}
	if tmpl.SecretIsChosen && len(at.env.LiveSecrets(es.TimeOf(s.Now()))) == 0 {
		form.Suggested = s.Sources.SuggestSecret(at.Place)
	}
	return form
}

// nextOf is what to do after the first webhooks; nil when there were more.
func nextOf(items []eventlog.Item) *views.Next {
	received := slices.DeleteFunc(slices.Clone(items), isRejected)
	if len(received) == 0 || len(received) > maxNovel || len(items) == sourceRows {
		return nil
	}
	newest := received[0]
	return &views.Next{
		EventURL: "/events/" + url.PathEscape(newest.ID),
		Type:     newest.EventType,
		Idle:     newest.Reason == rule.NoMapping,
	}
}
