// Package sources is what can be done to the configuration of sources, the
// same for the pages, the API and the command line: it seals secrets, makes
// tokens, carries the command out, and returns once the change is in force
// here.
package sources

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"daybook/app/command"
	"daybook/app/configuration"
	"daybook/app/keyring"
	"daybook/domain/environment"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/signature"
	"daybook/domain/source"
	"daybook/domain/template"
	"daybook/domain/value"
)

// Sources changes sources. Make one with [New].
type Sources struct {
	handler       command.Handler[source.State, source.Command, source.Event]
	configuration *configuration.Configuration
	keys          *keyring.Keyring
	now           func() time.Time
	publicURL     string
	match         *Match // nil: whatever the source stands at
}

// Config is what [New] needs; all of it.
type Config struct {
	Store         es.Store
	Configuration *configuration.Configuration
	Keys          *keyring.Keyring
	Now           func() time.Time
	PublicURL     string // what ingest URLs begin with, without a slash at the end
}

// New returns the service.
func New(c Config) *Sources {
	return &Sources{
		handler: command.Handler[source.State, source.Command, source.Event]{
			Store: c.Store, Decider: source.Decider(), Codec: source.Codec(), Now: c.Now,
		},
		configuration: c.Configuration,
		keys:          c.Keys,
		now:           c.Now,
		publicURL:     c.PublicURL,
	}
}

// Place is a source in an environment.
type Place struct {
	Key         string
	Environment string
}

// Put is what a source is to be; see [source.Put].
type Put struct {
	Name        *string
	Description *string
	Settings    json.RawMessage
	Mappings    *[]rule.Mapping
	// Template is the key of the template of a new source; it means nothing to
	// one that exists. Empty: the one whose key the source's key is, else stripe.
	Template string
	// IfNew refuses where the source is connected to the environment already.
	IfNew bool
}

// Put makes a source what p says. Created reports whether it was not in the
// environment before.
func (s *Sources) Put(ctx context.Context, at Place, p Put, actor string) (created bool, err error) {
	c, err := s.put(at, p)
	if err != nil {
		return false, err
	}
	result, err := s.handle(ctx, at, c, actor)
	if err != nil {
		return false, err
	}
	for _, fact := range result.Facts {
		if _, ok := fact.Event.(source.Connected); ok {
			return true, nil
		}
	}
	return false, nil
}

// Check returns what Put would refuse of p, all of it, and changes nothing. What
// stands in the way of others, such as an environment that is not there, does
// not hide what is wrong with p itself.
func (s *Sources) Check(at Place, p Put) es.Refusals {
	refusals := es.RefusalsOf(s.check(at))
	defaults, err := s.defaults(at.Key, p.Template)
	if err != nil {
		return append(refusals, es.RefusalsOf(err)...)
	}
	state, _ := s.configuration.Source(at.Key)
	_, err = source.Decide(state, p.command(at, defaults))
	return append(refusals, es.RefusalsOf(err)...)
}

// put is the command that p stands for.
func (s *Sources) put(at Place, p Put) (source.Put, error) {
	if err := s.check(at); err != nil {
		return source.Put{}, err
	}
	defaults, err := s.defaults(at.Key, p.Template)
	if err != nil {
		return source.Put{}, err
	}
	c := p.command(at, defaults)
	c.Token.ID = newID()
	c.Token.Sealed = s.sealToken(at, c.Token.ID)
	return c, nil
}

// command is p without what is drawn anew each time.
func (p Put) command(at Place, defaults source.Defaults) source.Put {
	return source.Put{
		Environment: at.Environment,
		Name:        p.Name,
		Description: p.Description,
		Settings:    p.Settings,
		Mappings:    p.Mappings,
		Defaults:    defaults,
		IfNew:       p.IfNew,
	}
}

// defaults returns what the template gives to the source. A source that is in
// some environment keeps the template that it was made from.
func (s *Sources) defaults(key, templateKey string) (source.Defaults, error) {
	if state, connected := s.configuration.Source(key); connected {
		templateKey = state.Template
	}
	if templateKey == "" {
		templateKey = templateNamed(key)
	}
	tmpl, ok := template.Get(templateKey)
	if !ok {
		return source.Defaults{}, &es.Refusal{Code: es.Invalid, Field: "preconfigured_provider", Message: fmt.Sprintf("there is no template %q", templateKey)}
	}
	return Defaults(tmpl), nil
}

// templateNamed is the template of a source of which nothing but its key says
// what it is made from.
func templateNamed(key string) string {
	if _, ok := template.Get(key); ok {
		return key
	}
	return "stripe"
}

