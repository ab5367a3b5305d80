package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"daybook/domain/es"
	"daybook/domain/webhook"
	"daybook/projections"
)

// Runs returns at most limit workflow runs, the newest first, those after the
// cursor if there is one. It returns [projections.ErrInvalidCursor] for a
// cursor that is not one of this log's.
func (d *Directory) Runs(ctx context.Context, f Filter, limit int, after string) (Page[Run], error) {
	var page Page[Run]
	err := d.runner.View(ctx, func(v *projections.View) error {
		err := walk(v, &page, limit, after,
			func(behind place) ([]placed[Run], error) { return runsBehind(ctx, v, f.Environment, behind) },
			func(run *Run) (bool, error) { return run.isWanted(ctx, v, f) })
		if err != nil {
			return err
		}
		for i := range page.Items {
			if err := page.Items[i].findUnknown(ctx, v); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = d.addData(ctx, page.Items)
	}
	if err != nil {
		return Page[Run]{}, fmt.Errorf("list workflow runs: %w", err)
	}
	return page, nil
}

// isWanted reports whether a filter selects the run, and finds out where it
// stands.
func (r *Run) isWanted(ctx context.Context, v *projections.View, f Filter) (bool, error) {
	recipients := r.recipientIDs()
	if f.ID != "" && !slices.Contains(recipients, f.ID) || !f.contains(append(recipients, r.Workflow)...) {
		return false, nil
	}
	err := r.findCancellations(ctx, v)
	return f.Status == "" || f.Status == r.Status, err
}

const runColumns = `position, id, action, environment, at, stream, generation, revision, workflow, cancellation_key, request, known`

// runsBehind returns the next runs in the order of the list.
func runsBehind(ctx context.Context, v *projections.View, environment string, at place) ([]placed[Run], error) {
	query, args := `SELECT `+runColumns+` FROM directory_runs WHERE position < ? ORDER BY position DESC LIMIT ?`,
		[]any{int64(at.position), chunkSize}
	if environment != "" {
		query, args = `SELECT `+runColumns+` FROM directory_runs WHERE environment = ? AND position < ? ORDER BY position DESC LIMIT ?`,
			[]any{environment, int64(at.position), chunkSize}
	}
	rows, err := v.Rows(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err is asked below
	var runs []placed[Run]
	for rows.Next() {
		var run Run
		var position, revision int64
		var generation int
		var cancellationKey, kept string
		var known bool
		err := rows.Scan(&position, &run.ID, &run.Action, &run.Environment, &run.At, &run.Plan.Stream, &generation, &revision, &run.Workflow,
			&cancellationKey, &kept, &known)
		if err != nil {
			return nil, err
		}
		run.Position, run.Plan.Revision, run.LeftOut = es.Position(position), es.Revision(revision), !known
		run.WebhookID, run.Status = webhookID(run.Plan.Stream, generation), Triggered
		if cancellationKey != "" {
			run.CancellationKey = &cancellationKey
		}
		if err := run.readParties(kept); err != nil {
			return nil, err
		}
		runs = append(runs, placed[Run]{run, place{position: run.Position}})
	}
	return runs, rows.Err()
}

func (r *Run) readParties(kept string) error {
	var p parties
	if err := json.Unmarshal([]byte(kept), &p); err != nil {
		return fmt.Errorf("read the request of %s: %w", r.ID, err)
	}
	r.Recipients, r.Tenant, r.Actor = p.Recipients, p.Tenant, p.Actor
	if r.Recipients == nil {
		r.Recipients = []json.RawMessage{}
	}
	r.UnknownRecipients, r.CancelledRecipients = []string{}, []string{}
	return nil
}

func (r *Run) recipientIDs() []string {
	ids := make([]string, len(r.Recipients))
	for i, raw := range r.Recipients {
		ids[i] = readRecipient(r.Environment, raw).name()
	}
	return ids
}

// findCancellations finds for whom the run was cancelled after it began.
func (r *Run) findCancellations(ctx context.Context, v *projections.View) error {
	if r.CancellationKey == nil {
		return nil
	}
	rows, err := v.Rows(ctx, `SELECT recipients FROM directory_cancellations
		WHERE environment = ? AND workflow = ? AND cancellation_key = ? AND position > ? ORDER BY position`,
		r.Environment, r.Workflow, *r.CancellationKey, int64(r.Position))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // Err is asked below
	ids := r.recipientIDs()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		var only []json.RawMessage
		if text == "" {
			r.CancelledRecipients = ids
			break
		}
		if err := json.Unmarshal([]byte(text), &only); err != nil {
			return fmt.Errorf("read a cancellation of %s: %w", *r.CancellationKey, err)
		}
		for _, raw := range only {
			id := readRecipient(r.Environment, raw).name()
			if slices.Contains(ids, id) && !slices.Contains(r.CancelledRecipients, id) {
				r.CancelledRecipients = append(r.CancelledRecipients, id)
			}
		}
	}
	if !slices.ContainsFunc(ids, func(id string) bool { return !slices.Contains(r.CancelledRecipients, id) }) && len(r.CancelledRecipients) > 0 {
		r.Status = Cancelled
	}
	return rows.Err()
}

// findUnknown finds which recipients were not known when the run began. Those
// that came with traits became known with it, at the run's own position.
func (r *Run) findUnknown(ctx context.Context, v *projections.View) error {
	for _, raw := range r.Recipients {
		to := readRecipient(r.Environment, raw)
		known := false
		err := v.Row(ctx, `SELECT coalesce((SELECT said <> '' FROM directory_changes
			WHERE environment = ? AND kind = ? AND collection = ? AND id = ? AND position <= ? ORDER BY position DESC, number DESC LIMIT 1), 0)`,
			append(to.columns(), int64(r.Position))...).Scan(&known)
		if err != nil {
			return err
		}
		if !known && !slices.Contains(r.UnknownRecipients, to.name()) {
			r.UnknownRecipients = append(r.UnknownRecipients, to.name())
		}
	}
	return nil
}

// addData reads the data of runs from the plans that hold them.
func (d *Directory) addData(ctx context.Context, runs []Run) error {
	for i := range runs {
		if runs[i].LeftOut {
			continue
		}
		if err := d.readData(ctx, &runs[i]); err != nil {
			return fmt.Errorf("read the data of run %s: %w", runs[i].ID, err)
		}
	}
	return nil
}

func (d *Directory) readData(ctx context.Context, run *Run) error {
	for recorded, err := range d.store.ReadStream(ctx, run.Plan.Stream, run.Plan.Revision, es.Forward) {
		if errors.Is(err, es.ErrStreamDeleted) {
			return nil // erased since: the data is gone, and the run soon is
		}
		if err != nil {
			return err
		}
		fact, err := d.codec.Decode(recorded)
		if err != nil {
			return err
		}
		plan, _ := fact.Event.(webhook.ActionsPlanned)
		for _, a := range plan.Actions {
			if a.ID != run.Action {
				continue
			}
			var request struct {
				Data json.RawMessage `json:"data"`
			}
			if err := json.Unmarshal(a.Payload, &request); err != nil {
				return err
			}
			run.Data = request.Data
		}
		return nil
	}
	return nil
}
