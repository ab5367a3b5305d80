package alerts

import (
	"context"
	"time"

	"daybook/domain/alert"
	"daybook/domain/es"
	"daybook/domain/source"
	"daybook/domain/webhook"
	"daybook/projections"
	"daybook/projections/eventlog"
)

// thresholds are those that are in force in an environment, or in Daybook.
func (a *Alerts) thresholds(scope alert.Scope) alert.Thresholds {
	return a.ledger.state(scope).In(scope).Thresholds
}

func (a *Alerts) parked(ctx context.Context) ([]sighting, error) {
	stuck, err := a.Actions.Stuck(ctx)
	found := make([]sighting, len(stuck))
	for i, s := range stuck {
		detail := "the newest is parked, " + string(s.Reason)
		if s.Status == webhook.StatusUncertain {
			detail = "of the newest it is uncertain whether it was carried out"
		}
		found[i] = sighting{
			scope: alert.ScopeOf(s.Environment), cause: alert.Cause{Kind: alert.ActionsParked, Source: s.Source},
			Extent: alert.Extent{Count: s.N, Detail: detail},
		}
	}
	return found, err
}

func (a *Alerts) refused(ctx context.Context) ([]sighting, error) {
	refused, err := a.Events.Refused(ctx, es.TimeOf(a.Now().Add(-alert.RefusedWithin)))
	var found []sighting
	for origin, n := range refused {
		scope := alert.ScopeOf(origin.Environment)
		if most := a.thresholds(scope).Refusals; most > 0 && n > most {
			found = append(found, sighting{scope, alert.Cause{Kind: alert.RequestsRefused, Source: origin.Source}, alert.Extent{Count: n}})
		}
	}
	return found, err
}

func (a *Alerts) silent(ctx context.Context) ([]sighting, error) {
	silent, err := a.Events.Silences(ctx, es.TimeOf(a.Now()), func(o eventlog.Origin) time.Duration {
		if state, ok := a.Configuration.Source(o.Source); !ok || !connected(state, o.Environment) {
			return 0
		}
		return a.thresholds(alert.ScopeOf(o.Environment)).SilenceFor(o.Source)
	})
	var found []sighting
	for origin, last := range silent {
		found = append(found, sighting{
			alert.ScopeOf(origin.Environment),
			alert.Cause{Kind: alert.SourceSilent, Source: origin.Source},
			alert.Extent{Detail: "nothing has come since " + last.Time().Format("2 Jan 2006 15:04 UTC")},
		})
	}
	return found, err
}

func connected(s source.State, environment string) bool {
	_, ok := s.Environments[environment]
	return ok
}

func (a *Alerts) paused(context.Context) ([]sighting, error) {
	var found []sighting
	for _, key := range a.Configuration.SourceKeys() {
		state, _ := a.Configuration.Source(key)
		for slug, env := range state.Environments {
			for _, p := range env.Paused {
				found = append(found, sighting{
					alert.ScopeOf(slug),
					alert.Cause{Kind: alert.MappingPaused, Source: key, Subject: p.Mapping},
					alert.Extent{Detail: p.Reason},
				})
			}
		}
	}
	return found, nil
}

func (a *Alerts) lagging(lag projections.Lag) []sighting {
	if most := time.Duration(a.thresholds(alert.Daybook).Lag); most == 0 || lag.Behind <= most {
		return nil
	}
	return []sighting{{
		alert.Daybook, alert.Cause{Kind: alert.ProjectionLag, Subject: a.Machine}, alert.Extent{Count: int(lag.Behind / time.Second)},
	}}
}

func (a *Alerts) diskLow(context.Context) ([]sighting, error) {
	free, err := freePercent(a.Data)
	if least := a.thresholds(alert.Daybook).DiskFree; err != nil || free >= least {
		return nil, err
	}
	return []sighting{{
		alert.Daybook, alert.Cause{Kind: alert.DiskLow, Subject: a.Machine}, alert.Extent{Count: 100 - free},
	}}, nil
}
