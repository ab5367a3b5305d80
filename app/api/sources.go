package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"daybook/app/respond"
	"daybook/app/sources"
	"daybook/domain/es"
	"daybook/domain/source"
	"daybook/projections/eventlog"
)

// envelope is what a source comes in.
type envelope struct {
	Source sources.View `json:"source"`
}

// place reads which source in which environment a request is about.
func place(r *http.Request) (sources.Place, error) {
	at := sources.Place{Key: respond.PathValue(r, "key"), Environment: r.URL.Query().Get("environment")}
	if at.Environment == "" {
		return sources.Place{}, respond.Invalid("environment", "say which environment: ?environment=development")
	}
	return at, nil
}

func (a *API) listSources(w http.ResponseWriter, r *http.Request) error {
	all := a.Sources.All(r.URL.Query().Get("environment"))
	page, err := pageOf(r, all, func(s sources.View) string { return s.Key })
	if err != nil {
		return err
	}
	return respond.JSON(w, http.StatusOK, page)
}

func (a *API) getSource(w http.ResponseWriter, r *http.Request) error {
	view, err := a.Sources.View(sources.Place{Key: respond.PathValue(r, "key"), Environment: r.URL.Query().Get("environment")})
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etag(view.Revision))
	return respond.JSON(w, http.StatusOK, envelope{view})
}

// showChanged answers a change with the source. The ETag is that of the change,
// even if somebody else has made another one since: that one was not asked for.
func (a *API) showChanged(w http.ResponseWriter, status int, at sources.Place, match *sources.Match) error {
	view, err := a.Sources.View(at)
	if err != nil {
		return err
	}
	setRevision(w, match)
	return respond.JSON(w, status, envelope{view})
}

func (a *API) putSource(w http.ResponseWriter, r *http.Request) error {
	at, err := place(r)
	if err != nil {
		return err
	}
	var request sourceRequest
	if err := respond.Decode(w, r, &request); err != nil {
		return err
	}
	put, err := request.put(at)
	if err != nil {
		return err
	}
	match, err := ifMatch(r)
	if err != nil {
		return err
	}
	if put.IfNew, err = ifNoneMatch(r); err != nil {
		return err
	}
	created, err := a.Sources.Only(match).Put(r.Context(), at, put, actor)
	if put.IfNew && isRefused(err, es.Exists) {
		return &es.Refusal{Code: es.Stale, Message: fmt.Sprintf("the source %s is in %s already; choose another key, or change that one", at.Key, at.Environment)}
	}
	if err != nil {
		return request.locate(at, err)
	}
	if created {
		return a.showChanged(w, http.StatusCreated, at, match)
	}
	return a.showChanged(w, http.StatusOK, at, match)
}

func (a *API) deleteSource(w http.ResponseWriter, r *http.Request) error {
	at, err := place(r)
	if err != nil {
		return err
	}
	match, err := ifMatch(r)
	if err != nil {
		return err
	}
	if err := a.Sources.Only(match).Disconnect(r.Context(), at, actor); err != nil {
		return err
	}
	setRevision(w, match)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *API) rotate(w http.ResponseWriter, r *http.Request) error {
	at, err := place(r)
	if err != nil {
		return err
	}
	var request struct {
		Grace string `json:"grace"`
	}
	if r.ContentLength != 0 {
		if err := respond.Decode(w, r, &request); err != nil {
			return err
		}
	}
	grace, err := parseGrace(request.Grace, 24*time.Hour)
	if err != nil {
		return err
	}
	match, err := ifMatch(r)
	if err != nil {
		return err
	}
	url, err := a.Sources.Only(match).Rotate(r.Context(), at, grace, actor)
	if err != nil {
		return err
	}
	setRevision(w, match)
	return respond.JSON(w, http.StatusOK, struct {
		Endpoint string `json:"endpoint"`
	}{url})
}

