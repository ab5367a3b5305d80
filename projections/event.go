package projections

import (
	"fmt"
	"strings"

	"daybook/domain/es"
	"daybook/domain/rejection"
	"daybook/domain/webhook"
)

// Event is a recorded event as projections see it: decoded, once for all of
// them. At most one of Webhook, Rejection and Deleted is set; none is where the
// event belongs to another kind of stream, or could not be decoded.
type Event struct {
	es.Recorded
	// At is the time of the fact.
	At es.Time
	// Webhook is what an event in a webhook's stream says, and Ref whose
	// stream and generation that is.
	Webhook webhook.Event
	Ref     webhook.Ref
	// Rejection is what an event in a stream of rejections says.
	Rejection rejection.Event
	// Deleted says that this is a tombstone: nothing of the stream remains.
	Deleted bool
}

// decoder decodes events of the kinds that are projected.
type decoder struct {
	webhooks   es.Codec[webhook.Event]
	rejections es.Codec[rejection.Event]
}

func newDecoder() decoder {
	return decoder{webhooks: webhook.Codec(), rejections: rejection.Codec()}
}

// decode returns the event; where it cannot be understood, without its meaning
// and with an error.
func (d decoder) decode(r es.Recorded) (Event, error) {
	e := Event{Recorded: r}
	switch {
	case r.Type == es.TypeStreamDeleted:
		e.Deleted = true
		return e, nil
	case r.Type == es.TypePlaceholder:
		return e, nil
	case strings.HasPrefix(string(r.Stream), webhook.StreamPrefix):
		return d.webhook(e)
	case strings.HasPrefix(string(r.Stream), rejection.StreamPrefix):
		return d.rejection(e)
	default:
		return e, nil
	}
}

func (d decoder) webhook(e Event) (Event, error) {
	ref, err := webhook.ParseStream(e.Stream)
	if err != nil {
		return e, fmt.Errorf("decode %s at %s@%d: %w", e.Type, e.Stream, e.Revision, err)
	}
	fact, err := d.webhooks.Decode(e.Recorded)
	if err != nil {
		return e, err
	}
	ref.Generation = webhook.GenerationOf(fact.Event)
	e.Webhook, e.Ref, e.At = fact.Event, ref, fact.Metadata.At
	return e, nil
}

func (d decoder) rejection(e Event) (Event, error) {
	if _, err := rejection.ParseStream(e.Stream); err != nil {
		return e, fmt.Errorf("decode %s at %s@%d: %w", e.Type, e.Stream, e.Revision, err)
	}
	fact, err := d.rejections.Decode(e.Recorded)
	if err != nil {
		return e, err
	}
	e.Rejection, e.At = fact.Event, fact.Metadata.At
	return e, nil
}
