// Package trigger makes sample webhooks, signs them as their provider would,
// and sends them to an ingest URL: the running server's own, or any other.
package trigger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"daybook/app/configuration"
	"daybook/domain/es"
	"daybook/domain/signature"
	"daybook/domain/template"
	"daybook/projections"
)

// MaxCount is the most samples that are sent at once.
const MaxCount = 100

// maxAnswer is how much of an answer is read, in bytes.
const maxAnswer = 64 << 10

// Sample is what is to be sent.
type Sample struct {
	Type string `json:"type"`
	// Overrides are set in the body before it is signed, by dotted path.
	Overrides map[string]any `json:"overrides"`
	Count     int            `json:"count"` // 0 means 1
}

// Sent is the answer to one sample.
type Sent struct {
	Status string `json:"status"`
	ID     string `json:"id"`
	Stream string `json:"stream"`
}

// Sender sends samples of one template to one ingest URL.
type Sender struct {
	Client   *http.Client
	URL      string
	Template template.Template
	Secret   signature.Secret
	Now      func() time.Time
	// Shared holds the values that samples have in common; see
	// [template.Seed]. Nil shares nothing.
	Shared map[string]string
}

// Send makes, signs and sends samples, and returns the answers as they came.
// The first one that is refused ends it.
func (s Sender) Send(ctx context.Context, sample Sample) ([]Sent, error) {
	count := max(sample.Count, 1)
	if sample.Count < 0 || count > MaxCount {
		return nil, &es.Refusal{Code: es.Invalid, Field: "count", Message: fmt.Sprintf("from 1 to %d samples are sent at once", MaxCount)}
	}
	sent := make([]Sent, 0, count)
	for range count {
		request, err := s.Make(sample)
		if err != nil {
			return nil, err
		}
		one, err := s.Post(ctx, request)
		if err != nil {
			return nil, err
		}
		sent = append(sent, one)
	}
	return sent, nil
}

// Make returns one sample, with its own id and time. It can be posted more than
// once, as a provider does that is not sure.
func (s Sender) Make(sample Sample) (template.Request, error) {
	request, err := s.Template.Request(sample.Type, template.Seed{
		Now:    es.TimeOf(s.Now()),
		NewID:  s.Template.IDs(rand.Uint64),
		Shared: s.Shared,
	})
	if err != nil {
		return template.Request{}, err
	}
	request.Body, err = template.Override(request.Body, sample.Overrides)
	return request, err
}

// Refused is the answer of an ingest URL that did not take a webhook.
type Refused struct {
	Status  int
	Code    string
	Message string
}

func (r *Refused) Error() string {
	return fmt.Sprintf("the ingest URL answered %d %s: %s", r.Status, r.Code, r.Message)
}

