// Package replay goes through a stored webhook again: what would the rules do
// with it today, or what did the rules say that were in force when it came?
//
// A dry replay evaluates the stored body and headers and compares what follows
// with what was planned. It appends nothing and carries nothing out.
package replay

import (
	"context"
	"errors"
	"fmt"

	"daybook/app/command"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/source"
	"daybook/domain/value"
	"daybook/domain/webhook"
)

// Mode is whether a replay is carried out.
type Mode string

// The modes.
const (
	Dry  Mode = "dry"
	Live Mode = "live" // of a later version: refused
)

// Rules say under which rules a webhook is replayed.
type Rules string

// The rules to choose from.
const (
	Current    Rules = "current"     // those in force now
	AsReceived Rules = "as_received" // those that were in force when the webhook came
)

// Config is what [New] needs; all of it.
type Config struct {
	Store         es.Store
	Configuration Configuration
}

// Configuration is what a replay asks of the configuration.
type Configuration interface {
	Source(key string) (source.State, bool)
	Rules(ctx context.Context, key, slug string, revision es.Revision) (*rule.Rules, error)
}

// Replayer replays webhooks. It may be used by many goroutines at once.
type Replayer struct {
	webhooks      command.Handler[webhook.State, webhook.Command, webhook.Event]
	configuration Configuration
	backtests     chan struct{} // has room for those that run at once
}

// New returns a replayer.
func New(c Config) *Replayer {
	return &Replayer{
		webhooks: command.Handler[webhook.State, webhook.Command, webhook.Event]{
			Store: c.Store, Decider: webhook.Decider(), Codec: webhook.Codec(),
		},
		configuration: c.Configuration,
		backtests:     make(chan struct{}, backtestsAtOnce),
	}
}

// Result is what a replay found.
type Result struct {
	Plan       []webhook.PlannedAction `json:"plan"`
	Difference webhook.Difference      `json:"difference"` // from what was planned to Plan
	// Rules and ConfigurationRevision say which rules were asked.
	Rules                 Rules       `json:"rules"`
	ConfigurationRevision es.Revision `json:"configuration_revision"`
	// Reason and Explanation are why there is nothing to do; empty if there is
	// something.
	Reason      rule.Reason    `json:"reason,omitempty"`
	Explanation string         `json:"explanation,omitempty"`
	Mappings    []rule.Verdict `json:"mappings"`
}

// Replay replays the webhook with this id. It returns an [es.Refusal] for a
// mode or rules that there are not.
func (r *Replayer) Replay(ctx context.Context, id string, mode Mode, rules Rules) (Result, error) {
	switch mode {
	case Dry:
		return r.Dry(ctx, id, rules)
	case Live:
		return Result{}, refuse("mode", "this version replays dry only: it shows what would happen and sends nothing; say \"dry\"")
	default:
		return Result{}, refuse("mode", "a mode is \"dry\"")
	}
}

// Dry replays the webhook with this id; nothing is stored and nothing sent. It
// returns an [es.Refusal] if there is no such webhook or no such rules.
func (r *Replayer) Dry(ctx context.Context, id string, rules Rules) (Result, error) {
	if rules != Current && rules != AsReceived {
		return Result{}, refuse("rules", "rules are \"current\" or \"as_received\"")
	}
	ref, generation, err := r.load(ctx, id)
	if err != nil {
		return Result{}, err
	}
	body, err := value.Decode(generation.Received.Body)
	if err != nil {
		return Result{}, refuse("", "the stored body cannot be read as JSON, so no rules can be asked about it")
	}
	revision, err := r.revision(ref, generation, rules)
	if err != nil {
		return Result{}, err
	}
	compiled, err := r.configuration.Rules(ctx, ref.Source, ref.Environment, revision)
	if err != nil {
		return Result{}, fmt.Errorf("replay %s: %w", id, err)
	}
	return result(ref, generation, compiled.Evaluate(generation.Input(ref, body.Value)), rules, revision), nil
}

func (r *Replayer) load(ctx context.Context, id string) (webhook.Ref, *webhook.Generation, error) {
	notFound := &es.Refusal{Code: es.NotFound, Message: "there is no such webhook"}
	ref, err := webhook.ParseID(id)
	if err != nil {
		return ref, nil, notFound
	}
	loaded, err := r.webhooks.Load(ctx, ref.Stream())
	if errors.Is(err, es.ErrStreamDeleted) {
		return ref, nil, notFound
	}
	if err != nil {
		return ref, nil, fmt.Errorf("replay %s: %w", id, err)
	}
	generation := loaded.State.Generation(ref.Generation)
	if generation == nil {
		return ref, nil, notFound
	}
	return ref, generation, nil
}

// revision returns the revision of the source whose rules are to be asked.
func (r *Replayer) revision(ref webhook.Ref, g *webhook.Generation, rules Rules) (es.Revision, error) {
	if rules == AsReceived {
		return g.Received.Receipt.ConfigurationRevision, nil
	}
	state, _ := r.configuration.Source(ref.Source)
	if _, connected := state.Environments[ref.Environment]; !connected {
		return 0, &es.Refusal{
			Code: es.NotFound, Field: "rules",
			Message: fmt.Sprintf("source %s is no longer in %s, so there are no current rules; replay with \"as_received\"", ref.Source, ref.Environment),
		}
	}
	return state.Revision, nil
}

func result(ref webhook.Ref, g *webhook.Generation, evaluation rule.Evaluation, rules Rules, revision es.Revision) Result {
	var before []webhook.PlannedAction
	if g.Plan != nil {
		before = g.Plan.Actions
	}
	plan := ref.PlanActions(evaluation)
	return Result{
		Plan:                  plan,
		Difference:            webhook.Compare(before, plan),
		Rules:                 rules,
		ConfigurationRevision: revision,
		Reason:                evaluation.Reason,
		Explanation:           evaluation.Explanation,
		Mappings:              evaluation.Verdicts,
	}
}

func refuse(field, message string) *es.Refusal {
	return &es.Refusal{Code: es.Invalid, Field: field, Message: message}
}
