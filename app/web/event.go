package web

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"daybook/app/detail"
	"daybook/app/replay"
	"daybook/app/respond"
	"daybook/app/sources"
	"daybook/domain/es"
	"daybook/domain/rejection"
	"daybook/domain/rule"
	"daybook/domain/signature"
	"daybook/domain/webhook"
	"daybook/projections/eventlog"
	"daybook/views"
	"daybook/views/ui"
)

// showEvent is GET /events/{id}: a webhook, or a rejection.
func (s *Web) showEvent(w http.ResponseWriter, r *http.Request) error {
	id := respond.PathValue(r, "id")
	if rejection.IsID(id) {
		return s.showRejection(w, r, id)
	}
	d, err := s.Details.Webhook(r.Context(), id)
	if err != nil {
		return err
	}
	if err := s.renderAgain(r.Context(), &d); err != nil {
		return err
	}
	at := sources.Place{Key: d.Source, Environment: d.Environment}
	j, connected, err := s.judged(r.Context(), at, rulesRevision(d))
	if err != nil {
		return err
	}
	model := webhookModel(d, j, connected)
	if model.Preprocess, err = s.preprocessed(r.Context(), d); err != nil {
		return err
	}
	model.Page = s.eventPage(r, d.Environment)
	model.Moving = moves(d.Generation, es.TimeOf(s.Now()))
	if connected {
		model.MappingURL = newMappingPath(at, d)
	}
	model.Payload.Raw = r.URL.Query().Get("view") == "raw"
	if model.NewerURL, model.OlderURL, err = s.neighbours(r.Context(), id, d.Environment); err != nil {
		return err
	}
	if rules := r.URL.Query().Get("replay"); rules != "" {
		if model.Replay, err = s.dryReplay(r.Context(), id, replay.Rules(rules), at); err != nil {
			return err
		}
	}
	return s.render(w, r, http.StatusOK, views.EventPage(model))
}

// eventPage is the frame of a webhook. Elsewhere there is no such webhook: the
// switch leads to the logs.
func (s *Web) eventPage(r *http.Request, env string) views.Page {
	page := s.page(r, env)
	for i, link := range page.Environments {
		page.Environments[i].URL = logPath(eventlog.Filter{Environment: link.Slug}, "")
	}
	return page
}

// neighbours are the pages of the next newer and older item. There are none
// while the read model has not heard of this one.
func (s *Web) neighbours(ctx context.Context, id, env string) (newer, older string, err error) {
	newer, older, err = s.Events.Neighbours(ctx, id, eventlog.Filter{Environment: env})
	if errors.Is(err, eventlog.ErrNotFound) {
		return "", "", nil
	}
	return eventPath(newer), eventPath(older), err
}

// eventPath is the page of an item; empty for none.
func eventPath(id string) string {
	if id == "" {
		return ""
	}
	return "/events/" + url.PathEscape(id)
}

// rulesRevision is the revision of the rules that were asked: the plan's, or
// while there is none that in force at receipt.
func rulesRevision(d detail.Webhook) es.Revision {
	if plan := d.Generation.Plan; plan != nil {
		return plan.ConfigurationRevision
	}
	return d.ConfigurationRevision
}

// judged reads the mappings of a source as they were at a revision, and as
// they are. What they were may not be known any more; then it is not shown.
func (s *Web) judged(ctx context.Context, at sources.Place, revision es.Revision) (j judged, connected bool, err error) {
	state, _ := s.Configuration.Source(at.Key)
	env, connected := state.Environments[at.Environment]
	j = judged{at: at, now: byKey(env.Mappings)}
	if connected && revision >= env.Revision && revision <= state.Revision {
		j.then = j.now
		return j, connected, nil
	}
	was, err := s.Configuration.SourceAt(ctx, at.Key, revision)
	switch {
	case errors.Is(err, es.ErrUnavailable):
		return j, connected, err
	case err == nil:
		j.then = byKey(was.Environments[at.Environment].Mappings)
	}
	return j, connected, nil
}

