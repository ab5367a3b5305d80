package bench

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"daybook/app"
	"daybook/app/destination/egress"
	"daybook/app/keyring"
	"daybook/app/sources"
)

// instance is a Daybook as `daybook serve` runs it, with a Stripe source whose
// default mappings have one action for each webhook that is sent.
type instance struct {
	app  *app.App
	path string // of the ingest URL
}

const adminToken = "the_admin_token_of_the_benchmark"

// startDaybook serves until the end of the benchmark, on a store as
// [app.Config] names it.
func startDaybook(b *testing.B, store string) *instance {
	b.Helper()
	allowed, err := egress.ParseAllowed([]string{"127.0.0.1"}) // where this process takes actions itself
	if err != nil {
		b.Fatal(err)
	}
	a, err := app.New(b.Context(), app.Config{
		Addr: "127.0.0.1:0", Data: b.TempDir(), Store: store, MaxBody: app.DefaultMaxBody,
		AdminToken: adminToken, MasterKey: keyring.NewMasterKey(), Version: "bench", Now: time.Now, AllowPrivate: allowed,
		Logger: slog.New(slog.NewTextHandler(b.Output(), nil)),
	})
	if err != nil {
		b.Fatal(err)
	}
	serving, stop := context.WithCancel(context.WithoutCancel(b.Context()))
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- a.Run(serving, func() { close(ready) }) }()
	b.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	})
	select {
	case <-ready:
	case err := <-ended:
		ended <- nil
		b.Fatal(err)
	}
	return &instance{app: a, path: connect(b, a.Sources())}
}

// connect makes the source and returns the path that takes its webhooks.
func connect(b *testing.B, all *sources.Sources) string {
	b.Helper()
	at := sources.Place{Key: "stripe", Environment: "development"}
	if _, err := all.Put(b.Context(), at, sources.Put{Template: "stripe"}, "bench"); err != nil {
		b.Fatal(err)
	}
	if _, err := all.AddSecret(b.Context(), at, secretText, "bench"); err != nil {
		b.Fatal(err)
	}
	url, err := all.IngestURL(at)
	if err != nil {
		b.Fatal(err)
	}
	return url[strings.Index(url, "/in/"):]
}

// settle returns when the log shows n webhooks and the action of each as
// carried out.
func (d *instance) settle(b *testing.B, n int) {
	b.Helper()
	for !d.shows(b, n) {
		time.Sleep(10 * time.Millisecond)
	}
	for _, status := range []string{"failed", "ignored"} {
		if some := d.list(b, "/events?limit=1&status="+status); len(some) > 0 {
			b.Fatalf("there is a webhook whose action was not carried out: %s", some[0])
		}
	}
}

func (d *instance) shows(b *testing.B, n int) bool {
	b.Helper()
	received := 0
	for _, item := range d.list(b, "/sources/stripe/event_types?environment=development") {
		var counted struct {
			Count int `json:"count"`
		}
		if err := json.Unmarshal(item, &counted); err != nil {
			b.Fatal(err)
		}
		received += counted.Count
	}
	return received == n && len(d.list(b, "/events?limit=1&status=processing")) == 0
}

// list asks the API for a list.
func (d *instance) list(b *testing.B, path string) []json.RawMessage {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, d.app.URL()+"/api/v1"+path, nil)
	if err != nil {
		b.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+adminToken)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var list struct {
		Items []json.RawMessage `json:"items"`
	}
	if err := json.NewDecoder(response.Body).Decode(&list); err != nil || response.StatusCode != http.StatusOK {
		b.Fatalf("GET %s: %s, %v", path, response.Status, err)
	}
	return list.Items
}
