package web

import (
	"net/http"
	"strconv"
	"time"

	"daybook/app/longwork"
	"daybook/domain/es"
	"daybook/projections"
	"daybook/projections/eventlog"
	"daybook/views"
)

// showSystem is GET /system.
func (s *Web) showSystem(w http.ResponseWriter, r *http.Request) error {
	lag, err := s.ReadModels.Lag(r.Context())
	if err != nil {
		return err
	}
	received, err := s.Events.Sources(r.Context(), es.TimeOf(s.Now()))
	if err != nil {
		return err
	}
	model := views.System{
		Page:        s.widePage(r, environmentOf(r)),
		Version:     s.House.Version,
		Store:       s.House.Store,
		StoreDetail: s.House.StoreDetail,
		LogID:       s.House.LogID,
		Head:        strconv.FormatUint(uint64(lag.Head), 10),
		Instance:    s.House.Instance,
		StartedAt:   s.House.StartedAt,
		PublicURL:   s.House.PublicURL,
		Projections: projectionsOf(s.ReadModels.Projections(), lag),
		Counts:      countsOf(received),
		Paused:      s.pausedMappings(environmentOf(r)),
		Alerts:      s.alertsOf(environmentOf(r), true),
	}
	for _, slug := range s.Configuration.Environments() {
		state, _ := s.Configuration.Environment(slug)
		model.Environments = append(model.Environments, s.environmentItem(slug, state.Destination))
	}
	if work, ok := s.Rebuild.Last(); ok {
		model.Work = workOf("Rebuild", work)
	}
	return s.render(w, r, http.StatusOK, views.SystemPage(model))
}

// startRebuild is POST /system/rebuild.
func (s *Web) startRebuild(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.Rebuild.Start(); err != nil {
		return err
	}
	see(w, r, rebuildBegun.with("/system"))
	return nil
}

// projectionsOf are the read models. They are applied together, so they are all
// as far as one of them.
func projectionsOf(kept []projections.Projection, lag projections.Lag) []views.Projection {
	behind, late := 0, time.Duration(0)
	if lag.Applied < lag.Head {
		behind, late = -1, lag.Behind // positions have gaps: how many events is not known
	}
	shown := make([]views.Projection, len(kept))
	for i, p := range kept {
		shown[i] = views.Projection{
			Name: p.Name, Version: p.Version, Behind: behind, Lag: late,
			Position: strconv.FormatUint(uint64(lag.Applied), 10),
		}
	}
	return shown
}

// pausedMappings are those of an environment, or of all if it is empty.
func (s *Web) pausedMappings(only string) []views.PausedMapping {
	var all []views.PausedMapping
	for _, key := range s.Configuration.SourceKeys() {
		state, _ := s.Configuration.Source(key)
		for _, slug := range s.Configuration.Environments() {
			if only != "" && only != slug {
				continue
			}
			for _, p := range state.Environments[slug].Paused {
				all = append(all, views.PausedMapping{
					Source: key, Environment: slug, Mapping: p.Mapping, Reason: sentence(p.Reason), At: moment(p.At),
				})
			}
		}
	}
	return all
}

func countsOf(received []eventlog.SourceCount) []views.Count {
	webhooks, rejections := 0, 0
	for _, c := range received {
		webhooks += c.Webhooks
		rejections += c.Rejections
	}
	return []views.Count{countOf(webhooks, "webhook"), countOf(rejections, "rejection")}
}

func countOf(n int, noun string) views.Count {
	if n != 1 {
		noun += "s"
	}
	return views.Count{Label: noun, N: n}
}

func workOf(kind string, work longwork.Work) *views.LongWork {
	shown := &views.LongWork{
		ID: work.ID, Kind: kind, Status: string(work.Status),
		Done: int(work.Progress.Done), Total: int(work.Progress.Total),
		StartedAt: moment(work.StartedAt), FinishedAt: moment(work.FinishedAt),
	}
	if work.Error != nil {
		shown.Error = *work.Error
	}
	return shown
}