func byKey(mappings []rule.Mapping) map[string]rule.Mapping {
	keyed := make(map[string]rule.Mapping, len(mappings))
	for _, m := range mappings {
		keyed[m.Key] = m
	}
	return keyed
}

// webhookModel is a webhook for its page, without the page's frame.
func webhookModel(d detail.Webhook, j judged, connected bool) views.Event {
	explained := whyOf(d, j, connected)
	path := eventPath(d.ID)
	body := d.Generation.Received.Body
	return views.Event{
		Row:        rowOf(d.Item, false),
		Stream:     string(d.Stream),
		EventID:    d.EventID,
		Why:        explained.line,
		WhyURL:     explained.url,
		WhyDo:      explained.do,
		Facts:      webhookFacts(d),
		Timeline:   timelineOf(d),
		Actions:    actionsOf(d),
		PlanParked: d.Generation.PlanParked != nil,
		Mappings:   j.verdicts(d.Mappings),
		Payload: views.Payload{
			Body: body, Size: len(body),
			RawURL:  "/api/v1" + path + "/raw",
			TreeURL: path,
			TextURL: path + "?view=raw",
			Hits:    hitsOf(d.Mappings),
		},
		Headers:      headersOf(d.Headers),
		Verification: verificationOf(d.Verification),
		Generations:  generationsOf(d.Ref, d.Generations),
	}
}

func webhookFacts(d detail.Webhook) []ui.Fact {
	var facts []ui.Fact
	receipt := d.Generation.Received.Receipt
	if object := objectLine(d.ObjectID, receipt.Related); len(object) > 0 {
		facts = append(facts, ui.Fact{Label: "Object", Value: object})
	}
	facts = append(facts,
		ui.Fact{Label: "Source", Value: ui.Line{
			{Text: d.Source, Href: sourcePath(sources.Place{Key: d.Source, Environment: d.Environment}, "events")},
			{Text: fmt.Sprintf(" · %s · rules revision %d", d.Environment, rulesRevision(d))},
		}},
		ui.Fact{Label: "Received", Value: ui.Text(spoken(d.ReceivedAt) + occurredBefore(d.OccurredAt, d.ReceivedAt))},
	)
	if d.KeyProblem != "" || d.IdempotencyKey != d.EventID { // else it stands beside the title
		facts = append(facts, ui.Fact{Label: "Key", Value: keyLine(d)})
	}
	if cause := receipt.Verification.Cause; cause != "" {
		facts = append(facts, ui.Fact{Label: "Not verified", Value: views.RejectedLine(string(cause), "")})
	}
	if len(d.Flags) > 0 {
		facts = append(facts, ui.Fact{Label: "Oddities", Value: ui.Text(strings.Join(d.Flags, "; "))})
	}
	return append(facts, ui.Fact{Label: "Stream", Value: streamLine(d.Stream)})
}

// maxRelated is how many other objects the facts name.
const maxRelated = 5

// objectLine is what a webhook is about, and what else it names.
func objectLine(object string, related []string) ui.Line {
	var line ui.Line
	if object != "" {
		line = append(line, ui.Span{Text: object, Kind: ui.Code, Href: ui.ObjectURL(object)})
	}
	for _, id := range related[:min(len(related), maxRelated)] {
		if len(line) > 0 {
			line = append(line, ui.Span{Text: " · ", Kind: ui.Faint})
		}
		line = append(line, ui.Span{Text: id, Kind: ui.Code, Href: ui.ObjectURL(id)})
	}
	return line
}

// occurredBefore says how long before it was received something occurred, by
// the provider's clock.
func occurredBefore(occurred, received es.Time) string {
	switch d := received.Sub(occurred); {
	case occurred.IsZero():
		return ""
	case d < 0:
		return ", " + ui.Took(-d) + " before it occurred by the provider's clock"
	default:
		return ", " + ui.Took(d) + " after it occurred"
	}
}

