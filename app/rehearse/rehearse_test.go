package rehearse

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daybook/app/configuration"
	"daybook/app/sources"
	"daybook/app/store/memory"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/source"
)

// nowhere is a configuration without sources.
type nowhere struct{ Configuration }

func (nowhere) Endpoint(string, string) (*configuration.Endpoint, bool) { return nil, false }

// saved is a configuration of one source.
type saved struct {
	Configuration
	state source.State
}

func (saved) Endpoint(string, string) (*configuration.Endpoint, bool) {
	return &configuration.Endpoint{}, true
}

func (s saved) Source(string) (source.State, bool) { return s.state, true }

// A mapping that is paused is asked in a rehearsal as it would be once the draft
// is saved: again, if it was changed.
func TestADraftOfWhatIsPaused(t *testing.T) {
	t.Parallel()
	mapping := rule.Mapping{
		Key: "costly", EventType: "*", ActionType: "users_delete",
		ActionParameters: rule.Parameters{"id": json.RawMessage(`"body.id"`)},
	}
	state := source.State{Exists: true, Name: "Stripe", Environments: map[string]source.Environment{"development": {
		Settings: source.Settings{EventTypePath: "body.type", Tolerance: source.Duration(time.Minute)},
		Mappings: []rule.Mapping{mapping},
		Paused:   []source.Paused{{Mapping: "costly", Reason: "it cost too much"}},
	}}}
	r := New(Config{Store: memory.New(memory.Options{}), Configuration: saved{state: state}, Now: time.Now})
	changed := mapping
	changed.When = "true"
	for _, c := range []struct {
		draft rule.Mapping
		want  rule.Verdict
	}{
		{mapping, rule.Verdict{Key: "costly", EventType: "*", Reason: rule.MappingPaused}},
		{changed, rule.Verdict{Key: "costly", EventType: "*", Matched: true, Trace: "true → true"}},
	} {
		_, rules, err := r.rules(t.Context(), sources.Place{Key: "stripe", Environment: "development"}, &[]rule.Mapping{c.draft})
		if err != nil {
			t.Fatal(err)
		}
		got := rules.Evaluate(rule.Input{Body: map[string]any{"id": "u"}, Event: rule.Event{Type: "a"}})
		if diff := cmp.Diff([]rule.Verdict{c.want}, got.Verdicts); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
}

// Who asks for many rehearsals waits, so that webhooks are not slowed.
func TestOnlySoManyRunAtOnce(t *testing.T) {
	t.Parallel()
	r := New(Config{Store: memory.New(memory.Options{}), Configuration: nowhere{}, Now: time.Now})
	rehearse := func(ctx context.Context) error {
		_, err := r.Rehearse(ctx, sources.Place{Key: "stripe", Environment: "development"}, Rehearsal{})
		return err
	}
	for range 2 * atOnce { // each gives its place back
		if err := rehearse(t.Context()); len(es.RefusalsOf(err)) != 1 {
			t.Fatal(err)
		}
	}
	for range atOnce {
		r.running <- struct{}{}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := rehearse(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("one too many ran: %v", err)
	}
}
