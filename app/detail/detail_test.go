package detail_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"daybook/app/detail"
	"daybook/app/store/memory"
	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/rejection"
	"daybook/domain/rule"
	"daybook/domain/webhook"
	"daybook/projections/eventlog"
	"daybook/projections/projectiontest"
)

// chooser lets rapid make the choices of a history.
type chooser struct{ t *rapid.T }

func (c chooser) IntN(n int) int { return rapid.IntRange(0, n-1).Draw(c.t, "choice") }

// Whatever happened, what is read from a stream says the same of an item as
// the read model does.
func TestTheStreamAndTheReadModelAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		ctx := context.Background()
		store := memory.New(memory.Options{})
		history := projectiontest.New(rt, store)
		for range rapid.IntRange(1, 50).Draw(rt, "steps") {
			history.Step(chooser{rt})
		}
		runner := projectiontest.Runner(rt, store, eventlog.Projection())
		history.WaitFor(runner)
		page, err := eventlog.New(runner).List(ctx, eventlog.Filter{}, eventlog.MaxLimit, "")
		if err != nil {
			rt.Fatal(err)
		}
		details := detail.Reader{Store: store}
		for _, want := range page.Items {
			got, shown := readItem(rt, details, want.ID)
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(eventlog.Item{}, "Changed", "WorkedAt", "Summary")); diff != "" {
				rt.Fatalf("%s (-read model +stream):\n%s", want.ID, diff)
			}
			checkMembers(rt, want, shown)
		}
	})
}

