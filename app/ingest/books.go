package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"daybook/app/command"
	"daybook/domain/es"
	"daybook/domain/webhook"
)

// keepBooks appends, until ctx ends, what is appended beside answering:
// rejections as they come, and each second what was counted.
func (h *Handler) keepBooks(ctx context.Context) {
	defer close(h.stopped)
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-h.rejections.waiting:
			h.rejections.record(ctx, e)
		case <-second.C:
			h.recordCounts(ctx)
		case done := <-h.flushes:
			h.recordWaiting(ctx)
			h.recordCounts(ctx)
			close(done)
		}
	}
}

// recordWaiting records the rejections that wait now.
func (h *Handler) recordWaiting(ctx context.Context) {
	for range len(h.rejections.waiting) {
		h.rejections.record(ctx, <-h.rejections.waiting)
	}
}

func (h *Handler) recordCounts(ctx context.Context) {
	h.rejections.recordCounts(ctx, es.TimeOf(h.now()))
	for _, c := range h.duplicates.take() {
		err := h.recordDuplicates(ctx, c)
		if err == nil {
			continue
		}
		again := errors.Is(err, es.ErrUnavailable)
		if again {
			h.duplicates.giveBack(c)
		}
		h.trouble.Do(func() {
			h.logger.Warn("duplicates were not recorded", "stream", c.ref.Stream(), "n", c.n, "tried_again", again, "error", err)
		})
	}
}

func (h *Handler) recordDuplicates(ctx context.Context, c counted) error {
	ctx, cancel := context.WithTimeout(ctx, h.appendTimeout)
	defer cancel()
	_, err := h.webhooks.Handle(ctx, c.ref.Stream(), webhook.CountDuplicates{N: c.n, LastAt: c.lastAt}, command.Meta{CorrelationID: c.ref.ID()})
	return err
}

// Flush returns when all that was refused or counted before is recorded, or
// given up.
func (h *Handler) Flush(ctx context.Context) error {
	done := make(chan struct{})
	select {
	case h.flushes <- done:
	case <-h.stopped:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("flush ingest: %w", context.Cause(ctx))
	}
	select {
	case <-done:
		return nil
	case <-h.stopped:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("flush ingest: %w", context.Cause(ctx))
	}
}

// Close records what was refused or counted, and ends what the handler does
// beside answering. Call it when the server has stopped.
func (h *Handler) Close(ctx context.Context) error {
	err := h.Flush(ctx)
	h.quit()
	<-h.stopped
	h.rejections.drop()
	return err
}
