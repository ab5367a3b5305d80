package cli

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"daybook/app"
	"daybook/app/sources"
	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/rule"
)

// start starts a Daybook and returns how commands reach it.
func start(t *testing.T) server {
	t.Helper()
	a, err := app.New(t.Context(), app.Config{
		Addr: "127.0.0.1:0", Data: t.TempDir(), Store: app.DefaultStore, MaxBody: app.DefaultMaxBody,
		Version: "test", Logger: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ready := make(chan struct{})
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := a.Run(ctx, func() { close(ready) }); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { stop(); serving.Wait() })
	<-ready
	return server{Server: a.LocalURL(), Token: a.AdminToken()}
}

// Over the API, changes demand and learn revisions, and refusals are those of
// the domain, as they are without it.
func TestApplyingOverTheAPI(t *testing.T) {
	t.Parallel()
	r := remote{start(t)}
	at := sources.Place{Key: "stripe", Environment: "development"}
	match := &sources.Match{}
	must := func(err error) {
		t.Helper()
		if err != nil || match.Revision == nil {
			t.Fatalf("%v, at %v", err, match.Revision)
		}
	}
	must(r.Put(t.Context(), at, sources.Put{Template: "stripe", IfNew: true, Description: new("of the shop")}, match))
	before := *match.Revision
	must(r.AddSecret(t.Context(), at, "whsec_the_first_secret", match))
	secrets, err := r.Secrets(t.Context(), at)
	if err != nil || len(secrets) != 1 || *match.Revision != before+1 {
		t.Fatalf("%v, %v, at %d", secrets, err, *match.Revision)
	}
	must(r.RevokeSecret(t.Context(), at, secrets[0].ID, 90*time.Minute, match))

	stale := &sources.Match{Revision: &before}
	for name, err := range map[string]error{
		"put":        r.Put(t.Context(), at, sources.Put{Name: new("a"), Template: "stripe"}, stale),
		"made again": r.Put(t.Context(), at, sources.Put{Template: "stripe", IfNew: true}, &sources.Match{}),
		"add":        r.AddSecret(t.Context(), at, "whsec_the_second_secret", stale),
		"revoke":     r.RevokeSecret(t.Context(), at, secrets[0].ID, 0, stale),
		"disconnect": r.Disconnect(t.Context(), at, stale),
	} {
		if refusals := es.RefusalsOf(err); len(refusals) != 1 || refusals[0].Code != es.Stale {
			t.Errorf("%s: %v", name, err)
		}
	}
	bad := []rule.Mapping{{EventType: "a", When: "body.a +", ActionType: action.UsersDelete, ActionParameters: rule.Parameters{"id": []byte(`"body.id"`)}}}
	refusals := es.RefusalsOf(r.Put(t.Context(), at, sources.Put{Template: "stripe", Settings: []byte(`{"tolerance":"25h"}`), Mappings: &bad}, match))
	fields := []string{}
	for _, refusal := range refusals {
		fields = append(fields, refusal.Field)
	}
	if got := strings.Join(fields, " "); got != "settings.tolerance mappings[0].when" {
		t.Errorf("refused are %s", got)
	}
	must(r.Disconnect(t.Context(), at, match))
	if all, err := r.Sources(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
	if all, err := r.Environments(t.Context()); err != nil || len(all) != 2 {
		t.Errorf("%v, %v", all, err)
	}
}

// What stands in a file does not steer the terminal when it is refused.
func TestAMistakeDoesNotSteerTheTerminal(t *testing.T) {
	t.Parallel()
	s := start(t)
	path := filepath.Join(t.TempDir(), "f.json")
	if err := os.WriteFile(path, []byte(`{"key":"a","\u001b[2J":1,"environments":{"development":{"settings":{"\u001b[2J\u202e":1}}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, errs := run(t.Context(), "source", "apply", "-f", path, "--yes", "--server", s.Server, "--token", s.Token)
	if status != exitFailed || strings.ContainsAny(out+errs, "\x1b\u202e") || strings.Count(errs, "\n") < 2 {
		t.Errorf("%d, %q, %q", status, out, errs)
	}
}
