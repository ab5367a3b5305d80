package eventlog_test

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"daybook/app/store/memory"
	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/webhook"
	"daybook/projections/eventlog"
	"daybook/projections/projectiontest"
)

type chooser struct{ t *rapid.T }

func (c chooser) IntN(n int) int { return rapid.IntRange(0, n-1).Draw(c.t, "choice") }

// known is what a fold of the streams says of an item, with what filters need.
type known struct {
	item    eventlog.Item
	related []string
	pairs   [][2]string // mappings and the actions that they led to
}

// knownItems folds a history, the newest item first.
func knownItems(log *projectiontest.Log) []known {
	var all []known
	for stream, state := range log.States {
		ref, _ := webhook.ParseStream(stream)
		for i := range state.Generations {
			ref.Generation = i + 1
			all = append(all, knownWebhook(ref, &state.Generations[i]))
		}
	}
	for _, r := range log.Rejections {
		all = append(all, known{item: eventlog.Item{
			ID: r.Ref.ID(), Kind: eventlog.KindRejection, Stream: r.Ref.Stream(), Source: r.Ref.Source, Environment: r.Ref.Environment,
			Status: eventlog.StatusRejected, Cause: r.Cause, ReceivedAt: r.At, Deliveries: r.N, Position: r.Position,
		}})
	}
	slices.SortFunc(all, func(a, b known) int { return cmp.Compare(b.item.Position, a.item.Position) })
	return all
}

func knownWebhook(ref webhook.Ref, g *webhook.Generation) known {
	receipt, outcome := g.Received.Receipt, g.Outcome()
	k := known{
		related: receipt.Related,
		item: eventlog.Item{
			ID: ref.ID(), Kind: eventlog.KindWebhook, Stream: ref.Stream(), Source: ref.Source, Environment: ref.Environment,
			EventType: receipt.EventType, EventID: receipt.EventID, ObjectID: receipt.ObjectID, IdempotencyKey: receipt.IdempotencyKey,
			Status: eventlog.Status(outcome.Status()), Reason: outcome.Reason, ReceivedAt: g.ReceivedAt, OccurredAt: receipt.OccurredAt,
			Deliveries: g.Deliveries, Actions: outcome.Actions, Position: g.Position,
		},
	}
	if g.Plan == nil {
		return k
	}
	for _, a := range g.Plan.Actions {
		k.pairs = append(k.pairs, [2]string{a.MappingKey, string(a.ActionType)})
	}
	for _, v := range g.Plan.Mappings {
		if v.Error != "" {
			k.pairs = append(k.pairs, [2]string{v.Key, ""})
		}
	}
	return k
}

// passes is the filter as CONTRACT describes it, in the plainest way.
func (k known) passes(f eventlog.Filter, all []known) bool {
	whole := len(f.Q) >= 8 && slices.ContainsFunc(all, func(other known) bool { return other.has(f.Q) })
	i := k.item
	is := func(wanted, got string) bool { return wanted == "" || wanted == got }
	status := is(string(f.Status), string(i.Status))
	if f.Status == eventlog.Duplicate {
		status = i.Kind == eventlog.KindWebhook && i.Deliveries > 1
	}
	typed := is(f.Type, i.EventType)
	if prefix, wild := strings.CutSuffix(f.Type, "*"); wild {
		typed = i.EventType != "" && strings.HasPrefix(i.EventType, prefix)
	}
	led := f.Mapping == "" && f.Action == "" || slices.ContainsFunc(k.pairs, func(p [2]string) bool {
		return is(f.Mapping, p[0]) && is(string(f.Action), p[1])
	})
	found := f.Q == ""
	if whole {
		found = k.has(f.Q)
	}
	for _, text := range append([]string{i.ID, i.EventType, i.EventID, i.ObjectID, i.IdempotencyKey}, k.related...) {
		found = found || !whole && strings.Contains(strings.ToLower(text), strings.ToLower(f.Q))
	}
	return is(f.Source, i.Source) && is(f.Environment, i.Environment) && typed && status && is(f.Cause, i.Cause) &&
		(f.Object == "" || f.Object == i.ObjectID || slices.Contains(k.related, f.Object)) &&
		is(f.Key, i.IdempotencyKey) && led && found &&
		(f.From.IsZero() || i.ReceivedAt >= f.From) && (f.To.IsZero() || i.ReceivedAt < f.To)
}

// has reports whether a text is one of the item's ids, or its key.
func (k known) has(text string) bool {
	base, _, _ := strings.Cut(k.item.ID, "~")
	return text == k.item.ID || text == base || text == k.item.IdempotencyKey || text == k.item.ObjectID || slices.Contains(k.related, text)
}

