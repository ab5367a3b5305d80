package alerts_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"daybook/app/alerts"
	"daybook/app/store/embedded"
	"daybook/domain/alert"
	"daybook/domain/es"
	"daybook/domain/webhook"
	"daybook/projections/projectiontest"
)

func refOf(key string) webhook.Ref {
	return webhook.Ref{Environment: "production", Source: "stripe", Key: key, Generation: 1}
}

func openStore(t *testing.T) es.Store {
	t.Helper()
	store, err := embedded.Open(t.Context(), t.TempDir(), embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { check(t, store.Close()) })
	return store
}

func configure(t *testing.T, i *instance, scope alert.Scope, url string) {
	t.Helper()
	_, err := i.Configure(t.Context(), scope, alerts.Put{URL: &url, Thresholds: alert.Defaults(scope)}, "ada")
	check(t, err)
}

// settled waits until an alert is as it should be.
func settled(t *testing.T, i *instance, is func(alerts.View) bool) alerts.View {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		moved := i.Changed()
		for _, v := range i.List("production") {
			if is(v) {
				return v
			}
		}
		select {
		case <-moved:
		case <-time.After(20 * time.Second):
		}
	}
	t.Fatalf("no alert is so: %+v", i.List("production"))
	return alerts.View{}
}

// Two instances see the same and may both send: one alert, one message; no
// second one after they start anew, and one after an hour.
func TestOneMessageOfTwoInstances(t *testing.T) {
	t.Parallel()
	store, clock, sink := openStore(t), &clock{}, newSink(t)
	log := projectiontest.New(t, store)
	log.At = es.TimeOf(time.Now())
	parkOne(log, "evt_1")
	dirs := []string{t.TempDir(), t.TempDir()}
	startBoth := func() []*instance {
		return []*instance{start(t, store, clock, dirs[0], "one"), start(t, store, clock, dirs[1], "two")}
	}
	both := startBoth()
	configure(t, both[0], "production", sink.URL+"/services/T0/B0/secret")
	text := sink.next(t)
	sent := settled(t, both[1], func(v alerts.View) bool { return v.Message != nil && !v.Message.SentAt.IsZero() })
	want := "Daybook, production: an action of stripe is not carried out and waits for a person: the newest is parked, attempts_exhausted.\n" +
		"http://daybook.example/system/alerts?environment=production#alert-" + sent.ID
	if text != want {
		t.Errorf("the message is\n%s\nnot\n%s", text, want)
	}
	for _, i := range both {
		i.stop()
	}
	clock.advance(59 * time.Minute)
	parkOne(log, "evt_2")
	both = startBoth()
	settled(t, both[0], func(v alerts.View) bool { return v.Count == 2 })
	for _, i := range both {
		i.stop()
	}
	sink.none(t)

	clock.advance(2 * time.Minute)
	both = startBoth()
	if text := sink.next(t); !strings.Contains(text, "2 actions of stripe") {
		t.Errorf("the second message is %s", text)
	}
	if n := raised(t, store); n != 1 {
		t.Errorf("%d alerts were raised", n)
	}
	if _, err := both[1].Acknowledge(t.Context(), sent.ID, "ada"); err != nil {
		t.Fatal(err)
	}
	for _, i := range both {
		i.stop()
	}
	clock.advance(2 * time.Hour)
	log.Do(refOf("evt_1"), webhook.Rearm{Generation: 1})
	log.Do(refOf("evt_2"), webhook.Rearm{Generation: 1})
	both = startBoth()
	over := settled(t, both[0], func(v alerts.View) bool { return v.Status == alerts.Resolved })
	if over.ResolvedBy != nil || *over.AcknowledgedBy != "ada" || both[0].OpenCount("") != 0 {
		t.Errorf("over: %+v", over)
	}
	for _, i := range both {
		i.stop()
	}
	sink.none(t)
}

