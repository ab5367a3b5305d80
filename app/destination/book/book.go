// Package book knows where the actions of each environment go: it makes the
// destinations that the configuration speaks of, and makes them anew when that
// changes.
package book

import (
	"fmt"
	"sync"
	"time"

	"daybook/app/destination"
	"daybook/app/destination/egress"
	"daybook/app/destination/endpoint"
	"daybook/app/destination/httprequest"
	"daybook/app/destination/knock"
	"daybook/app/destination/local"
	"daybook/app/keyring"
	"daybook/domain/action"
	"daybook/domain/environment"
	"daybook/domain/es"
	"daybook/domain/signature"
	"daybook/domain/source"
	"daybook/domain/webhook"
)

// Book is where actions go. Make one with [New].
type Book struct {
	environments Environments
	keys         *keyring.Keyring
	now          func() time.Time
	client       *egress.Client // of destinations, which demand TLS
	anywhere     *egress.Client // of http_request

	mu    sync.Mutex
	made  map[string]made // by environment
	paces map[string]*knock.Pace
}

var _ destination.Book = (*Book)(nil)

// Environments knows what is configured for an environment, as
// configuration.Configuration does.
type Environments interface {
	Environment(slug string) (environment.State, bool)
}

// made is a destination as it was made of a revision of an environment.
type made struct {
	revision    es.Revision
	destination destination.Destination
}

// Config is what [New] needs; all of it.
type Config struct {
	Environments Environments
	Keys         *keyring.Keyring
	Now          func() time.Time
	// Allowed are what actions may reach although it is private.
	Allowed   egress.Allowed
	UserAgent string
}

// New returns a book.
func New(c Config) *Book {
	return &Book{
		environments: c.Environments,
		keys:         c.Keys,
		now:          c.Now,
		client:       egress.New(egress.Config{Allowed: c.Allowed, TLSOnly: true, UserAgent: c.UserAgent}),
		anywhere:     egress.New(egress.Config{Allowed: c.Allowed, UserAgent: c.UserAgent}),
		made:         map[string]made{},
		paces:        map[string]*knock.Pace{},
	}
}

// CheckURL says why nothing would ever be sent to a destination at that URL.
func (b *Book) CheckURL(url string) error { return b.client.CheckURL(url) }

// Close ends the connections that wait for requests.
func (b *Book) Close() {
	b.client.Close()
	b.anywhere.Close()
}

// Find returns the destination of an environment's actions of a type. What
// http_request sends goes where it says, in every environment alike.
func (b *Book) Find(slug string, t action.Type) (destination.Destination, error) {
	if t == action.HTTPRequest {
		return httprequest.Destination{Client: b.anywhere}, nil
	}
	state, _ := b.environments.Environment(slug) // one that is not there is local
	b.mu.Lock()
	defer b.mu.Unlock()
	if known, ok := b.made[slug]; ok && known.revision == state.Revision && state.Exists {
		return known.destination, nil
	}
	d, err := b.make(slug, state)
	if err != nil {
		return nil, err
	}
	b.made[slug] = made{state.Revision, d}
	return d, nil
}

// make makes the destination of an environment. The caller holds the lock.
func (b *Book) make(slug string, state environment.State) (destination.Destination, error) {
	switch d := state.Destination; d.Kind {
	case environment.Local:
		return local.Destination{}, nil
	case environment.Knock:
		key, err := b.open(d.APIKey, func(id string) string { return environment.KeyContext(slug, id) })
		if err != nil {
			return nil, fmt.Errorf("the API key of %s does not open; give it again: %w", slug, err)
		}
		return knock.New(knock.Config{Client: b.client, BaseURL: d.BaseURL, APIKey: key, Pace: b.pace(d)}), nil
	case environment.Endpoint:
		secrets, err := b.openSecrets(slug, state)
		if err != nil {
			return nil, err
		}
		return endpoint.New(endpoint.Config{Client: b.client, URL: d.URL, Secrets: secrets, Repeats: repeatsOf(d.IdempotencyWindow), Now: b.now}), nil
	default:
		return nil, fmt.Errorf("this version of Daybook knows no destination of the kind %q, which %s has; use the version that configured it", d.Kind, slug)
	}
}

// pace is that of an API key, which environments may share and which outlives
// other changes.
func (b *Book) pace(d environment.Destination) *knock.Pace {
	of := d.BaseURL + " " + d.APIKey.Fingerprint
	if b.paces[of] == nil {
		b.paces[of] = knock.NewPace()
	}
	return b.paces[of]
}

// repeatsOf is what an endpoint makes of an action that comes again.
func repeatsOf(window *source.Duration) webhook.Repeats {
	switch {
	case window == nil:
		return webhook.Repeats{}
	case *window == source.Forever:
		return webhook.Repeats{Always: true}
	default:
		return webhook.Repeats{Within: time.Duration(*window)}
	}
}

func (b *Book) open(c *environment.Credential, contextOf func(id string) string) (string, error) {
	if c == nil {
		return "", fmt.Errorf("there is none")
	}
	return b.keys.Open(contextOf(c.ID), string(c.Sealed))
}

// openSecrets returns what signs at a time, the newest first.
func (b *Book) openSecrets(slug string, state environment.State) (func(at es.Time) []signature.Secret, error) {
	opened := map[string]signature.Secret{}
	for _, secret := range state.SigningSecrets {
		text, err := b.open(&secret.Credential, func(id string) string { return environment.SecretContext(slug, id) })
		if err != nil {
			return nil, fmt.Errorf("a signing secret of %s does not open; rotate it: %w", slug, err)
		}
		if opened[secret.ID], err = signature.NewSecret(text); err != nil {
			return nil, fmt.Errorf("a signing secret of %s cannot be used; rotate it: %w", slug, err)
		}
	}
	return func(at es.Time) []signature.Secret {
		var secrets []signature.Secret
		for _, live := range state.LiveSecrets(at) {
			secrets = append(secrets, opened[live.ID])
		}
		return secrets
	}, nil
}