// Post signs a request and sends it. It returns a *[Refused] if it is not taken,
// and an [es.Refusal] if the secret cannot sign.
func (s Sender) Post(ctx context.Context, sample template.Request) (Sent, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, bytes.NewReader(sample.Body))
	if err != nil {
		return Sent{}, fmt.Errorf("make request: %w", err)
	}
	for name, value := range sample.Headers {
		request.Header.Set(name, value)
	}
	if err := s.sign(request.Header, sample.Body); err != nil {
		return Sent{}, err
	}
	response, err := s.Client.Do(request)
	if err != nil {
		return Sent{}, fmt.Errorf("send sample: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return Sent{}, fmt.Errorf("read the answer of the ingest URL: %w", err)
	}
	var decoded struct {
		Sent
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	if err := json.Unmarshal(answer, &decoded); err != nil {
		return Sent{}, fmt.Errorf("the ingest URL answered %d and no JSON; is it Daybook's?", response.StatusCode)
	}
	if response.StatusCode != http.StatusOK {
		return Sent{}, &Refused{Status: response.StatusCode, Code: decoded.Error.Code, Message: decoded.Error.Message}
	}
	return decoded.Sent, nil
}

// sign adds the signature; without a secret there is none.
func (s Sender) sign(header http.Header, body []byte) error {
	scheme, ok := signature.Lookup(s.Template.SignatureScheme)
	if !ok {
		return fmt.Errorf("sign sample: there is no scheme %q", s.Template.SignatureScheme)
	}
	if s.Secret.IsZero() {
		return nil
	}
	if err := scheme.CheckSecret(s.Secret); err != nil {
		return err
	}
	signed := scheme.Sign(s.Secret, header, body, es.TimeOf(s.Now()))
	if len(signed) == 0 {
		return &es.Refusal{Code: es.Invalid, Field: "secret", Message: "the live secret is a public key, which cannot sign: let the sender send a test event, or add a secret that it shares with you"}
	}
	maps.Copy(header, signed)
	return nil
}

// Forge sends a sample with a signature that a stranger's secret made, which is
// of the kind that Stripe has.
func (s Sender) Forge(ctx context.Context, sample template.Request) error {
	var err error
	if s.Secret, err = signature.NewSecret("whsec_of_somebody_else"); err != nil {
		return fmt.Errorf("forge sample: %w", err)
	}
	_, err = s.Post(ctx, sample)
	var refused *Refused
	if errors.As(err, &refused) && refused.Code == string(signature.Mismatch) {
		return nil
	}
	return fmt.Errorf("a forged sample was not refused as it should be: %w", err)
}

// applyWait is how long [Trigger.Send] waits for the read models.
const applyWait = 2 * time.Second

// Trigger sends samples through the server's own ingest.
type Trigger struct {
	configuration *configuration.Configuration
	readModels    *projections.Runner
	client        *http.Client
	now           func() time.Time
}

// New returns a Trigger that hands its requests to ingest, the handler of
// /in/{token}, without a network between them.
func New(c *configuration.Configuration, ingest http.Handler, readModels *projections.Runner, now func() time.Time) *Trigger {
	routes := http.NewServeMux()
	routes.Handle("/in/{token}", ingest)
	return &Trigger{configuration: c, readModels: readModels, client: &http.Client{Transport: handlerTransport{routes}}, now: now}
}

// Send sends samples to a source, as [Trigger.Sender] would, and waits (not for
// ever) until the read models show them, so that whoever asks next finds them.
// They are sent whether the read models come in time or not.
func (t *Trigger) Send(ctx context.Context, key, environment string, sample Sample) ([]Sent, error) {
	sender, err := t.Sender(key, environment)
	if err != nil {
		return nil, err
	}
	sent, err := sender.Send(ctx, sample)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, applyWait)
	defer cancel()
	_ = t.readModels.CatchUp(ctx) // as said above
	return sent, nil
}

// Sender returns a sender for a source in an environment, with the newest live
// secret that can sign. It returns an [es.Refusal] if there is no such source,
// or none to sign with where it has to be signed.
func (t *Trigger) Sender(key, environment string) (Sender, error) {
	state, _ := t.configuration.Source(key)
	endpoint, ok := t.configuration.Endpoint(key, environment)
	if !ok {
		return Sender{}, &es.Refusal{Code: es.NotFound, Message: fmt.Sprintf("there is no source %q in environment %q", key, environment)}
	}
	tmpl, ok := template.Get(state.Template)
	if !ok {
		return Sender{}, fmt.Errorf("template %q is unknown", state.Template)
	}
	s := Sender{Client: t.client, URL: "http://daybook.internal/in/" + endpoint.Token, Template: tmpl, Now: t.now}
	var problem error = &es.Refusal{Code: es.RefusalCode(signature.SecretNotConfigured), Message: "the source has no live secret to sign samples with; add one first"}
	for _, s.Secret = range slices.Backward(endpoint.LiveSecrets(es.TimeOf(t.now()))) {
		if problem = s.canSign(); problem == nil {
			return s, nil
		}
	}
	if endpoint.Settings.EnforceVerification {
		return Sender{}, problem
	}
	s.Secret = signature.Secret{}
	return s, nil
}

// canSign returns why the secret can sign no sample.
func (s Sender) canSign() error {
	request, err := s.Make(Sample{Type: s.Template.SampleTypes[0]})
	if err != nil {
		return err
	}
	header := http.Header{}
	for name, value := range request.Headers {
		header.Set(name, value)
	}
	return s.sign(header, request.Body)
}
