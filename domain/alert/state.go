package alert

import (
	"maps"
	"slices"
	"time"

	"daybook/domain/es"
)

// State is a stream of alerts, folded.
type State struct {
	// Settings are nil where nobody has set any: see [Defaults].
	Settings *Settings
	// Alerts are those that are open, and the newest [kept] others, in the order
	// in which they were raised.
	Alerts []Alert
	// Messages are the newest about each cause. Those that no longer matter are
	// forgotten.
	Messages map[Cause]Message
	Revision es.Revision
}

// Alert is one alert.
type Alert struct {
	ID    string
	Cause Cause
	Extent
	RaisedAt es.Time
	// ChangedAt is when Extent was last said.
	ChangedAt      es.Time
	AcknowledgedAt es.Time
	AcknowledgedBy string
	ResolvedAt     es.Time
	ResolvedBy     string // empty: it ended by itself
	// Ceased says that its cause is there no more.
	Ceased bool
	// Position is that of the newest event about it.
	Position es.Position
}

// Open reports whether the alert is open.
func (a Alert) Open() bool { return a.ResolvedAt.IsZero() }

// Message is what became of the newest message about a cause.
type Message struct {
	BegunAt es.Time // of the newest attempt
	Attempt int
	SentAt  es.Time
	Error   string
	RetryAt es.Time
}

const (
	// Every is how long after a message the next one about the same cause goes
	// out, if nobody has acknowledged it by then.
	Every = time.Hour
	// kept is how many alerts are remembered that are closed.
	kept = 50
)

// Alert returns an alert by its id.
func (s State) Alert(id string) (Alert, bool) {
	i := slices.IndexFunc(s.Alerts, func(a Alert) bool { return a.ID == id })
	if i < 0 {
		return Alert{}, false
	}
	return s.Alerts[i], true
}

// About returns the alert of a cause that is open, or that a person closed while
// its cause was there; false if there is none.
func (s State) About(c Cause) (Alert, bool) {
	for _, a := range slices.Backward(s.Alerts) {
		if a.Cause == c {
			return a, !a.Ceased
		}
	}
	return Alert{}, false
}

// Standing returns the alerts whose cause is there, as far as is known: those
// that are open, and those that a person closed meanwhile.
func (s State) Standing() []Alert {
	return slices.DeleteFunc(slices.Clone(s.Alerts), func(a Alert) bool { return a.Ceased })
}

// Evolve returns s after f.
func Evolve(s State, f es.Fact[Event]) State {
	s.Revision = f.Revision
	at := f.Metadata.At
	switch e := f.Event.(type) {
	case AlertingChanged:
		s = s.redirected(e.Settings)
	case Raised:
		s.Alerts = append(s.remembered(e.Cause), Alert{ID: e.Alert, Cause: e.Cause, Extent: e.Extent, RaisedAt: at, ChangedAt: at, Position: f.Position})
	case Changed:
		s = s.with(e.Alert, f.Position, func(a *Alert) { a.Extent, a.ChangedAt = e.Extent, at })
	case Acknowledged:
		s = s.with(e.Alert, f.Position, func(a *Alert) { a.AcknowledgedAt, a.AcknowledgedBy = at, f.Metadata.Actor })
	case Resolved:
		s = s.with(e.Alert, f.Position, func(a *Alert) {
			a.Ceased = a.Ceased || e.Ceased
			if a.Open() {
				a.ResolvedAt, a.ResolvedBy = at, f.Metadata.Actor
			}
		})
	case MessageBegun:
		s = s.message(e.Alert, func(m *Message) { *m = Message{BegunAt: at, Attempt: e.Attempt} })
		s = s.forget(at)
	case MessageSent:
		s = s.message(e.Alert, func(m *Message) { m.SentAt = at })
	case MessageFailed:
		s = s.message(e.Alert, func(m *Message) { m.Error, m.RetryAt = e.Error, e.RetryAt })
	}
	return s
}

// redirected changes the settings. What another endpoint did not take is sent to
// the new one at once.
func (s State) redirected(to Settings) State {
	var before Endpoint
	if s.Settings != nil && s.Settings.Endpoint != nil {
		before = *s.Settings.Endpoint
	}
	s.Settings = &to
	if to.Endpoint != nil && *to.Endpoint != before {
		s.Messages = maps.Clone(s.Messages)
		maps.DeleteFunc(s.Messages, func(_ Cause, m Message) bool { return m.Error != "" })
	}
	return s
}

func (s State) with(id string, at es.Position, change func(*Alert)) State {
	s.Alerts = slices.Clone(s.Alerts)
	for i := range s.Alerts {
		if s.Alerts[i].ID == id {
			change(&s.Alerts[i])
			s.Alerts[i].Position = at
		}
	}
	return s
}

// message changes what is known of the message about an alert.
func (s State) message(id string, change func(*Message)) State {
	a, ok := s.Alert(id)
	if !ok {
		return s
	}
	s.Messages = maps.Clone(s.Messages)
	if s.Messages == nil {
		s.Messages = map[Cause]Message{}
	}
	m := s.Messages[a.Cause]
	change(&m)
	s.Messages[a.Cause] = m
	return s
}

// forget lets go of messages that no longer hold back another. Those about what
// is open stay to be shown.
func (s State) forget(at es.Time) State {
	s.Messages = maps.Clone(s.Messages)
	maps.DeleteFunc(s.Messages, func(c Cause, m Message) bool {
		a, _ := s.About(c)
		return at.Sub(m.BegunAt) >= Every && (a.ID == "" || !a.Open())
	})
	return s
}

// remembered returns the alerts without the oldest that are closed, and without
// a say for earlier ones of the same cause.
func (s State) remembered(c Cause) []Alert {
	over := 0
	all := make([]Alert, 0, len(s.Alerts)+1)
	for _, a := range slices.Backward(s.Alerts) {
		if a.Cause == c && !a.Open() {
			a.Ceased = true // a newer one speaks for the cause
		}
		if !a.Open() {
			if over++; over > kept {
				continue
			}
		}
		all = append(all, a)
	}
	slices.Reverse(all)
	return all
}
