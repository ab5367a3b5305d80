package worker

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"daybook/domain/es"
	"daybook/domain/webhook"
)

// backoff waits longer each time.
type backoff struct {
	chance func() float64
	next   time.Duration
}

// duration returns how long to wait this time: between half and all of a span
// that doubles.
func (b *backoff) duration() time.Duration {
	span := max(b.next, retryFirst)
	b.next = min(2*span, retryMost)
	return span/2 + time.Duration(b.chance()*float64(span/2))
}

// sleep waits, and reports whether ctx is still good.
func (b *backoff) sleep(ctx context.Context) bool {
	timer := time.NewTimer(b.duration())
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func isUnavailable(err error) bool {
	return errors.Is(err, es.ErrUnavailable)
}

// noteOutage says once that the store is not available, and once that it is
// again, however many webhooks wait for it.
func (w *Worker) noteOutage(err error) {
	out := isUnavailable(err)
	if w.outage.Swap(out) == out {
		return
	}
	if out {
		w.config.Logger.Warn("the event store is not available; webhooks wait to be worked", slog.Any("error", err))
	} else {
		w.config.Logger.Info("the event store is available again")
	}
}

// leave says why a webhook was not worked. That another works it, or that it
// is gone, is nothing to speak of.
func (w *Worker) leave(ref webhook.Ref, err error) {
	at := slog.String("webhook", ref.ID())
	switch {
	case errors.Is(err, webhook.ErrClaimed), errors.Is(err, webhook.ErrFenced):
		w.config.Logger.Debug("another instance works this webhook", at, slog.Any("error", err))
	case errors.Is(err, errStopping):
		w.config.Logger.Debug("this webhook is left to the next start, or to another instance", at)
	case errors.Is(err, es.ErrStreamDeleted):
		w.config.Logger.Debug("this webhook was deleted", at)
	case errors.Is(err, es.ErrUnknownType), errors.Is(err, es.ErrNewerSchema):
		w.config.Logger.Warn("a later version of Daybook wrote to this webhook's stream; it is left alone", at, slog.Any("error", err))
	default:
		w.config.Logger.Error("a webhook could not be worked; it is tried again later", at, slog.Any("error", err))
	}
}
