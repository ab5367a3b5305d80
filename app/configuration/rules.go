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
	state, err := c.SourceAt(ctx, key, revision)
	if err != nil {
		return nil, err
	}
	env, ok := state.Environments[slug]
	if !ok {
		return nil, &es.Refusal{
			Code:    es.NotFound,
			Message: fmt.Sprintf("source %s had no rules in environment %s at revision %d", key, slug, revision),
		}
	}
	return c.rules.compile(ruleKey{key, slug, env.Revision}, env), nil
}

// SourceAt returns a source as it was at a revision of its stream, which is
// read for it.
func (c *Configuration) SourceAt(ctx context.Context, key string, revision es.Revision) (source.State, error) {
	handler := command.Handler[source.State, source.Command, source.Event]{
		Store: c.store, Decider: source.Decider(), Codec: source.Codec(),
	}
	loaded, err := handler.LoadUntil(ctx, source.Stream(key), revision)
	return loaded.State, err
}

// ruleKey names rules: the last member is the revision that made them.
type ruleKey struct {
	source, environment string
	revision            es.Revision
}

type ruleCache struct {
	mu       sync.Mutex
	compiled map[ruleKey]*rule.Rules
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
