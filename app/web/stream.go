package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"daybook/app/respond"
	"daybook/domain/environment"
	"daybook/domain/es"
	"daybook/domain/rejection"
	"daybook/domain/webhook"
	"daybook/projections"
	"daybook/views"
	"daybook/views/ui"
)

// window is how many recorded events the page of a stream lists.
const window = 50

// showStreams is GET /streams?prefix=.
func (s *Web) showStreams(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	env := environmentOf(r)
	model := views.Streams{Page: s.widePage(r, env), Prefix: query.Get("prefix")}
	page, err := s.Streams.List(r.Context(), model.Prefix, pageRows, query.Get(afterParameter))
	if errors.Is(err, projections.ErrInvalidCursor) {
		model.Notice = &views.Notice{Bad: true, Text: "The address names no page of this list, so this is its beginning."}
		page, err = s.Streams.List(r.Context(), model.Prefix, pageRows, "")
	}
	if err != nil {
		return err
	}
	for _, one := range page.Streams {
		model.Streams = append(model.Streams, views.StreamItem{
			Name: string(one.Name), Events: int(one.Events), LastType: one.LastType, LastAt: moment(one.LastAt),
		})
	}
	if page.Next != "" {
		more := url.Values{afterParameter: {page.Next}}
		for name, value := range map[string]string{"prefix": model.Prefix, environmentQuery: env} {
			if value != "" {
				more.Set(name, value)
			}
		}
		model.OlderURL = "/streams?" + more.Encode()
	}
	return s.render(w, r, http.StatusOK, views.StreamsPage(model))
}

// showStream is GET /streams/{name}?at=N: recorded events around one of them,
// the newest if none is named.
func (s *Web) showStream(w http.ResponseWriter, r *http.Request) error {
	name := es.Stream(respond.PathValue(r, "name"))
	newest, err := s.Details.Newest(r.Context(), name)
	if err != nil {
		return err
	}
	last := newest.Revision
	at, err := selectedRevision(r.URL.Query().Get("at"), last)
	if err != nil {
		return err
	}
	first := at - min(at, window/2)
	around, more, err := s.Details.Stream(r.Context(), name, first, es.Forward, window)
	if err != nil {
		return err
	}
	read, err := s.readKind(r.Context(), name, at, around[len(around)-1].Revision)
	if err != nil {
		return err
	}
	model := streamModel(name, around, at, read)
	model.Page = s.widePage(r, cmp.Or(environmentIn(name), environmentOf(r)))
	model.Last = uint64(last)
	if more {
		model.LaterURL = revisionPath(name, around[len(around)-1].Revision+1)
	}
	if first > 0 && around[0].Revision == first { // what was cut is not earlier, it is gone
		model.EarlierURL = revisionPath(name, first-1)
	}
	return s.render(w, r, http.StatusOK, views.StreamPage(model))
}

// environmentIn is the environment that a stream's name says it belongs to;
// empty for streams of none.
func environmentIn(name es.Stream) string {
	if ref, err := webhook.ParseStream(name); err == nil {
		return ref.Environment
	}
	if ref, err := rejection.ParseStream(name); err == nil {
		return ref.Environment
	}
	slug, _ := environment.Slug(name)
	return slug
}

// selectedRevision reads ?at=.
func selectedRevision(text string, last es.Revision) (es.Revision, error) {
	if text == "" {
		return last, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, respond.Invalid("at", "a revision is a number from 0")
	}
	if at := es.Revision(n); at <= last {
		return at, nil
	}
	return 0, &es.Refusal{Code: es.NotFound, Message: fmt.Sprintf("the stream has no revision %d; its newest is %d", n, last)}
}

// streamPath is the page of a stream.
func streamPath(name es.Stream) string { return "/streams/" + url.PathEscape(string(name)) }

func revisionPath(name es.Stream, revision es.Revision) string {
	return streamPath(name) + "?at=" + strconv.FormatUint(uint64(revision), 10)
}

// streamModel is a part of a stream for its page, without the page's frame.
func streamModel(name es.Stream, around []es.Recorded, at es.Revision, read reading) views.Stream {
	model := views.Stream{Name: string(name), State: read.state}
	selected := around[len(around)-1]
	for i := len(around) - 1; i >= 0 && around[i].Revision >= at; i-- {
		selected = around[i] // the nearest later one, where the very one was cut
	}
	for _, recorded := range around {
		model.Records = append(model.Records, recordOf(recorded, read))
	}
	model.Selected = &views.Recorded{
		Record:   recordOf(selected, read),
		ID:       selected.ID.String(),
		Position: strconv.FormatUint(uint64(selected.Position), 10),
		Data:     selected.Data,
		Metadata: selected.Metadata,
	}
	model.EventURL = eventOf(name, selected, read)
	return model
}

func recordOf(recorded es.Recorded, read reading) views.Record {
	record := views.Record{
		Revision: uint64(recorded.Revision),
		Type:     recorded.Type,
		Size:     len(recorded.Data),
		Summary:  read.summaries[recorded.Revision],
	}
	if meta, err := es.DecodeMetadata(recorded.Metadata); err == nil {
		record.At = meta.At.Time()
	}
	return record
}

// eventOf is the page of the webhook or rejection that a recorded event is
// about; empty if it is about none.
func eventOf(name es.Stream, selected es.Recorded, read reading) string {
	if ref, err := webhook.ParseStream(name); err == nil {
		ref.Generation = max(read.generation, 1)
		return eventPath(ref.ID())
	}
	if ref, err := rejection.ParseStream(name); err == nil {
		ref.Revision = selected.Revision
		return eventPath(ref.ID())
	}
	return ""
}

// reading is what the events of a stream say, where its kind is known.
type reading struct {
	summaries  map[es.Revision]string
	state      []ui.Fact // up to the selected event
	generation int       // of a webhook, that of the selected event
}

// readKind folds a stream up to the selected event, and reads what its events say
// up to the last one that is listed.
func (s *Web) readKind(ctx context.Context, name es.Stream, at, until es.Revision) (reading, error) {
	fold := folderOf(name)
	if fold == nil {
		return reading{}, nil
	}
	read := reading{summaries: map[es.Revision]string{}}
	for recorded, err := range s.Store.ReadStream(ctx, name, es.FirstRevision, es.Forward) {
		if err != nil {
			return reading{}, fmt.Errorf("read %s: %w", name, err)
		}
		if recorded.Revision > until {
			break
		}
		if recorded.Revision > at && read.state == nil {
			read.state = fold.facts()
		}
		summary, generation := fold.add(recorded)
		if summary != "" {
			read.summaries[recorded.Revision] = summary
		}
		if recorded.Revision <= at && generation > 0 {
			read.generation = generation
		}
	}
	if read.state == nil {
		read.state = fold.facts()
	}
	return read, nil
}
