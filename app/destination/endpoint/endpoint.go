// Package endpoint is the destination that posts each action to an address, as
// JSON that is signed as Standard Webhooks has it: three headers hold an id, the
// time, and a signature of both and the body for each live secret.
//
// The id is the action's, the same at each try, and so is the body: an endpoint
// that takes each id once has one effect.
package endpoint

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"daybook/app/destination"
	"daybook/app/destination/egress"
	"daybook/domain/es"
	"daybook/domain/signature"
	"daybook/domain/webhook"
)

// Destination is an endpoint as one environment uses it. Make one with [New].
type Destination struct {
	config Config
	scheme signature.Scheme
	terms  destination.Terms
	query  []string // what the URL's query holds, which may well be secret
}

// Config is what a destination is made of; all of it.
type Config struct {
	Client *egress.Client
	URL    string
	// Secrets returns the secrets that sign at a time, the newest first.
	Secrets func(at es.Time) []signature.Secret
	// Repeats says what the endpoint makes of an id that it has seen.
	Repeats webhook.Repeats
	Now     func() time.Time
}

// New returns a destination.
func New(c Config) *Destination {
	scheme, _ := signature.Lookup("standard_webhooks") // which is always there
	d := &Destination{config: c, scheme: scheme, terms: destination.Terms{Lane: "endpoint", Repeats: c.Repeats}}
	u, err := url.Parse(c.URL)
	if err != nil {
		return d // nothing will be sent
	}
	d.terms.Lane += " " + (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
	for _, values := range u.Query() {
		d.query = append(d.query, values...)
	}
	return d
}

// Terms says under which terms actions are posted.
func (d *Destination) Terms(destination.Action) destination.Terms { return d.terms }

// message is what is posted: the same at each try.
type message struct {
	ID          string          `json:"id"`
	Type        string          `json:"type"`
	Environment string          `json:"environment"`
	Webhook     string          `json:"webhook"`
	Mapping     string          `json:"mapping"`
	Data        json.RawMessage `json:"data"`
}

// CarryOut posts an action once. Any answer from 200 to 299 says that the
// endpoint has taken it.
func (d *Destination) CarryOut(ctx context.Context, a destination.Action) destination.Outcome {
	body, err := json.Marshal(message{a.ID, string(a.Type), a.Environment, a.Webhook, a.Mapping, a.Payload})
	if err != nil {
		return destination.Outcome{Class: webhook.ClassInvalid, Error: fmt.Sprintf("the request cannot be written: %s", err)}
	}
	at := es.TimeOf(d.config.Now())
	header := http.Header{
		"Webhook-Id":      {a.ID},
		"Content-Type":    {"application/json"},
		"Idempotency-Key": {a.ID},
	}
	var signatures []string
	secrets := slices.Clone(d.query)
	for _, secret := range d.config.Secrets(at) {
		signed := d.scheme.Sign(secret, header, body, at)
		header["Webhook-Timestamp"] = signed["Webhook-Timestamp"]
		signatures = append(signatures, signed["Webhook-Signature"]...)
		secrets = append(secrets, secret.Reveal())
	}
	if len(signatures) == 0 {
		return destination.Outcome{Class: webhook.ClassInvalid, Error: "the endpoint has no live signing secret, so nothing was sent; rotate the secret of the environment"}
	}
	header["Webhook-Signature"] = []string{strings.Join(signatures, " ")}
	_, outcome := d.config.Client.Attempt(ctx, egress.Request{Method: http.MethodPost, URL: d.config.URL, Header: header, Body: body}, secrets...)
	return outcome
}
