package configuration

import (
	"context"
	"fmt"
	"sync"

	"daybook/app/command"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/source"
)

// maxCachedRules bounds the compiled rules that are kept. Few are ever in use:
// those in force, and those of webhooks that are being looked at again.
const maxCachedRules = 256

// Rules returns the rules of a source in an environment as they were at a
// revision of the source's stream, compiled. It returns an [es.Refusal] if the
// source was not connected to the environment then.
func (c *Configuration) Rules(ctx context.Context, key, slug string, revision es.Revision) (*rule.Rules, error) {
	c.mu.RLock()
	state := c.sources[key]
	c.mu.RUnlock()
	if env, ok := state.Environments[slug]; ok && revision <= state.Revision && revision >= env.Revision {
		return c.rules.compile(ruleKey{key, slug, env.Revision}, env), nil
	}
	return c.rules.at(ctx, key, slug, revision)
}

// ruleKey names rules: the last member is the revision that made them.
type ruleKey struct {
	source, environment string
	revision            es.Revision
}

type ruleCache struct {
	store es.Store

	mu       sync.Mutex
	compiled map[ruleKey]*rule.Rules
}

func newRuleCache(store es.Store) *ruleCache {
	return &ruleCache{store: store, compiled: map[ruleKey]*rule.Rules{}}
}

// at folds the source's stream up to a revision.
func (r *ruleCache) at(ctx context.Context, key, slug string, revision es.Revision) (*rule.Rules, error) {
	handler := command.Handler[source.State, source.Command, source.Event]{
		Store: r.store, Decider: source.Decider(), Codec: source.Codec(),
	}
	loaded, err := handler.LoadUntil(ctx, source.Stream(key), revision)
	if err != nil {
		return nil, err
	}
	env, ok := loaded.State.Environments[slug]
	if !ok {
		return nil, &es.Refusal{
			Code:    es.NotFound,
			Message: fmt.Sprintf("source %s had no rules in environment %s at revision %d", key, slug, revision),
		}
	}
	return r.compile(ruleKey{key, slug, env.Revision}, env), nil
}

// compile makes rules of what was checked when it was saved. A mapping that
// this version cannot use all the same says so in its verdict.
func (r *ruleCache) compile(key ruleKey, env source.Environment) *rule.Rules {
	r.mu.Lock()
	defer r.mu.Unlock()
	if rules, ok := r.compiled[key]; ok {
		return rules
	}
	rules, _ := rule.Compile(env.Definition())
	if len(r.compiled) >= maxCachedRules {
		clear(r.compiled)
	}
	r.compiled[key] = rules
	return rules
}
