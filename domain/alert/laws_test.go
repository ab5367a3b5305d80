package alert_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"daybook/domain/alert"
	"daybook/domain/es"
)

// Whatever is seen and done by however many, and in whatever order: one alert
// of a cause is open, and between two messages about it an hour passes, unless
// the first was certainly not taken.
func TestLawOneAlertAndOneMessage(t *testing.T) {
	t.Parallel()
	causes := []alert.Cause{parked(), {Kind: alert.MappingPaused, Source: "stripe", Subject: "m"}}
	rapid.Check(t, func(t *rapid.T) {
		l := &log{at: noon}
		taken := map[alert.Cause]es.Time{} // when a message was begun that may have been taken
		for range rapid.IntRange(1, 120).Draw(t, "steps") {
			l.at = l.at.Add(time.Duration(rapid.IntRange(0, 1500).Draw(t, "seconds")) * time.Second)
			before, copied := l.state, clone(l.state)
			c := command(t, l, causes)
			events, err := l.do(c, rapid.SampledFrom([]string{"", "ada"}).Draw(t, "actor"))
			if err != nil && len(events) > 0 {
				t.Fatalf("%+v was refused, and led to %v", c, events)
			}
			if !reflect.DeepEqual(before, copied) {
				t.Fatalf("%+v changed a state that was handed out", c)
			}
			for _, e := range events {
				cause := causeOf(before, e)
				if _, begun := e.(alert.MessageBegun); begun {
					if at, ok := taken[cause]; ok && l.at.Sub(at) < alert.Every {
						t.Fatalf("two messages about %v within %s", cause, l.at.Sub(at))
					}
					taken[cause] = l.at
				}
				if failed, ok := e.(alert.MessageFailed); ok && !failed.RetryAt.IsZero() {
					delete(taken, cause)
				}
			}
			checkState(t, l.state)
		}
	})
}

func checkState(t *rapid.T, s alert.State) {
	open := map[alert.Cause]bool{}
	for _, a := range s.OpenAlerts() {
		if open[a.Cause] || a.Ceased {
			t.Fatalf("of %v two are open, or one that is over", a.Cause)
		}
		open[a.Cause] = true
	}
	if len(s.Alerts) > 60 || len(s.Messages) > 2 {
		t.Fatalf("%d alerts and %d messages are remembered", len(s.Alerts), len(s.Messages))
	}
}

func causeOf(s alert.State, e alert.Event) alert.Cause {
	id := ""
	if begun, ok := e.(alert.MessageBegun); ok {
		id = begun.Alert
	}
	if failed, ok := e.(alert.MessageFailed); ok {
		id = failed.Alert
	}
	a, _ := s.Alert(id)
	return a.Cause
}

func clone(s alert.State) alert.State {
	s.Alerts, s.Messages = slices.Clone(s.Alerts), maps.Clone(s.Messages)
	return s
}

func command(t *rapid.T, l *log, causes []alert.Cause) alert.Command {
	cause := rapid.SampledFrom(causes).Draw(t, "cause")
	id := "none"
	if n := len(l.state.Alerts); n > 0 {
		id = l.state.Alerts[n-1-rapid.IntRange(0, min(n-1, 2)).Draw(t, "alert")].ID
	}
	switch rapid.IntRange(0, 9).Draw(t, "command") {
	case 0, 1:
		l.ids++
		return alert.Observe{ID: fmt.Sprint(l.ids), Cause: cause, Extent: alert.Extent{Count: rapid.IntRange(0, 3).Draw(t, "count")}, At: l.at}
	case 2:
		return alert.Cease{Cause: cause}
	case 3:
		return alert.Resolve{ID: id}
	case 4:
		return alert.Acknowledge{ID: id}
	case 5, 6, 7:
		return alert.Begin{ID: id, Instance: "i", At: l.at}
	default:
		failed := rapid.SampledFrom([]string{"", "503"}).Draw(t, "error")
		attempt := rapid.IntRange(1, 4).Draw(t, "attempt")
		return alert.Finish{ID: id, Attempt: attempt, Error: failed, Retry: rapid.Bool().Draw(t, "retry"), At: l.at}
	}
}
