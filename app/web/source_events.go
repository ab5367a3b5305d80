package web

import (
	"errors"
	"net/http"
	"slices"

	"daybook/app/respond"
	"daybook/app/trigger"
	"daybook/domain/es"
	"daybook/domain/rule"
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
	return s.sourceEventsPage(w, r, http.StatusOK, at, eventsPage{testType: r.URL.Query().Get("type")})
}

// eventsPage is what is not always so of the tab.
type eventsPage struct {
	testType    string        // the one chosen; empty for the first that has a mapping
	notice      *views.Notice // what just went wrong
	secretError string        // why a secret was not added
}

func (s *Web) sourceEventsPage(w http.ResponseWriter, r *http.Request, status int, at place, said eventsPage) error {
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
		Page:    s.sourcePage(r, at, "events"),
		Source:  head,
		Rows:    rowsOf(listed.Items, false),
		TailURL: tailPath(filter, listed.Applied),
		LogURL:  logPath(filter, ""),
		Test:    s.testEvent(at, said.testType),
		Next:    nextOf(listed.Items),
	}
	received, err := s.hasReceived(r.Context(), at, listed.Items)
	if err != nil {
		return err
	}
	if !received || said.secretError != "" {
		model.Setup = s.setupOf(at, head, model.Rows)
		model.Setup.Secret.Error = said.secretError
	}
	if said.notice != nil {
		model.Notice = said.notice
	}
	return s.render(w, r, status, views.SourceEventsPage(model))
}

// testEvent is which test events the source can be sent, or why none.
func (s *Web) testEvent(at place, chosen string) views.TestEvent {
	if _, err := s.Trigger.Sender(at.Key, at.Environment); err != nil {
		message := "No test event can be sent."
		if refusals := es.RefusalsOf(err); len(refusals) > 0 {
			message = "No test event can be sent: " + refusals[0].Message + "."
		}
		return views.TestEvent{Unable: message}
	}
	tmpl, _ := template.Get(at.state.Template)
	test := views.TestEvent{Type: chosen}
	for _, sample := range tmpl.SampleTypes {
		isFor := func(m rule.Mapping) bool { return m.Active == rule.On && m.For(sample) }
		if slices.ContainsFunc(at.env.Mappings, isFor) {
			test.Mapped = append(test.Mapped, sample)
		} else {
			test.Others = append(test.Others, sample)
		}
	}
	if chosen != "" && !slices.Contains(tmpl.SampleTypes, chosen) {
		test.Others = append(test.Others, chosen)
	}
	return test
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
	return s.sourceEventsPage(w, r, status, at, eventsPage{testType: sample.Type, notice: &views.Notice{Bad: true, Text: message}})
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
