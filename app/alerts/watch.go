package alerts

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"daybook/domain/alert"
	"daybook/domain/es"
)

const (
	// pace is how long after a look the next one follows, if something changed.
	pace = 5 * time.Second
	// rhythm is how long after a look the next one follows, if nothing did.
	rhythm = time.Minute
	// calm is how long a cause that comes and goes is not seen before it is over.
	calm = 5 * time.Minute
	// behind is how old the oldest event may be that is not in the read models,
	// for them to say how things stand now.
	behind = time.Minute
	// lookWithin is how long a look may take.
	lookWithin = 30 * time.Second
)

// sighting is a cause that is there.
type sighting struct {
	scope alert.Scope
	cause alert.Cause
	alert.Extent
}

type place struct {
	scope alert.Scope
	cause alert.Cause
}

// watch looks whenever something changed, not too often, and each minute.
func (a *Alerts) watch(ctx context.Context) {
	if a.Configuration.WaitLoaded(ctx) != nil || a.ledger.waitLoaded(ctx) != nil {
		return // it ended before it began
	}
	w := &watcher{Alerts: a, began: a.Now(), seen: map[place]time.Time{}}
	for {
		changed := a.ReadModels.Changed()
		w.look(ctx)
		if !sleep(ctx, pace) {
			return
		}
		timer := time.NewTimer(rhythm - pace)
		select {
		case <-changed:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}

// watcher is what one instance remembers of what it has seen.
type watcher struct {
	*Alerts
	began time.Time
	seen  map[place]time.Time // when each cause was last there
}

// look finds which causes are there, raises alerts about them, and ends those
// whose cause is not.
func (w *watcher) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	applied := w.ReadModels.Applied()
	found, looked := w.sightings(ctx)
	there := map[place]bool{}
	for _, s := range found {
		at := place{s.scope, s.cause}
		there[at], w.seen[at] = true, w.Now()
		w.report(ctx, "raising an alert", w.raise(ctx, s, applied))
	}
	for _, scope := range w.ledger.known() {
		for _, standing := range w.ledger.state(scope).Standing() {
			at := place{scope, standing.Cause}
			if there[at] || !looked[standing.Cause.Kind] || !w.over(at, standing, applied) {
				continue
			}
			_, err := w.handle(ctx, scope, alert.Cease{Cause: standing.Cause}, "")
			w.report(ctx, "ending an alert", err)
			delete(w.seen, at)
		}
	}
	w.count()
}

func (w *watcher) raise(ctx context.Context, s sighting, applied es.Position) error {
	if known, ok := w.latest(s.scope, s.cause); ok && !w.upToDate(known, applied) {
		return nil
	}
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	_, err = w.handle(ctx, s.scope, alert.Observe{ID: id.String(), Cause: s.cause, Extent: s.Extent, At: es.TimeOf(w.Now())}, "")
	return err
}

// latest returns the newest alert of a cause, whether it is over or not.
func (w *watcher) latest(scope alert.Scope, cause alert.Cause) (alert.Alert, bool) {
	a, _ := w.ledger.state(scope).About(cause)
	return a, a.ID != ""
}

// upToDate reports whether the read models know what whoever wrote about an
// alert knew. Otherwise they may say that it is over which has only begun, or
// that it is there which is over.
func (w *watcher) upToDate(a alert.Alert, applied es.Position) bool {
	return !ofReadModels(a.Cause.Kind) || applied >= a.Position
}

// over reports whether a cause that is not there may be called over: it is for
// this instance to say, and it was not only gone for a moment.
func (w *watcher) over(at place, standing alert.Alert, applied es.Position) bool {
	switch at.cause.Kind {
	case alert.ProjectionLag, alert.DiskLow:
		return at.cause.Subject == w.Machine && w.quiet(at)
	case alert.RequestsRefused:
		return w.quiet(at) && w.upToDate(standing, applied)
	default:
		return w.upToDate(standing, applied)
	}
}

func (w *watcher) quiet(at place) bool {
	last, ok := w.seen[at]
	if !ok {
		last = w.began
	}
	return w.Now().Sub(last) >= calm
}

func ofReadModels(k alert.Kind) bool {
	return k == alert.ActionsParked || k == alert.RequestsRefused || k == alert.SourceSilent
}

// sightings are the causes that are there, and the kinds that were looked for.
func (w *watcher) sightings(ctx context.Context) (found []sighting, looked map[alert.Kind]bool) {
	looked = map[alert.Kind]bool{}
	look := func(kind alert.Kind, find func(context.Context) ([]sighting, error)) {
		some, err := find(ctx)
		if errors.Is(err, errors.ErrUnsupported) {
			return
		}
		if w.report(ctx, "looking for "+string(kind), err); err != nil {
			return
		}
		found, looked[kind] = append(found, some...), true
	}
	look(alert.MappingPaused, w.paused)
	look(alert.DiskLow, w.diskLow)
	lag, err := w.ReadModels.Lag(ctx)
	if err != nil {
		w.report(ctx, "asking how far the read models are", err)
		return found, looked
	}
	look(alert.ProjectionLag, func(context.Context) ([]sighting, error) { return w.lagging(lag), nil })
	if lag.Behind <= behind {
		look(alert.ActionsParked, w.parked)
		look(alert.RequestsRefused, w.refused)
		look(alert.SourceSilent, w.silent)
	}
	return found, looked
}

// count tells the metrics how many alerts are open.
func (w *watcher) count() {
	open := map[string]int{}
	for _, kind := range alert.Kinds() {
		open[string(kind)] = 0
	}
	for _, scope := range w.ledger.known() {
		for _, a := range w.ledger.state(scope).OpenAlerts() {
			open[string(a.Cause.Kind)]++
		}
	}
	w.Metrics.Open(open)
}
