package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
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
}

// BodyHash is the idempotency key path that means the SHA-256 of the body.
const BodyHash = "sha256(body)"

// Limits of settings.
const (
	minWindow        = time.Minute
	minTolerance     = time.Second
	maxTolerance     = 24 * time.Hour
	maxDisabledTypes = 500
)

// Overlay returns s with the fields that a JSON object gives; absent ones
// stay. What the server alone says (endpoint) is ignored, and so is what Knock
// writes and Daybook has no use for. Unknown fields are refused.
func (s Settings) Overlay(raw json.RawMessage) (Settings, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return s, nil
	}
	overlaid := struct {
		*Settings
		Endpoint           json.RawMessage `json:"endpoint"`
		Preprocess         *string         `json:"preprocess"`
		PreprocessScript   json.RawMessage `json:"preprocess_script"`
		EnforceIdempotency json.RawMessage `json:"enforce_idempotency"`
		HandleIdentifies   json.RawMessage `json:"handle_identifies"`
	}{Settings: s.clone()}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&overlaid); err != nil {
		return s, settingsRefusal(err)
	}
	if present(overlaid.PreprocessScript) {
		return s, refuse("settings.preprocess_script", "scripts are not run here; say what the script does in paths and expressions, and leave it out")
	}
	if overlaid.Preprocess != nil {
		return s, refuse("settings.preprocess", "this version does not preprocess; leave it null")
	}
	return *overlaid.Settings, nil
}

func present(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

// clone copies what json would otherwise write through.
func (s Settings) clone() *Settings {
	s.TimestampPath = copied(s.TimestampPath)
	s.IdempotencyKeyPath = copied(s.IdempotencyKeyPath)
	s.Livemode = copied(s.Livemode)
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

func settingsRefusal(err error) error {
	var typeErr *json.UnmarshalTypeError
	if errors.As(err, &typeErr) {
		return refuse("settings."+typeErr.Field, fmt.Sprintf("a %s cannot stand here", typeErr.Value))
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		name = strings.Trim(name, `"`)
		return refuse("settings."+name, "there is no such setting")
	}
	return refuse("settings", err.Error())
}

// problems returns what is wrong with s.
func (s Settings) problems() es.Refusals {
	var problems es.Refusals
	add := func(field, message string) {
		problems = append(problems, refuse("settings."+field, message))
	}
	checkPath := func(field, path string) {
		if _, err := fieldpath.Parse(path); err != nil {
			add(field, err.Error())
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
	if len(s.DisabledEventTypes) > maxDisabledTypes {
		add("disabled_event_types", fmt.Sprintf("at most %d types can be disabled", maxDisabledTypes))
	}
	return problems
}

func refuse(field, message string) *es.Refusal {
	return &es.Refusal{Code: es.Invalid, Field: field, Message: message}
}
