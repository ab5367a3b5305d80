package alerts

import (
	"context"
	"fmt"
	"net/url"

	"github.com/google/uuid"

	"daybook/app/destination/egress"
	"daybook/domain/alert"
	"daybook/domain/es"
	"daybook/domain/source"
)

// maxURL is the longest address that messages are sent to, in bytes.
const maxURL = 2048

// Put is what is to be set in a scope.
type Put struct {
	// URL is where messages go: nil leaves what is, empty stops them.
	URL *string
	alert.Thresholds
}

// Settings are what is set, as it may be shown: in the API's shape.
type Settings struct {
	// Environment is nil for Daybook as a whole.
	Environment *string `json:"environment"`
	// Host is that of the address; empty if messages go nowhere.
	Host      string                     `json:"host"`
	Refusals  int                        `json:"refusals"`
	Silence   source.Duration            `json:"silence"`
	SilenceOf map[string]source.Duration `json:"silence_of"`
	Lag       source.Duration            `json:"lag"`
	DiskFree  int                        `json:"disk_free"`
}

// Configure sets what leads to alerts, and where messages about them go.
func (a *Alerts) Configure(ctx context.Context, scope alert.Scope, p Put, actor string) (Settings, error) {
	if _, ok := a.Configuration.Environment(scope.Environment()); scope != alert.Daybook && !ok {
		return Settings{}, &es.Refusal{Code: es.NotFound, Field: "environment", Message: "there is no such environment"}
	}
	if err := a.ledger.waitLoaded(ctx); err != nil {
		return Settings{}, err
	}
	settings := alert.Settings{Endpoint: a.ledger.state(scope).In(scope).Endpoint, Thresholds: p.Thresholds}
	if p.URL != nil {
		endpoint, err := a.seal(scope, *p.URL)
		if err != nil {
			return Settings{}, err
		}
		settings.Endpoint = endpoint
	}
	if _, err := a.handle(ctx, scope, alert.Configure{Scope: scope, Settings: settings}, actor); err != nil {
		return Settings{}, err
	}
	return a.Settings(scope), nil
}

func (a *Alerts) seal(scope alert.Scope, address string) (*alert.Endpoint, error) {
	if address == "" {
		return nil, nil
	}
	if len(address) > maxURL {
		return nil, &es.Refusal{Code: es.Invalid, Field: "url", Message: fmt.Sprintf("is longer than %d bytes", maxURL)}
	}
	if err := a.Client.CheckURL(address); err != nil {
		return nil, &es.Refusal{Code: es.Invalid, Field: "url", Message: egress.Redact([]byte(err.Error()), secretsOf(address)...)}
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, &es.Refusal{Code: es.Invalid, Field: "url", Message: "give the whole address, such as https://hooks.slack.com/services/…"}
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	sealed := a.Keys.Seal(alert.EndpointContext(scope, id.String()), address)
	return &alert.Endpoint{ID: id.String(), Host: u.Host, Sealed: source.Sealed(sealed)}, nil
}

// Settings returns what is set in a scope.
func (a *Alerts) Settings(scope alert.Scope) Settings {
	in := a.ledger.state(scope).In(scope)
	shown := Settings{
		Refusals: in.Refusals, Silence: in.Silence, SilenceOf: in.SilenceOf, Lag: in.Lag, DiskFree: in.DiskFree,
	}
	if shown.SilenceOf == nil {
		shown.SilenceOf = map[string]source.Duration{}
	}
	if slug := scope.Environment(); slug != "" {
		shown.Environment = &slug
	}
	if in.Endpoint != nil {
		shown.Host = in.Endpoint.Host
	}
	return shown
}

// AllSettings returns what is set for Daybook as a whole, then in each
// environment.
func (a *Alerts) AllSettings() []Settings {
	all := []Settings{a.Settings(alert.Daybook)}
	for _, slug := range a.Configuration.Environments() {
		all = append(all, a.Settings(alert.Scope(slug)))
	}
	return all
}