// Defaults returns what a template gives to a source that is made from it.
func Defaults(tmpl template.Template) source.Defaults {
	return source.Defaults{
		Template: tmpl.Key,
		Name:     tmpl.Name,
		Settings: source.Settings{
			EventTypePath:       tmpl.DefaultSettings.EventTypePath,
			TimestampPath:       value.OrNull(tmpl.DefaultSettings.TimestampPath),
			IdempotencyKeyPath:  value.OrNull(tmpl.DefaultSettings.IdempotencyKeyPath),
			IdempotencyWindow:   source.Duration(24 * time.Hour),
			EnforceVerification: tmpl.DefaultSettings.EnforceVerification,
			Tolerance:           source.Duration(signature.DefaultTolerance),
			DisabledEventTypes:  []string{},
			Preprocess:          value.OrNull(tmpl.DefaultSettings.Preprocess),
		},
		Mappings: tmpl.DefaultMappings,
	}
}

// Secret is a signing secret as it may be shown.
type Secret struct {
	ID          string  `json:"id"`
	Fingerprint string  `json:"fingerprint"`
	CreatedAt   es.Time `json:"created_at"`
	// RevokedAt is from when it does not count; null while nobody revoked it.
	RevokedAt es.Time `json:"revoked_at"`
	// LastUsedAt is when a webhook was last verified by it, to the minute, as the
	// event log knows it; null if none was.
	LastUsedAt es.Time `json:"last_used_at"`
}

// CheckSecret returns an [es.Refusal] for a text that cannot be a secret of a
// source that is made from that template.
func CheckSecret(templateKey, text string) error {
	_, err := readSecret(templateKey, text)
	return err
}

// readSecret makes a secret of a text, if the template's scheme can use it. A
// template that this version does not know asks for nothing.
func readSecret(templateKey, text string) (signature.Secret, error) {
	secret, err := signature.NewSecret(text)
	if err != nil {
		return signature.Secret{}, err
	}
	tmpl, _ := template.Get(templateKey)
	if scheme, ok := signature.Lookup(tmpl.SignatureScheme); ok {
		if err := scheme.CheckSecret(secret); err != nil {
			return signature.Secret{}, err
		}
	}
	return secret, nil
}

// SuggestSecret returns a secret that may be added to a source where it is for a
// person to choose: nobody can guess it. It is the same until a secret is added
// or the URL is another, so that a page can be loaded again between copying it and
// adding it.
func (s *Sources) SuggestSecret(at Place) string {
	state, _ := s.configuration.Source(at.Key)
	endpoint, ok := s.configuration.Endpoint(at.Key, at.Environment)
	if !ok {
		return ""
	}
	since := strconv.Itoa(len(state.Environments[at.Environment].Secrets))
	return hex.EncodeToString(s.keys.Derive("suggested secret/"+endpoint.Token+"/"+since, 32))
}

// AddSecret adds a signing secret to a source.
func (s *Sources) AddSecret(ctx context.Context, at Place, text, actor string) (Secret, error) {
	state, _ := s.configuration.Source(at.Key)
	secret, err := readSecret(state.Template, text)
	if err != nil {
		return Secret{}, err
	}
	id := newID()
	result, err := s.handle(ctx, at, source.AddSecret{
		Environment: at.Environment,
		ID:          id,
		Fingerprint: secret.Fingerprint(),
		Sealed:      source.Sealed(s.keys.Seal(source.SecretContext(at.Key, at.Environment, id), text)),
		At:          es.TimeOf(s.now()),
	}, actor)
	if err != nil {
		return Secret{}, err
	}
	secrets := result.State.Environments[at.Environment].Secrets
	return shown(secrets[len(secrets)-1]), nil
}

// Secrets returns the signing secrets of a source, the newest first, those
// that were revoked included.
func (s *Sources) Secrets(at Place) ([]Secret, error) {
	env, err := s.environment(at)
	if err != nil {
		return nil, err
	}
	secrets := make([]Secret, 0, len(env.Secrets))
	for _, secret := range slices.Backward(env.Secrets) {
		secrets = append(secrets, shown(secret))
	}
	return secrets, nil
}

func shown(s source.Secret) Secret {
	return Secret{ID: s.ID, Fingerprint: s.Fingerprint, CreatedAt: s.CreatedAt, RevokedAt: s.RevokedAt}
}

// RevokeSecret ends a signing secret after a grace period, which may be 0.
func (s *Sources) RevokeSecret(ctx context.Context, at Place, id string, grace time.Duration, actor string) error {
	_, err := s.handle(ctx, at, source.RevokeSecret{
		Environment: at.Environment, ID: id, At: es.TimeOf(s.now()), Grace: grace,
	}, actor)
	return err
}

// Rotate gives the source a new ingest URL, which it returns; the old one
// works for a grace period, which may be 0.
func (s *Sources) Rotate(ctx context.Context, at Place, grace time.Duration, actor string) (ingestURL string, err error) {
	id := newID()
	_, err = s.handle(ctx, at, source.RotateToken{
		Environment: at.Environment,
		Token:       source.Token{ID: id, Sealed: s.sealToken(at, id)},
		At:          es.TimeOf(s.now()),
		Grace:       grace,
	}, actor)
	if err != nil {
		return "", err
	}
	return s.IngestURL(at)
}

