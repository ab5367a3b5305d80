package source

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"daybook/domain/es"
	"daybook/domain/fieldpath"
)

// Settings are what a source is told about its webhooks in one environment.
type Settings struct {
	EventTypePath string `json:"event_type_path"`
	// TimestampPath leads to when the event occurred; null: it is not known.
	TimestampPath *string `json:"timestamp_path"`
	// IdempotencyKeyPath is a path, or sha256(body); null: idempotency is off,
	// every delivery is a webhook of its own.
	IdempotencyKeyPath *string  `json:"idempotency_key_path"`
	IdempotencyWindow  Duration `json:"idempotency_window"` // 1 minute or more
	// EnforceVerification refuses requests that are not verified.
	EnforceVerification bool     `json:"enforce_verification"`
	Tolerance           Duration `json:"tolerance"` // how far a signature's time may be off, 1 s to 24 h
	// DisabledEventTypes are logged and nothing else.
	DisabledEventTypes []string `json:"disabled_event_types"`
	// Livemode, if set, is what body.livemode must be; others are ignored.
	Livemode *bool `json:"livemode"`
	// Preprocess is an expression that gives the object of preprocess.… paths,
	// from the body and the headers; null: there is none.
	Preprocess *string `json:"preprocess,omitempty"`
}

// BodyHash is the idempotency key path that means the SHA-256 of the body.
const BodyHash = "sha256(body)"

// Limits of settings.
const (
	minWindow    = time.Minute
	minTolerance = time.Second
	maxTolerance = 24 * time.Hour
)

// Overlay returns s with the fields that a JSON object gives; absent ones
// stay. What the server alone says (endpoint) is ignored, and so is what Knock
// writes and Daybook has no use for. Everything else is refused, each field by
// its name: the error is [es.Refusals], and what it does not name is laid over
// all the same, so that the rest can be looked at too.
func (s Settings) Overlay(raw json.RawMessage) (Settings, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return s, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return s, refuse("settings", "settings are a JSON object")
	}
	overlaid := s.clone()
	var problems es.Refusals
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		changed := overlaid.clone()
		if message := changed.set(name, fields[name]); message != "" {
			problems = append(problems, refuse("settings."+name, message))
			continue
		}
		overlaid = changed
	}
	if len(problems) > 0 {
		return *overlaid, problems
	}
	return *overlaid, nil
}

// set sets one field, or says why it cannot.
func (s *Settings) set(name string, raw json.RawMessage) (problem string) {
	var err error
	switch name {
	case "event_type_path":
		err = json.Unmarshal(raw, &s.EventTypePath)
	case "timestamp_path":
		err = json.Unmarshal(raw, &s.TimestampPath)
	case "idempotency_key_path":
		err = json.Unmarshal(raw, &s.IdempotencyKeyPath)
	case "idempotency_window":
		err = json.Unmarshal(raw, &s.IdempotencyWindow)
	case "enforce_verification":
		err = json.Unmarshal(raw, &s.EnforceVerification)
	case "tolerance":
		err = json.Unmarshal(raw, &s.Tolerance)
	case "disabled_event_types":
		s.DisabledEventTypes = []string{}
		err = json.Unmarshal(raw, &s.DisabledEventTypes)
		if s.DisabledEventTypes == nil {
			s.DisabledEventTypes = []string{} // null is none
		}
	case "livemode":
		err = json.Unmarshal(raw, &s.Livemode)
	case "preprocess_script":
		if string(raw) != "null" {
			return "scripts are not run here; write what the script gives as an expression in preprocess, and leave it out"
		}
	case "preprocess":
		if err = json.Unmarshal(raw, &s.Preprocess); err == nil && s.Preprocess != nil && strings.TrimSpace(*s.Preprocess) == "" {
			s.Preprocess = nil
		}
	case "endpoint", "enforce_idempotency", "handle_identifies", "custom_image_url", "created_at", "updated_at":
	default:
		return "there is no such setting"
	}
	return settingProblem(err)
}

func settingProblem(err error) string {
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &kind):
		return "a value of another kind belongs here, not a JSON " + kind.Value
	default:
		return err.Error()
	}
}

// clone copies what json would otherwise write through.
func (s Settings) clone() *Settings {
	s.TimestampPath = copied(s.TimestampPath)
	s.IdempotencyKeyPath = copied(s.IdempotencyKeyPath)
	s.Livemode = copied(s.Livemode)
	s.Preprocess = copied(s.Preprocess)
	s.DisabledEventTypes = slices.Clone(s.DisabledEventTypes)
	return &s
}

func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

// problems returns what is wrong with s.
func (s Settings) problems() es.Refusals {
	var problems es.Refusals
	add := func(field, message string) {
		problems = append(problems, refuse("settings."+field, message))
	}
	checkPath := func(field, path string) {
		switch parsed, err := fieldpath.Parse(path); {
		case path == "" && field == "idempotency_key_path":
			add(field, "say where the key stands, such as body.id, or switch idempotency off")
		case err != nil:
			add(field, err.Error())
		case parsed.InPreprocess() && s.Preprocess == nil:
			add(field, "the source has no preprocess expression; write one, or body.… or headers.…")
		case !parsed.InBody() && !parsed.InHeaders() && !parsed.InPreprocess():
			add(field, "what is read at the door stands in the body, in a header or in what preprocess gives: write body.…, headers.… or preprocess.…")
		}
	}
	if s.EventTypePath == "" {
		add("event_type_path", "say where the event type stands, such as body.type")
	} else {
		checkPath("event_type_path", s.EventTypePath)
	}
	if path := s.TimestampPath; path != nil {
		checkPath("timestamp_path", *path)
	}
	if path := s.IdempotencyKeyPath; path != nil && *path != BodyHash {
		checkPath("idempotency_key_path", *path)
	}
	if window := time.Duration(s.IdempotencyWindow); window != 0 && window < minWindow {
		add("idempotency_window", "the window is at least 1m")
	}
	if tolerance := time.Duration(s.Tolerance); tolerance < minTolerance || tolerance > maxTolerance {
		add("tolerance", "the tolerance is from 1s to 24h")
	}
	return problems
}

func refuse(field, message string) *es.Refusal {
	return &es.Refusal{Code: es.Invalid, Field: field, Message: message}
}