// raised counts the alerts in the log.
func raised(t *testing.T, store es.Store) int {
	t.Helper()
	n := 0
	for r, err := range store.ReadStream(t.Context(), alert.Scope("production").Stream(), es.FirstRevision, es.Forward) {
		check(t, err)
		if r.Type == "AlertRaised" {
			n++
		}
		if strings.Contains(string(r.Data), "secret") {
			t.Errorf("the log holds the address: %s", r.Data)
		}
	}
	return n
}

// A message that is not taken is said to have failed, and nothing waits for it.
// What another endpoint did not take goes to the new one.
func TestMessagesThatAreNotTaken(t *testing.T) {
	t.Parallel()
	store, clock, sink := openStore(t), &clock{}, newSink(t)
	log := projectiontest.New(t, store)
	log.At = es.TimeOf(time.Now())
	parkOne(log, "evt_1")
	i := start(t, store, clock, t.TempDir(), "one")
	sink.status.Store(http.StatusNotFound)
	configure(t, i, "production", sink.URL+"/services/secret/wrong")
	sink.next(t)
	failed := settled(t, i, func(v alerts.View) bool { return v.Message != nil && v.Message.Error != nil })
	if e := *failed.Message.Error; !strings.Contains(e, "404") || strings.Contains(e, "secret") || !failed.Message.RetryAt.IsZero() {
		t.Errorf("it failed with %s, again at %s", e, failed.Message.RetryAt)
	}
	sink.status.Store(http.StatusServiceUnavailable)
	configure(t, i, "production", sink.URL+"/services/secret/down")
	sink.next(t)
	failed = settled(t, i, func(v alerts.View) bool {
		return v.Message != nil && v.Message.Error != nil && strings.Contains(*v.Message.Error, "503")
	})
	if wait := failed.Message.RetryAt.Sub(failed.Message.BegunAt); wait < 30*time.Second || wait > time.Minute {
		t.Errorf("it is sent again after %s", wait)
	}
	if _, err := i.Resolve(t.Context(), failed.ID, "ada"); err != nil || i.OpenCount("production") != 0 {
		t.Errorf("resolved: %v, %d are open", err, i.OpenCount("production"))
	}
	if _, err := i.Resolve(t.Context(), "none", "ada"); len(es.RefusalsOf(err)) != 1 {
		t.Errorf("resolving none: %v", err)
	}
}

func TestAddressesThatAreRefused(t *testing.T) {
	t.Parallel()
	i := start(t, openStore(t), &clock{}, t.TempDir(), "one")
	for _, url := range []string{"ftp://x.example/a", "hooks", "http://169.254.169.254/latest", "https://10.0.0.1/secret-of-slack", "https://u:secret-of-slack@x.example/", "https://x.example/" + strings.Repeat("a", 2048)} {
		_, err := i.Configure(t.Context(), "production", alerts.Put{URL: &url}, "ada")
		if r := es.RefusalsOf(err); len(r) != 1 || r[0].Field != "url" || strings.Contains(r[0].Message, "secret-of") {
			t.Errorf("%s: %v", url, err)
		}
	}
	if _, err := i.Configure(t.Context(), "staging", alerts.Put{}, "ada"); len(es.RefusalsOf(err)) != 1 {
		t.Errorf("no such environment: %v", err)
	}
	url := "https://hooks.slack.com/services/x"
	set, err := i.Configure(t.Context(), "production", alerts.Put{URL: &url, Thresholds: alert.Thresholds{Refusals: 7}}, "ada")
	if err != nil || set.Host != "hooks.slack.com" || set.Refusals != 7 {
		t.Fatalf("%+v, %v", set, err)
	}
	if set, err = i.Configure(t.Context(), "production", alerts.Put{}, "ada"); err != nil || set.Host != "hooks.slack.com" || set.Refusals != 0 {
		t.Errorf("without an address: %+v, %v", set, err)
	}
	none := ""
	if set, err = i.Configure(t.Context(), "production", alerts.Put{URL: &none}, "ada"); err != nil || set.Host != "" {
		t.Errorf("with an empty address: %+v, %v", set, err)
	}
}
