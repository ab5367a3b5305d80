// Package configuration keeps what is configured, sources and environments,
// folded in memory: from their streams at the start, and live from then on.
// Ingest and the worker ask here and nowhere else; no read model is needed to
// take a webhook.
//
// A [Configuration] is read through snapshots: an [Endpoint] never changes
// once it was handed out.
package configuration

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"daybook/app/keyring"
	"daybook/domain/environment"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/source"
)

// Configuration is what is configured. Make one with [New], then [Configuration.Run].
type Configuration struct {
	store  es.Store
	keys   *keyring.Keyring
	logger *slog.Logger
	rules  ruleCache
	// misses bounds how often unknown tokens make the store be asked for its
	// head, doubts how often refused requests make it be asked for a source.
	misses, doubts *rate.Limiter

	mu           sync.RWMutex
	sources      map[string]source.State
	environments map[string]environment.State
	endpoints    map[tokenHash]*Endpoint
	applied      es.Position
	loaded       bool
	moved        chan struct{} // closed and replaced when applied or loaded change
}

// headWait is how long a request waits for what was just configured on another
// instance, before it is refused.
const headWait = time.Second

// New returns a configuration that knows nothing yet.
func New(store es.Store, keys *keyring.Keyring, logger *slog.Logger) *Configuration {
	return &Configuration{
		store:        store,
		keys:         keys,
		logger:       logger,
		rules:        ruleCache{compiled: map[ruleKey]*rule.Rules{}},
		misses:       rate.NewLimiter(20, 20),
		doubts:       rate.NewLimiter(20, 20),
		sources:      map[string]source.State{},
		environments: map[string]environment.State{},
		endpoints:    map[tokenHash]*Endpoint{},
		moved:        make(chan struct{}),
	}
}

// Run follows the store until ctx ends. It outlives outages of the store.
func (c *Configuration) Run(ctx context.Context) error {
	backoff := 50 * time.Millisecond
	for {
		err := c.follow(ctx, func() { backoff = 50 * time.Millisecond })
		if ctx.Err() != nil {
			return nil //nolint:nilerr // it ended because it was to
		}
		c.logger.Warn("configuration lost the event store, trying again", "error", err, "in", backoff)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(backoff):
		}
		backoff = min(2*backoff, 5*time.Second)
	}
}

func (c *Configuration) follow(ctx context.Context, progress func()) error {
	filter := es.Filter{StreamPrefixes: []string{source.StreamPrefix, environment.StreamPrefix}}
	for batch, err := range c.store.Subscribe(ctx, c.Applied(), filter) {
		if err != nil {
			return err
		}
		c.apply(batch)
		progress()
	}
	return errors.New("the subscription ended")
}

func (c *Configuration) apply(batch es.Batch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	changed := map[string]bool{}
	for _, recorded := range batch.Events {
		if key, ok := source.Key(recorded.Stream); ok {
			c.applySource(key, recorded)
			changed[key] = true
		} else if slug, ok := environment.Slug(recorded.Stream); ok {
			c.applyEnvironment(slug, recorded)
		}
	}
	for key := range changed {
		c.connect(key)
	}
	c.applied = batch.Next
	c.loaded = c.loaded || batch.CaughtUp
	close(c.moved)
	c.moved = make(chan struct{})
}

func (c *Configuration) applySource(key string, recorded es.Recorded) {
	fact, err := source.Codec().Decode(recorded)
	if err != nil {
		c.logger.Error("a configuration event cannot be read, it is passed over", "error", err)
		return
	}
	c.sources[key] = source.Evolve(c.sources[key], fact)
}

func (c *Configuration) applyEnvironment(slug string, recorded es.Recorded) {
	fact, err := environment.Codec().Decode(recorded)
	if err != nil {
		c.logger.Error("a configuration event cannot be read, it is passed over", "error", err)
		return
	}
	c.environments[slug] = environment.Evolve(c.environments[slug], fact)
}

// connect makes the endpoints of a source anew. The caller holds the lock.
func (c *Configuration) connect(key string) {
	maps.DeleteFunc(c.endpoints, func(_ tokenHash, e *Endpoint) bool { return e.Source == key })
	state := c.sources[key]
	for slug := range state.Environments {
		endpoint, err := c.newEndpoint(key, slug, state)
		if err != nil {
			c.logger.Error("a source cannot be used", "source", key, "environment", slug, "error", err)
			continue
		}
		for token := range endpoint.tokens {
			c.endpoints[token] = endpoint
		}
	}
}

