package apply_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"daybook/app/apply"
	"daybook/app/configuration"
	"daybook/app/declaration"
	"daybook/app/keyring"
	"daybook/app/sources"
	"daybook/app/store/memory"
)

// rig is a Daybook's configuration, and what can be done to it.
type rig struct {
	t       failer
	conf    *configuration.Configuration
	service *sources.Sources
	server  apply.Local
	now     time.Time
	env     map[string]string
	dir     string
}

type failer interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
	Cleanup(func())
}

func open(t failer) *rig {
	t.Helper()
	keys, err := keyring.New(make([]byte, keyring.MasterKeySize))
	if err != nil {
		t.Fatal(err)
	}
	store := memory.New(memory.Options{})
	r := &rig{
		t: t, now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC),
		env: map[string]string{"A": "whsec_the_first_secret", "B": "whsec_the_second_secret"},
	}
	r.conf = configuration.New(store, keys, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = r.conf.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	if err := r.conf.WaitLoaded(ctx); err != nil {
		t.Fatal(err)
	}
	r.service = sources.New(sources.Config{
		Store: store, Configuration: r.conf, Keys: keys, Now: func() time.Time { return r.now }, PublicURL: "http://h",
	})
	r.server = apply.Local{Configuration: r.conf, Service: r.service, Actor: "admin"}
	return r
}

func (r *rig) options() apply.Options {
	return apply.Options{
		Now: r.now, Grace: apply.DefaultGrace,
		Resolver: declaration.Resolver{Dir: r.dir, Variable: func(name string) (string, bool) {
			text, ok := r.env[name]
			return text, ok
		}},
	}
}

func (r *rig) plan(text string, o apply.Options) (apply.Plan, error) {
	return apply.New(context.Background(), r.server, declaration.Parse("sources.yaml", []byte(text)), o)
}

// planned plans, and returns the plan as text.
func (r *rig) planned(text string, o apply.Options) string {
	r.t.Helper()
	plan, err := r.plan(text, o)
	if err != nil {
		r.t.Fatal(err)
	}
	return strings.Join(plan.Lines(), "\n")
}

// apply makes what the text declares.
func (r *rig) apply(text string, o apply.Options) {
	r.t.Helper()
	plan, err := r.plan(text, o)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := plan.CarryOut(context.Background(), r.server); err != nil {
		r.t.Fatal(err)
	}
}

// refused plans what must be refused, and returns the problems.
func (r *rig) refused(text string) string {
	r.t.Helper()
	_, err := r.plan(text, r.options())
	var problems declaration.Problems
	if !errors.As(err, &problems) {
		r.t.Fatalf("it was not refused: %v", err)
	}
	return problems.Error()
}

var _ failer = (*testing.T)(nil)
