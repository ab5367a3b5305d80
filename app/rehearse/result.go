package rehearse

import (
	"encoding/json"

	"daybook/app/configuration"
	"daybook/app/ingest"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/signature"
	"daybook/domain/value"
	"daybook/domain/webhook"
)

// Status is what the sender would be told.
type Status string

// The statuses.
const (
	Accepted  Status = "accepted"
	Duplicate Status = "duplicate"
	Refused   Status = "refused"
)

// Result is what would happen to a payload. Its JSON is the API's. Of a payload
// that would be refused, all but Status and Error is empty. Of a duplicate no
// action would be carried out: Plan is what would follow if it were new.
type Result struct {
	Status Status   `json:"status"`
	Error  *Refusal `json:"error"`
	// ID and Stream are what the webhook would be called. Where a key would
	// have to be made, zeros stand in its place.
	ID          *string             `json:"id"`
	Stream      *es.Stream          `json:"stream"`
	DuplicateOf *string             `json:"duplicate_of"`
	EventType   *string             `json:"event_type"`
	EventID     *string             `json:"event_id"`
	ObjectID    *string             `json:"object_id"`
	OccurredAt  es.Time             `json:"occurred_at"`
	Key         *string             `json:"idempotency_key"`
	KeyProblem  *webhook.KeyProblem `json:"key_problem"`
	Flags       []string            `json:"flags"`
	Headers     map[string]string   `json:"headers"` // those that would be kept
	// Verification is null where it was not asked for.
	Verification *signature.Verification `json:"verification"`
	// Preprocess is what the source's preprocess expression gives; null where
	// there is none, or where it failed: then PreprocessError says why.
	Preprocess      json.RawMessage `json:"preprocess"`
	PreprocessError *string         `json:"preprocess_error"`

	ConfigurationRevision es.Revision             `json:"configuration_revision"`
	Reason                *rule.Reason            `json:"reason"`
	Explanation           *string                 `json:"explanation"`
	Mappings              []rule.Verdict          `json:"mappings"`
	Plan                  []webhook.PlannedAction `json:"plan"`
}

// Refusal is the answer that the sender would get.
type Refusal struct {
	Code        string `json:"code"` // as ingest answers it
	Message     string `json:"message"`
	SkewSeconds *int64 `json:"skew_seconds"`
}

func refused(e *configuration.Endpoint, r *ingest.Refusal) Result {
	return Result{
		Status:                Refused,
		Error:                 &Refusal{Code: r.Code, Message: r.Message, SkewSeconds: r.SkewSeconds},
		Flags:                 []string{},
		Headers:               map[string]string{},
		Preprocess:            json.RawMessage("null"),
		ConfigurationRevision: e.Revision,
		Mappings:              []rule.Verdict{},
		Plan:                  []webhook.PlannedAction{},
	}
}

func taken(ref webhook.Ref, receipt webhook.Receipt, e *configuration.Endpoint) Result {
	return Result{
		Status:                Accepted,
		ID:                    new(ref.ID()),
		Stream:                new(ref.Stream()),
		EventType:             value.OrNull(receipt.EventType),
		EventID:               value.OrNull(receipt.EventID),
		ObjectID:              value.OrNull(receipt.ObjectID),
		OccurredAt:            receipt.OccurredAt,
		Key:                   value.OrNull(receipt.IdempotencyKey),
		KeyProblem:            value.OrNull(receipt.KeyProblem),
		Flags:                 append([]string{}, receipt.Flags...),
		Headers:               receipt.Headers,
		Preprocess:            json.RawMessage("null"),
		ConfigurationRevision: e.Revision,
	}
}

// maxPreprocess is how much of what the preprocess expression gives is shown,
// in bytes: all that it may make.
const maxPreprocess = 8 << 20

// ask asks the rules.
func (r *Result) ask(rules *rule.Rules, ref webhook.Ref, in rule.Input) {
	given, err := rules.Preprocess(in)
	if err == nil {
		r.Preprocess, err = value.AppendCanonical(nil, given, maxPreprocess)
	}
	if err != nil {
		r.Preprocess, r.PreprocessError = json.RawMessage("null"), new(err.Error())
	}
	evaluation := rules.Evaluate(in)
	r.Reason, r.Explanation = value.OrNull(evaluation.Reason), value.OrNull(evaluation.Explanation)
	r.Mappings, r.Plan = evaluation.Verdicts, ref.PlanActions(evaluation)
}
