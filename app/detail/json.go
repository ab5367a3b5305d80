package detail

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/signature"
	"daybook/domain/webhook"
	"daybook/projections/eventlog"
)

// MarshalJSON writes the API's detail of a webhook: the members of its item,
// but that actions are the actions and not their number, and more.
func (w Webhook) MarshalJSON() ([]byte, error) {
	return withItem(w.Item, struct {
		Headers               map[string]string      `json:"headers"`
		Verification          signature.Verification `json:"verification"`
		ConfigurationRevision es.Revision            `json:"configuration_revision"`
		Mappings              []rule.Verdict         `json:"mappings"`
		Explanation           string                 `json:"explanation,omitempty"`
		Actions               []Action               `json:"actions"`
		Timeline              []Entry                `json:"timeline"`
		Payload               json.RawMessage        `json:"payload"`
		KeyProblem            webhook.KeyProblem     `json:"key_problem,omitempty"`
		Flags                 []string               `json:"flags,omitempty"`
	}{
		w.Headers, w.Verification, w.ConfigurationRevision, w.Mappings, w.Explanation, w.Actions, w.Timeline, w.Payload,
		w.KeyProblem, w.Flags,
	})
}

// MarshalJSON writes the API's detail of a rejection.
func (r Rejection) MarshalJSON() ([]byte, error) {
	return withItem(r.Item, struct {
		Message     string            `json:"message"`
		Headers     map[string]string `json:"headers"`
		Excerpt     string            `json:"excerpt"`
		Size        int64             `json:"size"`
		SkewSeconds *int64            `json:"skew_seconds"`
		Remote      string            `json:"remote"`
	}{r.Message, r.Headers, r.Excerpt, r.Size, r.SkewSeconds, r.Remote})
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
