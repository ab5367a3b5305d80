package configuration

import (
	"crypto/sha256"
	"fmt"

	"daybook/domain/es"
	"daybook/domain/fieldpath"
	"daybook/domain/rule"
	"daybook/domain/signature"
	"daybook/domain/source"
	"daybook/domain/template"
	"daybook/domain/value"
)

// Endpoint is a source in one environment, ready to take webhooks. It never
// changes: a change of configuration makes a new one.
type Endpoint struct {
	Source      string
	Environment string
	Template    string // its key
	// Revision is that of the source's stream.
	Revision es.Revision
	Settings source.Settings
	// Token is the newest token of the ingest URL.
	Token  string
	Scheme signature.Scheme

	EventTypePath fieldpath.Path
	// TimestampPath and KeyPath are nil where the settings have none;
	// HashesBody says that the key is the body's hash.
	TimestampPath *fieldpath.Path
	KeyPath       *fieldpath.Path
	HashesBody    bool
	// Preprocess is nil where the settings have none. One that this version
	// cannot use gives nothing, and the log says so of each webhook.
	Preprocess *rule.Preprocess

	secrets []openedSecret
	tokenID string // of Token
	tokens  map[tokenHash]source.LiveToken
}

type openedSecret struct {
	signature.Secret
	source source.Secret
}

// tokenHash stands for a token where tokens are looked up, so that the time it
// takes says nothing about the tokens there are.
type tokenHash [sha256.Size]byte

func hashToken(token string) tokenHash { return sha256.Sum256([]byte(token)) }

func (c *Configuration) newEndpoint(key, slug string, state source.State) (*Endpoint, error) {
	env := state.Environments[slug]
	e := &Endpoint{
		Source:      key,
		Environment: slug,
		Template:    state.Template,
		Revision:    state.Revision,
		Settings:    env.Settings,
		tokens:      map[tokenHash]source.LiveToken{},
	}
	if err := e.resolve(state.Template); err != nil {
		return nil, err
	}
	for _, secret := range env.Secrets {
		text, err := c.keys.Open(source.SecretContext(key, slug, secret.ID), string(secret.Sealed))
		if err != nil {
			return nil, fmt.Errorf("open secret %s: %w", secret.ID, err)
		}
		opened, err := signature.NewSecret(text)
		if err != nil {
			return nil, fmt.Errorf("read secret %s: %w", secret.ID, err)
		}
		e.secrets = append(e.secrets, openedSecret{Secret: opened, source: secret})
	}
	for _, token := range env.Tokens {
		text, err := c.keys.Open(source.TokenContext(key, slug, token.ID), string(token.Sealed))
		if err != nil {
			return nil, fmt.Errorf("open token %s: %w", token.ID, err)
		}
		e.tokens[hashToken(text)] = token
		e.Token, e.tokenID = text, token.ID
	}
	return e, nil
}

// resolve parses what the settings say as text.
func (e *Endpoint) resolve(templateKey string) error {
	tmpl, ok := template.Get(templateKey)
	if !ok {
		return fmt.Errorf("template %q is unknown to this version of Daybook", templateKey)
	}
	if e.Scheme, ok = signature.Lookup(tmpl.SignatureScheme); !ok {
		return fmt.Errorf("signature scheme %q is unknown to this version of Daybook", tmpl.SignatureScheme)
	}
	e.Preprocess, _ = rule.NewPreprocess(value.OrEmpty(e.Settings.Preprocess))
	var err error
	if e.EventTypePath, err = fieldpath.Parse(e.Settings.EventTypePath); err != nil {
		return fmt.Errorf("event type path: %w", err)
	}
	if e.TimestampPath, err = optionalPath(e.Settings.TimestampPath); err != nil {
		return fmt.Errorf("timestamp path: %w", err)
	}
	if path := e.Settings.IdempotencyKeyPath; path != nil && *path == source.BodyHash {
		e.HashesBody = true
		return nil
	}
	if e.KeyPath, err = optionalPath(e.Settings.IdempotencyKeyPath); err != nil {
		return fmt.Errorf("idempotency key path: %w", err)
	}
	return nil
}

func optionalPath(text *string) (*fieldpath.Path, error) {
	if text == nil {
		return nil, nil
	}
	path, err := fieldpath.Parse(*text)
	if err != nil {
		return nil, err
	}
	return &path, nil
}

// LiveSecrets returns the secrets that count at the given time.
func (e *Endpoint) LiveSecrets(at es.Time) []signature.Secret {
	live := make([]signature.Secret, 0, len(e.secrets))
	for _, secret := range e.secrets {
		if secret.source.Live(at) {
			live = append(live, secret.Secret)
		}
	}
	return live
}

func (e *Endpoint) tokenLive(token tokenHash, at es.Time) bool {
	known, ok := e.tokens[token]
	return ok && known.Live(at)
}

// OldToken returns the id of a token that is not the newest; empty for that one.
// Tokens are looked up by their hashes here too: who has an old one learns
// nothing about the newest.
func (e *Endpoint) OldToken(token string) string {
	if len(e.tokens) == 1 {
		return ""
	}
	if known := e.tokens[hashToken(token)]; known.ID != e.tokenID {
		return known.ID
	}
	return ""
}
