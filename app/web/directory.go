package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"daybook/domain/action"
	"daybook/domain/value"
	"daybook/projections"
	"daybook/projections/directory"
	"daybook/views"
	"daybook/views/ui"
)

// The tabs of the directory.
const (
	tabUsers     = "users"
	tabRuns      = "runs"
	tabCancelled = "cancelled"
)

// showDirectory is GET /directory?tab=&q=: what the built-in destination holds.
func (s *Web) showDirectory(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	env := s.orFirst(environmentOf(r))
	model := views.Directory{Page: s.page(r, env), Tab: query.Get("tab"), Q: query.Get("q")}
	if !slices.Contains([]string{tabRuns, tabCancelled}, model.Tab) {
		model.Tab = tabUsers
	}
	next, partial, err := s.fillDirectory(r, &model, query.Get(afterParameter))
	if errors.Is(err, projections.ErrInvalidCursor) {
		model.Notice = &views.Notice{Bad: true, Text: "The page is not one of this log, so this is the newest."}
		next, partial, err = s.fillDirectory(r, &model, "")
	}
	if err != nil {
		return err
	}
	if partial {
		model.Notice = &views.Notice{Text: "Not everything was searched yet. “Older” goes on."}
	}
	if next != "" {
		more := url.Values{"tab": {model.Tab}, environmentQuery: {env}, afterParameter: {next}}
		if model.Q != "" {
			more.Set("q", model.Q)
		}
		model.OlderURL = "/directory?" + more.Encode()
	}
	return s.render(w, r, http.StatusOK, views.DirectoryPage(model))
}

// fillDirectory fills the chosen tab, and says where the list goes on.
func (s *Web) fillDirectory(r *http.Request, model *views.Directory, after string) (next string, partial bool, err error) {
	filter := directory.Filter{Environment: model.Environment, Q: model.Q}
	if model.Tab == tabUsers {
		page, err := s.Directory.Users(r.Context(), filter, pageRows, after)
		if err != nil {
			return "", false, err
		}
		for _, u := range page.Items {
			model.Users = append(model.Users, userOf(u))
		}
		return page.Next, page.Partial, nil
	}
	if model.Tab == tabCancelled {
		filter.Status = directory.Cancelled
	}
	page, err := s.Directory.Runs(r.Context(), filter, pageRows, after)
	if err != nil {
		return "", false, err
	}
	for _, run := range page.Items {
		model.Runs = append(model.Runs, runOf(run))
	}
	return page.Next, page.Partial, nil
}

func userOf(u directory.User) views.User {
	properties, err := json.Marshal(u.Properties)
	if err != nil {
		properties = nil // they were JSON when they were stored
	}
	return views.User{
		ID:         u.ID,
		Name:       value.OrEmpty(u.Name),
		Email:      value.OrEmpty(u.Email),
		Phone:      value.OrEmpty(u.PhoneNumber),
		Properties: properties,
		UpdatedAt:  moment(u.UpdatedAt),
		EventURL:   eventPath(u.WebhookID),
	}
}

func runOf(run directory.Run) views.Run {
	shown := views.Run{
		ID:              run.ID,
		Workflow:        run.Workflow,
		Unknown:         len(run.UnknownRecipients) > 0,
		Status:          string(run.Status),
		CancellationKey: value.OrEmpty(run.CancellationKey),
		Data:            run.Data,
		At:              moment(run.At),
		EventURL:        eventPath(run.WebhookID),
	}
	if n := len(run.Recipients); n > 0 {
		shown.Recipient = action.RecipientID(run.Recipients[0])
		if n > 1 {
			shown.Recipient += " and " + ui.Count(n-1) + " more"
		}
	}
	if len(run.Tenant) > 0 {
		shown.Tenant = action.RecipientID(run.Tenant)
	}
	return shown
}
