package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"daybook/app/respond"
	"daybook/app/worker"
	"daybook/domain/environment"
	"daybook/projections/actions"
	"daybook/views"
	"daybook/views/ui"
)

// showDestination is GET /destinations/{env}: where actions go, and how that
// goes as far as this instance knows.
func (s *Web) showDestination(w http.ResponseWriter, r *http.Request) error {
	slug := respond.PathValue(r, "env")
	state, ok := s.Configuration.Environment(slug)
	if !ok {
		return respond.NotFound()
	}
	counts, err := s.Actions.Count(r.Context(), actions.Filter{Environment: slug})
	if err != nil {
		return err
	}
	to := state.Destination
	own, others := s.lanesOf(to)
	model := views.Destination{
		Page: s.page(r, slug), Slug: slug, Kind: string(kindOf(to)), Address: addressOf(to), Health: healthOf(to, own, s.Now()), Counts: views.ActionCounts(counts),
		Own: shown(own, s.laneOf), Others: shown(others, s.laneOf), Since: s.House.StartedAt, Instance: s.House.Instance,
	}
	if to.APIKey != nil {
		model.Key = to.APIKey.Fingerprint
	}
	for i, link := range model.Environments {
		model.Environments[i].URL = "/destinations/" + url.PathEscape(link.Slug)
	}
	return s.render(w, r, http.StatusOK, views.DestinationPage(model))
}

// environmentItem is an environment in the list of them.
func (s *Web) environmentItem(slug string, to environment.Destination) views.EnvironmentItem {
	own, _ := s.lanesOf(to)
	return views.EnvironmentItem{Slug: slug, Destination: destinationWords(to), Health: healthOf(to, own, s.Now())}
}

func kindOf(to environment.Destination) environment.Kind {
	if to.Kind == "" {
		return environment.Local
	}
	return to.Kind
}

// addressOf is the address of a destination without what may be secret in it.
func addressOf(to environment.Destination) string {
	text := to.BaseURL
	if to.Kind == environment.Endpoint {
		text = to.URL
	}
	u, err := url.Parse(text)
	if err != nil || text == "" {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// lanesOf are the lanes of a destination itself, and those of http_request.
func (s *Web) lanesOf(to environment.Destination) (own, others []worker.Lane) {
	name := string(to.Kind) + " " + addressOf(to)
	for _, lane := range s.Lanes() {
		switch {
		case to.Kind != environment.Local && (lane.Name == name || strings.HasPrefix(lane.Name, name+", ")):
			own = append(own, lane)
		case strings.HasPrefix(lane.Name, "http "):
			others = append(others, lane)
		}
	}
	return own, others
}

// healthOf is how well a destination is: as its lanes are.
func healthOf(to environment.Destination, own []worker.Lane, now time.Time) views.Health {
	switch {
	case kindOf(to) == environment.Local:
		return views.Health{Tone: "ok", Words: "always there"}
	case len(own) == 0:
		return views.Health{Tone: "mute", Words: "not used yet"}
	}
	worst := laneHealth(own[0], now)
	for _, lane := range own[1:] {
		if h := laneHealth(lane, now); h.Tone != "ok" {
			worst = h
		}
	}
	return worst
}

// laneHealth says what a lane's breaker makes of it.
func laneHealth(l worker.Lane, now time.Time) views.Health {
	switch {
	case l.State == "open":
		return views.Health{Tone: "bad", Words: "down, left alone"}
	case l.State == "half-open":
		return views.Health{Tone: "wait", Words: "one try decides"}
	case l.PausedUntil.After(now):
		return views.Health{Tone: "wait", Words: "asked to be left alone"}
	case l.LastErrorAt.After(l.LastSuccessAt):
		return views.Health{Tone: "bad", Words: "failing"}
	default:
		return views.Health{Tone: "ok", Words: "well"}
	}
}

func (s *Web) laneOf(l worker.Lane) views.Lane {
	return views.Lane{
		Name: l.Name, Health: laneHealth(l, s.Now()), Sending: l.Sending, Waiting: l.Waiting, Sent: int(l.Sent), Failed: int(l.Failed),
		PerMinute: perMinute(l.Sent, s.Now().Sub(s.House.StartedAt)), Median: l.Median, Slowest: l.Slowest,
		LastError: l.LastError, LastErrorAt: l.LastErrorAt, LastSuccessAt: l.LastSuccessAt,
	}
}

// perMinute is a rate over a time, which counts as a minute at least.
func perMinute(n int64, over time.Duration) string {
	rate := float64(n) / max(over.Minutes(), 1)
	if rate >= 10 {
		return ui.Count(int(rate))
	}
	return strconv.FormatFloat(rate, 'f', 1, 64)
}
