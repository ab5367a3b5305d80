package web

import (
	"context"
	"errors"

	"daybook/app/detail"
	"daybook/domain/es"
	"daybook/domain/value"
	"daybook/views"
)

// maxPreprocessed is how much of what a preprocess expression gave is shown, in
// bytes.
const maxPreprocessed = 1 << 20

// preprocessed is what preprocess.… stood for in a webhook, computed again by
// the rules that were asked; nil where the source had no such expression, or
// where that is not known any more.
func (s *Web) preprocessed(ctx context.Context, d detail.Webhook) (*views.Preprocess, error) {
	rules, err := s.Configuration.Rules(ctx, d.Source, d.Environment, rulesRevision(d))
	if errors.Is(err, es.ErrUnavailable) {
		return nil, err
	}
	if err != nil || !rules.Preprocesses() {
		return nil, nil //nolint:nilerr // what cannot be known is not shown
	}
	body, err := value.Decode(d.Generation.Received.Body)
	if err != nil {
		return nil, nil //nolint:nilerr // the payload shows what is the matter
	}
	output, err := rules.Preprocess(d.Generation.Input(d.Ref, body.Value))
	if err != nil {
		return &views.Preprocess{Error: err.Error()}, nil //nolint:nilerr // it is what the page shows
	}
	text, err := value.AppendCanonical(nil, output, maxPreprocessed)
	if err != nil {
		return &views.Preprocess{Error: "what it gave cannot be shown: " + err.Error()}, nil //nolint:nilerr // likewise
	}
	return &views.Preprocess{Output: text}, nil
}
