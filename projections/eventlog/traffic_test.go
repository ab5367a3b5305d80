package eventlog_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daybook/app/store/memory"
	"daybook/domain/es"
	"daybook/domain/webhook"
	"daybook/projections/eventlog"
	"daybook/projections/projectiontest"
)

func TestRefused(t *testing.T) {
	t.Parallel()
	store := memory.New(memory.Options{})
	log := projectiontest.New(t, store)
	began := log.At
	log.Reject("production", "stripe", "signature_missing", 1)
	log.At = began.Add(3 * time.Minute)
	log.Reject("production", "stripe", "signature_missing", 1)
	log.Reject("production", "stripe", "malformed_json", 40)
	log.Reject("development", "shop", "malformed_json", 1)
	runner := projectiontest.Runner(t, store, eventlog.Projection())
	log.WaitFor(runner)
	for since, want := range map[time.Duration]map[eventlog.Origin]int{
		0:               {{Environment: "production", Source: "stripe"}: 42, {Environment: "development", Source: "shop"}: 1},
		time.Second:     {{Environment: "production", Source: "stripe"}: 41, {Environment: "development", Source: "shop"}: 1},
		4 * time.Minute: {},
	} {
		got, err := eventlog.New(runner).Refused(t.Context(), began.Add(since))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("since %s (-want +got):\n%s", since, diff)
		}
	}
}

func TestSilences(t *testing.T) {
	t.Parallel()
	store := memory.New(memory.Options{})
	log := projectiontest.New(t, store)
	began := log.At
	receive := func(source string, minutes ...int) {
		for _, m := range minutes {
			log.At = began.Add(time.Duration(m) * time.Minute)
			log.Receive(webhook.Ref{Environment: "production", Source: source, Key: fmt.Sprintf("evt_%d", m), Generation: 1}, "t", "")
		}
	}
	receive("busy", 0, 70, 130, 190) // a webhook an hour
	receive("rare", 0, 190)
	receive("new", 189, 190)
	log.Reject("production", "busy", "malformed_json", 1) // is no traffic
	runner := projectiontest.Runner(t, store, eventlog.Projection())
	log.WaitFor(runner)
	last := began.Add(190 * time.Minute)
	busy := map[eventlog.Origin]es.Time{{Environment: "production", Source: "busy"}: last}
	for name, c := range map[string]struct {
		after, may time.Duration
		want       map[eventlog.Origin]es.Time
	}{
		"not yet":    {time.Hour - time.Millisecond, time.Hour, map[eventlog.Origin]es.Time{}},
		"an hour":    {time.Hour, time.Hour, busy},
		"for ever":   {time.Hour, 0, map[eventlog.Origin]es.Time{}},
		"no traffic": {2 * time.Hour, 2 * time.Hour, map[eventlog.Origin]es.Time{}},
	} {
		got, err := eventlog.New(runner).Silences(t.Context(), last.Add(c.after), func(eventlog.Origin) time.Duration { return c.may })
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
