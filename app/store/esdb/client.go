package esdb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"daybook/domain/es"
)

// client is EventStore's client, in the port's words. Its methods may hang and
// may panic: they are called by way of attempt.
type client struct {
	inner *esdb.Client
	limit time.Duration // of an append
}

// newClient returns a client that has no connection yet.
func newClient(c esdb.Configuration, limit time.Duration, logger *slog.Logger) (*client, error) {
	c.Logger = func(level, format string, args ...any) { heard(logger, level, format, args) }
	inner, err := esdb.NewClient(&c)
	if err != nil {
		return nil, err
	}
	return &client{inner: inner, limit: limit}, nil
}

// aboutToRediscover is what the client logs of the error of a call, right before
// it acts on it.
const aboutToRediscover = "unexpected exception: %v"

// failure is what heard panics with, and recovered returns.
type failure struct{ error }

// heard is the client's logger. What the client does after it logged the error
// of a call is to look for another node by itself, and if it finds none, it is
// dead, with its connection open and whoever calls it hanging. So this is where
// the call ends: with the error.
func heard(logger *slog.Logger, level, format string, args []any) {
	if format == aboutToRediscover && len(args) == 1 {
		if err, ok := args[0].(error); ok {
			panic(failure{err})
		}
	}
	// The client's errors are for debugging only: what matters of them is returned.
	logger.Debug("the EventStoreDB client says something", "level", level, "message", fmt.Sprintf(format, args...))
}

// guarded calls f and judges its error.
func guarded[T any](f func() (T, error)) (T, error) {
	result, err := recovered(f)
	return result, judge(err)
}

// recovered calls f and returns its panic as an error.
func recovered[T any](f func() (T, error)) (result T, err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case failure:
			err = p.error
		default:
			err = &panicError{value: p}
		}
	}()
	return f()
}

// panicError is a mistake of the client.
type panicError struct{ value any }

func (e *panicError) Error() string { return fmt.Sprintf("the client panicked: %v", e.value) }

// find finds a node and connects to it. Until it returns, nobody else may use
// the client; if it returns an error, nobody may but close.
func (c *client) find() error {
	_, err := guarded(c.inner.GetServerVersion)
	return err
}

// close ends calls under way. It does not wait.
func (c *client) close() { _ = c.inner.Close() } // it never fails

// append goes on when ctx ends, for as long as its limit: in an append that ends
// while it is being sent, the client reads what gRPC is still writing. Whoever
// does not want to wait leaves it behind.
func (c *client) append(ctx context.Context, stream es.Stream, expected es.Expected, events []es.Event) (es.Appended, error) {
	proposed := make([]esdb.EventData, len(events))
	for i, e := range events {
		proposed[i] = esdb.EventData{
			EventID:     e.ID,
			EventType:   e.Type,
			ContentType: contentType(e.Data),
			Data:        e.Data,
			Metadata:    e.Metadata,
		}
	}
	written, err := guarded(func() (*esdb.WriteResult, error) {
		o := esdb.AppendToStreamOptions{ExpectedRevision: revisionOf(expected), Deadline: &c.limit}
		return c.inner.AppendToStream(context.WithoutCancel(ctx), string(stream), o, proposed...)
	})
	if err != nil {
		return es.Appended{}, err
	}
	at := es.Appended{Revision: es.Revision(written.NextExpectedVersion)}
	if written.CommitPosition > 0 {
		at.Position = positionAt(written.CommitPosition)
		return at, nil
	}
	// A server that has the events already may answer without saying where.
	found, err := c.readStream(ctx, stream, at.Revision, es.Forward, 1)
	if err == nil && len(found.events) == 1 && found.events[0].Revision == at.Revision {
		at.Position = found.events[0].Position
	}
	return at, err
}

func contentType(data []byte) esdb.ContentType {
	if json.Valid(data) {
		return esdb.ContentTypeJson
	}
	return esdb.ContentTypeBinary
}

func revisionOf(expected es.Expected) esdb.ExpectedRevision {
	if expected.IsNoStream() {
		return esdb.NoStream{}
	}
	if revision, ok := expected.Exact(); ok {
		// Servers refuse to hear of revisions that no event can have: they are
		// asked for one that none has.
		return esdb.Revision(uint64(min(revision, es.TombstoneRevision-1)))
	}
	return esdb.Any{}
}

func (c *client) tombstone(ctx context.Context, stream es.Stream) error {
	_, err := guarded(func() (*esdb.DeleteResult, error) {
		return c.inner.TombstoneStream(ctx, string(stream), esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}})
	})
	return err
}

// page is some of what is read in one direction.
type page struct {
	events []es.Recorded
	end    bool // nothing follows
}

