package api

import (
	"net/http"
	"slices"

	"daybook/app/alerts"
	"daybook/app/respond"
	"daybook/domain/alert"
	"daybook/domain/environment"
	"daybook/domain/source"
)

func (a *API) listAlerts(w http.ResponseWriter, r *http.Request) error {
	scope, err := scopeOf(r)
	if err != nil {
		return err
	}
	found := a.Alerts.List(scope.Environment())
	if text := r.URL.Query().Get("status"); text != "" {
		status := alerts.Status(text)
		if !slices.Contains([]alerts.Status{alerts.Open, alerts.Acknowledged, alerts.Resolved}, status) {
			return respond.Invalid("status", "is one of open, acknowledged, resolved")
		}
		found = slices.DeleteFunc(found, func(v alerts.View) bool { return v.Status != status })
	}
	page, err := pageOf(r, found, func(v alerts.View) string { return v.ID })
	if err != nil {
		return err
	}
	return respond.JSON(w, http.StatusOK, page)
}

// scopeOf is the environment of ?environment=, or Daybook as a whole.
func scopeOf(r *http.Request) (alert.Scope, error) {
	slug := r.URL.Query().Get("environment")
	if slug != "" && !environment.IsSlug(slug) {
		return "", respond.Invalid("environment", "is written with a-z, 0-9, _ and -, at most 63 characters")
	}
	return alert.ScopeOf(slug), nil
}

func (a *API) acknowledgeAlert(w http.ResponseWriter, r *http.Request) error {
	view, err := a.Alerts.Acknowledge(r.Context(), respond.PathValue(r, "id"), actor)
	if err != nil {
		return err
	}
	return respond.JSON(w, http.StatusOK, view)
}

func (a *API) resolveAlert(w http.ResponseWriter, r *http.Request) error {
	view, err := a.Alerts.Resolve(r.Context(), respond.PathValue(r, "id"), actor)
	if err != nil {
		return err
	}
	return respond.JSON(w, http.StatusOK, view)
}

func (a *API) listAlertSettings(w http.ResponseWriter, r *http.Request) error {
	page, err := pageOf(r, a.Alerts.AllSettings(), func(s alerts.Settings) string {
		if s.Environment == nil {
			return ""
		}
		return *s.Environment
	})
	if err != nil {
		return err
	}
	return respond.JSON(w, http.StatusOK, page)
}

// putAlertSettings changes what the request says; what it leaves out stays.
func (a *API) putAlertSettings(w http.ResponseWriter, r *http.Request) error {
	scope, err := scopeOf(r)
	if err != nil {
		return err
	}
	var request struct {
		URL       *string                     `json:"url"`
		Refusals  *int                        `json:"refusals"`
		Silence   *source.Duration            `json:"silence"`
		SilenceOf *map[string]source.Duration `json:"silence_of"`
		Lag       *source.Duration            `json:"lag"`
		DiskFree  *int                        `json:"disk_free"`
	}
	if err := respond.Decode(w, r, &request); err != nil {
		return err
	}
	present := a.Alerts.Settings(scope)
	settings, err := a.Alerts.Configure(r.Context(), scope, alerts.Put{URL: request.URL, Thresholds: alert.Thresholds{
		Refusals: given(request.Refusals, present.Refusals), Silence: given(request.Silence, present.Silence),
		SilenceOf: given(request.SilenceOf, present.SilenceOf), Lag: given(request.Lag, present.Lag),
		DiskFree: given(request.DiskFree, present.DiskFree),
	}}, actor)
	if err != nil {
		return err
	}
	return respond.JSON(w, http.StatusOK, settings)
}

// given is what a request says, or else what is.
func given[T any](said *T, present T) T {
	if said != nil {
		return *said
	}
	return present
}
