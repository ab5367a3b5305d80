package apply

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"daybook/app/declaration"
	"daybook/app/sources"
	"daybook/domain/es"
	"daybook/domain/source"
	"daybook/domain/template"
)

// source plans one source, in all the environments that are declared.
func (p *planner) source(ctx context.Context, d declaration.Declaration) error {
	state, err := p.state(ctx, d.Key)
	if err != nil {
		return err
	}
	before := len(p.problems)
	tmpl := p.template(d, state)
	secrets, err := d.Resolve(p.Resolver)
	if problems, ok := err.(declaration.Problems); ok { //nolint:errorlint // Resolve returns nothing else
		p.problems = append(p.problems, problems...)
	}
	for _, e := range d.Environments {
		if !slices.Contains(p.environments, e.Slug) {
			p.problems = append(p.problems, d.Locate(e.Slug, "environment", fmt.Sprintf("there is no environment %s; there are %s", e.Slug, strings.Join(p.environments, ", "))))
			continue
		}
		b := &part{planner: p, d: d, e: e, state: state, defaults: tmpl}
		b.Source, b.Environment, b.Template, b.declared = d.Key, e.Slug, tmpl.Template, d
		b.Change, b.Notes = source.Changed, []string{}
		if _, connected := state.Environments[e.Slug]; !connected {
			b.Change = source.Added
		}
		b.put()
		b.secrets(secrets[e.Slug])
		if len(p.problems) == before {
			b.Difference = source.Compare(state, b.state, e.Slug)
			p.add(b.Part, d.Key)
		}
		state = b.state
	}
	return nil
}

// template returns what the template of the source gives.
func (p *planner) template(d declaration.Declaration, state source.State) source.Defaults {
	problem := func(message string) {
		p.problems = append(p.problems, d.Locate("", "template", message))
	}
	if state.Exists {
		if tmpl, _ := template.Get(d.Template); d.Template != "" && tmpl.Key != state.Template {
			problem(fmt.Sprintf("the source was made from %s, and keeps that template; leave this out, or declare a source with another key", state.Template))
		}
		d.Template = state.Template
	}
	key := d.Template
	if key == "" {
		key = d.Key // as it is called if nothing else is said
	}
	if tmpl, ok := template.Get(key); ok {
		return sources.Defaults(tmpl)
	}
	if d.Template == "" {
		problem("say what the source is made from: template: one of " + templates())
	} else {
		problem(fmt.Sprintf("there is no template %q; there are %s", key, templates()))
	}
	return standIn()
}

// standIn is in the place of a template that is not known, so that what is
// wrong besides is found too.
func standIn() source.Defaults {
	defaults := sources.Defaults(template.All()[0])
	defaults.Template = ""
	return defaults
}

func templates() string {
	var keys []string
	for _, t := range template.All() {
		keys = append(keys, t.Key)
	}
	return strings.Join(keys, ", ")
}

// part plans one source in one environment.
type part struct {
	*planner
	Part
	d        declaration.Declaration
	e        declaration.Environment
	defaults source.Defaults
	state    source.State // as it will be
}

// decide carries a command out on paper. It reports whether anything changes.
func (b *part) decide(c source.Command) (bool, es.Refusals) {
	events, err := source.Decide(b.state, c)
	if err != nil {
		return false, es.RefusalsOf(err)
	}
	for _, e := range events {
		b.state = source.Evolve(b.state, es.Fact[source.Event]{
			Event: e, Revision: b.state.Revision + 1, Metadata: es.Metadata{At: es.TimeOf(b.Now)},
		})
	}
	return len(events) > 0, nil
}

func (b *part) refuse(refusals es.Refusals) {
	for _, r := range refusals {
		b.problems = append(b.problems, b.d.Locate(b.e.Slug, r.Field, r.Message))
	}
}

// put plans everything but the secrets.
func (b *part) put() {
	put := source.Put{
		Environment: b.e.Slug, Name: b.d.Name, Description: b.d.Description,
		Settings: b.e.Settings, Mappings: b.e.Mappings, Defaults: b.defaults,
	}
	changed, refusals := b.decide(put)
	if len(refusals) > 0 {
		b.refuse(refusals)
		return
	}
	if !changed {
		return
	}
	asked := sources.Put{
		Name: b.d.Name, Description: b.d.Description, Settings: b.e.Settings, Mappings: b.e.Mappings,
		Template: b.Template, IfNew: b.Change == source.Added,
	}
	at := b.place()
	b.steps = append(b.steps, func(ctx context.Context, server Server, match *sources.Match) error {
		return server.Put(ctx, at, asked, match)
	})
}

// secrets plans the secrets that are declared, and with Prune the end of the
// others.
func (b *part) secrets(declared []declaration.Secret) {
	if b.e.Secrets == nil {
		return
	}
	now := es.TimeOf(b.Now)
	listed := map[string]bool{}
	for _, secret := range declared {
		fingerprint := secret.Secret.Fingerprint()
		listed[fingerprint] = true
		live := b.state.Environments[b.e.Slug].LiveSecrets(now)
		if i := slices.IndexFunc(live, func(s source.Secret) bool { return s.Fingerprint == fingerprint }); i >= 0 {
			if until := live[i].RevokedAt; !until.IsZero() {
				b.Notes = append(b.Notes, fmt.Sprintf("secret %s of %s was revoked and ends at %s; apply again after that to have it back", fingerprint, secret.Text, until))
			}
			continue
		}
		b.addSecret(secret, now)
	}
	if b.Prune {
		b.revokeOthers(listed, now)
	}
}

func (b *part) addSecret(secret declaration.Secret, now es.Time) {
	if refusals := es.RefusalsOf(sources.CheckSecret(b.Template, secret.Secret.Reveal())); len(refusals) > 0 {
		b.problems = append(b.problems, secret.Problem(b.d, refusals[0].Message))
		return
	}
	added := source.AddSecret{Environment: b.e.Slug, ID: secret.Text, Fingerprint: secret.Secret.Fingerprint(), At: now}
	if _, refusals := b.decide(added); len(refusals) > 0 {
		if _, connected := b.state.Environments[b.e.Slug]; connected { // else that was said
			b.problems = append(b.problems, secret.Problem(b.d, refusals[0].Message))
		}
		return
	}
	at := b.place()
	b.steps = append(b.steps, func(ctx context.Context, server Server, match *sources.Match) error {
		return server.AddSecret(ctx, at, secret.Secret.Reveal(), match)
	})
}

func (b *part) revokeOthers(listed map[string]bool, now es.Time) {
	for _, secret := range b.state.Environments[b.e.Slug].LiveSecrets(now) {
		if listed[secret.Fingerprint] || !secret.RevokedAt.IsZero() {
			continue
		}
		revoked := source.RevokeSecret{Environment: b.e.Slug, ID: secret.ID, At: now, Grace: b.Grace}
		if _, refusals := b.decide(revoked); len(refusals) > 0 {
			b.refuse(refusals)
			continue
		}
		at, grace := b.place(), b.Grace
		b.steps = append(b.steps, func(ctx context.Context, server Server, match *sources.Match) error {
			return server.RevokeSecret(ctx, at, secret.ID, grace, match)
		})
	}
}