func (a *API) listSecrets(w http.ResponseWriter, r *http.Request) error {
	at, err := place(r)
	if err != nil {
		return err
	}
	secrets, err := a.Sources.Secrets(at)
	if err != nil {
		return err
	}
	if err := a.setLastUses(r.Context(), at, secrets); err != nil {
		return err
	}
	page, err := pageOf(r, secrets, func(s sources.Secret) string { return s.ID })
	if err != nil {
		return err
	}
	return respond.JSON(w, http.StatusOK, page)
}

// setLastUses says of each secret when a webhook was last verified by it.
func (a *API) setLastUses(ctx context.Context, at sources.Place, secrets []sources.Secret) error {
	fingerprints := make([]string, len(secrets))
	for i, secret := range secrets {
		fingerprints[i] = secret.Fingerprint
	}
	last, err := a.Events.LastUses(ctx, at.Key, at.Environment, eventlog.UseSecret, fingerprints...)
	for i := range secrets {
		secrets[i].LastUsedAt = last[secrets[i].Fingerprint]
	}
	return err
}

func (a *API) addSecret(w http.ResponseWriter, r *http.Request) error {
	at, err := place(r)
	if err != nil {
		return err
	}
	var request struct {
		Secret string `json:"secret"`
	}
	if err := respond.Decode(w, r, &request); err != nil {
		return err
	}
	match, err := ifMatch(r)
	if err != nil {
		return err
	}
	secret, err := a.Sources.Only(match).AddSecret(r.Context(), at, request.Secret, actor)
	if err != nil {
		return err
	}
	setRevision(w, match)
	return respond.JSON(w, http.StatusCreated, secret)
}

func (a *API) revokeSecret(w http.ResponseWriter, r *http.Request) error {
	at, err := place(r)
	if err != nil {
		return err
	}
	grace, err := parseGrace(r.URL.Query().Get("grace"), 0)
	if err != nil {
		return err
	}
	match, err := ifMatch(r)
	if err != nil {
		return err
	}
	if err := a.Sources.Only(match).RevokeSecret(r.Context(), at, respond.PathValue(r, "id"), grace, actor); err != nil {
		return err
	}
	setRevision(w, match)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// parseGrace reads how long something that was replaced goes on working.
func parseGrace(text string, otherwise time.Duration) (time.Duration, error) {
	switch text {
	case "":
		return otherwise, nil
	case "0", "0s":
		return 0, nil
	}
	grace, err := source.ParseDuration(text)
	if err != nil || grace == source.Forever {
		return 0, respond.Invalid("grace", "%q is not a grace period; write it as 0s, 5m or 24h", text)
	}
	return time.Duration(grace), nil
}

func etag(revision es.Revision) string {
	return `"` + strconv.FormatUint(uint64(revision), 10) + `"`
}

func isRefused(err error, code es.RefusalCode) bool {
	refusals := es.RefusalsOf(err)
	return len(refusals) > 0 && refusals[0].Code == code
}

// setRevision says which revision the source is at after a change.
func setRevision(w http.ResponseWriter, match *sources.Match) {
	if match.Revision != nil {
		w.Header().Set("ETag", etag(*match.Revision))
	}
}

// ifMatch reads the revision that a request demands, if it demands one.
func ifMatch(r *http.Request) (*sources.Match, error) {
	tags := r.Header.Values("If-Match")
	if len(tags) == 0 || slices.Equal(tags, []string{"*"}) {
		return &sources.Match{}, nil
	}
	text := strings.Trim(strings.Join(tags, ","), `"`)
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return nil, &es.Refusal{Code: es.Stale, Message: "If-Match holds no revision of this source; send the ETag that GET gave"}
	}
	revision := es.Revision(n)
	return &sources.Match{Revision: &revision}, nil
}

// ifNoneMatch reads whether a request demands that the source is not in the
// environment yet.
func ifNoneMatch(r *http.Request) (bool, error) {
	switch tags := r.Header.Values("If-None-Match"); {
	case len(tags) == 0:
		return false, nil
	case slices.Equal(tags, []string{"*"}):
		return true, nil
	default:
		return false, respond.Invalid("", "If-None-Match takes * only: the source must not be there yet")
	}
}
