package api

import (
	"net/http"

	"daybook/app/respond"
	"daybook/app/trigger"
)

func (a *API) trigger(w http.ResponseWriter, r *http.Request) error {
	at, err := place(r)
	if err != nil {
		return err
	}
	var sample trigger.Sample
	if err := respond.Decode(w, r, &sample); err != nil {
		return err
	}
	sender, err := a.Trigger.Sender(at.Key, at.Environment)
	if err != nil {
		return err
	}
	sent, err := sender.Send(r.Context(), sample)
	if err != nil {
		return err
	}
	respond.JSON(w, http.StatusOK, struct {
		Items []trigger.Sent `json:"items"`
	}{sent})
	return nil
}
