package esdb

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"

	"daybook/domain/es"
)

// proposal is an append that was tried before, perhaps with success.
type proposal struct {
	stream   es.Stream
	expected es.Expected
	events   []es.Event
}

// send makes the append. A server that refuses it before it has read all of it
// is mostly not heard by the client, which is still sending, however often it
// tries. Such a server is asked why.
func (p proposal) send(ctx context.Context, c *client) (es.Appended, error) {
	at, err := c.append(ctx, p.stream, p.expected, p.events)
	if errors.Is(err, errUnheard) {
		if why := p.askWhy(ctx, c); why != nil {
			err = why
		}
	}
	return at, err
}

// askWhy proposes one event, which is sent at once and so lets the answer be
// heard, of no more bytes than all there are, and at a revision that no stream
// has: it is never written. It returns nil if nothing but that is refused.
func (p proposal) askWhy(ctx context.Context, c *client) error {
	question := es.Event{ID: uuid.New(), Type: p.events[0].Type}
	size := 0
	for _, e := range p.events {
		size += len(e.Data) + len(e.Metadata)
	}
	question.Data = make([]byte, size)
	_, err := c.append(ctx, p.stream, es.Exactly(es.LastRevision), []es.Event{question})
	if errors.Is(err, es.ErrConflict) {
		return nil
	}
	return err
}

// settle makes the append again, or finds what the earlier attempt wrote.
func (p proposal) settle(ctx context.Context, c *client) (es.Appended, error) {
	if p.expected.IsAny() {
		return p.settleAnywhere(ctx, c)
	}
	// The server looks itself whether the events stand where they are expected.
	at, err := p.send(ctx, c)
	if !errors.Is(err, es.ErrConflict) {
		return at, err
	}
	seen, err := p.look(ctx, c, p.place(), es.Forward, func(seen sighting) bool { return seen.looked < len(p.events) })
	if err != nil {
		return es.Appended{}, err
	}
	return seen.answer(p)
}

// place is where the first event is expected to stand.
func (p proposal) place() es.Revision {
	if revision, ok := p.expected.Exact(); ok {
		return min(revision, es.TombstoneRevision-1) + 1
	}
	return es.FirstRevision
}

// settleAnywhere looks through the stream from its end, and appends the events
// if they are not there. An earlier attempt that comes even later than that is
// known to the server by its ids: it remembers those of the last megabytes.
func (p proposal) settleAnywhere(ctx context.Context, c *client) (es.Appended, error) {
	seen, err := p.look(ctx, c, es.LastRevision, es.Backward, func(seen sighting) bool { return !seen.first })
	if err != nil {
		return es.Appended{}, err
	}
	if len(seen.found) > 0 {
		return seen.answer(p)
	}
	return p.send(ctx, c)
}

// sighting is what was seen of a proposal in its stream.
type sighting struct {
	looked int           // events looked at
	found  []es.Recorded // those that are proposed, in the order of the stream
	first  bool          // the first proposed event is among them
}

// look goes over the stream as long as more says so.
func (p proposal) look(ctx context.Context, c *client, from es.Revision, dir es.Direction, more func(sighting) bool) (sighting, error) {
	proposed := make(map[uuid.UUID]bool, len(p.events))
	for i := range p.events {
		proposed[p.events[i].ID] = true
	}
	var seen sighting
	err := eachPage(ctx, c, p.stream, from, dir, func(e es.Recorded) bool {
		seen.looked++
		if proposed[e.ID] {
			seen.found = append(seen.found, e)
			seen.first = seen.first || e.ID == p.events[0].ID
		}
		return more(seen)
	})
	if dir == es.Backward {
		slices.Reverse(seen.found)
	}
	return seen, err
}

// answer is what the append comes to: where the events stand, if all are there
// in their order, one after the other, else a conflict.
func (s sighting) answer(p proposal) (es.Appended, error) {
	if len(s.found) != len(p.events) {
		return es.Appended{}, es.ErrConflict
	}
	for i, e := range s.found {
		if e.ID != p.events[i].ID || e.Revision != s.found[0].Revision+es.Revision(i) {
			return es.Appended{}, es.ErrConflict
		}
	}
	last := s.found[len(s.found)-1]
	return es.Appended{Revision: last.Revision, Position: last.Position}, nil
}

// eachPage calls look with the events of a stream, until that returns false or
// there are no more.
func eachPage(ctx context.Context, c *client, stream es.Stream, from es.Revision, dir es.Direction, look func(es.Recorded) bool) error {
	for {
		p, err := c.readStream(ctx, stream, from, dir, pageEvents)
		if errors.Is(err, errNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, e := range p.events {
			if !look(e) {
				return nil
			}
		}
		var more bool
		if from, more = p.after(dir); !more {
			return nil
		}
	}
}