// Applied returns the position up to which the configuration is known.
func (c *Configuration) Applied() es.Position {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.applied
}

// Loaded reports whether the configuration has caught up once.
func (c *Configuration) Loaded() bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.loaded
}

// WaitLoaded returns when the configuration has caught up once.
func (c *Configuration) WaitLoaded(ctx context.Context) error {
	return c.wait(ctx, func() bool { return c.loaded })
}

// WaitFor returns when everything up to position is in force here.
func (c *Configuration) WaitFor(ctx context.Context, position es.Position) error {
	return c.wait(ctx, func() bool { return c.applied >= position })
}

func (c *Configuration) wait(ctx context.Context, reached func() bool) error {
	for {
		c.mu.RLock()
		ok, moved := reached(), c.moved
		c.mu.RUnlock()
		if ok {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fmt.Errorf("wait for the configuration: %w", context.Cause(ctx))
		}
	}
}

// Source returns what is known of a source; ok is false if it is not connected
// to any environment (any more).
func (c *Configuration) Source(key string) (source.State, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	state, ok := c.sources[key]
	return state, ok && len(state.Environments) > 0
}

// SourceKeys returns the keys of all connected sources, sorted.
func (c *Configuration) SourceKeys() []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var keys []string
	for key, state := range c.sources {
		if len(state.Environments) > 0 {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// Environment returns what is configured for an environment; false if there is
// no such environment.
func (c *Configuration) Environment(slug string) (environment.State, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	state, ok := c.environments[slug]
	if !ok {
		state.Destination.Kind = environment.Local
	}
	return state, ok || slices.Contains(environment.FromTheStart(), slug)
}

// Environments returns the slugs of all environments: those from the start
// first, then the others, sorted.
func (c *Configuration) Environments() []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	slugs := environment.FromTheStart()
	for _, slug := range slices.Sorted(maps.Keys(c.environments)) {
		if !slices.Contains(slugs, slug) {
			slugs = append(slugs, slug)
		}
	}
	return slugs
}

// ByToken returns the endpoint of an ingest token that works at the given
// time. An unknown one may have been made just now by another instance: it is
// waited for until the head of the store is reached, at most a second and not
// too often. How far that is may be known later than what came on the way, where
// the store is busy with other streams, so each step is looked at.
func (c *Configuration) ByToken(ctx context.Context, token string, at es.Time) (*Endpoint, bool) {
	if e, ok := c.lookup(token, at); ok {
		return e, true
	}
	if !c.misses.Allow() {
		return nil, false
	}
	ctx, cancel := context.WithTimeout(ctx, headWait)
	defer cancel()
	head, err := c.store.Head(ctx)
	if err != nil {
		return nil, false
	}
	hash := hashToken(token)
	// Whether it was reached in time or not, the token is there or it is not.
	_ = c.wait(ctx, func() bool { return c.applied >= head || c.endpoints[hash] != nil })
	return c.lookup(token, at)
}

// Newer returns the endpoint of a token as another instance has changed it, if
// that was not known here yet when e was handed out: a secret, say, by which a
// request can be verified that e refuses. The store is asked, not too often, and
// what it has is waited for, at most a second.
func (c *Configuration) Newer(ctx context.Context, e *Endpoint, token string, at es.Time) (*Endpoint, bool) {
	if !c.doubts.Allow() {
		return nil, false
	}
	ctx, cancel := context.WithTimeout(ctx, headWait)
	defer cancel()
	for newest, err := range c.store.ReadStream(ctx, source.Stream(e.Source), es.LastRevision, es.Backward) {
		if err != nil || newest.Revision <= e.Revision {
			return nil, false
		}
		// Whether it came in time or not, what is known by then counts.
		_ = c.wait(ctx, func() bool { return c.sources[e.Source].Revision >= newest.Revision })
		break
	}
	newer, ok := c.lookup(token, at)
	return newer, ok && newer.Revision > e.Revision
}

func (c *Configuration) lookup(token string, at es.Time) (*Endpoint, bool) {
	hash := hashToken(token)
	c.mu.RLock()
	e := c.endpoints[hash]
	c.mu.RUnlock()
	if e == nil || !e.tokenLive(hash, at) {
		return nil, false
	}
	return e, true
}

// Endpoint returns the endpoint of a source in an environment.
func (c *Configuration) Endpoint(key, slug string) (*Endpoint, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, e := range c.endpoints {
		if e.Source == key && e.Environment == slug {
			return e, true
		}
	}
	return nil, false
}
