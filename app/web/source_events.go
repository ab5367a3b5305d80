package web

import (
	"errors"
	"net/http"
	"strings"

	"daybook/app/respond"
	"daybook/app/trigger"
	"daybook/domain/es"
	"daybook/domain/template"
	"daybook/projections/eventlog"
	"daybook/views"
)

// sourceRows is how many rows of the log the page of a source shows.
const sourceRows = 20

// showSourceEvents is GET /sources/{key}/{env}/events: what arrived, or how to
// send the first webhook.
func (s *Web) showSourceEvents(w http.ResponseWriter, r *http.Request) error {
	at, err := s.place(r)
	if err != nil {
		return err
	}
	return s.sourceEventsPage(w, r, http.StatusOK, at, r.URL.Query().Get("type"), nil)
}

// sourceEventsPage draws the tab; a notice says what just went wrong.
func (s *Web) sourceEventsPage(w http.ResponseWriter, r *http.Request, status int, at place, chosen string, notice *views.Notice) error {
	head, err := s.sourceHead(at)
	if err != nil {
		return err
	}
	filter := eventlog.Filter{Source: at.Key, Environment: at.Environment}
	listed, err := s.Events.List(r.Context(), filter, sourceRows, "")
	if err != nil {
		return err
	}
	model := views.SourceEvents{
		Page:      s.sourcePage(r, at, "events"),
		Source:    head,
		Received:  len(listed.Items) > 0,
		Rows:      rowsOf(listed.Items, false),
		TailURL:   tailPath(filter, listed.Applied),
		LogURL:    logPath(filter, ""),
		Guides:    guides(at, head),
		TestTypes: testTypes(at, head),
		TestType:  chosen,
	}
	if notice != nil {
		model.Notice = notice
	}
	return s.render(w, r, status, views.SourceEventsPage(model))
}

// guides are the ways to let the provider send to the source. The address is
// given below a step, where it can be copied, and not in its text.
func guides(at place, head views.Source) []views.Guide {
	tmpl, _ := template.Get(at.state.Template)
	var guides []views.Guide
	for _, guide := range tmpl.Guides(head.IngestURL) {
		steps := make([]views.GuideStep, len(guide.Steps))
		for i, step := range guide.Steps {
			steps[i].Text = strings.ReplaceAll(step.Text, head.IngestURL, "this URL")
			if steps[i].Text != step.Text {
				steps[i].Copied = append(steps[i].Copied, head.IngestURL)
			}
			if step.Command != "" {
				steps[i].Copied = append(steps[i].Copied, step.Command)
			}
		}
		guides = append(guides, views.Guide{Title: guide.Title, Steps: steps})
	}
	return guides
}

// testTypes are the types of test events that the source can be sent; none
// where nothing could be signed that it accepts.
func testTypes(at place, head views.Source) []string {
	tmpl, ok := template.Get(at.state.Template)
	if !ok || head.Secrets == 0 && head.Enforced {
		return nil
	}
	return tmpl.SampleTypes
}

// sendTestEvent is POST /sources/{key}/{env}/trigger with type.
func (s *Web) sendTestEvent(w http.ResponseWriter, r *http.Request) error {
	at, err := s.place(r)
	if err != nil {
		return err
	}
	values, err := readForm(w, r)
	if err != nil {
		return err
	}
	sample := trigger.Sample{Type: values.Get("type"), Count: 1}
	_, err = s.Trigger.Send(r.Context(), at.Key, at.Environment, sample)
	if err == nil {
		see(w, r, testEventSent.with(sourcePath(at.Place, "events")))
		return nil
	}
	status, message, ok := notSent(err)
	if !ok {
		return err
	}
	return s.sourceEventsPage(w, r, status, at, sample.Type, &views.Notice{Bad: true, Text: message})
}

// notSent is what is said about a test event that was not accepted; ok is
// false for a fault.
func notSent(err error) (status int, message string, ok bool) {
	if refused, ok := errors.AsType[*trigger.Refused](err); ok {
		status = http.StatusUnprocessableEntity
		if refused.Status >= http.StatusInternalServerError {
			status = http.StatusServiceUnavailable
		}
		return status, "The test event was not accepted. " + sentence(refused.Message), true
	}
	if refusals := es.RefusalsOf(err); len(refusals) > 0 {
		return respond.ProblemOf(err).Status, "No test event was sent. " + sentence(refusals[0].Message), true
	}
	return 0, "", false
}
