package transfer

import (
	"context"
	"errors"
	"iter"
	"strings"

	"daybook/domain/es"
)

// snapshot is what the streams of a store show up to a position: see "What a
// log holds". What is appended later is not in it; what is cut or deleted later
// may be in it or not.
type snapshot struct {
	store  es.Store
	upTo   es.Position
	events uint64 // at most

	deleted map[es.Stream]bool        // have a tombstone
	settled map[es.Stream]es.Position // of the newest $metadata, by the stream it is about
	first   map[es.Stream]es.Revision // the oldest that is shown, of streams that were ever cut
}

// look reads the log once to find out what cuts it.
func look(ctx context.Context, store es.Store, step func()) (*snapshot, error) {
	head, err := store.Head(ctx)
	if err != nil {
		return nil, err
	}
	s := &snapshot{
		store: store, upTo: head,
		deleted: map[es.Stream]bool{}, settled: map[es.Stream]es.Position{},
		first: map[es.Stream]es.Revision{},
	}
	cut := map[es.Stream]bool{}
	for e, err := range s.all(ctx) {
		if err != nil {
			return nil, err
		}
		step()
		s.events++
		if isTombstone(&e) {
			s.deleted[e.Stream] = true
		}
		if of, retention, ok := retentionIn(&e); ok {
			s.settled[of] = e.Position
			cut[of] = cut[of] || !retention.KeepsAll()
		}
	}
	for of := range cut {
		if !cut[of] || s.deleted[of] {
			continue
		}
		if s.first[of], err = firstShown(ctx, store, of); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// firstShown returns the oldest revision that a stream shows, es.LastRevision
// if it shows nothing. ReadAll may yield what was cut, so the stream is asked.
func firstShown(ctx context.Context, store es.Store, stream es.Stream) (es.Revision, error) {
	for e, err := range store.ReadStream(ctx, stream, es.FirstRevision, es.Forward) {
		if errors.Is(err, es.ErrStreamDeleted) { // since it was looked at
			return es.LastRevision, nil
		}
		return e.Revision, err
	}
	return es.LastRevision, nil
}

// all yields the events up to the end of the snapshot that are not a server's
// own, nor placeholders.
func (s *snapshot) all(ctx context.Context) iter.Seq2[es.Recorded, error] {
	return func(yield func(es.Recorded, error) bool) {
		if s.upTo == es.Start {
			return
		}
		for e, err := range s.store.ReadAll(ctx, es.Start, es.Forward) {
			switch {
			case err != nil:
				yield(es.Recorded{}, err)
				return
			case e.Position > s.upTo:
				return
			case belongsToServer(e.Stream), isPlaceholder(&e):
			case !yield(e, nil):
				return
			}
		}
	}
}

// kept yields the events of the snapshot, without positions.
func (s *snapshot) kept(ctx context.Context) iter.Seq2[es.Recorded, error] {
	return func(yield func(es.Recorded, error) bool) {
		for e, err := range s.all(ctx) {
			if err == nil && !s.keeps(&e) {
				continue
			}
			if isTombstone(&e) {
				e = tombstoneOf(e.Stream)
			}
			e.Position = es.Start
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

func (s *snapshot) keeps(e *es.Recorded) bool {
	if s.deleted[e.Stream] {
		return isTombstone(e)
	}
	if of, ok := settingsOf(e.Stream); ok {
		return s.settled[of] == e.Position && !s.deleted[of]
	}
	return e.Revision >= s.first[e.Stream]
}

// retentionIn returns what an event brings into force, and for which stream.
func retentionIn(e *es.Recorded) (of es.Stream, r es.Retention, ok bool) {
	return es.RetentionIn(e.Stream, []es.Event{e.Event})
}

// settingsOf returns the stream that a metadata stream is about.
func settingsOf(stream es.Stream) (of es.Stream, ok bool) {
	name, ok := strings.CutPrefix(string(stream), string(es.Stream("").Metadata()))
	return es.Stream(name), ok
}

// belongsToServer reports whether a server made the stream for itself.
func belongsToServer(stream es.Stream) bool {
	name := string(stream)
	if of, ok := settingsOf(stream); ok {
		name = string(of)
	}
	return name == "" || strings.HasPrefix(name, "$")
}
