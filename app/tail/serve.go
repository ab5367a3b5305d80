package tail

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"daybook/app/respond"
	"daybook/domain/es"
	"daybook/projections/eventlog"
)

// How a stream of server-sent events is kept up.
const (
	heartbeat = 15 * time.Second // how often a comment says that it lives
	life      = time.Hour        // after which the client has to come again
	patience  = 10 * time.Second // for one write to a slow client
)

// Position reads where a follower goes on: after its Last-Event-ID, else after
// ?after=, else now. A position beyond the log is refused: it is another log's.
func (t *Tail) Position(r *http.Request) (es.Position, error) {
	field, text := "Last-Event-ID", r.Header.Get("Last-Event-ID")
	if text == "" {
		field, text = "after", r.URL.Query().Get("after")
	}
	if text == "" {
		return t.Runner.Applied(), nil
	}
	var p es.Position
	if err := p.UnmarshalText([]byte(text)); err != nil {
		return 0, respond.Invalid(field, "a position is what an event or an item gave as its id or position")
	}
	head, err := t.Store.Head(r.Context())
	if err != nil {
		return 0, err
	}
	if p > head {
		return 0, respond.Invalid(field, "the position lies beyond the end of this log; positions of another log mean nothing here")
	}
	return p, nil
}

// Serve answers with server-sent events: one for each item that changes, as
// render shows it, with the position that changed it as id. A name that is
// empty is left out. It returns when the client goes, the server ends, or the
// stream has lived its life: a client then comes again where it was. An answer
// that has begun cannot become an error, so a fault is logged and ends it too.
func (t *Tail) Serve(w http.ResponseWriter, r *http.Request, after es.Position, filter eventlog.Filter, name string, render func(eventlog.Item) ([]byte, error)) error {
	ctx, cancel := context.WithTimeout(r.Context(), life)
	defer cancel()
	stream := respond.NewStream(w, patience)
	for item, err := range t.Follow(ctx, after, filter, heartbeat) {
		if err == nil {
			err = send(stream, item, name, render)
		}
		if err != nil {
			if ctx.Err() == nil && !errors.Is(err, errGone) {
				t.Logger.Error("a live tail ended", "path", r.URL.Path, "error", err)
			}
			return nil
		}
	}
	return nil
}

// errGone says that the client does not read any more.
var errGone = errors.New("the client is gone")

// send tells the client of an item, or that there is nothing to tell.
func send(stream *respond.Stream, item *eventlog.Item, name string, render func(eventlog.Item) ([]byte, error)) error {
	if item == nil {
		if stream.Comment("here") != nil {
			return errGone
		}
		return nil
	}
	data, err := render(*item)
	if err != nil {
		return fmt.Errorf("render %s: %w", item.ID, err)
	}
	id, err := item.Changed.MarshalText()
	if err != nil {
		return err
	}
	if stream.Event(name, string(id), data) != nil {
		return errGone
	}
	return nil
}