// keyLine is the idempotency key, or why there is none.
func keyLine(d detail.Webhook) ui.Line {
	switch d.KeyProblem {
	case "":
		return ui.Line{{Text: d.IdempotencyKey, Kind: ui.Code}}
	case webhook.KeyOff:
		return ui.Text("idempotency is off; this delivery has a key of its own")
	case webhook.KeyPreprocess:
		return ui.Text("the preprocess expression failed, so this delivery has a key of its own")
	default:
		return ui.Line{
			{Text: strings.ReplaceAll(string(d.KeyProblem), "_", " "), Kind: ui.Hit},
			{Text: " at the key path, so this delivery has a key of its own"},
		}
	}
}

func streamLine(stream es.Stream) ui.Line {
	return ui.Line{{Text: string(stream), Kind: ui.Code, Href: streamPath(stream)}}
}

func actionsOf(d detail.Webhook) []views.Action {
	shown := make([]views.Action, len(d.Actions))
	for i, a := range d.Actions {
		shown[i] = views.Action{
			ID:       a.ID,
			Type:     string(a.ActionType),
			Mapping:  a.Mapping,
			Status:   string(a.Status),
			What:     actionLine(a.ActionType, a.Payload),
			Attempts: attemptsOf(a.Attempts),
			Lacking:  d.Generation.Actions[i].Problem != nil,
			Payload:  a.Payload,
			Result:   a.Result,
		}
		if a.Error != nil {
			shown[i].Error = *a.Error
		}
		if a.RetryAt != nil {
			shown[i].RetryAt = moment(*a.RetryAt)
		}
	}
	return shown
}

func attemptsOf(all []webhook.Attempt) []views.Attempt {
	shown := make([]views.Attempt, len(all))
	for i, a := range all {
		shown[i] = views.Attempt{
			Number: a.Number, At: a.At.Time(), Outcome: string(a.Outcome), Class: string(a.Class), HTTPStatus: a.HTTPStatus,
			Took: time.Duration(a.DurationMS) * time.Millisecond, Request: a.Request, Answer: a.Answer, Error: a.Error, RetryAt: moment(a.RetryAt),
		}
	}
	return shown
}

func headersOf(headers map[string]string) []views.Header {
	shown := make([]views.Header, 0, len(headers))
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		shown = append(shown, views.Header{Name: name, Value: headers[name]})
	}
	return shown
}

func verificationOf(v signature.Verification) views.Verification {
	return views.Verification{
		Status:      strings.ReplaceAll(string(v.Status), "_", " "),
		Scheme:      v.Scheme,
		Fingerprint: v.SecretFingerprint,
		Skew:        skewWords(v.SkewSeconds),
	}
}

// skewWords says how a signature's time stands to ours.
func skewWords(seconds *int64) string {
	switch {
	case seconds == nil:
		return ""
	case *seconds == 0:
		return "signed in the second in which it arrived"
	case *seconds < 0:
		return "signed " + ui.Took(span(-*seconds)) + " before it arrived"
	default:
		return "signed " + ui.Took(span(*seconds)) + " after it arrived, by our clock"
	}
}

// span is a number of seconds as a duration; what is too long for one is the
// longest.
func span(seconds int64) time.Duration {
	const most = int64(1<<63-1) / int64(time.Second)
	if seconds < 0 || seconds > most { // -MinInt64 is negative
		seconds = most
	}
	return time.Duration(seconds) * time.Second
}

// maxLives is how many lives of a key are linked.
const maxLives = 20

// generationsOf links the lives of a stream, if there are several.
func generationsOf(ref webhook.Ref, n int) []ui.Span {
	if n < 2 {
		return nil
	}
	var spans []ui.Span
	for i := max(1, n-maxLives+1); i <= n; i++ {
		if len(spans) > 0 {
			spans = append(spans, ui.Span{Text: " · ", Kind: ui.Faint})
		}
		if i == ref.Generation {
			spans = append(spans, ui.Span{Text: fmt.Sprintf("%d (this one)", i)})
			continue
		}
		other := ref
		other.Generation = i
		spans = append(spans, ui.Span{Text: fmt.Sprint(i), Href: eventPath(other.ID())})
	}
	return spans
}