// readItem reads the item of a detail, and the detail as JSON.
func readItem(t *rapid.T, details detail.Reader, id string) (eventlog.Item, any) {
	if rejection.IsID(id) {
		shown, err := details.Rejection(context.Background(), id)
		if err != nil {
			t.Fatal(err)
		}
		return shown.Item, shown
	}
	shown, err := details.Webhook(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	if len(shown.Timeline) == 0 || shown.Timeline[0].Type != "WebhookReceived" || len(shown.Actions) != shown.Item.Actions.Total {
		t.Fatalf("%s: timeline %v, actions %v", id, shown.Timeline, shown.Actions)
	}
	return shown.Item, shown
}

// checkMembers checks that the JSON of a detail has every member of the item's,
// and the same in each but actions.
func checkMembers(t *rapid.T, item eventlog.Item, shown any) {
	members, whole := asMap(t, item), asMap(t, shown)
	if _, isList := whole["actions"].([]any); !isList {
		t.Fatalf("actions is %v", whole["actions"])
	}
	delete(members, "actions")
	for name, value := range members {
		if diff := cmp.Diff(value, whole[name]); diff != "" {
			t.Fatalf("%s of %s (-item +detail):\n%s", name, item.ID, diff)
		}
	}
}

func asMap(t *rapid.T, v any) map[string]any {
	raw, err := json.Marshal(v)
	var m map[string]any
	if err == nil {
		err = json.Unmarshal(raw, &m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// first is the first life of a webhook.
func first() webhook.Ref {
	return webhook.Ref{Environment: "development", Source: "stripe", Key: "evt_1", Generation: 1}
}

func TestGenerationsAreApart(t *testing.T) {
	t.Parallel()
	store := memory.New(memory.Options{})
	history := projectiontest.New(t, store)
	history.Receive(first(), "invoice.paid", "in_1")
	history.Plan(first(), rule.NoMapping, nil)
	history.At = history.At.Add(48 * 60 * 60 * 1e9)
	history.Receive(first(), "invoice.paid", "in_1")
	history.Receive(first(), "invoice.paid", "in_1")
	details := detail.Reader{Store: store}
	for id, want := range map[string]struct {
		status             eventlog.Status
		deliveries, events int
	}{
		"development.stripe.evt_1":   {"ignored", 1, 2},
		"development.stripe.evt_1~2": {"processing", 2, 2},
	} {
		got, err := details.Webhook(t.Context(), id)
		if err != nil || got.Status != want.status || got.Deliveries != want.deliveries || len(got.Timeline) != want.events || got.Generations != 2 {
			t.Errorf("%s: %s, %d deliveries, timeline %v, %d generations (%v)", id, got.Status, got.Deliveries, got.Timeline, got.Generations, err)
		}
	}
}

func TestWhatALaterVersionWroteIsShown(t *testing.T) {
	t.Parallel()
	store := memory.New(memory.Options{})
	history := projectiontest.New(t, store)
	history.Receive(first(), "invoice.paid", "in_1")
	history.Append(first().Stream(),
		es.Event{Type: "WebhookForgotten", Data: []byte(`{}`), Metadata: []byte(`{"at":"2026-11-24T12:00:00.000Z"}`)},
		es.Event{Type: "ActionsPlanned", Data: []byte(`{}`), Metadata: []byte(`{"schema":99}`)})
	got, err := (&detail.Reader{Store: store}).Webhook(t.Context(), first().ID())
	if err != nil || len(got.Timeline) != 3 || got.Timeline[1].Summary == "" || got.Timeline[1].At.IsZero() || got.Generation.Plan != nil {
		t.Errorf("%+v (%v)", got.Timeline, err)
	}
}

func TestWhatIsNotThere(t *testing.T) {
	t.Parallel()
	store := memory.New(memory.Options{})
	history := projectiontest.New(t, store)
	history.Receive(first(), "invoice.paid", "in_1")
	history.Reject("development", "stripe", "malformed_json", 1)
	erased := first()
	erased.Key = "evt_erased"
	history.Receive(erased, "invoice.paid", "in_1")
	history.Delete(erased.Stream())
	details := detail.Reader{Store: store}
	for id, want := range map[string]error{
		"development.stripe.evt_2":         detail.ErrNotFound,
		"development.stripe.evt_1~2":       detail.ErrNotFound,
		"development.stripe.evt_1~0":       detail.ErrNotFound,
		"":                                 detail.ErrNotFound,
		"../../etc":                        detail.ErrNotFound,
		erased.ID():                        es.ErrStreamDeleted,
		"rejection.development.stripe.0":   nil,
		"rejection.development.stripe.1":   detail.ErrNotFound,
		"rejection.development.stripe.x":   detail.ErrNotFound,
		"rejection.development.other.0":    detail.ErrNotFound,
		"rejection.development.stripe.0.0": detail.ErrNotFound,
	} {
		var err error
		if rejection.IsID(id) {
			_, err = details.Rejection(t.Context(), id)
		} else {
			_, err = details.Webhook(t.Context(), id)
		}
		if !errors.Is(err, want) || (want == nil) != (err == nil) {
			t.Errorf("%q: %v, want %v", id, err, want)
		}
	}
}

func TestRaw(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"a":1}`:            `{"a":1}`,
		` 1.50E+2 `:          ` 1.50E+2 `,
		``:                   `{"base64":""}`,
		`no JSON`:            `{"base64":"bm8gSlNPTg=="}`,
		"\x00\xff":           `{"base64":"AP8="}`,
		"{\"a\":\"x\xffy\"}": `{"base64":"eyJhIjoieP95In0="}`,
		`{"a":"\ud800"}`:     `{"a":"\ud800"}`,
	} {
		if got := string(detail.Raw([]byte(in))); got != want {
			t.Errorf("%q is shown as %s, want %s", in, got, want)
		}
	}
}

func TestStreamIsBounded(t *testing.T) {
	t.Parallel()
	store := memory.New(memory.Options{})
	for range 5 {
		if _, err := store.Append(t.Context(), "s", es.Any(), es.Event{ID: uuid.New(), Type: "T", Data: []byte("{}"), Metadata: []byte("{}")}); err != nil {
			t.Fatal(err)
		}
	}
	details := detail.Reader{Store: store}
	for _, c := range []struct {
		from  es.Revision
		dir   es.Direction
		limit int
		first es.Revision
		n     int
		more  bool
	}{
		{es.FirstRevision, es.Forward, 3, 0, 3, true},
		{3, es.Forward, 2, 3, 2, false},
		{es.LastRevision, es.Backward, 5, 4, 5, false},
		{1, es.Backward, 1, 1, 1, true},
		{9, es.Forward, 1, 0, 0, false},
	} {
		events, more, err := details.Stream(t.Context(), "s", c.from, c.dir, c.limit)
		if err != nil || len(events) != c.n || more != c.more || c.n > 0 && events[0].Revision != c.first {
			t.Errorf("%+v: %d events, more %t (%v)", c, len(events), more, err)
		}
	}
}

// Texts of a payload must reach the reader as they are, and a value that is
// huge must not be read as something else.
func TestThePayloadStaysAsItIs(t *testing.T) {
	t.Parallel()
	store := memory.New(memory.Options{})
	history := projectiontest.New(t, store)
	history.Do(first(), webhook.Receive{At: history.At, Body: []byte(`{"a":"<&>","n":123456789012345678901234567890,"n2":1.0}`)})
	history.Plan(first(), "", nil, projectiontest.Planned("m", action.UsersDelete, `{"id":"<b>"}`))
	got, err := (&detail.Reader{Store: store}).Webhook(t.Context(), first().ID())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := got.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var members struct {
		Payload json.RawMessage
		Actions []struct {
			Payload json.RawMessage `json:"action_payload"`
		}
	}
	if err := json.Unmarshal(raw, &members); err != nil {
		t.Fatal(err)
	}
	if string(members.Payload) != `{"a":"<&>","n":123456789012345678901234567890,"n2":1.0}` || string(members.Actions[0].Payload) != `{"id":"<b>"}` {
		t.Errorf("%s", raw)
	}
}