// Disconnect takes a source out of an environment; what it received stays.
func (s *Sources) Disconnect(ctx context.Context, at Place, actor string) error {
	_, err := s.handle(ctx, at, source.Disconnect{Environment: at.Environment}, actor)
	return err
}

// SaveMapping adds a mapping, or changes the one whose key is replaces.
func (s *Sources) SaveMapping(ctx context.Context, at Place, mapping rule.Mapping, replaces, actor string) error {
	_, err := s.handle(ctx, at, source.SaveMapping{Environment: at.Environment, Mapping: mapping, Replaces: replaces}, actor)
	return err
}

// RemoveMapping removes a mapping.
func (s *Sources) RemoveMapping(ctx context.Context, at Place, key, actor string) error {
	_, err := s.handle(ctx, at, source.RemoveMapping{Environment: at.Environment, Key: key}, actor)
	return err
}

// SwitchMapping makes a mapping active or inactive.
func (s *Sources) SwitchMapping(ctx context.Context, at Place, key string, active bool, actor string) error {
	_, err := s.handle(ctx, at, source.SwitchMapping{Environment: at.Environment, Key: key, Active: active}, actor)
	return err
}

// MoveMapping moves a mapping down by so many places, or up where by is
// negative.
func (s *Sources) MoveMapping(ctx context.Context, at Place, key string, by int, actor string) error {
	_, err := s.handle(ctx, at, source.MoveMapping{Environment: at.Environment, Key: key, By: by}, actor)
	return err
}

// Daybook is the actor of what Daybook does to a source by itself.
const Daybook = "daybook"

// PauseMapping has a mapping asked no more until it is saved again, changed, or
// resumed; see [source.PauseMapping].
func (s *Sources) PauseMapping(ctx context.Context, key, environment, mapping, reason string, revision es.Revision) error {
	_, err := s.handle(ctx, Place{Key: key, Environment: environment}, source.PauseMapping{
		Environment: environment, Key: mapping, Reason: reason, Revision: revision,
	}, Daybook)
	return err
}

// ResumeMapping has a mapping asked again that is paused, as it is.
func (s *Sources) ResumeMapping(ctx context.Context, at Place, key, actor string) error {
	_, err := s.handle(ctx, at, source.ResumeMapping{Environment: at.Environment, Key: key}, actor)
	return err
}

// SwitchEventType has an event type acted upon, or only logged.
func (s *Sources) SwitchEventType(ctx context.Context, at Place, eventType string, active bool, actor string) error {
	_, err := s.handle(ctx, at, source.SwitchEventType{Environment: at.Environment, EventType: eventType, Active: active}, actor)
	return err
}

// IngestURL returns the URL that takes the webhooks of a source.
func (s *Sources) IngestURL(at Place) (string, error) {
	endpoint, ok := s.configuration.Endpoint(at.Key, at.Environment)
	if !ok {
		return "", notFound(at)
	}
	return s.publicURL + "/in/" + endpoint.Token, nil
}

// handle carries a command out and waits until it is in force here.
func (s *Sources) handle(ctx context.Context, at Place, c source.Command, actor string) (command.Result[source.State, source.Event], error) {
	result, err := s.decide(ctx, at, c, actor)
	if err != nil {
		return result, err
	}
	return result, s.configuration.WaitFor(ctx, result.Position)
}

func (s *Sources) check(at Place) error {
	if !environment.IsSlug(at.Key) {
		return &es.Refusal{Code: es.Invalid, Field: "key", Message: "a key is lower-case letters, digits, - and _, at most 63, and begins with a letter or digit"}
	}
	if _, ok := s.configuration.Environment(at.Environment); !ok {
		return &es.Refusal{Code: es.NotFound, Field: "environment", Message: fmt.Sprintf("there is no environment %q", at.Environment)}
	}
	return nil
}

func (s *Sources) environment(at Place) (source.Environment, error) {
	state, _ := s.configuration.Source(at.Key)
	env, ok := state.Environments[at.Environment]
	if !ok {
		return source.Environment{}, notFound(at)
	}
	return env, nil
}

func (s *Sources) sealToken(at Place, id string) source.Sealed {
	return source.Sealed(s.keys.Seal(source.TokenContext(at.Key, at.Environment, id), keyring.NewToken()))
}

func notFound(at Place) error {
	if at.Environment == "" {
		return &es.Refusal{Code: es.NotFound, Message: fmt.Sprintf("there is no source %q", at.Key)}
	}
	return &es.Refusal{Code: es.NotFound, Message: fmt.Sprintf("there is no source %q in environment %q", at.Key, at.Environment)}
}

func newID() string { return uuid.NewString() }
