package alert_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"daybook/domain/alert"
	"daybook/domain/environment"
	"daybook/domain/es"
	"daybook/domain/eventtest"
	"daybook/domain/source"
)

func TestFixtures(t *testing.T) {
	t.Parallel()
	eventtest.CheckFixtures(t, alert.Codec(), os.DirFS("testdata/events"))
}

func FuzzDecode(f *testing.F) {
	eventtest.FuzzDecode(f, alert.Codec(), os.DirFS("testdata/events"))
}

func TestScopes(t *testing.T) {
	t.Parallel()
	if environment.IsSlug(string(alert.Daybook)) {
		t.Error("an environment can be called as Daybook's own scope is")
	}
	for _, slug := range []string{"production", ""} {
		scope := alert.ScopeOf(slug)
		if got, ok := alert.ParseStream(scope.Stream()); !ok || got != scope || got.Environment() != slug {
			t.Errorf("%q: the stream %s is that of %q", slug, scope.Stream(), got)
		}
	}
	if _, ok := alert.ParseStream("source-stripe"); ok {
		t.Error("a source's stream is one of alerts")
	}
}

// log is a stream of alerts, in memory.
type log struct {
	state alert.State
	at    es.Time
	ids   int
}

const noon es.Time = 1_764_072_000_000

func (l *log) do(c alert.Command, actor string) ([]alert.Event, error) {
	events, err := alert.Decide(l.state, c)
	for _, e := range events {
		l.state = alert.Evolve(l.state, es.Fact[alert.Event]{
			Event: e, Revision: l.state.Revision + 1, Metadata: es.Metadata{At: l.at, Actor: actor},
		})
	}
	return events, err
}

func (l *log) observe(c alert.Cause, count int) string {
	l.ids++
	events, _ := l.do(alert.Observe{ID: fmt.Sprint(l.ids), Cause: c, Extent: alert.Extent{Count: count}, At: l.at}, "")
	if len(events) == 0 {
		return ""
	}
	if raised, ok := events[0].(alert.Raised); ok {
		return raised.Alert
	}
	return "changed"
}

func (l *log) begin(id string) int {
	events, _ := l.do(alert.Begin{ID: id, Instance: "i", At: l.at}, "")
	if len(events) == 0 {
		return 0
	}
	return events[0].(alert.MessageBegun).Attempt
}

func (l *log) open() string {
	var ids []string
	for _, a := range l.state.OpenAlerts() {
		ids = append(ids, a.ID)
	}
	return strings.Join(ids, " ")
}

func parked() alert.Cause { return alert.Cause{Kind: alert.ActionsParked, Source: "stripe"} }

func TestTheLifeOfAnAlert(t *testing.T) {
	t.Parallel()
	l := &log{at: noon}
	if id := l.observe(parked(), 2); id != "1" || l.observe(parked(), 2) != "" || l.observe(parked(), 3) != "" || l.open() != "1" {
		t.Fatalf("raised %q, open are %q", id, l.open())
	}
	l.at = l.at.Add(time.Minute)
	if got := l.observe(parked(), 3); got != "changed" || l.state.Alerts[0].Count != 3 || l.state.Alerts[0].RaisedAt != noon {
		t.Errorf("a minute later: %q, %+v", got, l.state.Alerts)
	}
	l.at = l.at.Add(9 * time.Minute)
	if got := l.observe(parked(), 2); got != "" {
		t.Errorf("a little less, soon after: %q", got)
	}
	l.at = l.at.Add(time.Minute)
	if got := l.observe(parked(), 2); got != "changed" || l.state.Alerts[0].Count != 2 {
		t.Errorf("less for a while: %q, %+v", got, l.state.Alerts)
	}
	for range 2 { // twice is once
		if _, err := l.do(alert.Acknowledge{ID: "1"}, "ada"); err != nil || l.state.Alerts[0].AcknowledgedBy != "ada" {
			t.Errorf("acknowledged: %v, %+v", err, l.state.Alerts)
		}
	}
	if events, _ := l.do(alert.Cease{Cause: parked()}, ""); len(events) != 1 || l.open() != "" || l.state.Alerts[0].ResolvedBy != "" {
		t.Errorf("ceased: %v, %+v", events, l.state.Alerts)
	}
	if events, _ := l.do(alert.Cease{Cause: parked()}, ""); len(events) != 0 {
		t.Errorf("ceased twice: %v", events)
	}
	if events, err := l.do(alert.Resolve{ID: "1"}, "ada"); err != nil || len(events) != 0 {
		t.Errorf("resolved after the end: %v, %v", events, err)
	}
	if id := l.observe(parked(), 1); id == "" || l.open() != id {
		t.Errorf("there again: %q", id)
	}
	for _, c := range []alert.Command{alert.Acknowledge{ID: "x"}, alert.Resolve{ID: "x"}} {
		if _, err := l.do(c, "ada"); len(es.RefusalsOf(err)) != 1 || es.RefusalsOf(err)[0].Code != es.NotFound {
			t.Errorf("%T of no alert: %v", c, err)
		}
	}
}

