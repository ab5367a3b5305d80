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
	limit = min(max(limit, 1), MaxLimit)
	page := Page[Run]{Items: []Run{}}
	err := d.runner.View(ctx, func(v *projections.View) error {
		if err := runsPage(ctx, v, f, limit, after, &page); err != nil {
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

func runsPage(ctx context.Context, v *projections.View, f Filter, limit int, after string, page *Page[Run]) error {
	position := lastPosition
	if after != "" {
		var err error
		if position, _, err = v.ParseCursor(after); err != nil {
			return err
		}
	}
	for looked := 0; ; {
		chunk, err := runsBefore(ctx, v, f.Environment, position)
		if err != nil {
			return err
		}
		for _, run := range chunk {
			if len(page.Items) == limit || looked == maxLooked {
				page.Next, page.Partial = v.Cursor(position, ""), len(page.Items) < limit
				return nil
			}
			looked++
			position = run.Position
			if !f.contains(append(run.recipientIDs(), run.Workflow)...) {
				continue
			}
			if err := run.findCancellations(ctx, v); err != nil {
				return err
			}
			if f.Status == "" || f.Status == run.Status {
				page.Items = append(page.Items, run)
			}
		}
		if len(chunk) < chunkSize {
			return nil
		}
	}
}

const runColumns = `position, id, action, environment, at, stream, generation, revision, workflow, cancellation_key, request, known`

// runsBefore returns the next runs in the order of the list.
func runsBefore(ctx context.Context, v *projections.View, environment string, position es.Position) ([]Run, error) {
	query, args := `SELECT `+runColumns+` FROM directory_runs WHERE position < ? ORDER BY position DESC LIMIT ?`,
		[]any{int64(position), chunkSize}
	if environment != "" {
		query, args = `SELECT `+runColumns+` FROM directory_runs WHERE environment = ? AND position < ? ORDER BY position DESC LIMIT ?`,
			[]any{environment, int64(position), chunkSize}
	}
	rows, err := v.Rows(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err is asked below
	var runs []Run
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
		runs = append(runs, run)
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
		ids[i] = readRecipient(raw).id
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
			id := readRecipient(raw).id
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

// findUnknown finds which recipients were no users when the run began. Those
// that came with traits became users with it, at the run's own position.
func (r *Run) findUnknown(ctx context.Context, v *projections.View) error {
	for _, raw := range r.Recipients {
		to := readRecipient(raw)
		known := false
		if to.user {
			err := v.Row(ctx, `SELECT coalesce((SELECT traits <> '' FROM directory_changes
				WHERE environment = ? AND user = ? AND position <= ? ORDER BY position DESC, number DESC LIMIT 1), 0)`,
				r.Environment, to.id, int64(r.Position)).Scan(&known)
			if err != nil {
				return err
			}
		}
		if !known && !slices.Contains(r.UnknownRecipients, to.id) {
			r.UnknownRecipients = append(r.UnknownRecipients, to.id)
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
