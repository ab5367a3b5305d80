// Package rehearse puts a payload through everything that a webhook goes
// through: the door, the key, the event type, the preprocess expression, the
// rules and the rendering of requests, and says what came of each. Nothing is
// stored and nothing is sent.
//
// It asks what really decides: the checks of package ingest, the rules of
// package rule, the life of a webhook in package webhook.
package rehearse

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/google/uuid"

	"daybook/app/command"
	"daybook/app/configuration"
	"daybook/app/ingest"
	"daybook/app/sources"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/source"
	"daybook/domain/template"
	"daybook/domain/webhook"
)

// atOnce is how many rehearsals run at once; others wait. Each may compute as
// much, and take as much memory, as the rules of a webhook.
const atOnce = 2

// Config is what [New] needs; all of it.
type Config struct {
	Store         es.Store
	Configuration Configuration
	Now           func() time.Time
}

// Configuration is what a rehearsal asks of the configuration.
type Configuration interface {
	Source(key string) (source.State, bool)
	Endpoint(key, slug string) (*configuration.Endpoint, bool)
	Rules(ctx context.Context, key, slug string, revision es.Revision) (*rule.Rules, error)
}

// Rehearser rehearses payloads. It may be used by many goroutines at once.
type Rehearser struct {
	webhooks      command.Handler[webhook.State, webhook.Command, webhook.Event]
	configuration Configuration
	now           func() time.Time
	running       chan struct{} // an entry for each rehearsal that runs
}

// New returns a rehearser.
func New(c Config) *Rehearser {
	return &Rehearser{
		webhooks: command.Handler[webhook.State, webhook.Command, webhook.Event]{
			Store: c.Store, Decider: webhook.Decider(), Codec: webhook.Codec(),
		},
		configuration: c.Configuration,
		now:           c.Now,
		running:       make(chan struct{}, atOnce),
	}
}

// Payload is a request as it would arrive.
type Payload struct {
	Body    []byte
	Headers http.Header
}

// Rehearsal is what is to be rehearsed.
type Rehearsal struct {
	Payload Payload
	// Verify is whether the signature is judged, with the source's live secrets.
	Verify bool
	// Mappings are asked in the place of those in force, if not nil.
	Mappings *[]rule.Mapping
}

// Rehearse says what would happen. It returns an [es.Refusal] if there is no
// such source, and [es.Refusals] for mappings that cannot be used; what is
// wrong with the payload is in the result.
func (r *Rehearser) Rehearse(ctx context.Context, at sources.Place, q Rehearsal) (Result, error) {
	select {
	case r.running <- struct{}{}:
		defer func() { <-r.running }()
	case <-ctx.Done():
		return Result{}, fmt.Errorf("wait for other rehearsals: %w", ctx.Err())
	}
	endpoint, rules, err := r.rules(ctx, at, q.Mappings)
	if err != nil {
		return Result{}, err
	}
	now := es.TimeOf(r.now())
	judged := ingest.Judge(endpoint, q.Payload.Headers, q.Payload.Body, now, q.Verify)
	if judged.Refusal != nil {
		return refused(endpoint, judged.Refusal), nil
	}
	ref := refOf(endpoint, judged.Receipt)
	received := webhook.Receive{
		At: now, Body: q.Payload.Body, Receipt: judged.Receipt, Window: time.Duration(endpoint.Settings.IdempotencyWindow),
	}
	first, err := r.firstOf(ctx, &ref, received)
	if err != nil {
		return Result{}, err
	}
	result := taken(ref, judged.Receipt, endpoint)
	if first != nil {
		result.Status, result.DuplicateOf = Duplicate, first
	}
	if q.Verify {
		result.Verification = &judged.Receipt.Verification
	}
	result.ask(rules, ref, InputOf(ref, judged, now))
	return result, nil
}

