package alert

import (
	"slices"
	"time"

	"daybook/domain/es"
)

// Command is something that is asked of a stream of alerts.
//
//sumtype:decl
type Command interface{ isCommand() }

// Configure sets what leads to alerts, and where messages go.
type Configure struct {
	Scope    Scope
	Settings Settings
}

// Observe says that a cause is there.
type Observe struct {
	ID    string // of the alert, if it leads to one
	Cause Cause
	Extent
	At es.Time
}

// Cease says that a cause is not there.
type Cease struct{ Cause Cause }

// Acknowledge says that a person has seen an alert.
type Acknowledge struct{ ID string }

// Resolve closes an alert, as a person wants it.
type Resolve struct{ ID string }

// Begin begins a message about an alert, if one is due.
type Begin struct {
	ID       string
	Instance string
	At       es.Time
}

// Finish says what became of a message that was begun.
type Finish struct {
	ID      string
	Attempt int
	// Error is empty if it was taken.
	Error      string
	HTTPStatus int
	// Retry says that it was certainly not taken, and may be another time.
	Retry bool
	At    es.Time
}

func (Configure) isCommand()   {}
func (Observe) isCommand()     {}
func (Cease) isCommand()       {}
func (Acknowledge) isCommand() {}
func (Resolve) isCommand()     {}
func (Begin) isCommand()       {}
func (Finish) isCommand()      {}

const (
	// growth is how long after it was last said how far an alert goes it is said
	// that it goes further, and decline that it does not go so far any more.
	growth  = time.Minute
	decline = 10 * time.Minute
	// attempts is how often a message is sent that is not taken, and firstRetry
	// how long after the first try the second one follows; each wait is four
	// times the last.
	attempts   = 4
	firstRetry = 30 * time.Second
)

// Decider folds and decides alerts.
func Decider() es.Decider[State, Command, Event] {
	return es.Decider[State, Command, Event]{Decide: Decide, Evolve: Evolve}
}

// Decide returns the events that follow from c in state s.
func Decide(s State, c Command) ([]Event, error) {
	switch c := c.(type) {
	case Configure:
		return s.configure(c)
	case Observe:
		return s.observe(c), nil
	case Cease:
		if a, ok := s.About(c.Cause); ok {
			return []Event{Resolved{Alert: a.ID, Ceased: true}}, nil
		}
	case Acknowledge:
		return s.answer(c.ID, func(a Alert) bool { return a.AcknowledgedAt.IsZero() }, Acknowledged{Alert: c.ID})
	case Resolve:
		return s.answer(c.ID, Alert.Open, Resolved{Alert: c.ID})
	case Begin:
		if attempt := s.due(c.ID, c.At); attempt > 0 {
			return []Event{MessageBegun{Alert: c.ID, Attempt: attempt, Instance: c.Instance}}, nil
		}
	case Finish:
		return s.finish(c), nil
	}
	return nil, nil
}

func (s State) configure(c Configure) ([]Event, error) {
	if err := c.Settings.check(c.Scope); err != nil {
		return nil, err
	}
	if s.In(c.Scope).equal(c.Settings) {
		return nil, nil
	}
	return []Event{AlertingChanged{c.Settings}}, nil
}

// In returns the settings that are in force in the scope whose stream this is.
func (s State) In(scope Scope) Settings {
	if s.Settings == nil {
		return Settings{Thresholds: Defaults(scope)}
	}
	return *s.Settings
}

func (s State) observe(c Observe) []Event {
	a, ok := s.About(c.Cause)
	switch {
	case !ok, !a.Open() && c.Count > a.Count:
		return []Event{Raised{Alert: c.ID, Cause: c.Cause, Extent: c.Extent}}
	case a.Open() && c.Count != a.Count && c.At.Sub(a.ChangedAt) >= said(c.Count > a.Count):
		return []Event{Changed{Alert: a.ID, Extent: c.Extent}}
	default:
		return nil
	}
}

// said is how long after it was last said how far an alert goes it is said anew.
func said(further bool) time.Duration {
	if further {
		return growth
	}
	return decline
}

// answer is what people do about an alert; what is done already is nothing.
func (s State) answer(id string, todo func(Alert) bool, e Event) ([]Event, error) {
	a, ok := s.Alert(id)
	switch {
	case !ok:
		return nil, &es.Refusal{Code: es.NotFound, Message: "there is no such alert, or it has been over for long"}
	case a.Open() && todo(a):
		return []Event{e}, nil
	default:
		return nil, nil
	}
}

// due returns which attempt at a message about an alert is due; 0 if none is.
func (s State) due(id string, at es.Time) int {
	a, ok := s.Alert(id)
	if !ok || !a.wantsMessages() || s.nextMessage(a) > at {
		return 0
	}
	if m := s.Messages[a.Cause]; !m.RetryAt.IsZero() && at.Sub(m.BegunAt) < Every {
		return m.Attempt + 1
	}
	return 1
}

func (a Alert) wantsMessages() bool { return a.Open() && a.AcknowledgedAt.IsZero() }

// nextMessage returns when the next message about an alert goes out. What became
// of the last one may not be known: then it counts as sent.
func (s State) nextMessage(a Alert) es.Time {
	m, known := s.Messages[a.Cause]
	switch {
	case !known:
		return a.RaisedAt
	case !m.RetryAt.IsZero():
		return m.RetryAt
	default:
		return m.BegunAt.Add(Every)
	}
}

// NextMessage returns which alert the next message is about, and when it goes
// out; false if nobody needs one.
func (s State) NextMessage() (Alert, es.Time, bool) {
	var next Alert
	var when es.Time
	found := false
	for _, a := range s.Alerts {
		if at := s.nextMessage(a); a.wantsMessages() && (!found || at < when) {
			next, when, found = a, at, true
		}
	}
	return next, when, found
}

func (s State) finish(c Finish) []Event {
	a, ok := s.Alert(c.ID)
	m := s.Messages[a.Cause]
	if !ok || m.Attempt != c.Attempt || !m.SentAt.IsZero() || m.Error != "" {
		return nil
	}
	if c.Error == "" {
		return []Event{MessageSent{Alert: c.ID, Attempt: c.Attempt, HTTPStatus: c.HTTPStatus}}
	}
	failed := MessageFailed{Alert: c.ID, Attempt: c.Attempt, Error: c.Error}
	if c.Retry && c.Attempt < attempts {
		failed.RetryAt = c.At.Add(firstRetry << (2 * (c.Attempt - 1)))
	}
	return []Event{failed}
}

// OpenAlerts returns the alerts that are open, the newest first.
func (s State) OpenAlerts() []Alert {
	open := slices.DeleteFunc(slices.Clone(s.Alerts), func(a Alert) bool { return !a.Open() })
	slices.Reverse(open)
	return open
}
