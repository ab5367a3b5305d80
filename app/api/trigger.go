package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

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
	sender, err := a.Trigger.Sender(at.Key, at.Environment)
	if err != nil {
		return err
	}
	sent, err := sender.Send(r.Context(), sample)
	if err != nil {
		return passOn(err)
	}
	a.waitForOwn(r.Context())
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

// applyWait is how long an answer waits for this instance's own read models.
const applyWait = 2 * time.Second

// waitForOwn waits, not for ever, until the read models show what was just
// appended, so that whoever asks next finds it. What was done is done whether
// they do or not.
func (a *API) waitForOwn(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, applyWait)
	defer cancel()
	if head, err := a.Store.Head(ctx); err == nil {
		_ = a.ReadModels.WaitFor(ctx, head) // as above
	}
}
