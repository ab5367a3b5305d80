package worker

import (
	"context"
	"log/slog"
	"maps"
	"time"

	"daybook/domain/es"
	"daybook/domain/webhook"
	"daybook/projections/worklist"
)

// Worklist is the projection of the webhooks that have something to be done.
type Worklist interface {
	// Pending returns at most limit of them that are due by a time, those that
	// are due first, beginning after a place.
	Pending(ctx context.Context, by es.Time, after worklist.Place, limit int) ([]worklist.Entry, error)
	// NextDue returns when the first of those falls due that are not by a time;
	// no time if there are none.
	NextDue(ctx context.Context, by es.Time) (es.Time, error)
}

// Limits of looking at the worklist.
const (
	// jitterShare is the part of the silence by which it is longer or shorter,
	// which keeps several observers from coming at once.
	jitterShare = 10
	// lookPause is how long the worklist is left alone after a look.
	// It is longer after a look that took long: at most one part in lookShare
	// of the time is spent looking.
	lookPause = 500 * time.Millisecond
	lookShare = 20
	lookPage  = 512
	// maxDoublings bounds how seldom a webhook is tried again that cannot be
	// worked: about every eleven minutes.
	maxDoublings = 6
	// maxSightings bounds what is observed at once; what comes later waits
	// until something of it is done. What is held does not count: that is
	// bounded where it is held, and what waits in a lane, which comes first in
	// the worklist, would keep a look from getting any further.
	maxSightings = 16 << 10
)

// watch takes on what the worklist shows, until ctx ends. It sleeps until the
// projection moves, or something that was seen falls due.
func (w *Worker) watch(ctx context.Context) {
	seen := sightings{}
	failed := backoff{chance: w.config.Chance}
	for {
		changed := w.config.Changed()
		began := time.Now()
		next, err := w.look(ctx, seen, began)
		pause := max(lookPause, lookShare*time.Since(began))
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			w.config.Logger.Warn("the worklist cannot be read, trying again", slog.Any("error", err))
			pause = failed.duration()
			next = time.Now().Add(pause)
		} else {
			failed.next = 0
		}
		w.rest(ctx, changed, pause, next)
	}
}

// rest waits for the next moment at which a look is worth it: when the queue
// has room again, when changed is closed (but not before a pause is over), or
// at next, if that is a time.
func (w *Worker) rest(ctx context.Context, changed <-chan struct{}, pause time.Duration, next time.Time) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return
	case <-w.queue.room:
		return
	case <-timer.C:
	}
	if !next.IsZero() {
		timer.Reset(time.Until(next))
	}
	select {
	case <-ctx.Done():
	case <-w.queue.room:
	case <-changed:
	case <-timer.C: // never, if it was not set again
	}
}

// sighting is what was seen of a webhook in the worklist, and when.
type sighting struct {
	progress es.Revision // as long as it stays, nothing has moved
	due      time.Time   // when it may be taken on, by the monotonic clock
	taken    int         // how often it was taken on at this progress
}

type sightings map[webhook.Ref]sighting

// look goes through the worklist, takes on what is due, and returns when the
// next thing falls due; no time, if nothing is pending or the queue is full.
func (w *Worker) look(ctx context.Context, seen sightings, now time.Time) (time.Time, error) {
	still := sightings{}
	defer seen.become(still)
	var next time.Time
	held := 0
	by, after := w.now(), worklist.Begin()
	for len(still)-held < maxSightings {
		page, err := w.config.Worklist.Pending(ctx, by, after, lookPage)
		if err != nil {
			still.keep(seen)
			return time.Time{}, err
		}
		for _, entry := range page {
			after = entry.Place()
			s := w.see(seen, entry, now)
			if w.queue.holds(entry.Ref, entry.Progress, by) {
				still[entry.Ref] = s
				held++
				next = earlier(next, now.Add(w.config.Silence)) // in case it is given back
				continue
			}
			if !s.due.After(now) && !w.takeOn(entry, &s, now) {
				still.keep(seen)
				return time.Time{}, nil // what is left waits for room
			}
			still[entry.Ref] = s
			next = earlier(next, s.due)
		}
		if len(page) < lookPage {
			break
		}
	}
	due, err := w.config.Worklist.NextDue(ctx, by)
	if err != nil {
		still.keep(seen)
		return time.Time{}, err
	}
	if !due.IsZero() {
		// Times of facts are cut to milliseconds.
		next = earlier(next, now.Add(due.Sub(by)+time.Millisecond))
	}
	return next, nil
}

// become forgets what is no longer pending.
func (s sightings) become(still sightings) {
	clear(s)
	maps.Copy(s, still)
}

// keep adds what was seen earlier and not looked at again.
func (s sightings) keep(seen sightings) {
	for ref, earlier := range seen {
		if _, again := s[ref]; !again && len(s) < maxSightings {
			s[ref] = earlier
		}
	}
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// see returns the sighting of a webhook: the earlier one, if nothing has moved.
func (w *Worker) see(seen sightings, entry worklist.Entry, now time.Time) sighting {
	if s, ok := seen[entry.Ref]; ok && s.progress == entry.Progress {
		return s
	}
	s := sighting{progress: entry.Progress, due: now}
	silence := func() time.Time {
		jitter := w.config.Silence / jitterShare
		return now.Add(w.config.Silence - jitter + time.Duration(w.config.Chance()*float64(2*jitter)))
	}
	switch {
	case entry.Resting && entry.Claim != nil:
		// A round is due. Whose claim was the last comes first.
		if !w.config.Alone && !w.isOurs(entry.Claim) {
			s.due = silence()
		}
	case entry.Claim == nil && entry.TakenBy == w.config.Instance:
		// It came when the queue was full, and nobody else looks after it yet.
	case !w.config.Alone:
		s.due = silence()
		if c := entry.Claim; c != nil {
			s.due = later(s.due, now.Add(time.Duration(c.WorkClaimed.LeaseMS)*time.Millisecond))
		}
	case w.isOurs(entry.Claim):
		s.due = now.Add(w.config.Silence) // it was dropped here a moment ago
	}
	return s
}

// takeOn puts a webhook into the queue, and reports whether there was room. If
// nothing comes of it, it is tried again, later each time.
func (w *Worker) takeOn(entry worklist.Entry, s *sighting, now time.Time) bool {
	work := Work{Ref: entry.Ref}
	if entry.Claim != nil && !entry.Resting {
		work.lapsed = &entry.Claim.Revision
	}
	if !w.queue.put(work) {
		return false
	}
	s.due = now.Add(w.config.Silence << min(s.taken, maxDoublings))
	s.taken++
	return true
}
