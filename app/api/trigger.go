package api

import (
	"encoding/json"
	"errors"
	"net/http"

	"daybook/app/respond"
	"daybook/app/trigger"
)

func (a *API) trigger(w http.ResponseWriter, r *http.Request) error {
	at, err := place(r)
	if err != nil {
		return err
	}
	request := struct {
		Type      string                     `json:"type"`
		Overrides map[string]json.RawMessage `json:"overrides"` // raw: a number stays what it is
		Count     int                        `json:"count"`
	}{Count: 1}
	if err := respond.Decode(w, r, &request); err != nil {
		return err
	}
	if request.Count < 1 {
		return respond.Invalid("count", "from 1 to %d samples are sent at once", trigger.MaxCount)
	}
	sample := trigger.Sample{Type: request.Type, Overrides: map[string]any{}, Count: request.Count}
	for path, value := range request.Overrides {
		sample.Overrides[path] = value
	}
	sent, err := a.Trigger.Send(r.Context(), at.Key, at.Environment, sample)
	if err != nil {
		return passOn(err)
	}
	return respond.JSON(w, http.StatusOK, struct {
		Items []trigger.Sent `json:"items"`
	}{sent})
}

// passOn answers with what ingest answered, if it refused a sample.
func passOn(err error) error {
	var refused *trigger.Refused
	if !errors.As(err, &refused) {
		return err
	}
	return &respond.Problem{Status: refused.Status, Code: refused.Code, Message: refused.Error()}
}
