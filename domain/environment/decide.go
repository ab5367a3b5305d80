package environment

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"
	"time"

	"daybook/domain/es"
)

// KnockURL is where the API of Knock is, unless it is said otherwise.
const KnockURL = "https://api.knock.app"

// Bounds of what can be configured.
const (
	maxURL   = 2048 // bytes
	maxGrace = 30 * 24 * time.Hour
)

// Command is something that is asked of an environment.
//
//sumtype:decl
type Command interface{ isCommand() }

// Put makes an environment send its actions to a destination; one that does
// not exist comes to be.
type Put struct {
	// Destination is what is asked for. Without an API key the present one stays,
	// for the address that it was given for.
	Destination Destination
	// Secret is what an endpoint is given that has no live signing secret.
	Secret Credential
	At     es.Time
}

// RotateSecret gives an endpoint a new signing secret. The one before signs too,
// for a grace period, which may be 0; older ones end.
type RotateSecret struct {
	Secret Credential
	At     es.Time
	Grace  time.Duration
}

func (Put) isCommand()          {}
func (RotateSecret) isCommand() {}

// Decider folds and decides environments.
func Decider() es.Decider[State, Command, Event] {
	return es.Decider[State, Command, Event]{Decide: Decide, Evolve: Evolve}
}

// Decide returns the events that follow from c in state s.
func Decide(s State, c Command) ([]Event, error) {
	switch c := c.(type) {
	case Put:
		return s.put(c)
	case RotateSecret:
		return s.rotate(c)
	default:
		return nil, nil
	}
}

func (s State) put(c Put) ([]Event, error) {
	wanted, err := s.complete(c.Destination)
	if err != nil {
		return nil, err
	}
	var events []Event
	if !s.Exists || !s.Destination.equal(wanted) {
		events = append(events, DestinationChanged{wanted})
	}
	if wanted.Kind == Endpoint && len(s.LiveSecrets(c.At)) == 0 {
		events = append(events, SigningSecretAdded{c.Secret})
	}
	return events, nil
}

// complete returns a destination with all that belongs to its kind, or says what
// is wrong with it.
func (s State) complete(d Destination) (Destination, error) {
	var err error
	switch d.Kind {
	case Local:
		err = cmp.Or(d.lacksKnocks("local"), d.lacksEndpoints("local"))
	case Knock:
		if d.BaseURL == "" {
			d.BaseURL = KnockURL
		}
		d.BaseURL = strings.TrimRight(d.BaseURL, "/")
		err = cmp.Or(d.lacksEndpoints("knock"), checkBaseURL(d.BaseURL))
		if err == nil {
			d.APIKey, err = s.keyFor(d)
		}
	case Endpoint:
		err = cmp.Or(d.lacksKnocks("endpoint"), checkURL("destination.url", d.URL))
	default:
		err = refuse("destination.kind", `say "local", "knock" or "endpoint"`)
	}
	return d, err
}

// keyFor returns the API key that d asks for. A key that was given for one
// address is never sent to another: who may change the address need not know it.
func (s State) keyFor(d Destination) (*Credential, error) {
	present := s.Destination.APIKey
	stays := present != nil && s.Destination.BaseURL == d.BaseURL
	switch {
	case d.APIKey == nil && present != nil && !stays:
		return nil, refuse("destination.api_key", "the present API key was given for %s; give the one for %s", s.Destination.BaseURL, d.BaseURL)
	case d.APIKey == nil && !stays:
		return nil, refuse("destination.api_key", "give the secret API key of the Knock environment; it begins with sk_")
	case d.APIKey == nil, stays && d.APIKey.Fingerprint == present.Fingerprint:
		return present, nil
	default:
		return d.APIKey, nil
	}
}

func (s State) rotate(c RotateSecret) ([]Event, error) {
	if s.Destination.Kind != Endpoint {
		return nil, &es.Refusal{Code: es.Exists, Message: "only an endpoint has a signing secret; make the environment's destination one first"}
	}
	if c.Grace < 0 || c.Grace > maxGrace {
		return nil, refuse("grace", "a grace period is from 0s to 720h")
	}
	events := []Event{SigningSecretAdded{c.Secret}}
	for i, live := range s.LiveSecrets(c.At) {
		until := c.At
		if i == 0 {
			until = until.Add(c.Grace)
		}
		if live.RevokedAt.IsZero() || until < live.RevokedAt {
			events = append(events, SigningSecretRevoked{ID: live.ID, Until: until})
		}
	}
	return events, nil
}

// lacksKnocks says which field of d belongs to Knock only.
func (d Destination) lacksKnocks(kind Kind) error {
	switch {
	case d.BaseURL != "":
		return refuse("destination.base_url", "the %s destination has no base URL; leave it out", kind)
	case d.APIKey != nil:
		return refuse("destination.api_key", "the %s destination takes no key; leave it out", kind)
	default:
		return nil
	}
}

// lacksEndpoints says which field of d belongs to an endpoint only.
func (d Destination) lacksEndpoints(kind Kind) error {
	switch {
	case d.URL != "":
		return refuse("destination.url", "the %s destination has no url; leave it out", kind)
	case d.IdempotencyWindow != nil:
		return refuse("destination.idempotency_window", "the %s destination has a window of its own; leave it out", kind)
	default:
		return nil
	}
}

func checkBaseURL(text string) error {
	const field = "destination.base_url"
	if err := checkURL(field, text); err != nil {
		return err
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.RawQuery != "" || u.ForceQuery:
		return refuse(field, "the base URL has no query; give it as %s", KnockURL)
	case u.Path == "/v1" || strings.HasSuffix(u.Path, "/v1"):
		return refuse(field, "leave /v1 out; it is put after the base URL")
	default:
		return nil
	}
}

func checkURL(field, text string) error {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return refuse(field, "give the URL that takes the actions")
	case len(text) > maxURL:
		return refuse(field, "the URL is longer than %d bytes", maxURL)
	case err != nil || u.Opaque != "" || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return refuse(field, "give a whole URL that begins with https://")
	case u.User != nil:
		return refuse(field, "the URL holds a user or a password, which everybody can read; leave them out")
	case strings.Contains(text, "#"):
		return refuse(field, "the URL has a fragment (#…), which is never sent; leave it out")
	default:
		return nil
	}
}

func (d Destination) equal(other Destination) bool {
	return d.Kind == other.Kind && d.BaseURL == other.BaseURL && d.URL == other.URL &&
		equalPointers(d.APIKey, other.APIKey) && equalPointers(d.IdempotencyWindow, other.IdempotencyWindow)
}

func equalPointers[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}

func refuse(field, format string, args ...any) error {
	return &es.Refusal{Code: es.Invalid, Field: field, Message: fmt.Sprintf(format, args...)}
}
