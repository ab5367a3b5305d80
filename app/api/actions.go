package api

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"daybook/app/respond"
	"daybook/domain/es"
	"daybook/domain/value"
	"daybook/domain/webhook"
	"daybook/projections/actions"
)

func (a *API) listActions(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	filter, err := actions.ParseFilter(query)
	if err != nil {
		return err
	}
	n, err := limit(r)
	if err != nil {
		return err
	}
	page, err := a.Actions.List(r.Context(), filter, n, query.Get("after"))
	if err != nil {
		return err
	}
	shown := make([]actionView, len(page.Items))
	for i, item := range page.Items {
		shown[i] = actionViewOf(item)
	}
	return respond.JSON(w, http.StatusOK, listOf(shown, page.Next))
}

// actionView is an action of the list: what is not known of it is null.
type actionView struct {
	actions.Item
	Name        *string             `json:"name"`
	Target      *string             `json:"target"`
	Reason      *webhook.ParkReason `json:"reason"`
	Error       *string             `json:"error"`
	Class       *webhook.Class      `json:"class"`
	HTTPStatus  *int                `json:"http_status"`
	Destination *string             `json:"destination"`
}

func actionViewOf(item actions.Item) actionView {
	v := actionView{
		Item: item, Name: value.OrNull(item.Name), Target: value.OrNull(item.Target), Reason: value.OrNull(item.Reason),
		Error: value.OrNull(item.Error), Class: value.OrNull(item.Class), Destination: value.OrNull(item.Destination),
	}
	if item.HTTPStatus != 0 {
		v.HTTPStatus = &item.HTTPStatus
	}
	return v
}

// decodeOptional is [respond.Decode] for a call that needs no request body.
func decodeOptional(w http.ResponseWriter, r *http.Request, into any) error {
	if r.ContentLength == 0 {
		return nil
	}
	return respond.Decode(w, r, into)
}

func (a *API) retryAction(w http.ResponseWriter, r *http.Request) error {
	var request struct {
		MayRepeat bool `json:"may_repeat"`
	}
	if err := decodeOptional(w, r, &request); err != nil {
		return err
	}
	steered, err := a.Steering.Retry(r.Context(), respond.PathValue(r, "id"), request.MayRepeat, actor)
	if err != nil {
		return err
	}
	return respond.JSON(w, http.StatusOK, steered)
}

func (a *API) skipAction(w http.ResponseWriter, r *http.Request) error {
	var request struct {
		Note string `json:"note"`
	}
	if err := decodeOptional(w, r, &request); err != nil {
		return err
	}
	steered, err := a.Steering.Skip(r.Context(), respond.PathValue(r, "id"), request.Note, actor)
	if err != nil {
		return err
	}
	return respond.JSON(w, http.StatusOK, steered)
}

// retryActions begins a retry of many, or says what it would be about.
func (a *API) retryActions(w http.ResponseWriter, r *http.Request) error {
	var request struct {
		Filter    map[string]string `json:"filter"`
		MayRepeat bool              `json:"may_repeat"`
		Dry       bool              `json:"dry"`
	}
	if err := respond.Decode(w, r, &request); err != nil {
		return err
	}
	filter, err := filterOf(request.Filter)
	if err != nil {
		return err
	}
	if request.Dry {
		counts, err := a.Actions.Count(r.Context(), filter)
		if err != nil {
			return err
		}
		return respond.JSON(w, http.StatusOK, counts)
	}
	work, err := a.Steering.RetryMany(r.Context(), filter, request.MayRepeat, actor)
	if err != nil {
		return err
	}
	return respond.JSON(w, http.StatusAccepted, work)
}

// filterOf reads a filter from the members of an object, which are those of a
// query. None at all would be everything, so it has to be said.
func filterOf(members map[string]string) (actions.Filter, error) {
	if members == nil {
		return actions.Filter{}, respond.Invalid("filter", `say which actions: {"filter":{"status":"parked"}}; {"filter":{}} is all of them`)
	}
	values := url.Values{}
	var refusals es.Refusals
	for name, given := range members {
		if !slices.Contains(actions.Parameters(), name) {
			refusals = append(refusals, &es.Refusal{Code: es.Invalid, Field: "filter." + name, Message: "there is no such filter; there are " + strings.Join(actions.Parameters(), ", ")})
		}
		values.Set(name, given)
	}
	if len(refusals) > 0 {
		return actions.Filter{}, refusals
	}
	filter, err := actions.ParseFilter(values)
	for _, refusal := range es.RefusalsOf(err) {
		refusals = append(refusals, &es.Refusal{Code: refusal.Code, Field: "filter." + refusal.Field, Message: refusal.Message})
	}
	if len(refusals) > 0 {
		return actions.Filter{}, refusals
	}
	return filter, err
}

func (a *API) getRetry(w http.ResponseWriter, r *http.Request) error {
	work, ok := a.Steering.Work(respond.PathValue(r, "id"))
	if !ok {
		return respond.NotFound()
	}
	return respond.JSON(w, http.StatusOK, work)
}

func (a *API) replan(w http.ResponseWriter, r *http.Request) error {
	if err := a.Steering.Replan(r.Context(), respond.PathValue(r, "id"), actor); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
