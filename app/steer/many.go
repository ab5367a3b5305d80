package steer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"daybook/app/longwork"
	"daybook/domain/es"
	"daybook/domain/webhook"
	"daybook/projections/actions"
)

// atOnce is how many webhooks are re-armed at once.
const atOnce = 16

// ErrRunning says that many are being retried.
var ErrRunning = &es.Refusal{Code: es.Exists, Message: "a retry of many is under way; wait until it is done"}

// Totals is what a retry of many came to.
type Totals struct {
	Retried int `json:"retried"`
	// Left are those that were left as they are: they lack something, are being
	// carried out, or are uncertain and may not be done twice.
	Left int `json:"left"`
}

// RetryMany has all actions tried again that a filter selects and that can be:
// those that are uncertain only if mayRepeat takes on that they may be done
// twice. It begins that, and returns [ErrRunning] if it is under way already.
// Where it is cut short, what was done stands; begin it again for the rest.
func (s *Steering) RetryMany(ctx context.Context, f actions.Filter, mayRepeat bool, actor string) (longwork.Work, error) {
	counts, err := s.config.Actions.Count(ctx, f)
	if err != nil {
		return longwork.Work{}, err
	}
	work, ok := s.bench.Start(func(ctx context.Context, report longwork.Report) error { //nolint:contextcheck // it outlives the request
		m := &many{Steering: s, mayRepeat: mayRepeat, actor: actor, total: counts.Total, report: report}
		if err := m.run(ctx, f); err != nil {
			return fmt.Errorf("not all were retried; begin again for the rest: %w", err)
		}
		return nil
	})
	if !ok {
		return longwork.Work{}, ErrRunning
	}
	return work, nil
}

// Work returns a retry of many by its id, if it is the last one.
func (s *Steering) Work(id string) (longwork.Work, bool) { return s.bench.Get(id) }

// LastWork returns the retry of many that was begun last, if there was one.
func (s *Steering) LastWork() (longwork.Work, bool) { return s.bench.Last() }

// many is a retry of many while it is under way.
type many struct {
	*Steering
	mayRepeat bool
	actor     string
	total     int
	report    longwork.Report

	mu     sync.Mutex
	totals Totals
	last   es.Position
}

// run goes through the list. It is in the order of the plans, so what moves
// meanwhile keeps its place.
func (m *many) run(ctx context.Context, f actions.Filter) error {
	m.note(0, 0, es.Start)
	for after := ""; ; {
		page, err := m.config.Actions.List(ctx, f, actions.MaxLimit, after)
		if err != nil {
			return err
		}
		group, groupContext := errgroup.WithContext(ctx)
		group.SetLimit(atOnce)
		for _, some := range byWebhook(page.Items) {
			group.Go(func() error { return m.retry(groupContext, some) })
		}
		if err := group.Wait(); err != nil {
			return errors.Join(err, ctx.Err())
		}
		if after = page.Next; after == "" {
			return m.config.WaitFor(ctx, m.last)
		}
	}
}

// byWebhook parts items, of which those of one webhook stand together.
func byWebhook(items []actions.Item) [][]actions.Item {
	var parts [][]actions.Item
	for len(items) > 0 {
		n := 1
		for n < len(items) && items[n].Ref == items[0].Ref {
			n++
		}
		parts, items = append(parts, items[:n]), items[n:]
	}
	return parts
}

// retry has some actions of one webhook tried again.
func (m *many) retry(ctx context.Context, some []actions.Item) error {
	ids := make([]string, len(some))
	for i, item := range some {
		ids[i] = item.ID
	}
	result, err := m.handle(ctx, some[0].Ref, m.actor, func(g *webhook.Generation, n int) (webhook.Command, error) {
		if can := retryable(g, ids, m.mayRepeat); len(can) > 0 {
			return webhook.Rearm{Generation: n, Actions: can}, nil
		}
		return nil, nil //nolint:nilnil // nothing to be done
	})
	gone := errors.Is(err, es.ErrStreamDeleted) || len(es.RefusalsOf(err)) > 0
	notOurs := errors.Is(err, es.ErrUnknownType) || errors.Is(err, es.ErrNewerSchema)
	if err != nil && !gone && !notOurs {
		return err
	}
	retried := 0
	for _, fact := range result.Facts {
		if rearmed, ok := fact.Event.(webhook.ActionsRearmed); ok {
			retried += countIn(rearmed.Actions, ids)
		}
	}
	m.note(retried, len(ids)-retried, result.Position)
	return nil
}

// countIn is how many of some ids stand in a list.
func countIn(list, ids []string) int {
	n := 0
	for _, id := range ids {
		if slices.Contains(list, id) {
			n++
		}
	}
	return n
}

func (m *many) note(retried, left int, at es.Position) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.totals.Retried += retried
	m.totals.Left += left
	m.last = max(m.last, at)
	done := m.totals.Retried + m.totals.Left
	m.report(longwork.Progress{Done: uint64(done), Total: uint64(max(m.total, done))}, m.totals)
}