// What a person has closed comes back if it gets worse, or comes anew.
func TestWhatAPersonCloses(t *testing.T) {
	t.Parallel()
	l := &log{at: noon}
	first := l.observe(parked(), 2)
	if _, err := l.do(alert.Resolve{ID: first}, "ada"); err != nil || l.open() != "" {
		t.Fatal(err, l.open())
	}
	if got := l.observe(parked(), 2); got != "" {
		t.Errorf("the same led to alert %s", got)
	}
	second := l.observe(parked(), 3)
	if second == "" || l.open() != second {
		t.Errorf("more of it: %q", second)
	}
	if _, err := l.do(alert.Resolve{ID: second}, "ada"); err != nil {
		t.Fatal(err)
	}
	if events, _ := l.do(alert.Cease{Cause: parked()}, ""); len(events) != 1 || l.state.Alerts[1].ResolvedBy != "ada" {
		t.Errorf("ceased after it was closed: %v, %+v", events, l.state.Alerts[1])
	}
	if third := l.observe(parked(), 1); third == "" {
		t.Error("it came anew, and nobody was told")
	}
}

func TestMessages(t *testing.T) {
	t.Parallel()
	l := &log{at: noon}
	id := l.observe(parked(), 1)
	finish := func(c alert.Finish) {
		c.ID, c.At = id, l.at
		if _, err := l.do(c, ""); err != nil {
			t.Error(err)
		}
	}
	if n := l.begin(id); n != 1 || l.begin(id) != 0 {
		t.Fatalf("attempt %d, or two at once", n)
	}
	finish(alert.Finish{Attempt: 1, Error: "503", Retry: true})
	for attempt, wait := range map[int]time.Duration{2: 30 * time.Second} {
		l.at = l.at.Add(wait - 1e6)
		if l.begin(id) != 0 {
			t.Errorf("attempt %d comes early", attempt)
		}
		l.at = l.at.Add(1e6)
		if n := l.begin(id); n != attempt {
			t.Errorf("after %s attempt %d", wait, n)
		}
	}
	finish(alert.Finish{Attempt: 1, HTTPStatus: 200}) // late, and of another attempt
	finish(alert.Finish{Attempt: 2, HTTPStatus: 200})
	if m := l.state.Messages[parked()]; m.SentAt != l.at || m.Error != "" {
		t.Errorf("%+v", m)
	}
	// Over and there again within the hour: an alert, and no message yet.
	_, _ = l.do(alert.Cease{Cause: parked()}, "")
	id = l.observe(parked(), 1)
	l.at = l.at.Add(time.Hour - 1e6)
	if l.begin(id) != 0 {
		t.Error("two messages in an hour")
	}
	if a, at, ok := l.state.NextMessage(); !ok || a.ID != id || at != l.at.Add(1e6) {
		t.Errorf("the next message is about %s at %s", a.ID, at)
	}
	l.at = l.at.Add(1e6)
	if n := l.begin(id); n != 1 {
		t.Errorf("an hour later attempt %d", n)
	}
	// What became of it is not known: it counts as sent.
	l.at = l.at.Add(time.Hour - 1e6)
	if l.begin(id) != 0 {
		t.Error("a message of which nothing is known was sent again")
	}
	l.at = l.at.Add(1e6)
	if n := l.begin(id); n != 1 {
		t.Errorf("a reminder is attempt %d", n)
	}
	_, _ = l.do(alert.Acknowledge{ID: id}, "ada")
	l.at = l.at.Add(2 * time.Hour)
	if _, _, ok := l.state.NextMessage(); ok || l.begin(id) != 0 {
		t.Error("a message about what was acknowledged")
	}
}

