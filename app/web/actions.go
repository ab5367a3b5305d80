package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"daybook/app/longwork"
	"daybook/app/respond"
	"daybook/app/steer"
	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/webhook"
	"daybook/projections"
	"daybook/projections/actions"
	"daybook/projections/eventlog"
	"daybook/views"
)

// nextParameter is the path to come back to after something was done.
const nextParameter = "next"

// showActions is GET /actions: what is waiting, parked or uncertain. Its filters
// are the API's.
func (s *Web) showActions(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	filter, notice := readActionFilter(query)
	after := query.Get(afterParameter)
	page, err := s.Actions.List(r.Context(), filter, pageRows, after)
	if errors.Is(err, projections.ErrInvalidCursor) {
		notice = &views.Notice{Bad: true, Text: "The page is not one of this log, so this is the newest."}
		after = ""
		page, err = s.Actions.List(r.Context(), filter, pageRows, "")
	}
	if err != nil {
		return err
	}
	counted := filter
	counted.Status = ""
	counts, err := s.Actions.Count(r.Context(), counted)
	if err != nil {
		return err
	}
	model := views.Actions{
		Page: s.widePage(r, filter.Environment), Counts: views.ActionCounts(counts), Paged: after != "", Path: actionsPath(filter, after),
		Rows: shown(page.Items, func(item actions.Item) views.OpenAction { return openAction(item, filter.Environment == "") }),
	}
	if model.Filters, err = s.actionFilters(r, filter); err != nil {
		return err
	}
	if work, ok := s.Steering.LastWork(); ok {
		model.Retry = retryOf(work)
	}
	if page.Next != "" {
		model.OlderURL = actionsPath(filter, page.Next)
	}
	if notice != nil {
		model.Notice = notice
	}
	return s.render(w, r, http.StatusOK, views.ActionsPage(model))
}

// actionsPath is the list with these filters, after a cursor.
func actionsPath(f actions.Filter, after string) string {
	return withQuery("/actions", f.Values(), after)
}

// readActionFilter reads the filters of an address. Those that cannot be used
// are left out, and named.
func readActionFilter(query url.Values) (actions.Filter, *views.Notice) {
	filter, err := actions.ParseFilter(query)
	if err == nil {
		return filter, nil
	}
	rest := url.Values{}
	for _, name := range actions.Parameters() {
		rest.Set(name, query.Get(name))
	}
	said := []string{"Not everything in the address could be used."}
	for _, refusal := range es.RefusalsOf(err) {
		rest.Del(refusal.Field)
		said = append(said, refusal.Field+": "+refusal.Message+".")
	}
	filter, _ = actions.ParseFilter(rest) // nothing in it is wrong any more
	return filter, &views.Notice{Bad: true, Text: strings.Join(said, " ")}
}

// actionFilters are the filters as the form shows them.
func (s *Web) actionFilters(r *http.Request, f actions.Filter) (views.ActionFilters, error) {
	offered, err := s.offers(r, eventlog.Filter{Environment: f.Environment, Source: f.Source})
	return views.ActionFilters{
		Status: string(f.Status), Source: f.Source, Action: string(f.Action), Mapping: f.Mapping, Destination: f.Destination, Class: string(f.Class),
		Reason: string(f.Reason), Webhook: f.Webhook, Environment: f.Environment,
		Sources: offered.sources, Actions: actionTypes(), Mappings: offered.mappings,
	}, err
}

func openAction(item actions.Item, mixed bool) views.OpenAction {
	a := views.OpenAction{
		ID: item.ID, Status: string(item.Status), Mapping: item.Mapping,
		What:    subjectLine(item.ActionType, action.Subject{Name: item.Name, Target: item.Target, More: item.More}),
		Webhook: item.Ref.Key, WebhookURL: eventPath(item.Webhook),
		Destination: item.Destination, Attempts: item.Attempts, Class: string(item.Class), HTTPStatus: item.HTTPStatus, Error: item.Error,
		Lacking: item.Lacking, RetryAt: moment(item.RetryAt), ChangedAt: moment(item.ChangedAt),
	}
	if item.ActionType == action.HTTPRequest {
		a.Destination = "" // its target says so
	}
	if mixed {
		a.Environment = item.Environment
	}
	return a
}

// retryAction is POST /actions/{id}/retry with may_repeat and next.
func (s *Web) retryAction(w http.ResponseWriter, r *http.Request) error {
	return s.steerAction(w, r, actionRetried, func(id string, form url.Values) error {
		_, err := s.Steering.Retry(r.Context(), id, form.Get(steer.MayRepeat) == "1", person)
		return err
	})
}

// skipAction is POST /actions/{id}/skip with note and next.
func (s *Web) skipAction(w http.ResponseWriter, r *http.Request) error {
	return s.steerAction(w, r, actionSkipped, func(id string, form url.Values) error {
		_, err := s.Steering.Skip(r.Context(), id, form.Get("note"), person)
		return err
	})
}

func (s *Web) steerAction(w http.ResponseWriter, r *http.Request, what done, do func(id string, form url.Values) error) error {
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	if err := do(respond.PathValue(r, "id"), form); err != nil {
		return err
	}
	back := "/actions"
	if next := form.Get(nextParameter); next != "" {
		back = localPath(next)
	}
	see(w, r, what.with(back))
	return nil
}

// replanEvent is POST /events/{id}/replan.
func (s *Web) replanEvent(w http.ResponseWriter, r *http.Request) error {
	id := respond.PathValue(r, "id")
	if err := s.Steering.Replan(r.Context(), id, person); err != nil {
		return err
	}
	see(w, r, planned.with(eventPath(id)))
	return nil
}

// confirmRetries is GET /actions/retry: how many that would be.
func (s *Web) confirmRetries(w http.ResponseWriter, r *http.Request) error {
	filter, notice := readActionFilter(r.URL.Query())
	if notice != nil { // what is asked about must be what is meant
		see(w, r, withQuery("/actions", r.URL.Query(), ""))
		return nil
	}
	counts, err := s.Actions.Count(r.Context(), filter)
	if err != nil {
		return err
	}
	model := views.ActionsConfirm{Page: s.widePage(r, filter.Environment), Counts: views.ActionCounts(counts), Path: actionsPath(filter, "")}
	if model.Filters, err = s.actionFilters(r, filter); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, views.ActionsConfirmPage(model))
}

// retryMany is POST /actions/retry with filters and may_repeat.
func (s *Web) retryMany(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	filter, err := actions.ParseFilter(form)
	if err != nil {
		return err
	}
	if _, err := s.Steering.RetryMany(r.Context(), filter, form.Get(steer.MayRepeat) == "1", person); err != nil {
		return err
	}
	see(w, r, retriesBegun.with(actionsPath(filter, "")))
	return nil
}

func retryOf(work longwork.Work) *views.ActionsRetry {
	retry := &views.ActionsRetry{LongWork: *workOf("Retry", work)}
	if totals, ok := work.Totals.(steer.Totals); ok {
		retry.Retried, retry.Left = totals.Retried, totals.Left
	}
	return retry
}

// soon is how far off the next try is that a page waits for.
const soon = 10 * time.Second

// moves reports whether something is being done about a webhook at this moment,
// or is so soon.
func moves(g *webhook.Generation, now es.Time) bool {
	if g.Plan == nil {
		return g.PlanParked == nil
	}
	return slices.ContainsFunc(g.Actions, func(a webhook.Action) bool {
		return !a.Status.Done() && a.RetryAt < now.Add(soon)
	})
}
