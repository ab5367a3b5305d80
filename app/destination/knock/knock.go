// Package knock is the destination that carries actions out through the API of
// Knock: all of the catalogue but http_request, which is not Knock's.
//
// What Knock would refuse is found before it is sent where that can be known,
// and named by its field. Its limits of rate are kept here, so that Knock need
// not enforce them; where it does all the same (others use the same key), it is
// left alone for as long as it asks.
package knock

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"daybook/app/destination"
	"daybook/app/destination/egress"
	"daybook/domain/action"
	"daybook/domain/signature"
	"daybook/domain/webhook"
)

// keyRemembered is for how long Knock knows an idempotency key again.
const keyRemembered = 24 * time.Hour

// Destination is the API of Knock as one environment uses it. Make one with
// [New].
type Destination struct {
	client  *egress.Client
	baseURL string
	apiKey  string
	lane    string
	pace    *Pace
}

// Config is what a destination is made of; all of it.
type Config struct {
	Client  *egress.Client
	BaseURL string // without /v1
	APIKey  string
	// Pace is shared by all destinations with the same API key.
	Pace *Pace
}

// New returns a destination.
func New(c Config) *Destination {
	return &Destination{
		client: c.Client, baseURL: c.BaseURL, apiKey: c.APIKey, pace: c.Pace,
		// Knock keeps its users and its idempotency keys apart by API key.
		lane: "knock " + c.BaseURL + ", key " + signature.Fingerprint(c.APIKey),
	}
}

// Terms says that a workflow is triggered once within 24 hours however often
// that is asked for, and that all else has one effect for ever: what is there
// already stays as it is.
func (d *Destination) Terms(a destination.Action) destination.Terms {
	terms := destination.Terms{Lane: d.lane, Repeats: webhook.Repeats{Always: true}}
	if a.Type == action.WorkflowsTrigger {
		terms.Repeats = webhook.Repeats{Within: keyRemembered}
	}
	return terms
}

// CarryOut makes one attempt at an action.
func (d *Destination) CarryOut(ctx context.Context, a destination.Action) destination.Outcome {
	if _, known := callFor(a.Type); !known {
		return destination.NotSupported("knock", a.Type)
	}
	c, problem := newCall(a)
	if problem != nil {
		return destination.Outcome{Class: webhook.ClassInvalid, Error: problem.Error()}
	}
	if outcome, ok := d.pace.take(ctx, c.tier); !ok {
		return outcome
	}
	answer, outcome := d.client.Attempt(ctx, d.request(a, c), d.apiKey)
	if outcome.HTTPStatus == http.StatusTooManyRequests {
		d.pace.rest(c.tier, outcome.RetryAfter)
	}
	if outcome.HTTPStatus != 0 {
		c.judge(answer, &outcome)
	}
	return outcome
}

func (d *Destination) request(a destination.Action, c call) egress.Request {
	header := http.Header{
		"Authorization": {"Bearer " + d.apiKey},
		"Accept":        {"application/json"},
	}
	if c.body != nil {
		header.Set("Content-Type", "application/json")
	}
	if a.Type == action.WorkflowsTrigger {
		header.Set("Idempotency-Key", a.ID)
	}
	return egress.Request{Method: c.method, URL: d.baseURL + c.path, Header: header, Body: c.body}
}

// problem is why a request cannot be sent.
type problem struct{ field, message string }

func (p *problem) Error() string { return p.field + " " + p.message }

func faulty(field, format string, args ...any) *problem {
	return &problem{field, fmt.Sprintf(format, args...)}
}

// object is a JSON object, of which only what is needed is looked into.
type object = map[string]json.RawMessage