// readStream reads a page of a stream.
func (c *client) readStream(ctx context.Context, stream es.Stream, from es.Revision, dir es.Direction, limit int) (page, error) {
	o := esdb.ReadStreamOptions{Direction: directionOf(dir), From: esdb.Revision(uint64(from))}
	if from == es.LastRevision {
		o.From = esdb.End{}
	}
	return readPage(limit, nil, func() (*esdb.ReadStream, error) {
		return c.inner.ReadStream(ctx, string(stream), o, uint64(limit))
	})
}

// readAll reads a page of the log: events after from, or before it. Servers
// begin with what lies at from, or not: it is asked for in addition, and left
// out here, or a large one would fill the page again and again.
func (c *client) readAll(ctx context.Context, from es.Position, dir es.Direction, limit int) (page, error) {
	beyond := func(e *es.Recorded) bool {
		return dir == es.Forward && e.Position > from || dir == es.Backward && e.Position < from
	}
	return readPage(limit, beyond, func() (*esdb.ReadStream, error) {
		return c.inner.ReadAll(ctx, esdb.ReadAllOptions{Direction: directionOf(dir), From: placeOf(from)}, uint64(limit)+1)
	})
}

func directionOf(dir es.Direction) esdb.Direction {
	if dir == es.Backward {
		return esdb.Backwards
	}
	return esdb.Forwards
}

// readPage reads what the server sends, until the page is full. A page that
// breaks off is a shorter page: what it holds was read. What is not wanted is
// left out; all is, if wanted is nil.
func readPage(limit int, wanted func(*es.Recorded) bool, read func() (*esdb.ReadStream, error)) (page, error) {
	events, err := guarded(read)
	if err != nil {
		return page{}, err
	}
	defer events.Close()
	var p page
	for size := 0; len(p.events) < limit && size < pageBytes; {
		r, err := recovered(func() (es.Recorded, error) {
			e, err := events.Recv()
			if err != nil {
				return es.Recorded{}, err
			}
			return recordedOf(e)
		})
		switch {
		case errors.Is(err, io.EOF):
			p.end = true
			return p, nil
		case err != nil && len(p.events) > 0:
			return p, nil
		case err != nil:
			return page{}, judge(err)
		}
		if wanted != nil && !wanted(&r) {
			continue
		}
		size += r.Size()
		p.events = append(p.events, r)
	}
	return p, nil
}

// subscribe tells hear what the server says of the events after from that pass
// the filter, until an error ends it.
func (c *client) subscribe(ctx context.Context, from es.Position, filter es.Filter, hear hearing) error {
	o := esdb.SubscribeToAllOptions{From: placeOf(from)}
	if len(filter.StreamPrefixes) > 0 {
		o.Filter = &esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Prefixes: filter.StreamPrefixes}
		o.MaxSearchWindow = searchWindow
	}
	events, err := guarded(func() (*esdb.Subscription, error) { return c.inner.SubscribeToAll(ctx, o) })
	if err != nil {
		return err
	}
	defer func() { _ = events.Close() }() // it never fails
	hear.confirmed()
	for {
		said, err := recovered(func() (*esdb.SubscriptionEvent, error) { return events.Recv(), nil })
		switch {
		case err != nil:
			return judge(err)
		case said.SubscriptionDropped != nil:
			return judge(said.SubscriptionDropped.Error)
		case said.EventAppeared != nil:
			e, err := recordedOf(said.EventAppeared)
			if err != nil {
				return judge(err)
			}
			hear.event(e)
		case said.CheckPointReached != nil && said.CheckPointReached.Commit != noPosition:
			hear.checkpoint(positionAt(said.CheckPointReached.Commit))
		case said.CaughtUp != nil:
			hear.caughtUp()
		case said.FellBehind != nil:
			hear.fellBehind()
		}
	}
}

// hearing is told what a subscription says.
type hearing interface {
	confirmed()
	event(es.Recorded)
	checkpoint(es.Position)
	caughtUp()
	fellBehind()
}

// noPosition is how a server says that it has none.
const noPosition = 1<<64 - 1

func positionAt(commit uint64) es.Position {
	if commit == noPosition {
		return es.Start
	}
	return es.Position(commit) + 1
}

func placeOf(position es.Position) esdb.AllPosition {
	switch position {
	case es.Start:
		return esdb.Start{}
	case es.End:
		return esdb.End{}
	default:
		commit := uint64(position) - 1
		return esdb.Position{Commit: commit, Prepare: commit}
	}
}

var errNoEvent = errors.New("the server sent an event that is none")

func recordedOf(resolved *esdb.ResolvedEvent) (es.Recorded, error) {
	e := resolved.OriginalEvent()
	if e == nil {
		return es.Recorded{}, errNoEvent
	}
	return es.Recorded{
		Event: es.Event{
			ID:       e.EventID,
			Type:     e.EventType,
			Data:     e.Data,
			Metadata: e.UserMetadata,
		},
		Stream:   es.Stream(e.StreamID),
		Revision: es.Revision(e.EventNumber),
		Position: positionAt(e.Position.Commit),
	}, nil
}