func randomFilter(t *rapid.T, all []known) eventlog.Filter {
	some := known{}
	if len(all) > 0 {
		some = rapid.SampledFrom(all).Draw(t, "item")
	}
	maybe := func(name string, values ...string) string {
		if rapid.IntRange(0, 3).Draw(t, name+"?") > 0 {
			return ""
		}
		return rapid.SampledFrom(values).Draw(t, name)
	}
	f := eventlog.Filter{
		Source:      maybe("source", "stripe", "shop"),
		Environment: maybe("environment", "development", "production"),
		Type:        maybe("type", "invoice.*", "customer.created", "*", "invoice.p*", some.item.EventType),
		Status:      eventlog.Status(maybe("status", "processing", "succeeded", "failed", "ignored", "rejected", "duplicate")),
		Cause:       maybe("cause", "signature_mismatch", "malformed_json"),
		Object:      maybe("object", "in_1", "cus_1", "sub_1"),
		Key:         maybe("key", some.item.IdempotencyKey),
		Mapping:     maybe("mapping", "dunning", "dunning-0", "welcome-1"),
		Action:      action.Type(maybe("action", "users_identify", "workflows_trigger")),
		Q:           maybe("q", "INVOICE", "cus_", "evt_1", some.item.EventID, some.item.ID, some.item.ObjectID),
	}
	if rapid.IntRange(0, 2).Draw(t, "times?") == 0 {
		f.From = some.item.ReceivedAt.Add(-1)
		f.To = some.item.ReceivedAt + es.Time(rapid.SampledFrom([]int{1, 60_000, 3_600_000, 400_000_000}).Draw(t, "stretch"))
		switch rapid.IntRange(0, 3).Draw(t, "open") {
		case 0:
			f.From = 0
		case 1:
			f.To = 0
		case 2:
			f.From = f.To - es.Time(rapid.IntRange(0, 1).Draw(t, "no time at all"))
		}
	}
	return f
}

// TestLogIsTheFold: whatever happened, every item is what a fold of its stream
// says, and every filter, page by page, shows the items that pass it.
func TestLogIsTheFold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		store := memory.New(memory.Options{})
		log := projectiontest.New(rt, store)
		for range rapid.IntRange(0, 70).Draw(rt, "steps") {
			log.Step(chooser{rt})
		}
		runner := projectiontest.Runner(rt, store, eventlog.Projection())
		log.WaitFor(runner)
		checkLog(rt, eventlog.New(runner), knownItems(log))
	})
}

func checkLog(t *rapid.T, log *eventlog.Log, all []known) {
	ignore := cmpopts.IgnoreFields(eventlog.Item{}, "Changed", "WorkedAt", "Summary")
	for _, k := range all {
		got, err := log.Get(context.Background(), k.item.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(k.item, got, ignore); diff != "" {
			t.Fatalf("item (-fold +log):\n%s", diff)
		}
	}
	for range 6 {
		f := randomFilter(t, all)
		var want, got []string
		for _, k := range all {
			if k.passes(f, all) {
				want = append(want, k.item.ID)
			}
		}
		limit, after := rapid.IntRange(1, 20).Draw(t, "limit"), ""
		for {
			page, err := log.List(context.Background(), f, limit, after)
			if err != nil {
				t.Fatal(err)
			}
			for _, item := range page.Items {
				got = append(got, item.ID)
			}
			if page.Total >= 0 && page.Total != len(want) {
				t.Fatalf("%+v: total %d, want %d", f, page.Total, len(want))
			}
			if after = page.Next; after == "" {
				break
			}
		}
		if diff := gocmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%+v (-want +got):\n%s", f, diff)
		}
		checkNeighbours(t, log, f, all, want)
		checkChanges(t, log, f, all)
		checkHistogram(t, log, f, all)
	}
}

// checkChanges follows the log from any position, in small steps.
func checkChanges(t *rapid.T, log *eventlog.Log, f eventlog.Filter, all []known) {
	after := es.Position(rapid.IntRange(0, 120).Draw(t, "position"))
	changed := map[string]es.Position{}
	var want, got []string
	for _, k := range all {
		item, err := log.Get(context.Background(), k.item.ID)
		if err != nil {
			t.Fatal(err)
		}
		if changed[item.ID] = item.Changed; item.Changed > after && k.passes(f, all) {
			want = append(want, item.ID)
		}
	}
	slices.SortFunc(want, func(a, b string) int { return cmp.Compare(changed[a], changed[b]) })
	for {
		changes, err := log.ChangedSince(context.Background(), after, f, rapid.IntRange(1, 5).Draw(t, "limit"))
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range changes.Items {
			got = append(got, item.ID)
		}
		if changes.Next < after {
			t.Fatalf("from %d on to %d", after, changes.Next)
		}
		if after = changes.Next; !changes.More {
			break
		}
	}
	if diff := gocmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("%+v, changes (-want +got):\n%s", f, diff)
	}
}

