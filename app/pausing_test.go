package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"daybook/app/store/embedded"
	"daybook/domain/es"
	"daybook/domain/source"
)

// pausedNow is what the API says of the mappings of a source, and of the newest
// webhook.
type pausedNow struct {
	Source struct {
		Settings map[string]struct {
			Mappings []json.RawMessage `json:"mappings"`
			Paused   []source.Paused   `json:"paused"`
		} `json:"environment_settings"`
	} `json:"source"`
}

// A mapping that runs out of its budget again and again is paused by the worker,
// on the store that people have, and asked again once it is saved changed.
func TestAMappingThatCostsTooMuchIsPausedAndResumed(t *testing.T) {
	t.Parallel()
	c := config(t)
	a := run(t, c)
	api := a.LocalURL() + "/api/v1"
	connect(t, a.LocalURL())
	mapping := func(when string) string {
		return fmt.Sprintf(`{"source":{"environment_settings":{"development":{"mappings":[{"key":"dear","event_type":"*","when":%q,
			"action_type":"users_delete","action_parameters":{"id":"body.id"}}]}}}}`, when)
	}
	put := func(when string) {
		call(t, http.MethodPut, api+"/sources/stripe?environment=development", mapping(when), nil)
	}
	send := func(n int) {
		call(t, http.MethodPost, api+"/sources/stripe/trigger?environment=development", fmt.Sprintf(`{"type":"invoice.paid","count":%d}`, n), nil)
	}
	paused := func() []source.Paused {
		var now pausedNow
		call(t, http.MethodGet, api+"/sources/stripe?environment=development", "", &now)
		return now.Source.Settings["development"].Paused
	}
	put("any(1..50000, any(1..50000, # < 0))")
	if got := paused(); len(got) != 0 {
		t.Fatalf("paused from the start: %+v", got)
	}
	send(12)
	await(t, func() bool { return len(paused()) == 1 })
	if got := paused()[0]; got.Mapping != "dear" || !strings.Contains(got.Reason, "10 times in a row") || got.At.IsZero() {
		t.Errorf("%+v", got)
	}
	send(1)
	await(t, func() bool { return newest(t, api).Status == "ignored" })
	if got := newest(t, api); got.Reason != "mapping_paused" {
		t.Errorf("ignored for %q", got.Reason)
	}

	put("body.type == 'invoice.paid'")
	if got := paused(); len(got) != 0 {
		t.Errorf("paused after it was changed: %+v", got)
	}
	send(1)
	await(t, func() bool { return newest(t, api).Status == "succeeded" })
	a.end(t)
	checkPausedOnce(t, c.Data)
}

type shownItem struct{ Status, Reason string }

func newest(t *testing.T, api string) shownItem {
	t.Helper()
	var list struct{ Items []shownItem }
	call(t, http.MethodGet, api+"/events?limit=1", "", &list)
	return list.Items[0]
}

// await asks again until something holds.
func await(t *testing.T, holds func() bool) {
	t.Helper()
	for began := time.Now(); !holds(); {
		if time.Since(began) > patience {
			t.Fatal("it never came to pass")
		}
	}
}

// checkPausedOnce checks that the log has one fact of it, by Daybook itself.
func checkPausedOnce(t *testing.T, data string) {
	t.Helper()
	store, err := embedded.Open(t.Context(), data, embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	n := 0
	for recorded, err := range store.ReadStream(t.Context(), source.Stream("stripe"), es.FirstRevision, es.Forward) {
		if err != nil {
			t.Fatal(err)
		}
		if recorded.Type != "MappingPaused" {
			continue
		}
		n++
		if fact, err := source.Codec().Decode(recorded); err != nil || fact.Metadata.Actor != "daybook" {
			t.Errorf("%+v, %v", fact.Metadata, err)
		}
	}
	if n != 1 {
		t.Errorf("%d times it was paused", n)
	}
}
