package apply_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daybook/app/apply"
	"daybook/app/sources"
	"daybook/domain/es"
)

const two = `key: stripe
environments:
  development:
    settings: {tolerance: 2m}
    mappings:
      - {key: one, event_type: a.one, action_type: users_identify, action_parameters: {id: body.id}}
      - {key: two, event_type: a.two, action_type: users_identify, action_parameters: {id: body.id}}
      - {key: three, event_type: a.three, action_type: users_identify, action_parameters: {id: body.id}}
    secrets: ['${env:A}', '${env:B}']
`

func TestThePlanSaysWhatDiffers(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.apply(two, r.options())
	got := r.planned(`key: stripe
name: Our Stripe
environments:
  development:
    settings: {tolerance: 3m, livemode: false, idempotency_key_path: null}
    mappings:
      - {key: one, event_type: a.one, action_type: users_identify, action_parameters: {id: body.id, name: body.name}}
      - {key: three, event_type: a.three, action_type: users_identify, action_parameters: {id: body.id}, active: false}
      - {key: four, event_type: b, when: body.a, action_type: workflows_trigger, action_parameters: {key: w, recipients: body.id}}
    secrets: ['${env:A}']
  production:
    mappings: []
`, r.options())
	want := `~ stripe in development
  ~ name: "Stripe" → "Our Stripe"
  - settings.idempotency_key_path: "body.id"
  + settings.livemode: false
  ~ settings.tolerance: "2m" → "3m"
  + mapping one: action_parameters.name: "body.name"
  ~ mapping three: active: true → false
  + mapping four: b → workflows_trigger w, when body.a
  - mapping two
+ stripe in production, from the template stripe
  + settings.disabled_event_types: []
  + settings.enforce_verification: true
  + settings.event_type_path: "body.type"
  + settings.idempotency_key_path: "body.id"
  + settings.idempotency_window: "24h"
  + settings.timestamp_path: "body.created"
  + settings.tolerance: "5m"`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestTheOrderOfMappingsCounts(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.apply(two, r.options())
	lines := strings.SplitAfter(two, "\n")
	lines[5], lines[7] = lines[7], lines[5]
	got := r.planned(strings.Join(lines, ""), r.options())
	if !strings.Contains(got, "~ mapping one: from place 1 to 3") && !strings.Contains(got, "~ mapping three: from place 3 to 1") {
		t.Errorf("the plan is\n%s", got)
	}
}

func TestWhatAFileDoesNotSayStays(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.apply(two, r.options())
	for _, text := range []string{
		"key: stripe\nenvironments: {development: {}}\n",
		"key: stripe\nname: null\ntemplate: stripe\nenvironments: {development: {settings: null, mappings: null, secrets: null}}\n",
		"key: stripe\nenvironments: {development: {settings: {tolerance: 120s}}}\n",
		two,
	} {
		if got := r.planned(text, r.options()); got != "" {
			t.Errorf("%s\nwould change\n%s", text, got)
		}
	}
}

func TestPrune(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.apply(two, r.options())
	r.apply("key: stripe\nenvironments: {production: {secrets: ['${env:A}']}}\n---\nkey: b\ntemplate: custom\nenvironments: {development: {}, production: {}}\n", r.options())
	const fewer = "key: stripe\nenvironments: {development: {secrets: ['${env:B}']}}\n"
	if got := r.planned(fewer, r.options()); got != "" {
		t.Errorf("without being asked it would\n%s", got)
	}
	o := r.options()
	o.Prune = true
	want := `~ stripe in development
  - secret 627e2fee, which counts until 2026-11-26T12:00:00.000Z
- b in development, its ingest URL, 1 mapping and 0 secrets; what it received stays`
	got := r.planned(fewer, o)
	first, _, _ := strings.Cut(strings.TrimPrefix(got, "~ stripe in development\n  - secret "), ",")
	if diff := cmp.Diff(strings.Replace(want, "627e2fee", first, 1), got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	r.apply(fewer, o)
	if got := r.planned(fewer, o); got != "" {
		t.Errorf("pruned twice: %s", got)
	}
	if keys := r.keys(); keys != "b@production stripe@development stripe@production" {
		t.Errorf("there are %s", keys)
	}
	// What says nothing of secrets keeps them.
	if got := r.planned("key: stripe\nenvironments: {development: {}}\n", o); got != "" {
		t.Errorf("it would\n%s", got)
	}
	// What was revoked and still counts cannot be had back yet.
	got = r.planned(two, o)
	if !strings.Contains(got, "  stripe in development\n  ! secret "+first+" of ${env:A} was revoked and ends at 2026-11-26T12:00:00.000Z") {
		t.Errorf("it says %q", got)
	}
	r.now = r.now.Add(25 * time.Hour)
	o.Now = r.now
	if got := r.planned(two, o); !strings.Contains(got, "+ secret "+first+", from ${env:A}") {
		t.Errorf("after its time it says %q", got)
	}
}

// keys are the sources there are, with their environments.
func (r *rig) keys() string {
	var keys []string
	for _, v := range r.service.All("") {
		for _, env := range []string{"development", "production"} {
			if _, ok := v.EnvironmentSettings[env]; ok {
				keys = append(keys, v.Key+"@"+env)
			}
		}
	}
	return strings.Join(keys, " ")
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.apply(two, r.options())
	r.env["C"], r.env["D"], r.env["E"] = "whsec_c_0123456789", "whsec_d_0123456789", "whsec_e_0123456789"
	for name, c := range map[string]struct{ text, want string }{
		"another template": {
			"key: stripe\ntemplate: custom\nenvironments: {development: {}}\n",
			"sources.yaml:2:11: template: the source was made from stripe, and keeps that template; leave this out, or declare a source with another key",
		},
		"too many secrets": {
			"key: stripe\nenvironments: {development: {secrets: ['${env:C}', '${env:D}', '${env:E}']}}\n",
			"sources.yaml:2:64: environments.development.secrets[2]: 4 secrets are live, more cannot be; revoke one first",
		},
		"everywhere": {
			"key: stripe\nname: ''\nenvironments:\n  staging: {}\n  development:\n    settings: {tolerance: 5x, livemode: maybe, preprocess: \"1 +\"}\n    mappings:\n" +
				"    - {event_type: a, is_deleted: true}\n    - {event_type: a, when: body.a +, action_type: users_delete}\n",
			strings.Join([]string{
				"sources.yaml:2:7: name: a name has 1 to 100 characters",
				"sources.yaml:4:3: environments.staging: there is no environment staging; there are development, production",
				"sources.yaml:6:27: environments.development.settings.tolerance: ",
				"sources.yaml:6:41: environments.development.settings.livemode: ",
				"sources.yaml:6:6", // where in the expression is the expression's to say
				"sources.yaml:9:",
				"sources.yaml:9:",
			}, "\n"),
		},
	} {
		got := r.refused(c.text)
		lines, wanted := strings.Split(got, "\n"), strings.Split(c.want, "\n")
		for i := range max(len(lines), len(wanted)) {
			if i >= len(lines) || i >= len(wanted) || !strings.HasPrefix(lines[i], wanted[i]) {
				t.Errorf("%s:\n%s", name, got)
				break
			}
		}
	}
	if got := r.keys(); got != "stripe@development" {
		t.Errorf("a mistake changed %s", got)
	}
	if got := r.refused("key: nobody\nenvironments: {development: {}}\n"); !strings.HasPrefix(got, "sources.yaml:1:1: template: say what the source is made from") {
		t.Errorf("no template: %s", got)
	}
}

// A change that somebody made after the plan is not overwritten.
func TestAChangeInBetweenIsNotOverwritten(t *testing.T) {
	t.Parallel()
	at := sources.Place{Key: "stripe", Environment: "development"}
	for name, between := range map[string]func(r *rig) error{
		"settings": func(r *rig) error {
			_, err := r.service.Put(context.Background(), at, sources.Put{Name: new("Somebody's")}, "somebody")
			return err
		},
		"a secret": func(r *rig) error {
			_, err := r.service.AddSecret(context.Background(), at, "whsec_of_somebody_else", "somebody")
			return err
		},
		"gone": func(r *rig) error { return r.service.Disconnect(context.Background(), at, "somebody") },
	} {
		for _, text := range []string{
			"key: stripe\nname: Mine\nenvironments: {development: {}}\n",
			"key: stripe\nenvironments: {development: {secrets: ['${env:B}']}}\n",
			"key: stripe\nenvironments: {production: {}}\n",
			"key: b\ntemplate: custom\nenvironments: {development: {}}\n", // pruned
		} {
			r := open(t)
			r.apply("key: stripe\nenvironments: {development: {secrets: ['${env:A}']}}\n", r.options())
			o := r.options()
			o.Prune = true
			plan, err := r.plan(text, o)
			if err != nil {
				t.Fatal(err)
			}
			if err := between(r); err != nil {
				t.Fatal(err)
			}
			if err := plan.CarryOut(t.Context(), r.server); !errors.Is(err, apply.ErrStale) {
				t.Errorf("%s, then %q: %v", name, text, err)
			}
		}
	}
}

// Of several that make one source from the same plan, one does.
func TestASourceIsMadeOnce(t *testing.T) {
	t.Parallel()
	r := open(t)
	plans := make([]apply.Plan, 2)
	for i := range plans {
		var err error
		if plans[i], err = r.plan(two, r.options()); err != nil {
			t.Fatal(err)
		}
	}
	if err := plans[0].CarryOut(t.Context(), r.server); err != nil {
		t.Fatal(err)
	}
	if err := plans[1].CarryOut(t.Context(), r.server); !errors.Is(err, apply.ErrStale) {
		t.Errorf("it was made twice: %v", err)
	}
}

// Several that start at once, each with the same file, all come to what it says.
func TestSeveralAtOnce(t *testing.T) {
	t.Parallel()
	r := open(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			err := apply.ErrStale
			for range 20 {
				var plan apply.Plan
				if plan, err = r.plan(two, r.options()); err == nil {
					err = plan.CarryOut(t.Context(), r.server)
				}
				if !errors.Is(err, apply.ErrStale) {
					break
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := r.planned(two, r.options()); got != "" {
		t.Errorf("there is still to do\n%s", got)
	}
	secrets, err := r.service.Secrets(sources.Place{Key: "stripe", Environment: "development"})
	if err != nil || len(secrets) != 2 {
		t.Errorf("%d secrets, %v", len(secrets), err)
	}
}

// What the server refuses after all is led back to its place in the file.
func TestTheServersRefusalHasItsPlace(t *testing.T) {
	t.Parallel()
	r := open(t)
	plan, err := r.plan(two+"  production: {}\n", r.options())
	if err != nil {
		t.Fatal(err)
	}
	err = plan.CarryOut(t.Context(), refusing{r.server})
	want := "sources.yaml:7:32: environments.development.mappings[1].event_type: not today"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// refusing is a server that is of another opinion.
type refusing struct{ apply.Local }

func (refusing) Put(context.Context, sources.Place, sources.Put, *sources.Match) error {
	return es.Refusals{{Code: es.Invalid, Field: "mappings[1].event_type", Message: "not today"}}
}
