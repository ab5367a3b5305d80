package replay_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"daybook/app/command"
	"daybook/app/configuration"
	"daybook/app/keyring"
	"daybook/app/replay"
	"daybook/app/sources"
	"daybook/app/store/memory"
	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/webhook"
)

var _ replay.Configuration = (*configuration.Configuration)(nil)

const (
	body   = `{"id":"evt_1","type":"invoice.paid","data":{"object":{"customer":"cus_1","amount_due":1200}}}`
	id     = "development.stripe.evt_1"
	actor  = "admin"
	stream = es.Stream("webhook-" + id)
)

// house is a store with a configured source and a webhook in it.
type house struct {
	t       *testing.T
	store   es.Store
	config  *configuration.Configuration
	sources *sources.Sources
	replay  *replay.Replayer
	webhook command.Handler[webhook.State, webhook.Command, webhook.Event]
}

func newHouse(t *testing.T) *house {
	t.Helper()
	store := memory.New(memory.Options{})
	keys, err := keyring.New(make([]byte, keyring.MasterKeySize))
	if err != nil {
		t.Fatal(err)
	}
	config := configuration.New(store, keys, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = config.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	h := &house{
		t: t, store: store, config: config,
		sources: sources.New(sources.Config{Store: store, Configuration: config, Keys: keys, Now: time.Now, PublicURL: "http://localhost"}),
		replay:  replay.New(replay.Config{Store: store, Configuration: config}),
		webhook: command.Handler[webhook.State, webhook.Command, webhook.Event]{
			Store: store, Decider: webhook.Decider(), Codec: webhook.Codec(), Now: time.Now,
		},
	}
	h.put(trigger("paid", `"body.data.object.customer"`))
	return h
}

func place() sources.Place { return sources.Place{Key: "stripe", Environment: "development"} }

func (h *house) put(mappings ...rule.Mapping) {
	h.t.Helper()
	if mappings == nil {
		mappings = []rule.Mapping{}
	}
	if _, err := h.sources.Put(h.t.Context(), place(), sources.Put{Mappings: &mappings}, actor); err != nil {
		h.t.Fatal(err)
	}
}

func trigger(key, recipients string) rule.Mapping {
	return rule.Mapping{
		Key: key, EventType: "invoice.paid", ActionType: action.WorkflowsTrigger,
		ActionParameters: rule.Parameters{"key": json.RawMessage(`"invoice-paid"`), "recipients": json.RawMessage(recipients)},
	}
}

func (h *house) give(c webhook.Command) {
	h.t.Helper()
	if _, err := h.webhook.Handle(h.t.Context(), stream, c, command.Meta{}); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) receive() {
	h.t.Helper()
	state, _ := h.config.Source("stripe")
	h.give(webhook.Receive{At: es.TimeOf(time.Now()), Body: []byte(body), Receipt: webhook.Receipt{
		EventType: "invoice.paid", IdempotencyKey: "evt_1", ConfigurationRevision: state.Revision,
	}})
}

// plan plans the webhook as a worker does.
func (h *house) plan() {
	h.t.Helper()
	result := h.dry(replay.AsReceived)
	evaluation := rule.Evaluation{Reason: result.Reason, Verdicts: result.Mappings}
	for _, a := range result.Plan {
		evaluation.Actions = append(evaluation.Actions, a.Planned)
	}
	h.give(webhook.Plan{
		Ref:                   webhook.Ref{Environment: "development", Source: "stripe", Key: "evt_1", Generation: 1},
		ConfigurationRevision: result.ConfigurationRevision, Evaluation: evaluation,
	})
}

func (h *house) dry(rules replay.Rules) replay.Result {
	h.t.Helper()
	result, err := h.replay.Dry(h.t.Context(), id, rules)
	if err != nil {
		h.t.Fatal(err)
	}
	return result
}

// counts are the added, dropped, changed and unchanged actions of a result.
func counts(r replay.Result) string {
	d := r.Difference
	return fmt.Sprintf("+%d -%d ~%d =%d", len(d.Added), len(d.Dropped), len(d.Changed), d.Unchanged)
}

func (h *house) head() es.Position {
	h.t.Helper()
	head, err := h.store.Head(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return head
}

func TestDry(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.receive()
	if got := counts(h.dry(replay.Current)); got != "+1 -0 ~0 =0" {
		t.Errorf("before it was planned: %s", got)
	}
	h.plan()
	if got := counts(h.dry(replay.Current)); got != "+0 -0 ~0 =1" {
		t.Errorf("under the same rules: %s", got)
	}

	h.put(trigger("paid", `{"value":"cus_2"}`), trigger("other", `{"value":"cus_3"}`))
	head := h.head()
	changed := h.dry(replay.Current)
	if got := counts(changed); got != "+1 -0 ~1 =0" {
		t.Errorf("one changed, one added: %s", got)
	}
	if c := changed.Difference.Changed[0]; !strings.Contains(string(c.Before.Payload), "cus_1") || !strings.Contains(string(c.After.Payload), "cus_2") {
		t.Errorf("changed from %s to %s", c.Before.Payload, c.After.Payload)
	}
	if len(changed.Plan) != 2 || changed.Plan[0].ID == "" || len(changed.Mappings) != 2 {
		t.Errorf("%+v", changed)
	}
	if got := counts(h.dry(replay.AsReceived)); got != "+0 -0 ~0 =1" {
		t.Errorf("under the rules as received: %s", got)
	}
	if h.head() != head {
		t.Error("a dry replay appended something")
	}

	h.put()
	none := h.dry(replay.Current)
	if got := counts(none); got != "+0 -1 ~0 =0" || none.Reason != rule.NoMapping || none.Explanation == "" {
		t.Errorf("without mappings: %s, %s, %q", got, none.Reason, none.Explanation)
	}
}

func TestDryOfASourceThatIsGone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.receive()
	h.plan()
	if err := h.sources.Disconnect(t.Context(), place(), actor); err != nil {
		t.Fatal(err)
	}
	_, err := h.replay.Dry(t.Context(), id, replay.Current)
	var refusal *es.Refusal
	if !errors.As(err, &refusal) || refusal.Code != es.NotFound || !strings.Contains(refusal.Message, "as_received") {
		t.Errorf("under current rules: %v", err)
	}
	if got := counts(h.dry(replay.AsReceived)); got != "+0 -0 ~0 =1" {
		t.Errorf("under the rules as received: %s", got)
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.receive()
	for name, c := range map[string]struct {
		id    string
		mode  replay.Mode
		rules replay.Rules
		code  es.RefusalCode
		field string
	}{
		"live":               {id, replay.Live, replay.Current, es.Invalid, "mode"},
		"no mode":            {id, "", replay.Current, es.Invalid, "mode"},
		"no rules":           {id, replay.Dry, "", es.Invalid, "rules"},
		"rules of old":       {id, replay.Dry, "yesterday", es.Invalid, "rules"},
		"no such webhook":    {"development.stripe.evt_2", replay.Dry, replay.Current, es.NotFound, ""},
		"no such generation": {id + "~2", replay.Dry, replay.Current, es.NotFound, ""},
		"no id":              {"x", replay.Dry, replay.Current, es.NotFound, ""},
		"a rejection":        {"rejection.development.stripe.1", replay.Dry, replay.Current, es.NotFound, ""},
	} {
		_, err := h.replay.Replay(t.Context(), c.id, c.mode, c.rules)
		var refusal *es.Refusal
		if !errors.As(err, &refusal) || refusal.Code != c.code || refusal.Field != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := h.store.Tombstone(t.Context(), stream); err != nil {
		t.Fatal(err)
	}
	_, err := h.replay.Replay(t.Context(), id, replay.Dry, replay.Current)
	var refusal *es.Refusal
	if !errors.As(err, &refusal) || refusal.Code != es.NotFound {
		t.Errorf("a webhook that was deleted: %v", err)
	}
}

func TestAStreamOfALaterVersion(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.receive()
	_, err := h.store.Append(t.Context(), stream, es.Any(), es.Event{ID: uuid.UUID{1}, Type: "Later", Data: []byte("{}"), Metadata: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.replay.Dry(t.Context(), id, replay.Current); !errors.Is(err, es.ErrUnknownType) {
		t.Errorf("%v", err)
	}
}

func TestResultInJSON(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.receive()
	raw, err := json.Marshal(h.dry(replay.Current))
	if err != nil {
		t.Fatal(err)
	}
	var result map[string]json.RawMessage
	if err := json.Unmarshal(raw, &result); err != nil {
		t.Fatal(err)
	}
	var difference map[string]json.RawMessage
	if err := json.Unmarshal(result["difference"], &difference); err != nil {
		t.Fatal(err)
	}
	if result["plan"][0] != '[' || difference["added"][0] != '[' || string(difference["dropped"]) != "[]" || string(difference["changed"]) != "[]" {
		t.Errorf("%s", raw)
	}
}
