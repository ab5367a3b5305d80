package ingest

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"

	"daybook/app/command"
	"daybook/domain/es"
	"daybook/domain/webhook"
)

// receive appends a request that passed all checks, and says what became of it.
func (h *Handler) receive(ctx context.Context, r *http.Request, a *arrival) *answer {
	receipt, err := h.readReceipt(ctx, r, a)
	if err != nil {
		return overloaded()
	}
	receipt.OldToken = a.endpoint.OldToken(r.PathValue("token"))
	receipt.Remote = addressText(a.remote)
	receipt.Instance = h.instance

	var generated uuid.UUID
	if receipt.KeyProblem != "" {
		generated = uuid.New()
	}
	ref := webhook.Ref{
		Environment: a.endpoint.Environment, Source: a.endpoint.Source,
		Key: receipt.StreamKey(generated), Generation: 1,
	}
	if known, counted := h.duplicates.count(ref.Stream(), a.at); counted {
		return duplicate(known)
	}

	answer, err := h.record(ctx, a, ref, webhook.Receive{
		At: a.at, Body: a.body, Receipt: receipt, Window: time.Duration(a.endpoint.Settings.IdempotencyWindow),
	})
	switch {
	case err == nil:
		return answer
	case errors.Is(err, es.ErrStreamDeleted): // it was erased, and stays so
		return duplicate(ref)
	case errors.Is(err, es.ErrTooLarge):
		return bodyTooLarge(h.maxBody)
	default:
		h.trouble.Do(func() {
			h.logger.Error("a webhook was not recorded; its sender is asked to send it again", "stream", ref.Stream(), "error", err)
		})
		return storeUnavailable()
	}
}

// readReceipt reads what a request says of itself. Where the source's preprocess
// expression has to run for it, only so many do at once, as each may take a
// few megabytes; the error is that of ctx, which ended before there was room.
func (h *Handler) readReceipt(ctx context.Context, r *http.Request, a *arrival) (webhook.Receipt, error) {
	if a.paths.ReadsPreprocess() {
		if err := h.preprocessing.Acquire(ctx, 1); err != nil {
			return webhook.Receipt{}, err
		}
		defer h.preprocessing.Release(1)
	}
	return a.receipt(r.Header), nil
}

// receipt is what is known of a request that passed the checks, but for who
// sent it and who took it.
func (a *arrival) receipt(header http.Header) webhook.Receipt {
	receipt := a.paths.ReadReceipt(a.body, a.decoded, webhook.KeptHeaders(header, a.secrets))
	receipt.Verification = a.verification
	receipt.ConfigurationRevision = a.endpoint.Revision
	receipt.Flags = a.flags
	return receipt
}

// record appends what the domain decides of a delivery: with one append and no
// read if the key is new. It tries again for as long as others are faster, or
// until ctx ends.
func (h *Handler) record(ctx context.Context, a *arrival, ref webhook.Ref, c webhook.Receive) (*answer, error) {
	var loaded command.Loaded[webhook.State]
	stream := ref.Stream()
	for {
		answer, err := h.try(ctx, a, ref, loaded, c)
		if !errors.Is(err, es.ErrConflict) {
			return answer, err
		}
		if err := ctx.Err(); err != nil {
			return nil, errors.Join(es.ErrUnavailable, err)
		}
		if loaded, err = h.webhooks.Load(ctx, stream); err != nil {
			return nil, err
		}
	}
}

func (h *Handler) try(ctx context.Context, a *arrival, ref webhook.Ref, loaded command.Loaded[webhook.State], c webhook.Receive) (*answer, error) {
	if loaded.State.CountsDuplicates(c.At, c.Window) {
		ref.Generation = len(loaded.State.Generations)
		return duplicate(ref), h.countDuplicate(ctx, ref, loaded, c.At)
	}
	decided, err := webhook.Decide(loaded.State, c)
	if err != nil {
		return nil, err
	}
	expected := loaded.Expected()
	ref.Generation = len(loaded.State.Generations) + 1
	repeated, isDuplicate := decided[0].(webhook.DuplicateReceived)
	if isDuplicate {
		// It is one whatever else happens meanwhile, so 64 copies at once do not
		// wait for one another.
		ref.Generation, expected = repeated.Generation, es.Any()
	}
	result, err := h.webhooks.Append(ctx, ref.Stream(), loaded, expected, decided, command.Meta{CorrelationID: ref.ID()})
	if err != nil {
		return nil, err
	}
	if isDuplicate {
		return duplicate(ref), nil
	}
	if h.accepted != nil {
		last := result.Facts[len(result.Facts)-1]
		h.accepted(Accepted{
			Ref:    ref,
			Loaded: command.Loaded[webhook.State]{State: result.State, Revision: last.Revision, Exists: true},
			Body:   a.decoded,
		})
	}
	return accepted(ref), nil
}

// countDuplicate counts a delivery that is one too many to be recorded for
// itself. Where too many streams are being counted it is recorded at once.
func (h *Handler) countDuplicate(ctx context.Context, ref webhook.Ref, loaded command.Loaded[webhook.State], at es.Time) error {
	if h.duplicates.begin(ref, at) {
		return nil
	}
	decided, err := webhook.Decide(loaded.State, webhook.CountDuplicates{N: 1, LastAt: at})
	if err != nil {
		return err
	}
	_, err = h.webhooks.Append(ctx, ref.Stream(), loaded, es.Any(), decided, command.Meta{CorrelationID: ref.ID()})
	return err
}