// A message that is never taken is tried four times, and then with the next hour.
func TestMessagesThatFail(t *testing.T) {
	t.Parallel()
	l := &log{at: noon}
	id := l.observe(parked(), 1)
	var waits []time.Duration
	last := noon
	for range 6 {
		_, at, _ := l.state.NextMessage()
		waits = append(waits, at.Sub(last))
		l.at, last = at, at
		n := l.begin(id)
		if _, err := l.do(alert.Finish{ID: id, Attempt: n, Error: "503", Retry: true, At: at}, ""); err != nil {
			t.Fatal(err)
		}
	}
	if got := fmt.Sprint(waits); got != "[0s 30s 2m0s 8m0s 1h0m0s 30s]" {
		t.Errorf("the waits are %s", got)
	}
	l.at = l.at.Add(2 * time.Minute)
	n := l.begin(id)
	if _, err := l.do(alert.Finish{ID: id, Attempt: n, Error: "404", At: l.at}, ""); err != nil {
		t.Fatal(err)
	}
	if _, at, _ := l.state.NextMessage(); at != l.at.Add(time.Hour) {
		t.Errorf("after an answer that no retry changes: %s", at.Sub(l.at))
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	hours := func(n int) source.Duration { return source.Duration(time.Duration(n) * time.Hour) }
	l := &log{at: noon}
	if l.state.In("production").Refusals == 0 || l.state.In(alert.Daybook).DiskFree == 0 || l.state.In(alert.Daybook).Refusals != 0 {
		t.Error("there are no defaults")
	}
	same := alert.Settings{Thresholds: alert.Defaults("production")}
	if events, err := l.do(alert.Configure{Scope: "production", Settings: same}, "ada"); len(events) != 0 || err != nil {
		t.Errorf("what holds anyway: %v, %v", events, err)
	}
	wanted := alert.Settings{
		Endpoint:   &alert.Endpoint{ID: "1", Host: "hooks.slack.com", Sealed: "x"},
		Thresholds: alert.Thresholds{Silence: hours(1), SilenceOf: map[string]source.Duration{"shop": source.Forever}},
	}
	for i := range 2 {
		if events, err := l.do(alert.Configure{Scope: "production", Settings: wanted}, "ada"); len(events) != 1-i || err != nil {
			t.Errorf("time %d: %v, %v", i, events, err)
		}
	}
	got := l.state.In("production")
	if got.SilenceFor("shop") != 0 || got.SilenceFor("stripe") != time.Hour || got.Refusals != 0 {
		t.Errorf("%+v", got)
	}
	for field, c := range map[string]alert.Configure{
		"refusals":   {Scope: "production", Settings: alert.Settings{Thresholds: alert.Thresholds{Refusals: -1}}},
		"silence":    {Scope: "production", Settings: alert.Settings{Thresholds: alert.Thresholds{Silence: hours(1000)}}},
		"silence_of": {Scope: "production", Settings: alert.Settings{Thresholds: alert.Thresholds{SilenceOf: map[string]source.Duration{"a b": hours(1)}}}},
		"lag":        {Scope: "production", Settings: alert.Settings{Thresholds: alert.Thresholds{Lag: hours(1)}}},
		"disk_free":  {Scope: alert.Daybook, Settings: alert.Settings{Thresholds: alert.Thresholds{DiskFree: 91}}},
	} {
		_, err := l.do(c, "ada")
		if r := es.RefusalsOf(err); len(r) != 1 || r[0].Field != field || r[0].Code != es.Invalid {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := l.do(alert.Configure{Scope: alert.Daybook, Settings: wanted}, "ada"); len(es.RefusalsOf(err)) != 2 {
		t.Errorf("an environment's thresholds for Daybook: %v", err)
	}
}
