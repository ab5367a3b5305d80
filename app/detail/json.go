package detail

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"daybook/domain/es"
	"daybook/domain/rejection"
	"daybook/domain/rule"
	"daybook/domain/signature"
	"daybook/domain/value"
	"daybook/domain/webhook"
	"daybook/projections/eventlog"
)

// MarshalJSON writes the API's detail of a webhook: the members of its item,
// but that actions are the actions and not their number, and more.
func (w Webhook) MarshalJSON() ([]byte, error) {
	return withItem(w.Item, struct {
		Headers               map[string]string  `json:"headers"`
		Verification          verification       `json:"verification"`
		ConfigurationRevision es.Revision        `json:"configuration_revision"`
		Mappings              []rule.Verdict     `json:"mappings"`
		Explanation           string             `json:"explanation,omitempty"`
		Actions               []Action           `json:"actions"`
		Timeline              []Entry            `json:"timeline"`
		Payload               json.RawMessage    `json:"payload"`
		KeyProblem            webhook.KeyProblem `json:"key_problem,omitempty"`
		Flags                 []string           `json:"flags,omitempty"`
	}{
		w.Headers, verificationOf(w.Verification), w.ConfigurationRevision, w.Mappings, w.Explanation, w.Actions, w.Timeline, w.Payload,
		w.KeyProblem, w.Flags,
	})
}

// verification is how a webhook was verified, as the API has it.
type verification struct {
	Status            signature.Status `json:"status"`
	Scheme            string           `json:"scheme"`
	SecretFingerprint *string          `json:"secret_fingerprint"` // null: none matched
	SkewSeconds       *int64           `json:"skew_seconds"`
	Cause             signature.Cause  `json:"cause,omitempty"`
}

func verificationOf(v signature.Verification) verification {
	return verification{v.Status, v.Scheme, value.OrNull(v.SecretFingerprint), v.SkewSeconds, v.Cause}
}

// MarshalJSON writes the API's detail of a rejection: the members of a
// webhook's, empty where nothing came of the request, and what is known of how
// it was refused.
func (r Rejection) MarshalJSON() ([]byte, error) {
	return withItem(r.Item, struct {
		Headers               map[string]string `json:"headers"`
		Verification          *verification     `json:"verification"`
		ConfigurationRevision *es.Revision      `json:"configuration_revision"`
		Mappings              []rule.Verdict    `json:"mappings"`
		Actions               []Action          `json:"actions"`
		Timeline              []Entry           `json:"timeline"`
		Payload               json.RawMessage   `json:"payload"`

		Message      string                     `json:"message"`
		Excerpt      string                     `json:"excerpt"`
		Size         int64                      `json:"size"`
		SkewSeconds  *int64                     `json:"skew_seconds"`
		Remote       string                     `json:"remote"`
		Signature    *rejection.SignatureHeader `json:"signature"`
		OtherSecrets int                        `json:"other_secrets"`
		Matching     *rejection.OtherSecret     `json:"matching_secret"`
		Advice       *string                    `json:"advice"`
	}{
		Headers: r.Headers, Mappings: []rule.Verdict{}, Actions: []Action{}, Timeline: []Entry{r.Entry},
		Message: r.Message, Excerpt: r.Excerpt, Size: r.Size, SkewSeconds: r.SkewSeconds, Remote: r.Remote,
		Signature: r.Signature, OtherSecrets: r.OtherSecrets, Matching: r.Matching, Advice: value.OrNull(r.Advice()),
	})
}

// withItem writes the members of an item and then more, as one object. A member
// that both have is more's.
func withItem(item eventlog.Item, more any) ([]byte, error) {
	first, err := marshal(item)
	if err != nil {
		return nil, err
	}
	second, err := marshal(more)
	if err != nil {
		return nil, err
	}
	var taken map[string]json.RawMessage
	if err := json.Unmarshal(second, &taken); err != nil {
		return nil, fmt.Errorf("read what was written: %w", err)
	}
	d := jsontext.NewDecoder(bytes.NewReader(first))
	if _, err := d.ReadToken(); err != nil { // the bracket
		return nil, fmt.Errorf("read what was written: %w", err)
	}
	object := []byte("{")
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return nil, fmt.Errorf("read what was written: %w", err)
		}
		_, replaced := taken[name.String()]
		key := `"` + name.String() + `":` // before the next read takes its place
		value, err := d.ReadValue()
		if err != nil {
			return nil, fmt.Errorf("read what was written: %w", err)
		}
		if !replaced {
			object = append(append(append(object, key...), value...), ',')
		}
	}
	return append(object, second[1:]...), nil
}

// marshal writes JSON without escapes for HTML, so that a payload stays as it
// is.
func marshal(v any) ([]byte, error) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), err
}