// rules returns the rules to be asked: those in force, or what a draft makes of
// them.
func (r *Rehearser) rules(ctx context.Context, at sources.Place, draft *[]rule.Mapping) (*configuration.Endpoint, *rule.Rules, error) {
	endpoint, ok := r.configuration.Endpoint(at.Key, at.Environment)
	if !ok {
		return nil, nil, &es.Refusal{Code: es.NotFound, Message: fmt.Sprintf("there is no source %q in environment %q", at.Key, at.Environment)}
	}
	if draft == nil {
		rules, err := r.configuration.Rules(ctx, at.Key, at.Environment, endpoint.Revision)
		if err != nil {
			return nil, nil, fmt.Errorf("rehearse in %s: %w", at.Key, err)
		}
		return endpoint, rules, nil
	}
	state, _ := r.configuration.Source(at.Key)
	definition := state.Environments[at.Environment].Definition()
	definition.Mappings = *draft
	rules, problems := rule.Compile(definition)
	var refusals es.Refusals
	for _, p := range problems {
		refusals = append(refusals, &es.Refusal{Code: es.Invalid, Field: p.Field, Message: p.Placed()})
	}
	if len(refusals) > 0 {
		return nil, nil, refusals
	}
	return endpoint, rules, nil
}

// refOf is what the webhook would be called. Where it has no key of its own it
// would get one that nobody knows yet; zeros stand for that.
func refOf(e *configuration.Endpoint, receipt webhook.Receipt) webhook.Ref {
	return webhook.Ref{Environment: e.Environment, Source: e.Source, Key: receipt.StreamKey(uuid.UUID{}), Generation: 1}
}

// firstOf returns the id of the webhook that the payload would be a duplicate
// of, and else sets the generation of ref.
func (r *Rehearser) firstOf(ctx context.Context, ref *webhook.Ref, received webhook.Receive) (*string, error) {
	loaded, err := r.webhooks.Load(ctx, ref.Stream())
	if errors.Is(err, es.ErrStreamDeleted) { // it was erased, and stays so
		return new(ref.ID()), nil
	}
	if err != nil {
		return nil, fmt.Errorf("rehearse %s: %w", ref.ID(), err)
	}
	decided, err := webhook.Decide(loaded.State, received)
	if err != nil {
		return nil, fmt.Errorf("rehearse %s: %w", ref.ID(), err)
	}
	if repeated, isDuplicate := decided[0].(webhook.DuplicateReceived); isDuplicate {
		ref.Generation = repeated.Generation
		return new(ref.ID()), nil
	}
	ref.Generation = len(loaded.State.Generations) + 1
	return nil, nil
}

// InputOf returns what rules see of a payload that would be taken.
func InputOf(ref webhook.Ref, judged ingest.Judged, at es.Time) rule.Input {
	generation := webhook.Generation{Received: webhook.Received{Receipt: judged.Receipt}, ReceivedAt: at}
	return generation.Input(ref, judged.Body)
}

// Sample returns the sample that the source's template has of an event type,
// with the headers that its provider sends. It is the same each time within
// an hour, so that what is shown of it stands still. It returns an
// [es.Refusal] if there is no such source, or no such sample.
func (r *Rehearser) Sample(at sources.Place, eventType string) (Payload, error) {
	state, _ := r.configuration.Source(at.Key)
	tmpl, ok := template.Get(state.Template)
	if !ok {
		return Payload{}, &es.Refusal{Code: es.NotFound, Message: fmt.Sprintf("there is no source %q", at.Key)}
	}
	request, err := tmpl.Request(eventType, template.Seed{
		Now:   es.TimeOf(r.now().Truncate(time.Hour)),
		NewID: tmpl.IDs(rand.New(rand.NewPCG(1, 2)).Uint64), //nolint:gosec // ids of a sample, to be looked at
	})
	if err != nil {
		return Payload{}, err
	}
	headers := http.Header{}
	for name, value := range request.Headers {
		headers.Set(name, value)
	}
	return Payload{Body: request.Body, Headers: headers}, nil
}

// Input returns what the rules would see of a payload. It returns an
// [es.Refusal] for one that would be refused.
func (r *Rehearser) Input(at sources.Place, p Payload) (rule.Input, error) {
	endpoint, ok := r.configuration.Endpoint(at.Key, at.Environment)
	if !ok {
		return rule.Input{}, &es.Refusal{Code: es.NotFound, Message: fmt.Sprintf("there is no source %q in environment %q", at.Key, at.Environment)}
	}
	now := es.TimeOf(r.now())
	judged := ingest.Judge(endpoint, p.Headers, p.Body, now, false)
	if judged.Refusal != nil {
		return rule.Input{}, &es.Refusal{Code: es.Invalid, Field: "payload", Message: judged.Refusal.Message}
	}
	return InputOf(refOf(endpoint, judged.Receipt), judged, now), nil
}
