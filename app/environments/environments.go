// Package environments is what can be done to the configuration of
// environments, the same for the pages and the API: it seals keys, makes signing
// secrets, carries the command out, and returns once the change is in force
// here.
package environments

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"daybook/app/command"
	"daybook/app/configuration"
	"daybook/app/keyring"
	"daybook/domain/environment"
	"daybook/domain/es"
	"daybook/domain/signature"
	"daybook/domain/source"
)

// Environments changes environments. Make one with [New].
type Environments struct {
	handler       command.Handler[environment.State, environment.Command, environment.Event]
	configuration *configuration.Configuration
	keys          *keyring.Keyring
	now           func() time.Time
	checkURL      func(string) error
}

// Config is what [New] needs; all of it.
type Config struct {
	Store         es.Store
	Configuration *configuration.Configuration
	Keys          *keyring.Keyring
	Now           func() time.Time
	// CheckURL says why nothing would ever be sent to a URL.
	CheckURL func(string) error
}

// New returns the service.
func New(c Config) *Environments {
	return &Environments{
		handler: command.Handler[environment.State, environment.Command, environment.Event]{
			Store: c.Store, Decider: environment.Decider(), Codec: environment.Codec(), Now: c.Now,
		},
		configuration: c.Configuration,
		keys:          c.Keys,
		now:           c.Now,
		checkURL:      c.CheckURL,
	}
}

// Put is what an environment's destination is to be; what belongs to another
// kind is empty. Without an API key the present one stays.
type Put struct {
	Kind              environment.Kind
	BaseURL           string
	APIKey            string
	URL               string
	IdempotencyWindow *source.Duration
}

// Changed is an environment after a change.
type Changed struct {
	State environment.State
	// SigningSecret is the one that was made, which is shown this once; empty if
	// none was.
	SigningSecret string
}

// Put makes an environment send its actions somewhere. One that does not exist
// comes to be.
func (e *Environments) Put(ctx context.Context, slug string, p Put, actor string) (Changed, error) {
	if !environment.IsSlug(slug) {
		return Changed{}, invalid("slug", "an environment is called by lower-case letters, digits, - and _, at most 63, begins with a letter or digit, and is not called rejection")
	}
	destination := environment.Destination{Kind: p.Kind, BaseURL: p.BaseURL, URL: p.URL, IdempotencyWindow: p.IdempotencyWindow}
	if p.APIKey != "" {
		if problem := problemWithKey(p.APIKey); problem != "" {
			return Changed{}, invalid("destination.api_key", problem)
		}
		destination.APIKey = new(e.seal(p.APIKey, func(id string) string { return environment.KeyContext(slug, id) }))
	}
	if err := e.check(destination); err != nil {
		return Changed{}, err
	}
	secret := keyring.NewSigningSecret()
	return e.handle(ctx, slug, secret, actor, environment.Put{
		Destination: destination, Secret: e.sealSecret(slug, secret), At: es.TimeOf(e.now()),
	})
}

// Rotate gives an endpoint a new signing secret. The one before signs too for a
// grace period, which may be 0.
func (e *Environments) Rotate(ctx context.Context, slug string, grace time.Duration, actor string) (Changed, error) {
	if _, ok := e.configuration.Environment(slug); !ok {
		return Changed{}, &es.Refusal{Code: es.NotFound, Message: "there is no environment of that name"}
	}
	secret := keyring.NewSigningSecret()
	return e.handle(ctx, slug, secret, actor, environment.RotateSecret{
		Secret: e.sealSecret(slug, secret), At: es.TimeOf(e.now()), Grace: grace,
	})
}

// handle carries a command out and waits until it is in force here.
func (e *Environments) handle(ctx context.Context, slug, secret, actor string, c environment.Command) (Changed, error) {
	result, err := e.handler.Handle(ctx, environment.Stream(slug), c, command.Meta{Actor: actor})
	if err != nil {
		return Changed{}, err
	}
	changed := Changed{State: result.State}
	for _, fact := range result.Facts {
		if _, ok := fact.Event.(environment.SigningSecretAdded); ok {
			changed.SigningSecret = secret
		}
	}
	return changed, e.configuration.WaitFor(ctx, result.Position)
}

// check refuses addresses to which nothing would ever be sent: it is better to
// know that now.
func (e *Environments) check(d environment.Destination) error {
	for field, url := range map[string]string{"destination.base_url": d.BaseURL, "destination.url": d.URL} {
		if url == "" {
			continue
		}
		if err := e.checkURL(url); err != nil {
			return invalid(field, err.Error())
		}
	}
	return nil
}

const maxKey = 1024 // bytes

// problemWithKey says what is wrong with the text of an API key; it never
// repeats it.
func problemWithKey(text string) string {
	switch {
	case strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "the API key holds white space or other characters that no key has: copy it again"
	case len(text) > maxKey:
		return "the API key is too long: give the key alone"
	case strings.HasPrefix(text, "pk_"):
		return "this is a public key; give the secret one, which begins with sk_"
	default:
		return ""
	}
}

func (e *Environments) sealSecret(slug, text string) environment.Credential {
	return e.seal(text, func(id string) string { return environment.SecretContext(slug, id) })
}

func (e *Environments) seal(text string, contextOf func(id string) string) environment.Credential {
	id := uuid.NewString()
	return environment.Credential{
		ID: id, Fingerprint: signature.Fingerprint(text), Sealed: source.Sealed(e.keys.Seal(contextOf(id), text)),
	}
}

func invalid(field, message string) error {
	return &es.Refusal{Code: es.Invalid, Field: field, Message: message}
}
