package apply

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"daybook/app/declaration"
	"daybook/app/sources"
	"daybook/domain/es"
	"daybook/domain/source"
)

// DefaultGrace is how long a secret that is pruned still counts.
const DefaultGrace = 24 * time.Hour

// Options say how far a plan goes.
type Options struct {
	// Prune takes away what the files do not name, in the environments that they
	// name: sources, and the live secrets of those that list secrets.
	Prune bool
	// Grace is how long a pruned secret still counts.
	Grace time.Duration
	// Resolver finds the secrets.
	Resolver declaration.Resolver
	Now      time.Time
}

// Plan is what is to be done, in order.
type Plan struct {
	Parts []Part
}

// Part is what is to be done to one source in one environment.
type Part struct {
	Source      string            `json:"source"`
	Environment string            `json:"environment"`
	Change      source.ChangeKind `json:"change"` // added, changed or removed
	Template    string            `json:"template"`
	Difference  source.Difference `json:"difference"`
	// Notes are what a person should know and what changes nothing.
	Notes []string `json:"notes"`

	declared declaration.Declaration
	steps    []step
	// from is what the source stands at; nil: it is not there.
	from *es.Revision
}

// step is one change that is asked of the server.
type step func(ctx context.Context, server Server, match *sources.Match) error

func (p Part) place() sources.Place {
	return sources.Place{Key: p.Source, Environment: p.Environment}
}

// IsEmpty reports whether there is nothing to change.
func (p Plan) IsEmpty() bool {
	return !slices.ContainsFunc(p.Parts, func(part Part) bool { return len(part.steps) > 0 })
}

// New plans what makes the server what the file declares. The error is
// [declaration.Problems], all of them, where the file is at fault.
func New(ctx context.Context, server Server, file declaration.File, o Options) (Plan, error) {
	p := &planner{Options: o, server: server, present: map[string]sources.View{}}
	if err := p.look(ctx); err != nil {
		return Plan{}, cmp.Or(file.Problems.OrNil(), err)
	}
	for _, d := range file.Sources {
		if err := p.source(ctx, d); err != nil {
			return Plan{}, err
		}
	}
	if o.Prune {
		if err := p.prune(ctx, file.Sources); err != nil {
			return Plan{}, err
		}
	}
	if err := file.Problems.And(p.problems).OrNil(); err != nil {
		return Plan{}, err
	}
	return Plan{Parts: p.parts}, nil
}

type planner struct {
	Options
	server       Server
	environments []string
	present      map[string]sources.View
	keys         []string // of present, in order
	parts        []Part
	problems     declaration.Problems
}

// look reads what there is.
func (p *planner) look(ctx context.Context) error {
	var err error
	if p.environments, err = p.server.Environments(ctx); err != nil {
		return err
	}
	views, err := p.server.Sources(ctx)
	if err != nil {
		return err
	}
	for _, v := range views {
		p.present[v.Key] = v
		p.keys = append(p.keys, v.Key)
	}
	return nil
}

// state is what the server holds of a source, as the domain sees it: without
// what is sealed.
func (p *planner) state(ctx context.Context, key string) (source.State, error) {
	v, ok := p.present[key]
	if !ok {
		return source.State{}, nil
	}
	s := source.State{
		Name: v.Name, Description: v.Description, Template: v.PreconfiguredProvider, Exists: true, Revision: v.Revision,
		Environments: map[string]source.Environment{},
	}
	for slug, e := range v.EnvironmentSettings {
		env := source.Environment{Settings: e.Settings.Settings, Mappings: e.Mappings, Paused: e.Paused}
		env.Settings.Preprocess = e.Settings.Preprocess
		secrets, err := p.server.Secrets(ctx, sources.Place{Key: key, Environment: slug})
		if err != nil {
			return source.State{}, fmt.Errorf("read the secrets of %s in %s: %w", key, slug, err)
		}
		for _, secret := range slices.Backward(secrets) { // the newest comes first
			env.Secrets = append(env.Secrets, source.Secret{
				ID: secret.ID, Fingerprint: secret.Fingerprint, CreatedAt: secret.CreatedAt, RevokedAt: secret.RevokedAt,
			})
		}
		s.Environments[slug] = env
	}
	return s, nil
}

// add adds a part, if it says anything.
func (p *planner) add(part Part, key string) {
	if v, ok := p.present[key]; ok {
		part.from = &v.Revision
	}
	if len(part.steps) > 0 || len(part.Notes) > 0 {
		p.parts = append(p.parts, part)
	}
}
