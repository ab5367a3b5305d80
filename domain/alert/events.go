package alert

import "daybook/domain/es"

// Event is a fact in a stream of alerts.
//
//sumtype:decl
type Event interface{ isEvent() }

// AlertingChanged says what leads to alerts from now on, and where messages go.
type AlertingChanged struct {
	Settings Settings `json:"settings"`
}

// Raised opens an alert.
type Raised struct {
	Alert string `json:"alert"` // its id
	Cause Cause  `json:"cause"`
	Extent
}

// Extent is how far it goes.
type Extent struct {
	// Count is how many actions or requests, for how many seconds, or what
	// percentage: what it counts depends on the kind.
	Count int `json:"count,omitempty"`
	// Detail says more, for a person.
	Detail string `json:"detail,omitempty"`
}

// Changed says that an open alert's cause goes further than was known, or less
// far.
type Changed struct {
	Alert string `json:"alert"`
	Extent
}

// Acknowledged says that a person has seen an alert: no more messages are sent
// about it.
type Acknowledged struct {
	Alert string `json:"alert"`
}

// Resolved closes an alert.
type Resolved struct {
	Alert string `json:"alert"`
	// Ceased says that its cause is there no more. Otherwise a person closed
	// the alert; that its cause ceased is then said by a second event, and until
	// then only a further reach of it leads to another alert.
	Ceased bool `json:"ceased"`
}

// MessageBegun says that an instance is about to send a message about an alert.
// What it began, no other sends.
type MessageBegun struct {
	Alert    string `json:"alert"`
	Attempt  int    `json:"attempt"`
	Instance string `json:"instance"`
}

// MessageSent says that a message was taken.
type MessageSent struct {
	Alert      string `json:"alert"`
	Attempt    int    `json:"attempt"`
	HTTPStatus int    `json:"http_status"`
}

// MessageFailed says that a message was not taken, or that this is not known.
type MessageFailed struct {
	Alert   string `json:"alert"`
	Attempt int    `json:"attempt"`
	Error   string `json:"error"` // says what is wrong, for a person
	// RetryAt is when it is sent again; no time: with the next hour's message.
	RetryAt es.Time `json:"retry_at"`
}

func (AlertingChanged) isEvent() {}
func (Raised) isEvent()          {}
func (Changed) isEvent()         {}
func (Acknowledged) isEvent()    {}
func (Resolved) isEvent()        {}
func (MessageBegun) isEvent()    {}
func (MessageSent) isEvent()     {}
func (MessageFailed) isEvent()   {}

// Codec returns the table of an alert stream's events.
func Codec() es.Codec[Event] {
	return es.NewCodec(
		es.JSON[AlertingChanged, Event]("AlertingChanged"),
		es.JSON[Raised, Event]("AlertRaised"),
		es.JSON[Changed, Event]("AlertChanged"),
		es.JSON[Acknowledged, Event]("AlertAcknowledged"),
		es.JSON[Resolved, Event]("AlertResolved"),
		es.JSON[MessageBegun, Event]("AlertMessageBegun"),
		es.JSON[MessageSent, Event]("AlertMessageSent"),
		es.JSON[MessageFailed, Event]("AlertMessageFailed"),
	)
}
