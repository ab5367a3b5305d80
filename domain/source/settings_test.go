package source_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"daybook/domain/es"
	"daybook/domain/source"
)

func TestOverlay(t *testing.T) {
	t.Parallel()
	for raw, change := range map[string]func(*source.Settings){
		``:                              func(*source.Settings) {},
		`null`:                          func(*source.Settings) {},
		`{}`:                            func(*source.Settings) {},
		`{"event_type_path":"body.t"}`:  func(s *source.Settings) { s.EventTypePath = "body.t" },
		`{"timestamp_path":null}`:       func(s *source.Settings) { s.TimestampPath = nil },
		`{"idempotency_key_path":null}`: func(s *source.Settings) { s.IdempotencyKeyPath = nil },
		`{"idempotency_key_path":"sha256(body)"}`: func(s *source.Settings) {
			s.IdempotencyKeyPath = new(source.BodyHash)
		},
		`{"idempotency_window":"forever"}`: func(s *source.Settings) { s.IdempotencyWindow = source.Forever },
		`{"idempotency_window":"7d"}`:      func(s *source.Settings) { s.IdempotencyWindow = source.Duration(168 * time.Hour) },
		`{"enforce_verification":false}`:   func(s *source.Settings) { s.EnforceVerification = false },
		`{"tolerance":"1m"}`:               func(s *source.Settings) { s.Tolerance = source.Duration(time.Minute) },
		`{"disabled_event_types":["a"]}`:   func(s *source.Settings) { s.DisabledEventTypes = []string{"a"} },
		`{"livemode":true}`:                func(s *source.Settings) { s.Livemode = new(true) },
		`{"preprocess":"{\"t\": body.a}"}`: func(s *source.Settings) { s.Preprocess = new(`{"t": body.a}`) },
		`{"preprocess":" \n"}`:             func(*source.Settings) {},
		// What Knock writes, and what the server alone says.
		`{"endpoint":"https://x","enforce_idempotency":true,"handle_identifies":true,"custom_image_url":null,
		  "created_at":"2026-11-24T10:00:00Z","updated_at":null,"preprocess_script":null,"preprocess":null}`: func(*source.Settings) {},
	} {
		base, want := defaults().Settings, defaults().Settings
		change(&want)
		got, err := base.Overlay(json.RawMessage(raw))
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", raw, diff)
		}
		if diff := cmp.Diff(defaults().Settings, base); diff != "" {
			t.Errorf("%s altered what it was laid over (-want +got)\n%s", raw, diff)
		}
	}
}

func TestOverlayRefuses(t *testing.T) {
	t.Parallel()
	for raw, field := range map[string]string{
		`{"wobble":"1m"}`:              "settings.wobble",
		`{"Tolerance":"1m"}`:           "settings.Tolerance",
		`{"tolerance":5}`:              "settings.tolerance",
		`{"tolerance":"5"}`:            "settings.tolerance",
		`{"tolerance":"-5m"}`:          "settings.tolerance",
		`{"tolerance":null}`:           "settings.tolerance",
		`{"disabled_event_types":[1]}`: "settings.disabled_event_types",
		`{"x":1,"livemode":1,"a":1}`:   "settings.a",
		`{"event_type_path":5}`:        "settings.event_type_path",
		`{"livemode":"yes"}`:           "settings.livemode",
		`[]`:                           "settings",
		`"text"`:                       "settings",
		`{"preprocess":{"a":1}}`:       "settings.preprocess",
		`{"preprocess_script":{}}`:     "settings.preprocess_script",
		`{"preprocess_script":{"language":"javascript","source":"return 1"}}`: "settings.preprocess_script",
	} {
		base := defaults().Settings
		got, err := base.Overlay(json.RawMessage(raw))
		var refusal *es.Refusal
		if !errors.As(err, &refusal) || refusal.Code != es.Invalid || refusal.Field != field || refusal.Message == "" {
			t.Errorf("%s: %v, want a refusal of %s", raw, err, field)
		}
		if diff := cmp.Diff(base, got); diff != "" {
			t.Errorf("%s was refused and yet changed something\n%s", raw, diff)
		}
	}
}

func TestADurationIsText(t *testing.T) {
	t.Parallel()
	for raw, message := range map[string]string{
		`null`: `null is not a duration; write it as text, such as "24h"`,
		`300`:  `300 is not a duration; write it as text, such as "24h"`,
		`"0s"`: `"0s" is not a duration; write it as 30s, 5m, 24h, 7d or forever`,
	} {
		d := source.Duration(time.Hour)
		if err := d.UnmarshalJSON([]byte(raw)); err == nil || err.Error() != message {
			t.Errorf("%s: %v", raw, err)
		}
		if d != source.Duration(time.Hour) {
			t.Errorf("%s was refused and yet made %s", raw, d)
		}
	}
}

func FuzzOverlay(f *testing.F) {
	f.Add([]byte(`{"tolerance":"1m","livemode":true,"disabled_event_types":["a"]}`))
	f.Add([]byte(`{"idempotency_window":"forever"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		once, err := defaults().Settings.Overlay(raw)
		if err != nil {
			return
		}
		twice, err := once.Overlay(raw)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(once, twice); diff != "" {
			t.Fatalf("laid over twice it is another (-once +twice)\n%s", diff)
		}
	})
}

func TestDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"24h": "24h", "5m": "5m", "300s": "5m", "90s": "1m30s", "forever": "forever", "7d": "168h", "1.5h": "90m", "60m": "1h", "500ms": "500ms",
	} {
		d, err := source.ParseDuration(text)
		if err != nil || d.String() != want {
			t.Errorf("%s is %s (%v), want %s", text, d, err, want)
		}
	}
	for _, text := range []string{"", "5", "0s", "-5m", "0d", "d", "1x", "for ever", "99999999999h", "65536d", "+1d"} {
		if d, err := source.ParseDuration(text); err == nil {
			t.Errorf("%q is %s", text, d)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		d := source.Duration(rapid.Int64Range(0, 1<<62).Draw(t, "duration"))
		raw, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var again source.Duration
		if err := json.Unmarshal(raw, &again); err != nil || again != d {
			t.Fatalf("%d is written as %s and read as %d (%v)", d, raw, again, err)
		}
	})
}
