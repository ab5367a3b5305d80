package apply

import (
	"context"
	"slices"

	"daybook/app/declaration"
	"daybook/app/sources"
	"daybook/domain/es"
	"daybook/domain/source"
)

// prune plans that sources which are not declared in an environment leave it,
// in the environments that some source is declared in.
func (p *planner) prune(ctx context.Context, declared []declaration.Declaration) error {
	named := map[string]bool{}
	kept := map[sources.Place]bool{}
	for _, d := range declared {
		for _, e := range d.Environments {
			named[e.Slug] = true
			kept[sources.Place{Key: d.Key, Environment: e.Slug}] = true
		}
	}
	for _, key := range p.keys {
		state, err := p.state(ctx, key)
		if err != nil {
			return err
		}
		for _, slug := range p.environments {
			at := sources.Place{Key: key, Environment: slug}
			if _, connected := state.Environments[slug]; !connected || !named[slug] || kept[at] {
				continue
			}
			p.remove(at, state)
		}
	}
	p.gather()
	return nil
}

// gather puts together what is done to one source.
func (p *planner) gather() {
	first := map[string]int{}
	for i, part := range p.parts {
		if _, ok := first[part.Source]; !ok {
			first[part.Source] = i
		}
	}
	slices.SortStableFunc(p.parts, func(a, b Part) int { return first[a.Source] - first[b.Source] })
}

func (p *planner) remove(at sources.Place, state source.State) {
	left := source.Evolve(state, es.Fact[source.Event]{Event: source.Disconnected{Environment: at.Environment}, Revision: state.Revision + 1})
	part := Part{
		Source: at.Key, Environment: at.Environment, Change: source.Removed, Template: state.Template,
		Difference: source.Compare(state, left, at.Environment), Notes: []string{},
		steps: []step{func(ctx context.Context, server Server, match *sources.Match) error {
			return server.Disconnect(ctx, at, match)
		}},
	}
	p.add(part, at.Key)
}