// checkNeighbours goes from any item to the next ones that pass.
func checkNeighbours(t *rapid.T, log *eventlog.Log, f eventlog.Filter, all []known, passing []string) {
	if len(all) == 0 {
		return
	}
	at := rapid.IntRange(0, len(all)-1).Draw(t, "at")
	var wantNewer, wantOlder string
	for i, k := range all {
		switch {
		case !slices.Contains(passing, k.item.ID):
		case i < at:
			wantNewer = k.item.ID
		case i > at && wantOlder == "":
			wantOlder = k.item.ID
		}
	}
	newer, older, err := log.Neighbours(context.Background(), all[at].item.ID, f)
	if err != nil || newer != wantNewer || older != wantOlder {
		t.Fatalf("%+v: neighbours of %s are %q and %q (%v), want %q and %q", f, all[at].item.ID, newer, older, err, wantNewer, wantOlder)
	}
}

// checkHistogram counts what passes, the filter's own times aside.
func checkHistogram(t *rapid.T, log *eventlog.Log, f eventlog.Filter, all []known) {
	if len(all) == 0 {
		return
	}
	from, to := all[len(all)-1].item.ReceivedAt, all[0].item.ReceivedAt+1
	h, err := log.Histogram(context.Background(), f, from, to, rapid.SampledFrom([]int{1, 7, 60, 120}).Draw(t, "buckets"))
	if err != nil {
		t.Fatal(err)
	}
	f.From, f.To = 0, 0
	for _, b := range h.Buckets {
		want := map[eventlog.Status]int{}
		for _, k := range all {
			if k.passes(f, all) && k.item.ReceivedAt >= b.From && k.item.ReceivedAt < b.To {
				want[k.item.Status]++
			}
		}
		got := map[eventlog.Status]int{}
		for status, n := range map[eventlog.Status]int{
			"processing": b.Processing, "succeeded": b.Succeeded, "failed": b.Failed, "ignored": b.Ignored, "rejected": b.Rejected,
		} {
			if n > 0 {
				got[status] = n
			}
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Fatalf("%+v, bucket %s to %s (-want +got):\n%s", f, b.From, b.To, diff)
		}
	}
}

// TestUsesAndTypesAreTheFold: what is counted of secrets and of event types is
// what a fold of the streams says, also after some of them are gone.
func TestUsesAndTypesAreTheFold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		store := memory.New(memory.Options{})
		history := projectiontest.New(rt, store)
		for range rapid.IntRange(0, 60).Draw(rt, "steps") {
			history.Step(chooser{rt})
		}
		runner := projectiontest.Runner(rt, store, eventlog.Projection())
		history.WaitFor(runner)
		log := eventlog.New(runner)
		all := knownItems(history)
		for _, environment := range []string{"development", "production"} {
			used, types := map[string]es.Time{}, map[string]eventlog.TypeCount{}
			for _, k := range all {
				if i := k.item; i.Kind == eventlog.KindWebhook && i.Source == "stripe" && i.Environment == environment {
					if secret := projectiontest.SecretOf(i.EventType); secret != "" {
						used[secret] = max(used[secret], i.ReceivedAt-i.ReceivedAt%60_000)
					}
					count := types[i.EventType]
					count.Count++
					switch i.Status {
					case "succeeded":
						count.Statuses.Succeeded++
					case "failed":
						count.Statuses.Failed++
					case "ignored":
						count.Statuses.Ignored++
					default:
						count.Statuses.Processing++
					}
					types[i.EventType] = count
				}
			}
			got, err := log.LastUses(context.Background(), "stripe", environment, eventlog.UseSecret, "0a1b2c3d", "4e5f6071", "none")
			if err != nil {
				rt.Fatal(err)
			}
			if diff := gocmp.Diff(used, got); diff != "" {
				rt.Fatalf("last uses (-fold +log):\n%s", diff)
			}
			counted, err := log.EventTypes(context.Background(), "stripe", environment)
			if err != nil {
				rt.Fatal(err)
			}
			delete(types, "")
			if len(counted) != len(types) {
				rt.Fatalf("%d types, want %d", len(counted), len(types))
			}
			for _, c := range counted {
				if want := types[c.Type]; c.Count != want.Count || c.Statuses != want.Statuses {
					rt.Fatalf("%s: %+v, want %+v", c.Type, c, want)
				}
			}
		}
	})
}
