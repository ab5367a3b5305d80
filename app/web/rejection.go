package web

import (
	"net/http"

	"daybook/app/detail"
	"daybook/app/sources"
	"daybook/domain/rejection"
	"daybook/views"
	"daybook/views/ui"
)

// showRejection is GET /events/{id} of a refused request.
func (s *Web) showRejection(w http.ResponseWriter, r *http.Request, id string) error {
	d, err := s.Details.Rejection(r.Context(), id)
	if err != nil {
		return err
	}
	model := rejectionModel(d)
	model.Page = s.eventPage(r, d.Environment)
	if model.NewerURL, model.OlderURL, err = s.neighbours(r.Context(), id, d.Environment); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, views.EventPage(model))
}

// rejectionModel is a refused request for its page, without the page's frame.
func rejectionModel(d detail.Rejection) views.Event {
	facts := []ui.Fact{{Label: "Source", Value: ui.Line{
		{Text: d.Source, Href: sourcePath(sources.Place{Key: d.Source, Environment: d.Environment}, "settings")},
		{Text: " · " + d.Environment},
	}}}
	if d.Remote != "" {
		facts = append(facts, ui.Fact{Label: "From", Value: ui.Line{{Text: d.Remote, Kind: ui.Code}}})
	}
	if skew := skewWords(d.SkewSeconds); skew != "" {
		facts = append(facts, ui.Fact{Label: "Time", Value: ui.Text("its header says: " + skew)})
	}
	if header := signatureWords(d.Signature); header != nil {
		facts = append(facts, ui.Fact{Label: "Header", Value: header})
	}
	if d.Message != "" {
		facts = append(facts, ui.Fact{Label: "Answered", Value: ui.Text(d.Message)})
	}
	facts = append(facts, ui.Fact{Label: "Stream", Value: streamLine(d.Stream)})

	at := ""
	if ref, err := rejection.ParseID(d.ID); err == nil {
		at = revisionPath(d.Stream, ref.Revision)
	}
	return views.Event{
		Row:    rowOf(d.Item, false),
		Stream: string(d.Stream),
		Facts:  facts,
		Timeline: []views.Step{{
			At: d.ReceivedAt.Time(), Title: "Refused", State: "bad", URL: at,
			Detail: ui.Text(ui.Plural(d.Deliveries, "request") + ", nothing else was done"),
		}},
		Headers: headersOf(d.Headers),
		Rejection: &views.Rejection{
			Cause:   d.Cause,
			Excerpt: []byte(d.Excerpt),
			Cut:     d.Size > rejection.MaxExcerpt,
			Size:    int(d.Size),
			Remote:  d.Remote,
			Advice:  d.Advice(),
			Tried:   d.OtherSecrets,
		},
	}
}

// signatureWords says what a signature header had.
func signatureWords(header *rejection.SignatureHeader) ui.Line {
	if header == nil {
		return nil
	}
	line := ui.Text("the parts ")
	for i, name := range header.Parts {
		if i > 0 {
			line = append(line, ui.Span{Text: ", "})
		}
		line = append(line, ui.Span{Text: name, Kind: ui.Code})
	}
	return append(line, ui.Span{Text: "; " + ui.Plural(header.Signatures, "signature") + " of the kind that counts"})
}
